using Xunit;

namespace Pipeline.Api.Tests.Random;

/// <summary>Random keys in C#'s own spelling: plain numbers, collection expressions and named arguments find their overloads.</summary>
public sealed class RandomKeyTests
{
    private static readonly RandomKey Key = new(0);

    [Fact]
    public void A_seed_may_be_any_integer()
    {
        Assert.Equal([0u, 2u], new RandomKey(2, RandomLayout.Original).Data.ToArray<uint>());
        Assert.Equal([1u, 0u], new RandomKey(1L << 32).Data.ToArray<uint>());
        Assert.Equal([0u, uint.MaxValue], new RandomKey(unchecked((uint)-1)).Data.ToArray<uint>());
        Assert.Equal(RandomLayout.Partitionable, Key.Layout);
        Assert.Equal([0u, 7u], RandomKey.FromSeed(7).Data.ToArray<uint>());
    }

    [Fact]
    public void Keys_split_and_fold()
    {
        Assert.Equal(2, Key.Split().Length);
        Assert.Equal(Key.Split(3)[2].Data.ToArray<uint>(), Key.FoldIn(2).Data.ToArray<uint>());
        Assert.Equal([3, 2], Key.SplitBatch(3).Data.Shape);
    }

    [Fact]
    public void Draws_take_shapes_types_and_plain_numbers()
    {
        Assert.Equal(0.947667, Key.Uniform<float>().ToDouble(), 1e-6);
        Tensor x = Key.Normal([2, 3]);
        Assert.Equal(DType.Float64, x.DType);
        Assert.Equal([2, 3], Key.Normal(x.Shape, DType.Float32).Shape);
        Assert.Equal(DType.Float32, Key.Exponential(dtype: DType.Float32).DType);
        Assert.Equal(DType.Float64, Key.Uniform([3], -1, 1).DType);
        Assert.Equal(DType.Float32, Key.Uniform<float>([3], 0, 2 * Math.PI).DType);
        Assert.Equal(DType.Float32, Key.TruncatedNormal([4], 0f, double.PositiveInfinity, DType.Float32).DType);
        Assert.Equal([100, 16], Key.Integers([100, 16], 0, 1000).Shape);
        Assert.Equal(DType.UInt8, Key.Integers<byte>([], 0, 256).DType);
        Assert.Equal(DType.Bool, Key.Bernoulli([10], 0.5).DType);
        Assert.Equal([7, 4, 2, 5, 3, 6, 8, 9, 0, 1], new RandomKey(42).Permutation(10).ToArray<int>());
        Assert.Equal([2, 3], Key.Permutation(x, axis: 1, independent: true).Shape);
        Assert.Equal([4, 0, 2, 3, 1, 2], Key.Choice([6], 5).ToArray<int>());
        Assert.Equal([2], Key.Choice(x, axis: 1).Shape);
        Assert.Equal([2], Key.Categorical(x).Shape);
    }
}
