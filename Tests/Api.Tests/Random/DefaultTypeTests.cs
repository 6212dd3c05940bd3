using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>What does not say its dtype is float64, creation and draws alike, integers from integers; a type argument or another tensor says another.</summary>
public sealed class DefaultTypeTests
{
    private static readonly RandomKey Key = new(0);

    /// <summary>Every tensor that is made or drawn without a word about its type.</summary>
    public static TheoryData<string, DType, DType> Unsaid =>
        new()
        {
            { "Zeros", Tensor.Zeros([2]).DType, DType.Float64 },
            { "Ones", Tensor.Ones([2]).DType, DType.Float64 },
            { "Full", Tensor.Full([2], 0.5).DType, DType.Float64 },
            { "Full of an integer", Tensor.Full([2], 5).DType, DType.Int32 },
            { "Eye", Tensor.Eye(2).DType, DType.Float64 },
            { "Arange", Tensor.Arange(3).DType, DType.Int32 },
            { "Uniform", Key.Uniform([2]).DType, DType.Float64 },
            { "Uniform between", Key.Uniform([2], -1, 1).DType, DType.Float64 },
            { "Uniform between floats", Key.Uniform(-1f, 1f).DType, DType.Float64 },
            { "Normal", Key.Normal([2]).DType, DType.Float64 },
            { "Normal about", Key.Normal([2], 1, 2).DType, DType.Float64 },
            { "Exponential", Key.Exponential([2]).DType, DType.Float64 },
            { "Gumbel", Key.Gumbel([2]).DType, DType.Float64 },
            { "Laplace", Key.Laplace([2]).DType, DType.Float64 },
            { "Logistic", Key.Logistic([2]).DType, DType.Float64 },
            { "Cauchy", Key.Cauchy([2]).DType, DType.Float64 },
            { "Rademacher", Key.Rademacher([2]).DType, DType.Float64 },
            { "TruncatedNormal", Key.TruncatedNormal([2], 0, 1).DType, DType.Float64 },
            { "Integers", Key.Integers([2], 0, 10).DType, DType.Int32 },
            { "Permutation", Key.Permutation(3).DType, DType.Int32 },
            { "Choice", Key.Choice([2], 3).DType, DType.Int32 },
            { "The zero value", default, DType.Float64 },
        };

    [Theory]
    [MemberData(nameof(Unsaid))]
    public void What_is_not_said_is_float64_and_integers_come_from_integers(string what, DType made, DType right) =>
        Assert.True(made == right, $"{what} is {made}");

    /// <summary>Every tensor that is made or drawn with a type argument or like another.</summary>
    public static TheoryData<string, DType, DType> Said
    {
        get
        {
            var like = Tensor.Full([2], 3f);
            return new()
            {
                { "Zeros", Tensor.Zeros<float>([784, 128]).DType, DType.Float32 },
                { "Ones", Tensor.Ones<byte>([2]).DType, DType.UInt8 },
                { "Full", Tensor.Full<float>([2], 5).DType, DType.Float32 },
                { "Full by a dtype", Tensor.Full([2], 5, DType.Int64).DType, DType.Int64 },
                { "Eye", Tensor.Eye<float>(2).DType, DType.Float32 },
                { "Arange", Tensor.Arange<double>(2).DType, DType.Float64 },
                { "ZerosLike", Tensor.ZerosLike(like).DType, DType.Float32 },
                { "OnesLike", Tensor.OnesLike(like).DType, DType.Float32 },
                { "FullLike", Tensor.FullLike(like, 7).DType, DType.Float32 },
                { "Uniform", Key.Uniform<float>([2]).DType, DType.Float32 },
                { "Uniform between", Key.Uniform<float>([2], -1, 1).DType, DType.Float32 },
                { "Normal", Key.Normal<float>([2]).DType, DType.Float32 },
                { "Normal about", Key.Normal<float>([2], 1, 2).DType, DType.Float32 },
                { "Exponential", Key.Exponential<float>([2]).DType, DType.Float32 },
                { "Gumbel", Key.Gumbel<float>([2]).DType, DType.Float32 },
                { "Laplace", Key.Laplace<float>([2]).DType, DType.Float32 },
                { "Logistic", Key.Logistic<float>([2]).DType, DType.Float32 },
                { "Cauchy", Key.Cauchy<float>([2]).DType, DType.Float32 },
                { "Rademacher", Key.Rademacher<int>([2]).DType, DType.Int32 },
                { "TruncatedNormal", Key.TruncatedNormal<float>([2], 0, 1).DType, DType.Float32 },
                { "Integers", Key.Integers<long>([2], 0, long.MaxValue).DType, DType.Int64 },
                { "Bits", Key.Bits<ulong>([2]).DType, DType.UInt64 },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Said))]
    public void Another_type_is_said_by_a_type_argument_or_by_another_tensor(string what, DType made, DType right) =>
        Assert.True(made == right, $"{what} is {made}");

    [Fact]
    public void Like_another_tensor_is_its_shape_too()
    {
        var like = Tensor.Zeros<float>([2, 3]);
        Assert.Equal([2, 3], Tensor.ZerosLike(like).Shape);
        Assert.Equal([1f, 1, 1, 1, 1, 1], Tensor.OnesLike(like).ToArray<float>());
        Assert.Equal([7f, 7, 7, 7, 7, 7], Tensor.FullLike(like, 7).ToArray<float>());
        // In a vectorized function it is the shape of a lane.
        Assert.Equal([2, 3], Vectorized.Of((Tensor x) => x + Tensor.OnesLike(x))(like).Shape);
    }

    [Fact]
    public void Strongly_typed_parameters_decide_the_type_of_a_draw()
    {
        Tensor single = Tensor.Scalar(1f),
            wide = Tensor.Scalar(2.0);
        Assert.Equal(DType.Float32, Key.Normal([2], single, 2.0).DType);
        Assert.Equal(DType.Float32, Key.Normal(0, single).DType);
        Assert.Equal(DType.Float64, Key.Normal([2], wide, 2f).DType);
        Assert.Equal(DType.Float32, Key.Uniform([2], 0, single).DType);
        Assert.Equal(DType.Float32, Key.TruncatedNormal([2], 0, single).DType);
        Assert.Equal(DType.Float64, Key.Normal([2], Tensor.Scalar(3), 1).DType);
        Assert.Equal(DType.Float32, Key.MultivariateNormal(Tensor.Zeros<float>([2]), Tensor.Eye<float>(2)).DType);
        Assert.Equal(DType.Int64, Key.Integers([2], 0, Tensor.Scalar(10L)).DType);
        Assert.Equal(DType.UInt8, Key.Integers(Tensor.Scalar((byte)3), Tensor.Scalar((byte)9)).DType);
    }

    [Fact]
    public void Parameters_that_conflict_are_an_error()
    {
        Tensor single = Tensor.Scalar(1f),
            wide = Tensor.Scalar(2.0);
        void Refused(string words, Func<Tensor> draw) =>
            Assert.Contains(words, Assert.Throws<DTypeException>(draw).Message);
        Refused("Normal: mean is float32 and deviation is float64", () => Key.Normal([2], single, wide));
        Refused("the draw is float32 and deviation is float64", () => Key.Normal<float>([2], 0, wide));
        Refused("low is float64 and high is float32", () => Key.Uniform(wide, single));
        Refused("upper is float64", () => Key.TruncatedNormal([2], -1, wide, DType.Float32));
        Refused("covariance is float64", () => Key.MultivariateNormal(Tensor.Zeros<float>([2]), Tensor.Eye(2)));
        Refused("int64", () => Key.Integers([2], Tensor.Scalar(1), Tensor.Scalar(5L)));
        Refused("no dtype for Decimal", () => Key.Normal<decimal>([2]));
        Refused("float32 or float64, not int32", () => Key.Normal<int>([2]));
        Assert.Contains(
            "Integers<long>",
            Assert.Throws<ArgumentOutOfRangeException>(() => Key.Integers([2], 0, 5_000_000_000)).Message
        );
    }

    [Fact]
    public void A_mean_and_a_deviation_shift_and_stretch_the_draw()
    {
        var z = Key.Normal([3]);
        Assert.Equal((z * 2 + 1).ToArray<double>(), Key.Normal([3], 1, 2).ToArray<double>());
        Assert.Equal([3], Key.Normal(Tensor.From([1.0, 2, 3]), Tensor.From([0.1])).Shape);
        var slope = Gradient.Of((Tensor deviation) => Key.Normal([3], 1, deviation).Sum())(2.0);
        Assert.Equal(z.Sum().ToDouble(), slope.ToDouble(), 1e-12);
    }

    [Fact]
    public void A_run_whose_parameters_and_data_differ_in_type_is_refused()
    {
        var loss = (Tensor w, (Tensor X, Tensor Y) d) => (d.X.Dot(w) - d.Y).Square().Mean();
        var start = Optimizer.GradientDescent(0.1).Minimize(loss).From(Tensor.Zeros([2]));
        var data = (Key.Normal<float>([8, 2]), Key.Normal<float>([8]));
        foreach (
            var run in new Action[]
            {
                () => start.FullBatch(data),
                () => start.ShuffledMinibatch(data, 4, Key),
                () => start.Minibatch(data, 4, 2, Key),
            }
        )
        {
            var error = Assert.Throws<DTypeException>(run);
            Assert.Contains("AsType", error.Message);
            Assert.Contains("the parameters hold float64 and the data float32", error.Message);
        }
        // Integers beside them, and plain numbers, differ from nothing.
        var mixed = Optimizer
            .GradientDescent(0.1)
            .Minimize((Tensor w, (Tensor X, Tensor Y) d) => (d.X * w - d.Y).Square().Mean())
            .From(0.0);
        Assert.Equal(2, mixed.FullBatch((Key.Normal<float>([8]), Tensor.Arange(8))).AtMost(2).Fit().Steps);
    }
}
