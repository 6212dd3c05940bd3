using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Samples/Fit by descent: it arrives where the exact fit is, or says why not; it diverges and is interrupted in good order.</summary>
public sealed class FitDescentTests
{
    private static TextFile Data(double offsetA, double sizeA, double offsetB, double sizeB)
    {
        var random = new System.Random(8);
        var text = new StringBuilder("y,a,b\n");
        for (var row = 0; row < 301; row++)
        {
            double u = random.NextDouble() - 0.5,
                v = random.NextDouble() - 0.5;
            text.Append($"{2 + 3 * u - 4 * v + random.NextDouble()},{offsetA + sizeA * u},{offsetB + sizeB * v}\n");
        }

        return new("data.csv", text.ToString());
    }

    private static (double Estimate, double Error)[] Coefficients(TextFile file, params string[] options)
    {
        var (code, output, error) = FitProgram.Run([file.Path, "--target", "y", "--json", .. options]);
        Assert.True(code == 0, error);
        Assert.Contains("\"converged\":true", output);
        return FitProgram.Coefficients(output);
    }

    [Theory]
    [InlineData("full-batch", 2e-3, 0, 1, 0, 1)]
    [InlineData("full-batch", 2e-3, 5000, 1000, -3, 0.01)]
    [InlineData("minibatch", 5e-2, 0, 1, 0, 1)]
    [InlineData("minibatch", 5e-2, 5000, 1000, -3, 0.01)]
    public void Descent_agrees_with_the_exact_fit(
        string method,
        double tolerance,
        double offsetA,
        double sizeA,
        double offsetB,
        double sizeB
    )
    {
        using var file = Data(offsetA, sizeA, offsetB, sizeB);
        var exact = Coefficients(file);
        var descended = Coefficients(file, "--method", method);
        foreach (var (right, reached) in exact.Zip(descended))
        {
            var scale = Math.Max(Math.Abs(right.Estimate), right.Error);
            Assert.InRange(reached.Estimate, right.Estimate - tolerance * scale, right.Estimate + tolerance * scale);
            Assert.Equal(1.0, reached.Error / right.Error, 1e-3);
        }
    }

    [Fact]
    public void A_seed_gives_the_same_run_again()
    {
        using var file = Data(0, 1, 0, 1);
        string Run(string seed) =>
            FitProgram.Run(file.Path, "--target", "y", "--method", "minibatch", "--seed", seed, "--json").Output;
        Assert.Equal(Run("2"), Run("2"));
        Assert.NotEqual(Run("2"), Run("3"));
    }

    [Fact]
    public void On_Longleys_data_full_batch_descent_arrives()
    {
        var (code, output, error) = FitProgram.Run("--method", "full-batch", "--json");
        Assert.True(code == 0, error);
        Assert.Contains("\"converged\":true", output);
        foreach (
            var (right, reached) in FitProgram
                .Coefficients(FitProgram.Run("--json").Output)
                .Zip(FitProgram.Coefficients(output))
        )
            Assert.InRange(Math.Abs(reached.Estimate - right.Estimate) / right.Error, 0, 1e-4);
    }

    [Fact]
    public void Descent_that_does_not_arrive_says_so_and_why()
    {
        var (code, output, error) = FitProgram.Run("--method", "full-batch", "--epochs", "50", "--json");
        Assert.Equal(0, code);
        Assert.EndsWith("\"epochs\":50,\"converged\":false}\n", output);
        Assert.Contains(
            "fit: Not converged after 50 epochs: the estimates lie up to 7.1 standard errors from those of least squares. "
                + "Column 'gnp' is nearly determined by the other features (variance inflation 1.79E+03): descent creeps",
            error
        );
    }

    [Theory]
    [InlineData("full-batch")]
    [InlineData("minibatch")]
    public void Descent_that_diverges_ends_with_exit_code_1_and_the_last_finite_state(string method)
    {
        var (code, output, error) = FitProgram.Run("--method", method, "--learning-rate", "10");
        Assert.Equal((1, ""), (code, output));
        var message = System.Text.RegularExpressions.Regex.Match(
            error,
            @"fit: The loss was not finite at epoch (\d+): the learning rate 10 is too large\. .* after (\d+) epochs: (.*)\.\n"
        );
        Assert.True(message.Success, error);
        Assert.True(int.Parse(message.Groups[2].Value) < int.Parse(message.Groups[1].Value));
        Assert.DoesNotMatch("NaN|Infinity|∞", message.Groups[3].Value);
        Assert.Equal(7, message.Groups[3].Value.Split(" = ").Length - 1);

        (code, output, _) = FitProgram.Run("--method", method, "--learning-rate", "10", "--json");
        Assert.Equal(1, code);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.False(json.GetProperty("converged").GetBoolean());
        Assert.Equal(int.Parse(message.Groups[2].Value), json.GetProperty("epochs").GetInt32());
        Assert.All(
            json.GetProperty("coefficients").EnumerateArray(),
            c => Assert.True(double.IsFinite(c.GetProperty("estimate").GetDouble()))
        );
    }

    /// <summary>A run of hours, whose state has come some way when it is interrupted.</summary>
    [Theory]
    [InlineData("full-batch")]
    [InlineData("minibatch")]
    public void An_interrupt_ends_it_with_exit_code_130_and_the_state_reached(string method)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No SIGINT.");
        using var process = FitProgram.Start([
            "--method",
            method,
            "--learning-rate",
            "1e-8",
            "--epochs",
            "2000000000",
            "--json",
        ]);
        // The first line of progress: it runs.
        var error = new StringBuilder(process.StandardError.ReadLine());
        while (!error.ToString().Contains("epoch"))
            error.Append(process.StandardError.ReadLine());
        var clock = Stopwatch.StartNew();
        Process.Start("kill", ["-INT", $"{process.Id}"])!.WaitForExit();
        var (code, output, rest) = FitProgram.Wait(process);
        Assert.Equal(130, code);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.False(json.GetProperty("converged").GetBoolean());
        var epochs = json.GetProperty("epochs").GetInt32();
        Assert.InRange(epochs, 1, 1_999_999_999);
        Assert.Contains($"fit: Interrupted after {epochs} epochs: the estimates lie up to", rest);
    }

    [Fact]
    public void Progress_is_plain_lines_where_it_is_piped()
    {
        var (_, output, error) = FitProgram.Run(
            "--method",
            "full-batch",
            "--learning-rate",
            "1e-4",
            "--epochs",
            "20000000",
            "--json"
        );
        JsonDocument.Parse(output);
        Assert.Matches(@"(?m)^epoch \d+, loss [\d.]+: \d+%$", error);
        Assert.DoesNotContain('\u001B', error);
    }
}
