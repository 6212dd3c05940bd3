using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Samples/Fit as a user runs it: the table, the JSON, and for each mistake one message and exit code 2.</summary>
public sealed class FitSampleTests
{
    /// <summary>The sample's build beside this test's: Samples/Fit/bin/CONFIGURATION/FRAMEWORK.</summary>
    private static readonly string Program = FindProgram();

    private static string FindProgram()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var root = output;
        while (!File.Exists(Path.Combine(root.FullName, "Pipeline.sln")))
            root = root.Parent ?? throw new DirectoryNotFoundException("No Pipeline.sln above the tests.");
        return Path.Combine(root.FullName, "Samples", "Fit", "bin", output.Parent!.Name, output.Name, "Fit.dll");
    }

    private static (int Code, string Output, string Error) Fit(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    [Fact]
    public void Without_a_file_it_fits_Longleys_data_to_12_certified_digits()
    {
        var (code, output, _) = Fit("--json");
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        double[] Figures(string name) =>
            [
                .. json
                    .RootElement.GetProperty("coefficients")
                    .EnumerateArray()
                    .Select(c => c.GetProperty(name).GetDouble()),
            ];
        // NIST's Statistical Reference Datasets, Longley.
        double[] estimates =
        [
            -3482258.63459582,
            15.0618722713733,
            -0.358191792925910E-01,
            -2.02022980381683,
            -1.03322686717359,
            -0.511041056535807E-01,
            1829.15146461355,
        ];
        double[] errors =
        [
            890420.383607373,
            84.9149257747669,
            0.334910077722432E-01,
            0.488399681651699,
            0.214274163161675,
            0.226073200069370,
            455.478499142212,
        ];
        Assert.All(estimates.Zip(Figures("estimate")), pair => Assert.Equal(1.0, pair.Second / pair.First, 1e-12));
        Assert.All(errors.Zip(Figures("standard_error")), pair => Assert.Equal(1.0, pair.Second / pair.First, 1e-12));
        Assert.Equal(304.854073561965, json.RootElement.GetProperty("sigma").GetDouble(), 1e-9);
        Assert.Equal(330.285339234588, json.RootElement.GetProperty("f").GetDouble(), 1e-9);
    }

    /// <summary>Estimates and standard errors of a run on a file with columns y, a and b.</summary>
    private static (double Estimate, double Error)[] Coefficients(TextFile file, params string[] options)
    {
        var (code, output, error) = Fit([file.Path, "--target", "y", "--json", .. options]);
        Assert.True(code == 0, error);
        using var json = JsonDocument.Parse(output);
        Assert.True(json.RootElement.GetProperty("converged").GetBoolean());
        return
        [
            .. json
                .RootElement.GetProperty("coefficients")
                .EnumerateArray()
                .Select(c => (c.GetProperty("estimate").GetDouble(), c.GetProperty("standard_error").GetDouble())),
        ];
    }

    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(5000, 1000, -3, 0.01)]
    public void Descent_agrees_with_the_exact_fit(double offsetA, double sizeA, double offsetB, double sizeB)
    {
        var random = new System.Random(8);
        var text = new System.Text.StringBuilder("y,a,b\n");
        for (var row = 0; row < 300; row++)
        {
            double u = random.NextDouble() - 0.5,
                v = random.NextDouble() - 0.5;
            text.Append($"{2 + 3 * u - 4 * v + random.NextDouble()},{offsetA + sizeA * u},{offsetB + sizeB * v}\n");
        }

        using var file = new TextFile("data.csv", text.ToString());
        var exact = Coefficients(file);
        var descended = Coefficients(file, "--method", "full-batch");
        foreach (var (right, reached) in exact.Zip(descended))
        {
            var scale = Math.Max(Math.Abs(right.Estimate), right.Error);
            Assert.InRange(reached.Estimate, right.Estimate - 2e-3 * scale, right.Estimate + 2e-3 * scale);
            Assert.Equal(1.0, reached.Error / right.Error, 1e-6);
        }
    }

    /// <summary>Features of sizes 1000 and 0.01 with offsets: within 5e-2 of the larger of the coefficient and its standard error.</summary>
    [Fact]
    public void Minibatches_settle_near_least_squares_on_badly_scaled_columns()
    {
        var keys = new RandomKey(5).Split(3);
        double[] Normal(RandomKey key) => key.Normal([400], DType.Float64).ToArray<double>();
        double[] a = [.. Normal(keys[0]).Select(x => 5000 + 1000 * x)];
        double[] b = [.. Normal(keys[1]).Select(x => 0.5 + 0.01 * x)];
        double[] y = [.. Normal(keys[2]).Select((noise, i) => 3 + 0.002 * a[i] - 50 * b[i] + noise)];
        var data = Dataset.FromColumns(("a", a), ("b", b), ("y", y));
        var exact = Inference.LeastSquares(data, "y", ["a", "b"]);
        var options = new RegressionOptions { Method = RegressionMethod.Minibatch };
        var found = Regression.Fit(data, "y", ["a", "b"], options);
        Assert.True(found.Converged);
        foreach (var (right, reached) in exact.Coefficients.Zip(found.Inference.Coefficients))
        {
            var scale = Math.Max(Math.Abs(right.Estimate), right.StandardError);
            Assert.InRange(reached.Estimate, right.Estimate - 5e-2 * scale, right.Estimate + 5e-2 * scale);
        }
    }

    [Fact]
    public void A_plot_is_an_svg_file()
    {
        using var file = new TextFile("plot.svg", "");
        var (code, _, error) = Fit("--method", "full-batch", "--epochs", "20", "--plot", file.Path);
        Assert.True(code == 0, error);
        Assert.Contains("</svg>", File.ReadAllText(file.Path));
    }

    [Fact]
    public void Descent_that_does_not_arrive_says_so()
    {
        var (code, output, error) = Fit("--method", "full-batch", "--epochs", "50", "--json");
        Assert.Equal(0, code);
        Assert.Contains("\"epochs\":50,\"converged\":false", output);
        Assert.Contains("fit: Not converged after 50 epochs: the estimates lie up to", error);
    }

    [Fact]
    public void Descent_that_diverges_ends_with_exit_code_1()
    {
        var (code, output, error) = Fit("--method", "full-batch", "--learning-rate", "10");
        Assert.Equal((1, ""), (code, output));
        Assert.Matches(
            @"\nfit: The loss was not finite at epoch \d+: the learning rate 10 is too large\. Lower it, or leave it out\. Last finite, after \d+ epochs: \(Intercept\) = [-+.E\d]+, ",
            error
        );
    }

    [Fact]
    public void A_users_file_becomes_a_table()
    {
        using var file = new TextFile("data.csv", "name,y,x,z\na,1,1,4\nb,3,2,1\nc,2,3,5\nd,5,4,2\n");
        var (code, output, error) = Fit(file.Path, "--target", "y", "--features", "x");
        Assert.Equal(0, code);
        Assert.StartsWith("y ~ x\n", output);
        Assert.Contains("Residual standard error", output);
        Assert.DoesNotContain("z", output);
        Assert.StartsWith("4 rows read in ", error);
    }

    [Theory]
    [InlineData("--target z", "fit: There is no column 'z'. The columns are y, x.")]
    [InlineData("--target y --features q", "fit: There is no column 'q'. The columns are y, x.")]
    [InlineData("--target y --features y", "fit: Column 'y' is the target: it cannot be a feature too.")]
    [InlineData("", "fit: Name the column to explain: --target COLUMN.")]
    [InlineData(
        "--target y --method newton",
        "fit: Argument 'newton' not recognized. Must be one of:  'exact'  'full-batch'  'minibatch'"
    )]
    [InlineData("--target y --bogus", "fit: Unrecognized command or argument '--bogus'.")]
    [InlineData("--target y --learning-rate -0.1", "fit: The learning rate is a positive number, not -0.1.")]
    [InlineData("--target y --learning-rate fast", "fit: --learning-rate takes a number, not 'fast'.")]
    [InlineData("--target y --epochs 0", "fit: The number of epochs is a positive number, not 0.")]
    [InlineData("--target y --epochs 1.5", "fit: --epochs takes a whole number, not '1.5'.")]
    [InlineData("--target y --tolerance nan", "fit: The tolerance is a positive number, not NaN.")]
    [InlineData("--target y --batch-size 0", "fit: The size of a batch is a positive number, not 0.")]
    [InlineData("--target", "fit: Required argument missing for option: '--target'.")]
    public void A_mistake_has_one_message_and_exit_code_2(string options, string message)
    {
        using var file = new TextFile("data.csv", "y,x\n1,2\n3,4\n4,1\n");
        var (code, output, error) = Fit([file.Path, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal((2, "", message + Environment.NewLine), (code, output, error));
    }

    [Theory]
    [InlineData(
        "y,x\n1,2\n3,4\n",
        "fit: 2 rows cannot determine 2 coefficients and their errors: at least 3 rows are needed."
    )]
    [InlineData("y,x\n1,2\n3,oops\n", "fit: data.csv, line 3, column 'x': 'oops' is not a number.")]
    [InlineData(
        "y,x\n1,2\n3,2\n2,2\n",
        "fit: The coefficients are not determined: column 'x' is constant: 2 in every row."
    )]
    public void Bad_data_has_one_message_and_exit_code_2(string content, string message)
    {
        using var file = new TextFile("data.csv", content);
        var (code, output, error) = Fit(file.Path, "--target", "y");
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith(message, error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }
}
