using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Tensors between the brackets of a tensor: integers pick entries, masks take out those where they are true.</summary>
public sealed class TensorIndexTests
{
    private static readonly Tensor X = Tensor.From([10.0, 20.0, 30.0]);
    private static readonly Tensor Matrix = Tensor.From([
        [1.0, -2.0],
        [-3.0, 4.0],
        [5.0, 6.0],
    ]);

    [Fact]
    public void Integers_pick_entries_in_their_own_shape()
    {
        Same([30, 10, 30], [3], X[Tensor.From([2, 0, -1])]);
        Same(
            [10, 20, 20, 10],
            [2, 2],
            X[
                Tensor.From([
                    [0, 1],
                    [1, 0],
                ])
            ]
        );
        Same([5, 6, 1, -2], [2, 2], Matrix[Tensor.From([2L, 0L])]);
        Same([20], [1], X[Tensor.From(new byte[] { 1 })]);
        Same([], [0], X[Tensor.From(Array.Empty<int>())]);
        Same([30], [], X[Tensor.Scalar(2)]);
    }

    [Fact]
    public void An_index_outside_is_named()
    {
        Assert.Contains(
            "no entry 3 at [0] of the indices: axis 0 has 3 entries",
            Assert.Throws<ShapeException>(() => X[Tensor.From([3])]).Message
        );
        Assert.Throws<ShapeException>(() => X[Tensor.From([-4])]);
        Assert.Throws<ShapeException>(() => X[Tensor.From([ulong.MaxValue])]);
        Assert.Throws<ShapeException>(() => Tensor.Scalar(1.0)[Tensor.From([0])]);
        Assert.Contains("AsType", Assert.Throws<DTypeException>(() => X[Tensor.From([0.0])]).Message);
        Assert.Throws<ArgumentNullException>(() => X[(Tensor)null!]);
    }

    [Fact]
    public void Masks_take_out_entries_and_rows()
    {
        Same([1, 4, 5, 6], [4], Matrix[Matrix > 0]);
        Same([1, -2, 5, 6], [2, 2], Matrix[Matrix[.., 0] > 0]);
        Same([], [0], X[X < 0]);
        Same([], [0, 2], Matrix[Matrix[.., 0] > 100]);
        Assert.Contains("[2]", Assert.Throws<ShapeException>(() => X[Tensor.From([true, false])]).Message);
    }

    [Fact]
    public void Tensors_stand_beside_places_and_ranges()
    {
        var last = Tensor.From([1, 0, -1]);
        Same([-2, 1, -2, 4, -3, 4, 6, 5, 6], [3, 3], Matrix[.., last]);
        Same([-2, 1, -2], [3], Matrix[0, last]);
        Same([4, 1], [2], Matrix[Tensor.From([1, 0]), Tensor.From([1, 0])]);
        Same([-3, -2, 5], [3], Matrix[Tensor.From([1, 0, 2]), Tensor.From([0, 1, 0])]);
        Same([1, -2, 5, 6], [2, 2], Matrix[Tensor.From([0, 2]).ExpandDims(1), Tensor.From([0, 1])]);
        Same([-2, 4, 6], [3, 1], Matrix[.., Tensor.From([false, true])]);
        Same([-3, 5], [2], Matrix[Matrix[.., 1] > 0, 0]);
        Same([-3, 4, 5, 6], [2, 2], Matrix[1.., Tensor.Arange(2)]);
        var scores = Tensor.Arange(24, DType.Float64).Reshape(2, 3, 4);
        // The middle axis lies between: the entries come first.
        Same([0, 4, 8, 15, 19, 23], [2, 3], scores[Tensor.From([0, 1]), .., Tensor.From([0, 3])]);
        Same([5, 18], [2], scores[Tensor.From([0, 1]), Tensor.From([1, 1]), Tensor.From([1, 2])]);
    }

    /// <summary>Indexing by tensors against a loop over the places, for random ranks, shapes and places.</summary>
    [Fact]
    public void Indexing_is_what_a_loop_over_the_places_gives()
    {
        var random = new System.Random(5);
        for (var trial = 0; trial < 100; trial++)
        {
            int[] sizes = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 4))];
            var x = new RandomKey(trial).Normal(sizes);
            var count = random.Next(1, 4);
            int[][] places =
            [
                .. sizes.Select(size => Enumerable.Range(0, count).Select(_ => random.Next(-size, size)).ToArray()),
            ];
            bool[] named = [.. sizes.Select(_ => random.Next(2) == 0)];
            named[random.Next(sizes.Length)] = true;
            int[] axes = [.. Enumerable.Range(0, sizes.Length).Where(axis => named[axis])];
            var target = axes[^1] - axes[0] == axes.Length - 1 ? axes[0] : 0;
            AxisIndex[] Indices(Func<int, AxisIndex> index) =>
                [.. sizes.Select((_, axis) => named[axis] ? index(axis) : (AxisIndex)(..))];
            Tensor Taken(Tensor t) => t[Indices(axis => Tensor.From(places[axis]))];
            Tensor Looped(Tensor t) =>
                Tensor
                    .Stack([.. Enumerable.Range(0, count).Select(i => t[Indices(axis => places[axis][i])])])
                    .MoveAxis(0, target);
            var expected = Looped(x);
            Assert.True(Taken(x).SameBits(expected), $"{x.Shape}, axes {string.Join(", ", axes)}");
            Assert.True(Compiled.Of((Tensor t) => Taken(t))(x).SameBits(expected));
            var slope = Gradient.Of((Tensor t) => (Taken(t) * expected).Sum())(x);
            Assert.True(slope.AllClose(Gradient.Of((Tensor t) => (Looped(t) * expected).Sum())(x), 1e-14, 1e-14));
        }
    }

    [Fact]
    public void An_index_beyond_the_integers_of_int64_is_named_by_its_own_value()
    {
        var x = Tensor.From([1.0, 2, 3]);
        var index = Tensor.From(new[] { 2UL, ulong.MaxValue - 4 });
        foreach (var take in new Func<Tensor, Tensor>[] { i => x.Take(i, 0), Compiled.Of((Tensor i) => x.Take(i, 0)) })
        {
            Assert.Contains("18446744073709551611", Assert.Throws<ShapeException>(() => take(index)).Message);
            Assert.Equal([3.0, 1], take(Tensor.From([2UL, 0UL])).ToArray<double>());
            Assert.Contains(
                "18446744073709551615",
                Assert.Throws<ShapeException>(() => take(Tensor.Scalar(ulong.MaxValue))).Message
            );
            Assert.Contains("-4", Assert.Throws<ShapeException>(() => take(Tensor.From([-4L]))).Message);
        }
    }

    [Fact]
    public void What_does_not_fit_beside_other_indices_is_named()
    {
        Assert.Contains("axis 1", Assert.Throws<ShapeException>(() => Matrix[.., Tensor.From([0, 2])]).Message);
        Assert.Contains(
            "axis 1 of [3, 2]",
            Assert.Throws<ShapeException>(() => Matrix[0.., Tensor.From([true, false, true])]).Message
        );
        Assert.Contains(
            "Index",
            Assert.Throws<ShapeException>(() => Matrix[Tensor.From([0, 1]), Tensor.From([0, 1, 1])]).Message
        );
        Assert.Throws<ShapeException>(() => X[.., Tensor.From([0])]);
        Assert.Throws<DTypeException>(() => Matrix[.., Tensor.From([0.5])]);
        Assert.Throws<ArgumentNullException>(() => Matrix[.., (Tensor)null!]);
        Assert.Throws<ShapeException>(() => Compiled.Of((Tensor i) => Matrix[.., i])(Tensor.From([2])));
        Assert.Throws<ShapeException>(() => X[int.MinValue]);
    }

    [Fact]
    public void Entries_are_differentiated()
    {
        Same([1, 0, 2], [3], Gradient.Of((Tensor x) => x[Tensor.From([0, 2, 2])].Sum())(X));
        Same([2, 0, 0, 8, 10, 12], [3, 2], Gradient.Of((Tensor x) => x[x > 0].Square().Sum())(Matrix));
        Same([2, 2, 2], [3], Gradient.Of((Tensor x) => Gradient.Of((Tensor z) => z[z > 0].Square().Sum())(x).Sum())(X));
        Same([20], [], Derivative.Along((Tensor x) => x[x > 0].Square().Sum())(X, Tensor.From([1.0, 0, 0])).Change);
    }

    [Fact]
    public void Integers_are_compiled_and_vectorized()
    {
        var f = Compiled.Of((Tensor x, Tensor i) => x[i]);
        Same([30, 10], [2], f(X, Tensor.From([-1, 0])));
        Same([1, -2, 1, -2, 5, 6], [3, 2], Compiled.Of((Tensor x) => x[Tensor.From([0, 0, 2])])(Matrix));
        Same([10, 30], [2], Vectorized.Of((Tensor i) => X[i])(Tensor.From([0, -1])));
    }

    [Fact]
    public void A_mask_whose_length_is_not_known_names_Where()
    {
        var compiled = Assert.Throws<TracedValueException>(() => Compiled.Of((Tensor x) => x[x > 0])(X));
        Assert.Contains("Compiled", compiled.Message);
        Assert.Contains("Where", compiled.Message);
        var mapped = Assert.Throws<TracedValueException>(() => Vectorized.Of((Tensor x) => x[x > 0])(Matrix));
        Assert.Contains("Where", mapped.Message);
        var mask = Tensor.From([true, false, true]);
        Same([10, 30], [2], Compiled.Of((Tensor x) => x[mask])(X));
    }

    [Fact]
    public void One_axis_is_squeezed()
    {
        Assert.Equal([2, 1], Tensor.Ones([1, 2, 1]).Squeeze(0).Shape);
        Assert.Equal([1, 2], Tensor.Ones([1, 2, 1]).Squeeze(-1).Shape);
        Assert.Contains(
            "axis 1 of [1, 2] has size 2",
            Assert.Throws<ShapeException>(() => Tensor.Ones([1, 2]).Squeeze(1)).Message
        );
        Assert.Throws<ShapeException>(() => Tensor.Ones([1]).Squeeze(1));
    }

    [Fact]
    public void Axes_of_several_arguments_are_one_collection()
    {
        var dots = Vectorized.Of((Tensor a, Tensor x) => a.Dot(x), [null, 0])(
            Matrix,
            Tensor.From([
                [1.0, 0.0],
                [0.0, 1.0],
            ])
        );
        Same([1, -3, 5, -2, 4, 6], [2, 3], dots);
        var last = Vectorized.Of((Tensor a, Tensor x) => a.Dot(x), [null, 0], output: 1)(Matrix, Tensor.Eye(2));
        Same([1, -2, -3, 4, 5, 6], [3, 2], last);
        var three = Vectorized.Of((Tensor a, Tensor b, Tensor c) => a * b + c, [0, null, -1])(X, 2.0, X);
        Same([30, 60, 90], [3], three);
        Same([-1, 1, 11], [3], Vectorized.Of((Tensor row) => row.Sum(), 0)(Matrix));
        var leaves = Vectorized.Of(((Tensor A, Tensor B) p) => p.A * p.B, [null, 0])((2.0, X));
        Same([20, 40, 60], [3], leaves);
        Assert.Contains(
            "2 arguments",
            Assert.Throws<ArgumentException>(() => Vectorized.Of((Tensor a, Tensor x) => a * x, [0])).Message
        );
    }

    private static void Same(double[] values, Shape shape, Tensor found)
    {
        Assert.Equal(values, found.ToArray<double>());
        Assert.Equal(shape, found.Shape);
    }
}
