using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Places and ranges between brackets.</summary>
public sealed class IndexTests
{
    private static readonly Tensor Matrix = Tensor.From(
        new[,]
        {
            { 1.0, 2.0 },
            { 3.0, 4.0 },
            { 5.0, 6.0 },
        }
    );

    [Fact]
    public void Places_drop_their_axis_and_ranges_keep_it()
    {
        Same([3, 4], [2], Matrix[1]);
        Same([5, 6], [2], Matrix[^1]);
        Same([5, 6], [2], Matrix[-1]);
        Same([4], [], Matrix[1, 1]);
        Same([2, 4, 6], [3], Matrix[.., 1]);
        Same([4, 6], [2], Matrix[1.., ^1]);
        Same([1, 2, 3, 4], [2, 2], Matrix[..2]);
        Same([3, 5], [2, 1], Matrix[1.., ..1]);
        Same([], [0, 2], Matrix[1..1]);

        static void Same(double[] values, int[] shape, Tensor found)
        {
            Assert.Equal(values, found.ToArray<double>());
            Assert.Equal(shape, found.Shape);
        }
    }

    [Fact]
    public void What_lies_outside_is_named()
    {
        Assert.Contains("2..9 in axis 0 of [3, 2]", Assert.Throws<ShapeException>(() => Matrix[2..9]).Message);
        Assert.Contains("^3 in axis 1 of [3, 2]", Assert.Throws<ShapeException>(() => Matrix[0, -3]).Message);
        Assert.Contains("2..1 in axis 0", Assert.Throws<ShapeException>(() => Matrix[2..1]).Message);
        Assert.Contains("names more axes", Assert.Throws<ShapeException>(() => Matrix[0, 0, 0..1]).Message);
    }

    [Fact]
    public void Slices_are_differentiated()
    {
        var gradient = Gradient.Of((Tensor x) => (x[1..] * x[..^1]).Sum());
        Assert.Equal([2.0, 4.0, 2.0], gradient(Tensor.From([1.0, 2.0, 3.0])).ToArray<double>());
    }
}
