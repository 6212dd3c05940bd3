using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Shapes are values: compared, printed, written, matched and passed on.</summary>
public sealed class ShapeTests
{
    private static readonly Tensor X = Tensor.Ones([2, 3]);

    [Fact]
    public void Equal_shapes_are_equal()
    {
        var y = Tensor.Zeros([2, 3]);
        Assert.True(X.Shape == y.Shape);
        Assert.False(X.Shape != y.Shape);
        Assert.True(X.Shape != X.T.Shape);
        Assert.True(X.Shape == new[] { 2, 3 });
        Assert.True(default == Tensor.Zeros([]).Shape);
        Assert.Equal(X.Shape.GetHashCode(), y.Shape.GetHashCode());
        Assert.Single(new HashSet<Shape> { X.Shape, y.Shape });
        Assert.True(X.Shape.Equals((object)y.Shape));
        Assert.False(X.Shape.Equals("[2, 3]"));
        var none = Assert.Throws<ArgumentNullException>(() => X.Shape == null!);
        Assert.StartsWith("Shape: null is no shape. Shapes are values", none.Message);
    }

    [Fact]
    public void A_shape_prints_as_it_is_written()
    {
        Shape shape = [2, 3];
        Assert.Equal("[2, 3]", shape.ToString());
        Assert.Equal("[2, 3]", $"{X.Shape}");
        Assert.Equal("[]", default(Shape).ToString());
    }

    [Fact]
    public void Every_shape_parameter_takes_a_shape()
    {
        Assert.Equal(X.Shape, Tensor.Zeros(X.Shape).Shape);
        Assert.Equal(X.Shape, Tensor.Ones(X.Shape, DType.Float32).Shape);
        Assert.Equal(X.Shape, Tensor.Full(X.Shape, 0.5).Shape);
        Assert.Equal(X.Shape, Tensor.From([1.0, 2, 3, 4, 5, 6], X.Shape).Shape);
        Assert.Equal(X.Shape, Tensor.Arange(6).Reshape(X.Shape).Shape);
        Assert.Equal(X.Shape, Tensor.Ones([3]).BroadcastTo(X.Shape).Shape);
        Assert.Equal(X.Shape, new RandomKey(0).Normal(X.Shape).Shape);
        Assert.Equal(X.Shape, new RandomKey(0).Uniform(X.Shape).Shape);
        int[] array = [2, 3];
        Assert.Equal(X.Shape, Tensor.Zeros(array).Shape);
        Assert.Equal(X.Shape, Tensor.Arange(6).Reshape(array).Shape);
    }

    [Fact]
    public void Draws_take_shapes_too()
    {
        var key = new RandomKey(0);
        var y = Tensor.From([0.0, 0.0]);
        Tensor[] draws =
        [
            key.Normal(X.Shape, 0, 1),
            key.Uniform<float>(X.Shape),
            key.Integers(X.Shape, 0, 9),
            key.Bernoulli(X.Shape, 0.5),
            key.Choice(X.Shape, 7),
            key.Rademacher(X.Shape),
            key.Bits(X.Shape),
            key.Gumbel(X.Shape),
            key.TruncatedNormal(X.Shape, -1, 1),
        ];
        Assert.All(draws, draw => Assert.Equal(X.Shape, draw.Shape));
        Assert.Equal(X.Shape, key.Categorical(X.Shape, Tensor.Zeros([3, 4])).Shape);
        Assert.Equal([2, 3, 2], key.MultivariateNormal(X.Shape, y, Tensor.Eye(2)).Shape);
    }

    [Fact]
    public void A_parameter_named_shape_takes_a_shape_in_every_public_function()
    {
        var parameters = LibraryAssemblies
            .All.SelectMany(assembly => assembly.GetExportedTypes())
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters())
            .Where(parameter => parameter.Name == "shape")
            .ToArray();
        Assert.InRange(parameters.Length, 50, int.MaxValue);
        Assert.All(
            parameters,
            parameter =>
                Assert.True(parameter.ParameterType.IsAssignableFrom(typeof(Shape)), $"{parameter.Member}: {parameter}")
        );
    }

    [Fact]
    public void A_shape_that_a_compiled_function_captures_is_compared_by_value()
    {
        Shape shape = [2, 3];
        var f = Compiled.Of((Tensor x) => x.Reshape(shape));
        Assert.Equal([2, 3], f(Tensor.Arange(6)).Shape);
        shape = [3, 2];
        Assert.Equal([3, 2], f(Tensor.Arange(6)).Shape);
        var g = Compiled.Of((Tensor x, Shape to) => x.Reshape(to));
        Assert.Equal([1, 6], g(Tensor.Arange(6), [1, 6]).Shape);
        Assert.Equal([6, 1], g(Tensor.Arange(6), [6, 1]).Shape);
    }

    [Fact]
    public void FSharp_takes_shapes_wherever_it_takes_lists()
    {
        const string program = """
            let x = zeros [ 2; 3 ]
            let y : Tensor = ones x.Shape + full x.Shape 0.5 + zerosOf<float32> x.Shape
            let z = reshape x.Shape (vector [ 1.0 .. 6.0 ])
            let same : bool = x.Shape = y.Shape && x.Shape <> (sum z).Shape
            let draw = RandomKey(0).Normal(x.Shape) + RandomKey(0).Normal([ 2; 3 ])
            let sizes = List.ofSeq x.Shape @ [ x.Shape[0]; x.Shape.Rank ]
            let rows = [ for row in x -> sum row ]
            let picked = x[vector [ 1; 0 ]]
            let text = $"{x.Shape} {x:f3}"
            """;
        Assert.Empty(ProgramText.InFSharp(program));
    }

    [Fact]
    public void Reshape_still_takes_sizes_one_by_one()
    {
        Assert.Equal([3, 2], X.Reshape(-1, 2).Shape);
        Assert.Equal([6], X.Reshape([-1]).Shape);
        Assert.Equal([3, 2], X.Reshape([.. X.T.Shape]).Shape);
        Assert.Equal([], Tensor.Ones([1]).Reshape().Shape);
        Assert.Equal([4, 3], X[0].BroadcastTo(4, 3).Shape);
    }

    [Fact]
    public void Shapes_are_indexed_matched_deconstructed_and_enumerated()
    {
        var shape = Tensor.Zeros([2, 3, 4]).Shape;
        Assert.Equal((2, 4, 3, 24L), (shape[0], shape[^1], shape.Rank, shape.Size));
        Assert.Equal([3, 4], shape[1..]);
        Assert.Equal("[2, 3]", shape[..^1].ToString());
        Assert.True(X.Shape is [2, 3]);
        Assert.True(shape is [var first, .. var rest] && first == 2 && rest == new[] { 3, 4 });
        var (rows, columns) = X.Shape;
        Assert.Equal((2, 3), (rows, columns));
        var (a, b, c) = shape;
        Assert.Equal(9, a + b + c);
        Assert.Equal(9, shape.Sum());
        var sum = 0;
        foreach (var size in shape)
            sum += size;
        Assert.Equal(9, sum);
    }

    [Fact]
    public void The_number_of_elements_is_counted_in_64_bits()
    {
        Assert.Equal(1L << 60, Size([1 << 30, 1 << 30]));
        Assert.Equal(1L, default(Shape).Size);
        Assert.Equal(0L, Size([1 << 30, 1 << 30, 1 << 30, 0]));
        Assert.Contains("2^63", Assert.Throws<ShapeException>(() => Size([1 << 30, 1 << 30, 1 << 30])).Message);

        static long Size(Shape shape) => shape.Size;
    }

    [Fact]
    public void What_a_shape_does_not_have_is_named()
    {
        Assert.Contains("no axis 2 in [2, 3]", Assert.Throws<ShapeException>(() => X.Shape[2]).Message);
        Assert.Contains("[2, 3] is of rank 2", Assert.Throws<ShapeException>(() => Three(X.Shape)).Message);
        Assert.Throws<ShapeException>(() => X.Shape[1..5]);
        Assert.Throws<ArgumentNullException>(() => (Shape)(int[])null!);

        static int Three(Shape shape)
        {
            var (a, b, c) = shape;
            return a + b + c;
        }
    }

    [Fact]
    public void A_shape_cannot_be_changed_from_outside()
    {
        int[] sizes = [2, 3];
        Shape shape = sizes;
        sizes[0] = 9;
        shape.ToArray()[1] = 9;
        Assert.Equal([2, 3], shape);
    }

    private sealed record Patch(Tensor Values, Shape Shape);

    [Fact]
    public void A_shape_in_a_record_is_carried_through_derivatives()
    {
        var gradient = Gradient.Of((Patch p) => p.Values.Reshape(p.Shape)[1].Sum())(
            new Patch(Tensor.Ones([4]), [2, 2])
        );
        Assert.Equal([0.0, 0.0, 1.0, 1.0], gradient.Values.ToArray<double>());
        Assert.Equal([2, 2], gradient.Shape);
    }
}
