using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Tree.Map, Zip, Flatten, AllClose and SameBits over every kind of tree, plainly and under transformations.</summary>
public sealed class TreeFunctionTests
{
    private record Layer(Tensor Weights, Tensor Bias);

    private record Network(string Name, ImmutableArray<Layer> Layers, Dictionary<string, Tensor> Extra, int Depth);

    private sealed class Settable
    {
        public required Tensor Given { get; init; }
        public double Rate { get; set; }
    }

    private static Tensor N(double x) => Tensor.Scalar(x);

    private static Network Example(double first = 1, int depth = 2) =>
        new(
            "n",
            [new(Tensor.From([first, 2.0]), N(3)), new(Tensor.From([4.0, 5.0]), N(6))],
            new() { ["b"] = N(8), ["a \"q\""] = N(7) },
            depth
        );

    /// <summary>Trees of two tensors, 2 and 3 in order.</summary>
    public static TheoryData<object> Kinds =>
        [
            new Layer(N(2), N(3)),
            (N(2), N(3)),
            Tuple.Create(N(2), N(3)),
            new { A = N(2), B = N(3) },
            new[] { N(2), N(3) },
            new[,]
            {
                { N(2), N(3) },
            },
            new List<Tensor> { N(2), N(3) },
            ImmutableList.Create(N(2), N(3)),
            ImmutableArray.Create(N(2), N(3)),
            new Queue<Tensor>([N(2), N(3)]),
            new LinkedList<Tensor>([N(2), N(3)]),
            new Dictionary<string, Tensor> { ["b"] = N(3), ["a"] = N(2) },
            new SortedDictionary<int, Tensor> { [5] = N(3), [1] = N(2) },
            new Dictionary<string, Tensor> { ["b"] = N(3), ["a"] = N(2) }.ToFrozenDictionary(),
            new Dictionary<string, Tensor> { ["b"] = N(3), ["a"] = N(2) }.ToImmutableSortedDictionary(),
            ListModule.OfSeq([N(2), N(3)]),
            MapModule.OfSeq([Tuple.Create("b", N(3)), Tuple.Create("a", N(2))]),
            FSharpOption<(Tensor, Tensor)>.Some((N(2), N(3))),
            FSharpResult<Tensor[], string>.NewOk([N(2), N(3)]),
            FSharpChoice<Layer, Tensor>.NewChoice1Of2(new(N(2), N(3))),
            (new Settable { Given = N(2), Rate = 0.5 }, N(3), "text"),
        ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Tree_functions_take_every_kind_of_tree(object tree)
    {
        var squared = Tree.Map(tree, x => x * x);
        Assert.Equal(tree.GetType(), squared.GetType());
        Assert.Equal([4.0, 9.0], Tree.Flatten(squared).Leaves.Select(x => x.ToDouble()));
        var sum = Tree.Zip(tree, squared, (x, y) => x + 10 * y);
        var flat = Tree.Flatten(sum);
        Assert.Equal([42.0, 93.0], flat.Leaves.Select(x => x.ToDouble()));
        Assert.Equal(2, flat.Names.Distinct().Count());
        Assert.Equal(Tree.Flatten(tree).Names, flat.Names);
        Assert.True(Tree.SameBits(sum, flat.Rebuild(flat.Leaves)));
        Assert.False(Tree.SameBits(sum, flat.Rebuild(flat.Leaves.Reverse())));
        Assert.True(Tree.AllClose(Tree.Map(sum, x => x * (1 + 1e-9)), sum));
        Assert.False(Tree.AllClose(Tree.Map(sum, x => x * (1 + 1e-9)), sum, rtol: 1e-12, atol: 0));
        Assert.False(Tree.AllClose(tree, squared));
        Assert.False(Tree.AllClose(tree, new Exception()));
    }

    [Fact]
    public void Tree_names_are_paths()
    {
        string[] names =
        [
            "Layers[0].Weights",
            "Layers[0].Bias",
            "Layers[1].Weights",
            "Layers[1].Bias",
            "Extra[\"a \\\"q\\\"\"]",
            "Extra[\"b\"]",
        ];
        Assert.Equal(names, Tree.Flatten(Example()).Names);
        Assert.Equal([""], Tree.Flatten(N(1)).Names);
        Assert.Empty(Tree.Flatten("text").Leaves);
        Assert.Equal("Weights: float64[2]\nBias: float64[]", Tree.Flatten(Example().Layers[0]).ToString());
    }

    [Fact]
    public void Tree_rebuild_keeps_what_is_no_tensor_and_takes_any_shape()
    {
        var example = Example();
        var back = Tree.Map(example, x => x.Sum().AsType(DType.Float32));
        Assert.Equal(("n", 2, 3f), (back.Name, back.Depth, (float)back.Layers[0].Weights));
        Assert.Equal(DType.Float32, back.Extra["b"].DType);
        Assert.Equal(["b", "a \"q\""], back.Extra.Keys);
        Assert.Equal("text", Tree.Map("text", x => x));
    }

    [Fact]
    public void Tree_map_under_transformations()
    {
        static Tensor Squares(Network n) =>
            Tree.Flatten(Tree.Map(n, x => x * x)).Leaves.Aggregate(N(0), (s, x) => s + x.Sum());
        var expected = Tree.Map(Example(), x => 2 * x);
        var slope = Gradient.Of((Network n) => Squares(n));
        Assert.True(Tree.SameBits(expected, slope(Example())));
        Assert.True(Tree.SameBits(expected, Compiled.Of(slope)(Example())));
        var stepped = Compiled.Of((Network n) => Tree.Zip(n, slope(n), (w, g) => w - 0.5 * g))(Example());
        Assert.All(Tree.Flatten(stepped).Leaves, leaf => Assert.True((bool)(leaf == 0).All()));
        // The directional derivative of x * x by itself, tensor by tensor.
        var along = Derivative.Along((Network n) => Tree.Map(n, x => x * x))(Example(), Example());
        Assert.True(Tree.AllClose(along.Change, Tree.Map(Example(), x => 2 * x * x), rtol: 1e-14, atol: 0));
        var batch = Vectorized.Of((Layer l) => Tree.Map(l, x => x * 3))(
            new(Tensor.From([1.0, 2.0]), Tensor.From([3.0, 4.0]))
        );
        Assert.Equal([9.0, 12.0], batch.Bias.ToArray<double>());
    }

    [Fact]
    public void Tree_comparisons_are_bools()
    {
        var nan = new Layer(N(double.NaN), N(-0.0));
        Assert.True(Tree.SameBits(nan, nan));
        Assert.False(Tree.SameBits(nan, nan with { Bias = N(0.0) }));
        Assert.False(Tree.AllClose(nan, nan));
        Assert.True(Tree.AllClose(nan, nan with { Bias = N(0.0) }, equalNaN: true));
        Assert.False(Tree.SameBits(new Layer(N(1), N(1)), new Layer(Tensor.Scalar(1f), N(1))));
        // The tolerance is in proportion to the second tree alone.
        Assert.False(Tree.AllClose(N(double.PositiveInfinity), N(1)));
        Assert.False(Tree.AllClose(N(1), N(double.PositiveInfinity)));
        Assert.True(Tree.AllClose(N(double.PositiveInfinity), N(double.PositiveInfinity)));
        Assert.False(Tree.AllClose(N(100), N(1), rtol: 1, atol: 0));
        Assert.True(Tree.AllClose(N(1), N(100), rtol: 1, atol: 0));
    }

    [Fact]
    public void Trees_of_other_structure_are_not_close_and_cannot_be_joined()
    {
        Assert.False(Tree.AllClose(Example(), Example(depth: 3)));
        Assert.False(Tree.SameBits(Example(), Example() with { Name = "m" }));
        Assert.False(Tree.SameBits([N(1)], new[] { N(1), N(2) }));
        Assert.False(Tree.SameBits(Tensor.From([1.0]), N(1)));
        Assert.False(Tree.AllClose(Tensor.Ones([2]), Tensor.Ones([2, 1])));
        var wrong = Assert.Throws<TreeException>(() => Tree.Zip(Example(), Example(depth: 3), (x, y) => x + y));
        Assert.Contains("Zip: the second tree has another structure than the first", wrong.Message);
        Assert.Contains("Depth", wrong.Message);
        var fewer = Example() with { Layers = [new(N(1), N(2))] };
        Assert.Contains(
            "Layers",
            Assert.Throws<TreeException>(() => Tree.Zip(Example(), fewer, (x, y) => x + y)).Message
        );
    }

    [Fact]
    public void Tree_mistakes_are_named()
    {
        var flat = Tree.Flatten(Example());
        Assert.Contains(
            "5 tensors for a Network of 6",
            Assert.Throws<TreeException>(() => flat.Rebuild(flat.Leaves.Skip(1))).Message
        );
        Assert.Contains(
            "Extra[\"b\"]",
            Assert.Throws<TreeException>(() => flat.Rebuild([.. flat.Leaves.Take(5), null!])).Message
        );
        Assert.Contains(
            "returned null for tensor 0 (Layers[0].Weights)",
            Assert.Throws<TreeException>(() => Tree.Map(Example(), _ => null!)).Message
        );
        Assert.Throws<ArgumentNullException>(() => Tree.Map<Layer>(null!, x => x));
        Assert.Throws<ArgumentNullException>(() => Tree.Map(N(1), null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tree.AllClose(N(1), N(1), rtol: -1));
        Assert.Throws<TracedValueException>(() => Compiled.Of((Tensor x) => Tree.AllClose(x, x) ? x : -x)(N(1)));
    }
}
