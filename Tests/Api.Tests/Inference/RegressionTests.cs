using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Linear models by every method: descent ends where least squares is, on easy and on awkward data, or tells why it does not.</summary>
public sealed class RegressionTests
{
    /// <summary>y = 1 + 2 x0 - x1 + 0 x2 + ... + noise, where features share a part of their variance.</summary>
    private static Dataset Data(int rows, int width, double noise, double shared = 0, int outliers = 0, int seed = 5)
    {
        var keys = new RandomKey(seed).Split(3);
        var own = keys[0].Normal([rows, width]);
        var common = keys[1].Normal([rows, 1]);
        var x = Math.Sqrt(shared) * common + Math.Sqrt(1 - shared) * own;
        var slopes = Tensor.From([2.0, -1, .. new double[Math.Max(0, width - 2)]])[..width];
        var error = noise * keys[2].Normal([rows]);
        var far = Tensor.From([.. Enumerable.Repeat(50.0, outliers), .. Enumerable.Repeat(1.0, rows - outliers)]);
        x = x * far.ExpandDims(1);
        var y = 1 + x.Dot(slopes) + error * far;
        return Dataset.FromColumns([
            ("y", y.ToArray<double>()),
            .. Enumerable.Range(0, width).Select(k => ($"x{k}", x.Entry(k, axis: 1).ToArray<double>())),
        ]);
    }

    private static double Worst(LeastSquaresResult exact, LeastSquaresResult reached) =>
        exact
            .Coefficients.Zip(reached.Coefficients)
            .Max(pair =>
                Math.Abs(pair.First.Estimate - pair.Second.Estimate)
                / Math.Max(Math.Abs(pair.First.Estimate), pair.First.StandardError)
            );

    [Theory]
    [InlineData(4, 1, 1, 0, 0)]
    [InlineData(12, 3, 1, 0, 0)]
    [InlineData(17, 2, 1, 0, 0)]
    [InlineData(200, 40, 1, 0, 0)]
    [InlineData(100, 60, 1, 0.5, 0)]
    [InlineData(500, 3, 1, 0.99, 0)]
    [InlineData(1001, 3, 500, 0, 0)]
    [InlineData(1000, 3, 1e-3, 0, 0)]
    [InlineData(1000, 3, 1e-7, 0, 0)]
    [InlineData(1000, 3, 0, 0, 0)]
    [InlineData(400, 3, 1, 0, 2)]
    public void Descent_ends_where_least_squares_is(int rows, int width, double noise, double shared, int outliers)
    {
        var data = Data(rows, width, noise, shared, outliers);
        var exact = Regression.Fit(data, "y");
        foreach (
            var (method, tolerance) in new[] { (RegressionMethod.FullBatch, 2e-3), (RegressionMethod.Minibatch, 5e-2) }
        )
        {
            var fit = Regression.Fit(data, "y", options: new() { Method = method });
            Assert.Equal((FitStatus.Converged, null), (fit.Status, fit.Remark));
            // Without noise a coefficient that is 0 has neither size nor error.
            if (noise > 0)
                Assert.InRange(Worst(exact.Inference, fit.Inference), 0, tolerance);
            Assert.All(
                exact.Inference.Coefficients.Zip(fit.Inference.Coefficients),
                pair => Assert.Equal(pair.First.Estimate, pair.Second.Estimate, 0.1 * noise + 1e-8)
            );
        }
    }

    [Fact]
    public void The_default_rate_does_not_diverge_where_001_would()
    {
        var data = Data(300, 150, 1, 0.95);
        var limits = new RegressionOptions { Method = RegressionMethod.FullBatch, Epochs = 3000 };
        Assert.Equal(
            FitStatus.Diverged,
            Regression.Fit(data, "y", options: limits with { LearningRate = 0.01 }).Status
        );
        Assert.Equal(FitStatus.StepLimit, Regression.Fit(data, "y", options: limits).Status);
        Assert.Equal(
            FitStatus.StepLimit,
            Regression.Fit(data, "y", options: limits with { Method = RegressionMethod.Minibatch, Epochs = 20 }).Status
        );
    }

    [Fact]
    public void The_losses_fall_to_the_mean_square_of_the_residuals()
    {
        var data = Data(100, 2, 1);
        foreach (var method in new[] { RegressionMethod.FullBatch, RegressionMethod.Minibatch })
        {
            var told = new List<TrainProgress>();
            var fit = Regression.Fit(data, "y", options: new() { Method = method, Progress = new Listener(told.Add) });
            Assert.Equal(told, fit.Losses);
            Assert.Equal(0, fit.Losses[0].Round);
            Assert.Equal(fit.Epochs - 1, fit.Losses[^1].Round);
            Assert.Equal(
                1.0,
                fit.Losses[^1].Loss / (fit.Inference.ResidualSumOfSquares / data.Rows),
                method == RegressionMethod.FullBatch ? 1e-9 : 1e-2
            );
        }
    }

    [Fact]
    public void A_run_that_diverges_keeps_its_last_finite_estimates()
    {
        var options = new RegressionOptions { Method = RegressionMethod.FullBatch, LearningRate = 3 };
        var fit = Regression.Fit(Data(50, 2, 1), "y", options: options);
        Assert.Equal(FitStatus.Diverged, fit.Status);
        Assert.All(fit.Inference.Coefficients, c => Assert.True(double.IsFinite(c.Estimate)));
        Assert.Contains("the learning rate 3 is too large", fit.Remark);
    }

    [Fact]
    public void A_run_that_is_cancelled_has_the_estimates_so_far()
    {
        using var source = new CancellationTokenSource();
        var options = new RegressionOptions
        {
            Method = RegressionMethod.FullBatch,
            LearningRate = 1e-9,
            Cancellation = source.Token,
            Progress = new Listener(report =>
            {
                if (report.Round > 100)
                    source.Cancel();
            }),
        };
        var fit = Regression.Fit(Data(50, 2, 1), "y", options: options);
        Assert.Equal(FitStatus.Cancelled, fit.Status);
        Assert.InRange(fit.Epochs, 101, 1_000_000);
        Assert.StartsWith($"Interrupted after {fit.Epochs} epochs", fit.Remark);
        Assert.Contains($"full-batch descent, rate 1E-09: {fit.Epochs} epochs, not converged", fit.ToString());
    }

    [Fact]
    public void Options_that_cannot_be_meant_are_refused()
    {
        var data = Data(20, 2, 1);
        string Refusal<T>(RegressionOptions options)
            where T : Exception => Assert.Throws<T>(() => Regression.Fit(data, "y", options: options)).Message;
        Assert.Equal(
            "The learning rate is a positive number, not -1.",
            Refusal<ArgumentException>(new() { LearningRate = -1 })
        );
        Assert.Equal(
            "A batch of 21 rows is more than the 20 rows there are.",
            Refusal<DataException>(new() { Method = RegressionMethod.Minibatch, BatchSize = 21 })
        );
        Assert.Equal(
            "There is no column besides 'y': a model needs at least one feature.",
            Assert.Throws<DataException>(() => Regression.Fit(data.Select("y"), "y")).Message
        );
    }

    private sealed class Listener(Action<TrainProgress> report) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value) => report(value);
    }
}
