// Fits a linear model to a CSV file: dotnet run -c Release --project Samples/Fit -- FILE.csv --target y [--method minibatch]
// Exit codes: 0 fitted, 1 the descent diverged, 2 input or options that cannot be used, 130 interrupted.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Pipeline;
using Pipeline.Samples.Fit;
using Spectre.Console;

var file = new Argument<string?>("FILE")
{
    Arity = ArgumentArity.ZeroOrOne,
    Description = "CSV [default: Longley's data]",
};
var command = new RootCommand("Fits a linear model and prints its coefficients, errors, tests and intervals.") { file };
var target = Option<string?>("--target", "The column to explain");
var features = Option<string?>("--features", "What explains it, separated by commas [default: all other columns]");
var missing = Option<string>("--missing", "Rows that lack a value: refuse them, or drop and count them");
missing.AcceptOnlyFromAmong("refuse", "drop");
missing.DefaultValueFactory = _ => "refuse";
var separator = Option<string?>("--separator", "Of the fields: a character, tab or space [default: found]");
var quote = Option<string?>("--quote", "Around fields [default: found]");
var mark = Option<string?>("--decimal", "The decimal mark, . or , [default: found]");
var comment = Option<string?>("--comment", "What begins lines that are comments [default: none are]");
var encoding = Option<string?>(
    "--encoding",
    "Of the file, latin1 for example [default: UTF-8, or by its byte order mark]"
);
var method = Option<string>("--method", "exact: by QR. full-batch, minibatch: descent on standardized columns");
method.AcceptOnlyFromAmong("exact", "full-batch", "minibatch");
method.DefaultValueFactory = _ => "exact";
var rate = Option<double?>("--learning-rate", "The rate of descent [default: 0.01, less where rows are extreme]");
var batch = Option<int?>("--batch-size", "The rows of a minibatch [default: 16]");
var epochs = Option<int?>("--epochs", "The most passes over the rows [default: 3000000, fewer over many rows]");
var tolerance = Option<double?>("--tolerance", "Standard errors to the end of descent [default: 1e-5, minibatch 1e-2]");
var seed = Option<long?>("--seed", "Decides the order of the rows in minibatches [default: 2]");
var json = Option<bool>("--json", "Prints one JSON object instead of the table");
var plot = Option<string?>("--plot", "An SVG file to draw: coefficients with intervals and, of descent, the loss");
command.SetAction(Run);
var parsed = command.Parse(args);
return parsed.Errors.Count == 0 ? parsed.Invoke() : Refuse(Message(parsed.Errors[0]));

Option<T> Option<T>(string name, string description)
{
    var option = new Option<T>(name) { Description = description };
    command.Add(option);
    return option;
}

static string Message(ParseError error) =>
    error.SymbolResult is OptionResult { Tokens: [var token], Option: var option } && option.ValueType != typeof(string)
        ? $"{option.Name} takes a {(option.ValueType == typeof(double?) ? "" : "whole ")}number, not '{token.Value}'."
        : $"{error.Message.ReplaceLineEndings(" ").Replace('\t', ' ')} (--help lists the options.)";

// What the library calls a property of CsvOptions is an option here.
static int Refuse(string message)
{
    message = Regex
        .Replace(
            message,
            @"(Decimal|Comment|Quote) = '(.+?)'(?=[,)])",
            m => $"--{m.Groups[1].Value.ToLowerInvariant()} \"{m.Groups[2].Value.TrimStart('\\')}\""
        )
        .Replace(" (Parameter 'options')", "")
        .Replace("Missing = MissingRows.Drop", "--missing drop")
        .Replace("Encoding = Encoding.Latin1", "--encoding latin1");
    Console.Error.WriteLine($"fit: {message}");
    return 2;
}

CsvOptions Written(ParseResult given)
{
    Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
    return new()
    {
        Separator = Character(separator, given),
        Quote = Character(quote, given),
        Decimal = Character(mark, given),
        // The file that comes with the program says where it is from.
        Comment = given.GetValue(file) is null ? '#' : Character(comment, given),
        Encoding = given.GetValue(encoding) is { } name ? Named(name) : null,
        Missing = Enum.Parse<MissingRows>(given.GetValue(missing)!, ignoreCase: true),
    };
}

static char? Character(Option<string?> option, ParseResult given) =>
    given.GetValue(option) switch
    {
        null => null,
        "tab" or "\\t" => '\t',
        "space" => ' ',
        [var one] => one,
        var other => throw new ArgumentException($"{option.Name} takes one character, tab or space, not '{other}'."),
    };

static Encoding Named(string encoding)
{
    try
    {
        return Encoding.GetEncoding(encoding);
    }
    catch (ArgumentException)
    {
        throw new ArgumentException(
            $"--encoding takes the name of an encoding, latin1 or utf-16 for example, not '{encoding}'."
        );
    }
}

// The table, and the names of target and features in it, which may have been asked for by position.
static (Dataset Data, string Target, string[]? Features) Read(
    string path,
    string target,
    string? features,
    CsvOptions written
)
{
    var header = Dataset.ColumnsOfCsv(path, written);
    var named = features is null ? null : ColumnNames.Split(features, header);
    if (named is not null && (named.Contains(target) || named.Distinct().Count() < named.Length))
        return (Dataset.FromCsv(path, written, [.. named.Append(target).Distinct()]), target, named);
    var byPosition = int.TryParse(target, out var position) && !header.Contains(target);
    if (named is null && !byPosition)
        return (Dataset.FromCsv(path, written), target, null);
    var data = Dataset.FromCsv(path, written, [target, .. named ?? header.Where((_, k) => k != position - 1)]);
    return (data, data.Columns[0], [.. data.Columns.Skip(1)]);
}

int Run(ParseResult given)
{
    try
    {
        using var interrupted = new CancellationTokenSource();
        var options = new RegressionOptions
        {
            Method = Enum.Parse<RegressionMethod>(given.GetValue(method)!.Replace("-", ""), ignoreCase: true),
            LearningRate = given.GetValue(rate),
            BatchSize = given.GetValue(batch),
            Epochs = given.GetValue(epochs),
            Tolerance = given.GetValue(tolerance),
            Seed = given.GetValue(seed) ?? 2,
            Cancellation = interrupted.Token,
        };
        var explained = given.GetValue(target) ?? (given.GetValue(file) is null ? "employed" : null);
        if (explained is null)
            return Refuse("Name the column to explain: --target COLUMN.");
        var image = given.GetValue(plot);
        if (image is not null && Path.GetExtension(image) != ".svg")
            return Refuse("--plot takes the name of a file that ends in .svg.");
        if (image is not null)
            (File.Exists(image) ? File.OpenWrite(image) : File.Create(image, 1, FileOptions.DeleteOnClose)).Dispose();
        var clock = Stopwatch.StartNew();
        var path = given.GetValue(file) ?? Path.Combine(AppContext.BaseDirectory, "longley.csv");
        var written = Written(given);
        var (data, from, named) = Read(path, explained, given.GetValue(features), Written(given));
        explained = from;
        var reading = clock.Elapsed.TotalSeconds;
        if (options.Method != RegressionMethod.Exact)
            Console.CancelKeyPress += (_, press) => (press.Cancel, _) = (true, interrupted.CancelAsync());
        var most = options.Epochs ?? RegressionOptions.DefaultEpochs(data.Rows);
        var errors = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        var fit = new Progress(errors) { AutoClear = true }.Start(bars =>
            Regression.Fit(data, explained, named, options with { Progress = new Bar(bars, most) })
        );
        var fitting = clock.Elapsed.TotalSeconds - reading;
        if (given.GetValue(json) || fit.Status != FitStatus.Diverged)
            Console.WriteLine(given.GetValue(json) ? fit.ToJson() : fit);
        if (data.DroppedRows > 0 && !given.GetValue(json))
            Console.WriteLine(data);
        if (fit.Remark is not null)
            Console.Error.WriteLine($"fit: {fit.Remark}");
        if (image is not null && fit.Status != FitStatus.Diverged)
            Chart.Draw(fit, data, image);
        Console.Error.WriteLine(
            $"{data.Rows:N0} rows read{(data.DroppedRows > 0 ? $", {data.DroppedRows:N0} left out," : "")} in {reading:0.000} s, fitted in {fitting:0.000} s"
        );
        var code = fit.Status == FitStatus.Cancelled ? 130 : 0;
        return fit.Status == FitStatus.Diverged ? 1 : code;
    }
    catch (Exception e) when (e is PipelineException or ArgumentException or IOException or UnauthorizedAccessException)
    {
        return Refuse(e.Message);
    }
}

/// <summary>A bar from the first report on.</summary>
file sealed class Bar(ProgressContext bars, int most) : IProgress<TrainProgress>
{
    private readonly Lazy<ProgressTask> bar = new(() => bars.AddTask("descent", maxValue: most));

    public void Report(TrainProgress at) =>
        (bar.Value.Value, bar.Value.Description) = (at.Round + 1, $"epoch {at.Round + 1}, loss {at.Loss:G6}");
}
