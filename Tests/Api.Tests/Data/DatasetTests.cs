using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Tables from arrays, and the standardization of their columns.</summary>
public sealed class DatasetTests
{
    private static string Refusal(Action act) => Assert.Throws<DataException>(act).Message;

    [Fact]
    public void Arrays_are_copied()
    {
        double[] x = [1, 2, 3];
        var data = Dataset.FromColumns(("x", x));
        x[0] = 99;
        Assert.Equal([1.0, 2.0, 3.0], data["x"].ToArray());
        Assert.Equal("3 rows of x", data.ToString());
    }

    [Fact]
    public void Columns_can_be_selected()
    {
        var data = Dataset.FromColumns(("a", [1]), ("b", [2]), ("c", [3])).Select("c", "a");
        Assert.Equal(["c", "a"], data.Columns);
        Assert.Equal([3.0], data["c"].ToArray());
    }

    [Fact]
    public void Mistakes_are_named()
    {
        Assert.Equal(
            "Column 'a' has 1 rows and column 'b' 2: columns of one dataset have the same length.",
            Refusal(() => Dataset.FromColumns(("a", [1]), ("b", [2, 3])))
        );
        Assert.Equal(
            "The columns: the name 'a' stands twice. Every column needs its own.",
            Refusal(() => Dataset.FromColumns(("a", [1]), ("a", [2])))
        );
        Assert.Equal("The columns: column 1 has no name.", Refusal(() => Dataset.FromColumns((" ", [1]))));
        Assert.Equal("A dataset needs at least one column.", Refusal(() => Dataset.FromColumns()));
        Assert.Throws<ArgumentNullException>(() => Dataset.FromColumns(("a", null!)));
        var data = Dataset.FromColumns(("a", [1]), ("b", [2]));
        Assert.Equal("There is no column 'c'. The columns are a, b.", Refusal(() => data.Select("c")));
        Assert.Equal("There is no column 'A'. The columns are a, b.", Refusal(() => _ = data["A"]));
    }

    [Fact]
    public void Standardized_columns_have_mean_0_and_deviation_1()
    {
        var random = new System.Random(4);
        var x = Enumerable.Range(0, 1000).Select(_ => 1e6 + 0.01 * random.NextDouble()).ToArray();
        var data = Dataset.FromColumns(("y", [.. x.Select(v => v * 2)]), ("x", x));
        var scaled = Standardization.Of(data, "x").Apply(data);
        var again = Standardization.Of(scaled, "x");
        // The mean 1e6 itself is rounded to 1e-10, which is 3e-8 deviations.
        Assert.Equal(0.0, again.Means[0], 1e-7);
        Assert.Equal(1.0, again.Deviations[0], 1e-12);
        Assert.Equal(data["y"].ToArray(), scaled["y"].ToArray());
    }

    [Fact]
    public void A_table_standardizes_its_columns()
    {
        var data = Dataset.FromColumns(("a", [1, 2, 3]), ("b", [10, 30, 50]));
        var (all, scale) = data.Standardize();
        Assert.Equal([-1.0, 0, 1], all["b"].ToArray());
        Assert.Equal([2.0, 30.0], scale.Means);
        Assert.Equal([1.0, 20.0], scale.Deviations);
        Assert.Equal([10.0, 30, 50], data.Standardize("a").Standardized["b"].ToArray());
        Assert.Equal("There is no column 'c'. The columns are a, b.", Refusal(() => data.Standardize("c")));
    }

    [Fact]
    public void Coefficients_return_to_original_units()
    {
        var random = new System.Random(6);
        double[] Column(double scale, double offset) =>
            [.. Enumerable.Range(0, 100).Select(_ => offset + scale * random.NextDouble())];
        var data = Dataset.FromColumns(("y", Column(1, 0)), ("a", Column(1000, 5000)), ("b", Column(0.01, -3)));
        var standardization = Standardization.Of(data, "a", "b");
        var direct = Inference.LeastSquares(data, "y");
        var scaled = Inference.LeastSquares(standardization.Apply(data), "y");
        var (intercept, weights) = standardization.InOriginalUnits(
            scaled["(Intercept)"].Estimate,
            [scaled["a"].Estimate, scaled["b"].Estimate]
        );
        Assert.Equal(1.0, intercept / direct["(Intercept)"].Estimate, 1e-11);
        Assert.Equal(1.0, weights[0] / direct["a"].Estimate, 1e-11);
        Assert.Equal(1.0, weights[1] / direct["b"].Estimate, 1e-11);
    }

    [Fact]
    public void A_standardized_target_returns_too()
    {
        var data = Dataset.FromColumns(("y", [10, 14, 30, 34]), ("x", [1, 2, 3, 4]));
        var (features, target) = (Standardization.Of(data, "x"), Standardization.Of(data, "y"));
        var scaled = Inference.LeastSquares(target.Apply(features.Apply(data)), "y");
        var (intercept, weights) = features.InOriginalUnits(
            scaled["(Intercept)"].Estimate,
            [scaled["x"].Estimate],
            target
        );
        // Slope 8.8, through (2.5, 22).
        Assert.Equal(0.0, intercept, 1e-13);
        Assert.Equal(8.8, weights[0], 1e-13);
    }

    [Fact]
    public void Columns_become_tensors()
    {
        var data = Dataset.FromColumns(("a", [1, 2, 3]), ("b", [4, 5, 6]));
        Assert.Equal([3, 2], data.Matrix("b", "a").Shape.ToArray());
        Assert.Equal([4.0, 1, 5, 2, 6, 3], data.Matrix("b", "a").ToArray<double>());
        Assert.Equal([1.0, 2, 3], data.Vector("a").ToArray<double>());
        Assert.Equal("A matrix needs at least one column.", Refusal(() => data.Matrix()));
    }

    [Fact]
    public void Columns_that_cannot_be_standardized_are_named()
    {
        var data = Dataset.FromColumns(("constant", [0.1, 0.1, 0.1]), ("nan", [1, double.NaN, 2]));
        Assert.Equal(
            "Column 'constant' cannot be standardized: it is constant. Leave it out of the features.",
            Refusal(() => Standardization.Of(data, "constant"))
        );
        Assert.Equal(
            "Column 'nan' cannot be standardized: it has fewer than two rows or a number that is not finite.",
            Refusal(() => Standardization.Of(data, "nan"))
        );
    }
}
