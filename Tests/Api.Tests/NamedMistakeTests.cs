using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Arguments that mean nothing are named: negative shapes, undefined dtypes, numbers of branches with a fraction.</summary>
public sealed class NamedMistakeTests
{
    private static readonly RandomKey Key = new(0);
    private const DType Undefined = (DType)42;

    public static TheoryData<string, Action> Negative =>
        new()
        {
            { "Zeros", () => Tensor.Zeros([2, -1]) },
            { "Ones", () => Tensor.Ones([-1]) },
            { "Full", () => Tensor.Full([-3, -1], 1) },
            { "From", () => Tensor.From<double>([1.0, 2.0], [-1, -2]) },
            { "BroadcastTo", () => Tensor.Scalar(1.0).BroadcastTo(-1) },
            { "BroadcastTo of a vector", () => Tensor.Ones([1]).BroadcastTo(2, -1) },
            { "Reshape", () => Tensor.Ones([6]).Reshape(-2, -3) },
            { "compiled", () => Compiled.Of((Tensor x) => x + x.Sum().BroadcastTo(-1))(Tensor.Ones([1])) },
            { "Normal", () => Key.Normal([-1]) },
            { "Uniform", () => Key.Uniform([2, -1]) },
        };

    [Theory]
    [MemberData(nameof(Negative))]
    public void Negative_shapes_are_refused_by_name(string operation, Action make)
    {
        var message = Assert.Throws<ShapeException>(make).Message;
        Assert.Contains("-", message);
        Assert.Contains("negative", message);
        Assert.NotEmpty(operation);
    }

    public static TheoryData<string, Action> Dtypes =>
        new()
        {
            { "Zeros", () => Tensor.Zeros([2], Undefined) },
            { "Full", () => Tensor.Full([], 1, Undefined) },
            { "Arange", () => Tensor.Arange(3, Undefined) },
            { "Eye", () => Tensor.Eye(2, Undefined) },
            { "AsType", () => Tensor.Ones([2]).AsType(Undefined) },
            { "AsType of integers", () => Tensor.From([1]).AsType(Undefined) },
            { "AsType compiled", () => Compiled.Of((Tensor x) => x.AsType(Undefined))(Tensor.Ones([2])) },
            { "AsType vectorized", () => Vectorized.Of((Tensor x) => x.AsType(Undefined))(Tensor.Ones([2])) },
            { "Normal", () => Key.Normal([2], dtype: Undefined) },
            { "Uniform", () => Key.Uniform([2], dtype: Undefined) },
        };

    [Theory]
    [MemberData(nameof(Dtypes))]
    public void Undefined_dtypes_are_refused_by_number(string operation, Action make)
    {
        Assert.Contains("42", Assert.Throws<DTypeException>(make).Message);
        Assert.NotEmpty(operation);
        Assert.Contains("-1", Assert.Throws<DTypeException>(() => Tensor.Zeros([2], (DType)(-1))).Message);
    }

    [Fact]
    public void A_switch_on_a_fraction_is_refused()
    {
        Tensor Choose(Tensor number, Tensor x) => Branch.Switch(number, x, y => y, y => 2 * y, y => 3 * y);
        foreach (Tensor number in new Tensor[] { 1.5, 1.0, Tensor.Scalar(0.5f) })
        {
            Assert.Contains("Switch", Assert.Throws<DTypeException>(() => Choose(number, 1.0)).Message);
            Assert.Throws<DTypeException>(() => Compiled.Of<Tensor, Tensor, Tensor>(Choose)(number, 1.0));
            Assert.Throws<DTypeException>(() => Gradient.Of((Tensor x) => Choose(x, x))(number.AsType(DType.Float64)));
        }

        Assert.Throws<LoopException>(() => Choose(Tensor.From([1, 2]), 1.0));
        Assert.Equal(3.0, (double)Choose(Tensor.Scalar(1L << 32), 1.0));
        Assert.Equal(3.0, (double)Compiled.Of<Tensor, Tensor, Tensor>(Choose)(Tensor.Scalar((1L << 32) + 1), 1.0));
        Assert.Equal(1.0, (double)Compiled.Of<Tensor, Tensor, Tensor>(Choose)(Tensor.Scalar(-(1L << 32) + 1), 1.0));
        Assert.Equal(2.0, (double)Choose(Tensor.Scalar((byte)1), 1.0));
    }
}
