// Fits a linear model to the columns of a CSV file and prints the table of its coefficients.
//   dotnet run -c Release --project Samples/Fit -- FILE.csv --target y [--features x1,x2] [--method exact] [--json]
// Exit codes: 0 fitted, 2 input or options that cannot be used.
using System.CommandLine;
using System.Diagnostics;
using Pipeline;
using Pipeline.Samples.Fit;

var file = new Argument<string?>("FILE")
{
    Description = "A CSV file whose first line names the columns. Without it, Longley's economic data are fitted.",
    Arity = ArgumentArity.ZeroOrOne,
};
var target = new Option<string?>("--target") { Description = "The column to explain." };
var features = new Option<string?>("--features")
{
    Description = "The columns that explain it, separated by commas; all the others if not given.",
};
var method = new Option<string>("--method")
{
    Description = "How to fit: exact (least squares by QR).",
    DefaultValueFactory = _ => "exact",
};
method.AcceptOnlyFromAmong("exact");
var json = new Option<bool>("--json") { Description = "Prints one JSON object instead of the table." };

var command = new RootCommand("Fits a linear model and prints its coefficients with their errors, tests and intervals.")
{
    file,
    target,
    features,
    method,
    json,
};
command.SetAction(Run);
var parsed = command.Parse(args);
if (parsed.Errors.Count == 0)
    return parsed.Invoke();
Console.Error.WriteLine($"fit: {parsed.Errors[0].Message.ReplaceLineEndings(" ").Replace('\t', ' ')}");
return 2;

int Run(ParseResult options)
{
    try
    {
        var path = options.GetValue(file) ?? Path.Combine(AppContext.BaseDirectory, "longley.csv");
        var explained = options.GetValue(target) ?? (options.GetValue(file) is null ? "employed" : null);
        if (explained is null)
            throw new DataException("Name the column to explain: --target COLUMN.");
        var named = options.GetValue(features)?.Split(',', StringSplitOptions.TrimEntries) ?? [];

        var clock = Stopwatch.StartNew();
        var data = Dataset.FromCsv(
            path,
            named.Length == 0 ? [] : [.. named.Where(name => name != explained), explained]
        );
        var reading = clock.Elapsed;
        clock.Restart();
        var fit = Inference.LeastSquares(data, explained, named.Length == 0 ? null : named);
        var fitting = clock.Elapsed;

        if (options.GetValue(json))
        {
            Console.WriteLine(JsonReport.Of(fit));
            return 0;
        }

        Console.WriteLine($"{explained} ~ {string.Join(" + ", data.Columns.Where(name => name != explained))}\n");
        Console.WriteLine(fit);
        Console.Error.WriteLine(
            $"\n{data.Rows:N0} rows read in {reading.TotalSeconds:0.000} s, fitted in {fitting.TotalSeconds:0.000} s"
        );
        return 0;
    }
    catch (Exception mistake) when (mistake is DataException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"fit: {mistake.Message}");
        return 2;
    }
}
