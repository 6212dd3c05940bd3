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
        var missing = Assert.Throws<KeyNotFoundException>(() => Inference.LeastSquares(Data, "y")["c"]);
        Assert.Equal("There is no term 'c'; the terms are (Intercept), a, b.", missing.Message);
    }
}
