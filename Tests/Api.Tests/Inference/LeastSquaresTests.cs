using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Least squares through the public face: the engine's tests hold the figures, these the arguments.</summary>
public sealed class LeastSquaresTests
{
    private static readonly Dataset Data = Dataset.FromColumns(
        ("y", [1, 3, 2, 5, 4, 7]),
        ("a", [1, 2, 3, 4, 5, 6]),
        ("b", [2, 1, 4, 3, 6, 6])
    );

    private static string Refusal(Action act) => Assert.Throws<DataException>(act).Message;

    [Fact]
    public void All_other_columns_are_features_by_default()
    {
        var fit = Inference.LeastSquares(Data, "y");
        Assert.Equal(["(Intercept)", "a", "b"], fit.Coefficients.Select(c => c.Term));
        Assert.Equal("y", fit.Target);
        Assert.Equal(3, fit.DegreesOfFreedom);
    }

    [Fact]
    public void Features_and_intercept_can_be_chosen()
    {
        // sum(a y) / sum(a a).
        var fit = Inference.LeastSquares(Data, "y", ["a"], intercept: false, confidenceLevel: 0.9);
        var slope = Assert.Single(fit.Coefficients);
        Assert.Equal(95.0 / 91.0, slope.Estimate, 1e-15);
        Assert.Equal(0.9, fit.ConfidenceLevel);
        Assert.Contains("90 % low", fit.ToString());
    }

    [Fact]
    public void Inference_at_the_fit_itself_is_that_of_the_fit()
    {
        var fit = Inference.LeastSquares(Data, "y");
        var again = Inference.LeastSquaresAt(Data, "y", [.. fit.Coefficients.Select(c => c.Estimate)]);
        Assert.Equal(fit.Sigma, again.Sigma, 1e-14);
        Assert.Equal(fit.F, again.F, 1e-12);
        Assert.All(fit.Coefficients.Zip(again.Coefficients), pair => Assert.Equal(pair.First.P, pair.Second.P, 1e-12));
    }

    [Fact]
    public void Inference_elsewhere_has_the_residuals_of_there()
    {
        double[] estimates = [0.5, 2, -1];
        var at = Inference.LeastSquaresAt(Data, "y", estimates);
        var residuals = Enumerable
            .Range(0, Data.Rows)
            .Select(i => Data["y"].Span[i] - (0.5 + 2 * Data["a"].Span[i] - Data["b"].Span[i]))
            .ToArray();
        Assert.Equal(residuals, at.Residuals);
        Assert.Equal(residuals.Sum(r => r * r), at.ResidualSumOfSquares, 1e-12);
        Assert.Equal(estimates, at.Coefficients.Select(c => c.Estimate));
        var mean = Data["y"].ToArray().Average();
        var total = Data["y"].ToArray().Sum(y => (y - mean) * (y - mean));
        Assert.Equal(1 - at.ResidualSumOfSquares / total, at.RSquared, 1e-14);
    }

    [Fact]
    public void Mistakes_are_named()
    {
        Assert.Equal(
            "There is no column 'z'. The columns are y, a, b.",
            Refusal(() => Inference.LeastSquares(Data, "z"))
        );
        Assert.Equal(
            "There is no column 'z'. The columns are y, a, b.",
            Refusal(() => Inference.LeastSquares(Data, "y", ["z"]))
        );
        Assert.Equal(
            "The features: the name 'a' stands twice. Every column needs its own.",
            Refusal(() => Inference.LeastSquares(Data, "y", ["a", "a"]))
        );
        Assert.Equal(
            "Column 'y' is the target: it cannot be a feature too.",
            Refusal(() => Inference.LeastSquares(Data, "y", ["a", "y"]))
        );
        Assert.Equal(
            "The model has 3 coefficients: give a finite estimate for each.",
            Refusal(() => Inference.LeastSquaresAt(Data, "y", [1, 2]))
        );
        var missing = Assert.Throws<KeyNotFoundException>(() => Inference.LeastSquares(Data, "y")["c"]);
        Assert.Equal("There is no term 'c'; the terms are (Intercept), a, b.", missing.Message);
    }
}
