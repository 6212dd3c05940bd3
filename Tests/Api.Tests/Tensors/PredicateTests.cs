using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>All and Any, whole and by axis, in every transformation; and what a condition on a vector says.</summary>
public sealed class PredicateTests
{
    private static readonly Tensor Table = Tensor.From(
        new[,]
        {
            { 1.0, 0.0, -2.0 },
            { 3.0, 4.0, 5.0 },
        }
    );

    [Fact]
    public void All_and_any_hold_whole_and_by_axis()
    {
        Assert.Equal((false, true), ((bool)Table.All(), (bool)Table.Any()));
        Assert.Equal([false, true], Table.All(1).ToArray<bool>());
        Assert.Equal([true, false, true], Table.All(0).ToArray<bool>());
        Assert.Equal([true, true], Table.Any(-1).ToArray<bool>());
        Assert.Equal([2, 1], (int[])[.. Table.Any(1, keepAxis: true).Shape]);
        Assert.Equal([true], Table.Any([0, 1], keepAxes: true).Reshape(1).ToArray<bool>());
        Assert.Equal(DType.Bool, Table.All().DType);
        var empty = Tensor.Zeros([0]);
        Assert.Equal((true, false), ((bool)empty.All(), (bool)empty.Any()));
        Assert.Equal((true, true), ((bool)Tensor.Scalar(double.NaN).All(), (bool)Tensor.Scalar(double.NaN).Any()));
        Assert.Equal((true, false), ((bool)Tensor.From([1, 2]).All(), (bool)Tensor.From([0, 0]).Any()));
        Assert.StartsWith("All: there is no axis 2", Assert.Throws<ShapeException>(() => Table.All(2)).Message);
        Assert.StartsWith("Any: there is no axis -3", Assert.Throws<ShapeException>(() => Table.Any(-3)).Message);
    }

    [Fact]
    public void All_and_any_stand_in_every_transformation()
    {
        var choose = (Tensor x) => Tensor.Where((x > 0).All(), x * x, Tensor.Where((x > 0).Any(), 3 * x, -x)).Sum();
        var branch = (Tensor x) =>
            (x > 0).All() ? (x * x).Sum()
            : (x > 0).Any() ? 3 * x.Sum()
            : -x.Sum();
        double[][] points =
        [
            [1, 2],
            [1, -2],
            [-1, -2],
        ];
        double[][] slopes =
        [
            [2, 4],
            [3, 3],
            [-1, -1],
        ];
        var compiled = Compiled.Of(choose);
        foreach (var (point, slope) in points.Zip(slopes))
        {
            var x = Tensor.From(point);
            Assert.Equal((double)branch(x), (double)choose(x));
            Assert.Equal((double)branch(x), (double)compiled(x));
            Assert.Equal(slope, Gradient.Of(choose)(x).ToArray<double>());
            Assert.Equal(slope, Gradient.Of(branch)(x).ToArray<double>());
            Assert.Equal(slope, Compiled.Of(Gradient.Of(choose))(x).ToArray<double>());
            Assert.Equal(slope, Jacobian.Forward((Tensor v) => choose(v))(x).ToArray<double>());
        }

        var all = Tensor.Stack([.. points.Select(point => Tensor.From(point))]);
        Assert.Equal(points.Select(p => (double)branch(Tensor.From(p))), Vectorized.Of(choose)(all).ToArray<double>());
        Assert.Equal(slopes.SelectMany(s => s), Vectorized.Of(Gradient.Of(choose))(all).ToArray<double>());
        Assert.Equal([false, true, true], Compiled.Of(Vectorized.Of((Tensor x) => (x < 0).Any()))(all).ToArray<bool>());
        var loop = Compiled.Of((Tensor x) => Loop.While(v => (v < 100).Any(), v => v * 2, x));
        Assert.Equal([128.0, 384.0], loop(Tensor.From([1.0, 3.0])).ToArray<double>());
    }

    [Fact]
    public void A_condition_on_a_vector_names_all_and_any()
    {
        var x = Tensor.From([1.0, -1.0]);
        foreach (
            var error in new[]
            {
                Assert.Throws<ShapeException>(() => x > 0 ? 1 : 2),
                Assert.Throws<ShapeException>(() => (bool)(x > 0)),
                Assert.Throws<ShapeException>(() => Gradient.Of((Tensor v) => v > 0 ? v.Sum() : -v.Sum())(x)),
            }
        )
        {
            Assert.Contains("All()", error.Message);
            Assert.Contains("Any()", error.Message);
            Assert.Contains("[2]", error.Message);
        }
    }
}
