// Fits a linear model to the columns of a CSV file and prints the table of its coefficients.
//   dotnet run -c Release --project Samples/Fit -- FILE.csv --target y [--features x1,x2] [--method exact|full-batch] [--json]
// Exit codes: 0 fitted, 1 the descent diverged, 2 input or options that cannot be used, 130 interrupted.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Numerics;
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
    Description = "exact: least squares by QR. full-batch: gradient descent on standardized columns.",
    DefaultValueFactory = _ => "exact",
};
method.AcceptOnlyFromAmong("exact", "full-batch");
var rate = Positive("--learning-rate", "The step of descent.", 0.01);
var tolerance = Positive("--tolerance", "Descent ends when its gradient is smaller.", 1e-5);
var epochs = Positive("--epochs", "The most epochs of descent.", 100_000);
var json = new Option<bool>("--json") { Description = "Prints one JSON object instead of the table." };
var command = new RootCommand("Fits a linear model and prints its coefficients with their errors, tests and intervals.")
{
    file,
    target,
    features,
    method,
    rate,
    tolerance,
    epochs,
    json,
};
command.SetAction(Run);
var parsed = command.Parse(args);
if (parsed.Errors.Count == 0)
    return parsed.Invoke();
Console.Error.WriteLine($"fit: {parsed.Errors[0].Message.ReplaceLineEndings(" ").Replace('\t', ' ')}");
return 2;

static Option<T> Positive<T>(string name, string description, T byDefault)
    where T : struct, INumber<T>
{
    var option = new Option<T>(name) { Description = description, DefaultValueFactory = _ => byDefault };
    option.Validators.Add(given =>
    {
        var text = given.Tokens.SingleOrDefault()?.Value;
        var isNumber = T.TryParse(text, CultureInfo.InvariantCulture, out var value);
        if (text is not null && !(isNumber && value > T.Zero && T.IsFinite(value)))
            given.AddError($"{name} takes a positive number.");
    });
    return option;
}

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
        string[] explaining = named.Length > 0 ? named : [.. data.Columns.Where(name => name != explained)];
        var reading = clock.Elapsed;
        clock.Restart();
        // The exact fit first: it names what is wrong with the data, whatever the method.
        var fit = Inference.LeastSquares(data, explained, explaining);
        var (status, rounds) = (FitStatus.Converged, 0);
        if (options.GetValue(method) == "full-batch")
        {
            using var interrupted = new CancellationTokenSource();
            Console.CancelKeyPress += (_, press) =>
            {
                press.Cancel = true;
                interrupted.Cancel();
            };
            (var estimates, status, rounds) = Descent.FullBatch(
                data,
                explained,
                explaining,
                options.GetValue(rate),
                options.GetValue(epochs),
                options.GetValue(tolerance),
                interrupted.Token
            );
            if (status == FitStatus.Diverged)
            {
                Console.Error.WriteLine($"fit: The loss was not finite at epoch {rounds - 1}. Lower --learning-rate.");
                return 1;
            }

            fit = Inference.LeastSquaresAt(data, explained, estimates, explaining);
        }

        var fitting = clock.Elapsed;
        if (options.GetValue(json))
            Console.WriteLine(JsonReport.Of(fit, options.GetValue(method)!, rounds, status == FitStatus.Converged));
        else
            Console.WriteLine($"{explained} ~ {string.Join(" + ", explaining)}\n\n{fit}");
        if (status != FitStatus.Converged)
            Console.Error.WriteLine(
                $"\nNot converged after {rounds} epochs: the gradient is not below {options.GetValue(tolerance)} yet. "
                    + "Raise --epochs or --learning-rate; where features nearly depend on each other descent is slow, and exact is not."
            );
        Console.Error.WriteLine(
            $"\n{data.Rows:N0} rows read in {reading.TotalSeconds:0.000} s, fitted in {fitting.TotalSeconds:0.000} s"
        );
        return status == FitStatus.Cancelled ? 130 : 0;
    }
    catch (Exception mistake) when (mistake is DataException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"fit: {mistake.Message}");
        return 2;
    }
}
