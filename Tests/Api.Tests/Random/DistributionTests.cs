using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Draws are from the distribution that is asked for, however far out, or refused where there is none.</summary>
public sealed class DistributionTests
{
    private static readonly RandomKey Key = new(1);

    /// <summary>Q(x) / phi(x), x >= 2, by its continued fraction 1 / (x + 1 / (x + 2 / (x + 3 / ...))).</summary>
    private static double Mills(double x)
    {
        var rest = x;
        for (var k = 400; k > 0; k--)
            rest = x + k / rest;
        return 1 / rest;
    }

    /// <summary>(phi(a) - phi(b)) / (Q(a) - Q(b)), both over phi(a).</summary>
    private static double Mean(double a, double b)
    {
        if (double.IsInfinity(b))
            return 1 / Mills(a);
        var fall = -(b - a) * (a + b) / 2;
        return -(Math.Exp(fall) - 1) / (Mills(a) - Math.Exp(fall) * Mills(b));
    }

    [Theory]
    [InlineData(2.0, double.PositiveInfinity)]
    [InlineData(3.0, double.PositiveInfinity)]
    [InlineData(5.0, double.PositiveInfinity)]
    [InlineData(5.0, 1e6)]
    [InlineData(5.0, 5.5)]
    [InlineData(8.0, double.PositiveInfinity)]
    [InlineData(9.0, 10.0)]
    [InlineData(13.0, double.PositiveInfinity)]
    [InlineData(30.0, double.PositiveInfinity)]
    [InlineData(30.0, 30.01)]
    [InlineData(100.0, double.PositiveInfinity)]
    [InlineData(1000.0, 1000.001)]
    public void Truncated_normals_are_right_in_any_tail(double a, double b)
    {
        const int n = 10_000;
        var spread = Math.Min(1 / a, (b - a) / 3.4);
        foreach (var upper in new[] { true, false })
        foreach (var compiled in new[] { true, false })
        {
            var draw = (RandomKey key) => upper ? key.TruncatedNormal([n], a, b) : key.TruncatedNormal([n], -b, -a);
            var x = (compiled ? Compiled.Of(draw) : draw)(Key).ToArray<double>();
            if (!upper)
                x = [.. x.Select(v => -v)];
            Assert.All(x, v => Assert.True(a < v && v < b, $"{v} in ({a}, {b})"));
            Assert.InRange(x.Average(), Mean(a, b) - 5 * spread / 100, Mean(a, b) + 5 * spread / 100);
            Assert.Equal(n, x.Distinct().Count());
            // The fraction below a point is that of the distribution: p(x <= q) with q at the middle of the mass that the mean has below it.
            var q = Mean(a, b);
            double fall = -(q - a) * (a + q) / 2,
                whole = double.IsInfinity(b) ? 0 : Math.Exp(-(b - a) * (a + b) / 2) * Mills(b);
            var below = (Mills(a) - Math.Exp(fall) * Mills(q)) / (Mills(a) - whole);
            Assert.InRange(x.Count(v => v <= q) / (double)n, below - 0.03, below + 0.03);
        }
    }

    [Fact]
    public void Truncated_float32_normals_beyond_5_are_right()
    {
        var x = Key.TruncatedNormal([10_000], Tensor.Scalar(5f), Tensor.Scalar(1e6f)).ToArray<float>();
        Assert.Equal(5.1865, x.Average(v => (double)v), 0.01);
        Assert.All(x, v => Assert.True(v > 5 && v < 8));
        // Some floats come twice, since there are but 400,000 in a standard deviation.
        Assert.InRange(x.Distinct().Count(), 9_800, 10_000);
        var low = Key.TruncatedNormal<float>([10_000], double.NegativeInfinity, -6).ToArray<float>();
        Assert.Equal(-1 / Mills(6), low.Average(v => (double)v), 0.01);
        Assert.All(low, v => Assert.True(v < -6 && v > -10));
    }

    [Fact]
    public void Truncated_normals_of_many_intervals_at_once_are_those_of_each()
    {
        var lower = Tensor.From([-1.0, 5, double.NegativeInfinity, 30]);
        var upper = Tensor.From([2.0, 6, -9, double.PositiveInfinity]);
        var x = Key.TruncatedNormal(lower, upper);
        Assert.All(Enumerable.Range(0, 4), i => Assert.True((bool)((lower[i] < x[i]) & (x[i] < upper[i]))));
        var compiled = Compiled.Of((Tensor a, Tensor b) => Key.TruncatedNormal(a, b))(lower, upper);
        Assert.True(Tensor.AllClose(x, compiled, 1e-12, 0));
    }

    [Fact]
    public void Truncated_normals_in_a_tail_are_differentiated()
    {
        foreach (var a in new[] { 2.5, 6.0, 30.0, -8.0 })
        {
            var f = (Tensor t) =>
                a > 0 ? Key.TruncatedNormal([3], t, t + 1).Sum() : Key.TruncatedNormal([3], t - 1, t).Sum();
            var step = 1e-5;
            var difference = ((double)f(a + step) - (double)f(a - step)) / (2 * step);
            Assert.Equal(difference, (double)Gradient.Of(f)(a), 1e-5);
            Assert.Equal(difference, (double)Derivative.Of(f)(a), 1e-5);
            var bend = ((double)Derivative.Of(f)(a + step) - (double)Derivative.Of(f)(a - step)) / (2 * step);
            Assert.Equal(bend, (double)Derivative.Nth(f, 2)(a), 1e-4);
        }
    }

    /// <summary>Parameters that are no distribution.</summary>
    public static TheoryData<string, Func<Tensor, Tensor>, double[]> None =>
        new()
        {
            { "weight 0 is -0.5", w => Key.Choice([5], 3, weights: w), [-0.5, 0.5, 1] },
            { "weight 1 is NaN", w => Key.Choice([5], 3, weights: w), [1, double.NaN, 1] },
            { "weight 2 is Infinity", w => Key.Choice([5], 3, weights: w), [1, 1, double.PositiveInfinity] },
            { "no weight is above 0", w => Key.Choice([5], 3, weights: w), [0, 0, 0] },
            { "no weight is above 0", w => Key.Choice([1], 3, replace: false, weights: w), [0, 0, 0] },
            { "2 draws without replacement", w => Key.Choice([2], 3, replace: false, weights: w), [0, 1, 0] },
            { "no weight is above 0", w => Key.Choice(Tensor.From([1.0, 2, 3]), weights: w), [0, 0, 0] },
            { "probability 1 is -0.1", p => Key.Bernoulli(p), [0.5, -0.1] },
            { "probability 0 is 1.5", p => Key.Bernoulli([4, 1], p), [1.5] },
            { "probability 0 is NaN", p => Key.Bernoulli(p), [double.NaN] },
            { "logit 1 is NaN", l => Key.Categorical(l), [0, double.NaN] },
            { "logit 0 is Infinity", l => Key.Categorical(l), [double.PositiveInfinity, 0] },
            {
                "no logit is above minus infinity",
                l => Key.Categorical([4], l),
                [double.NegativeInfinity, double.NegativeInfinity]
            },
            {
                "2 draws without replacement",
                l => Key.Categorical([2], l, replace: false),
                [double.NegativeInfinity, 1]
            },
            { "lower is 2 and upper 1", b => Key.TruncatedNormal(b[0], b[1]), [2, 1] },
        };

    [Theory]
    [MemberData(nameof(None))]
    public void Weights_that_are_no_distribution_are_an_error(string words, Func<Tensor, Tensor> draw, double[] weights)
    {
        var w = Tensor.From(weights);
        Assert.Contains(words, Assert.Throws<DataException>(() => draw(w)).Message);
        Assert.Contains(words, Assert.Throws<DataException>(() => Compiled.Of(draw)(w)).Message);
        Assert.Contains(words, Assert.Throws<DataException>(() => Vectorized.Of(draw)(Tensor.Stack([w, w]))).Message);
        Assert.Contains(
            words,
            Assert.Throws<DataException>(() => Compiled.Of(Vectorized.Of(draw))(Tensor.Stack([w, w]))).Message
        );
    }

    [Fact]
    public void As_many_weights_as_entries_are_needed() =>
        Assert.Throws<ShapeException>(() => Key.Choice([5], 3, weights: Tensor.From([0.5, 0.5])));

    [Fact]
    public void A_weight_of_zero_is_never_chosen()
    {
        var weights = Tensor.From([0.0, 3, 0, 1e-300, 2, 0]);
        var choose = Compiled.Of((RandomKey key) => key.Choice([3], 6, replace: false, weights: weights));
        foreach (var key in new RandomKey(3).Split(50))
        {
            Assert.Equal([1, 3, 4], key.Choice([3], 6, replace: false, weights: weights).ToArray<int>().Order());
            Assert.Equal([1, 3, 4], choose(key).ToArray<int>().Order());
            Assert.DoesNotContain(0, key.Choice([100], 2, weights: Tensor.From([0, 5e-324])).ToArray<int>());
            Assert.DoesNotContain(2, key.Choice([100], 3, weights: Tensor.From([1e308, 1e308, 0])).ToArray<int>());
        }
    }

    [Fact]
    public void Normal_vectors_take_semidefinite_covariances()
    {
        var mean = Tensor.From([1.0, -2]);
        Assert.Equal([1.0, -2], Key.MultivariateNormal(mean, Tensor.Zeros([2, 2])).ToArray<double>());
        // Rank one: the second is twice the first.
        var one = Key.MultivariateNormal(
            [1000],
            mean,
            Tensor.From(
                new[,]
                {
                    { 1.0, 2 },
                    { 2, 4 },
                }
            )
        );
        var centred = one - mean;
        Assert.Equal(0, (double)(centred[.., 1] - 2 * centred[.., 0]).Abs().Max(), 1e-12);
        Assert.Equal(1, (double)centred[.., 0].Square().Mean(), 0.15);
        // Products of fewer rows than columns, in both types and on several scales.
        foreach (var dtype in new[] { DType.Float64, DType.Float32 })
        foreach (var scale in new[] { 1e-8, 1.0, 1e8 })
        {
            var rows = Key.Normal([2, 5]).AsType(dtype);
            var covariance = rows.T.Dot(rows) * (float)scale;
            var draws = Compiled.Of(
                (RandomKey key) => key.MultivariateNormal([4000], Tensor.Zeros([5], dtype), covariance)
            )(Key);
            var found = draws.T.Dot(draws) / 4000;
            Assert.True(Tensor.AllClose(found, covariance, 0, 0.2 * (double)covariance.Abs().Max()));
            Assert.Equal(dtype, draws.DType);
        }
        foreach (
            var wrong in new[]
            {
                new[,]
                {
                    { 1.0, 2 },
                    { 2, 1 },
                },
                new[,]
                {
                    { 0.0, 1 },
                    { 1, 0 },
                },
                new[,]
                {
                    { -1.0, 0 },
                    { 0, 1 },
                },
                new[,]
                {
                    { double.NaN, 0 },
                    { 0, 1 },
                },
            }
        )
        {
            var covariance = Tensor.From(wrong);
            Assert.Throws<LinearAlgebraException>(() => Key.MultivariateNormal(mean, covariance));
            Assert.Throws<LinearAlgebraException>(() =>
                Compiled.Of((Tensor c) => Key.MultivariateNormal(mean, c))(covariance)
            );
        }
        // Derivatives along semidefinite matrices: s^2 v v'.
        var v = Tensor.From([1.0, 2]);
        var f = (Tensor s) => Key.MultivariateNormal(mean, s * s * (v[..].Reshape(2, 1) * v)).Sum();
        Assert.Equal((double)(f(3.0) - f(1.0)) / 2, (double)Gradient.Of(f)(2.0), 1e-10);
    }

    [Fact]
    public void A_uniform_draw_is_refused_where_its_bounds_are_no_finite_distance_apart()
    {
        foreach (
            var (low, high) in new (double, double)[]
            {
                (0, double.NaN),
                (0, double.PositiveInfinity),
                (-1.5e308, 1.5e308),
            }
        )
        {
            Assert.Contains("Uniform: low is", Assert.Throws<DataException>(() => Key.Uniform([3], low, high)).Message);
            var traced = Compiled.Of((Tensor a, Tensor b) => Key.Uniform([3], a, b));
            Assert.Throws<DataException>(() => traced(Tensor.Scalar(low), Tensor.Scalar(high)));
            Assert.Throws<DataException>(() => Key.Uniform(Tensor.From([0.0, low]), Tensor.From([1.0, high])));
        }

        Assert.Throws<DataException>(() => Key.Uniform<float>([3], -3e38, 3e38));
        // Low where high is not greater: JAX's rule, which its reference values show.
        Assert.Equal([2.0, 2], Key.Uniform([2], 2, 2).ToArray<double>());
        Assert.Equal([5.0, 5], Key.Uniform([2], 5, -5).ToArray<double>());
        Assert.Equal(0, Key.Uniform([0], 0, 1).Size);
    }

    [Fact]
    public void A_covariance_that_is_not_symmetric_is_refused()
    {
        var mean = Tensor.Zeros([2]);
        var factor = Tensor.From(
            new[,]
            {
                { 1.0, 0.0 },
                { 0.5, 1.0 },
            }
        );
        var message = Assert.Throws<LinearAlgebraException>(() => Key.MultivariateNormal(mean, factor)).Message;
        Assert.Contains("MultivariateNormal: the covariance is not symmetric", message);
        var traced = Compiled.Of((Tensor c) => Key.MultivariateNormal(mean, c));
        Assert.Throws<LinearAlgebraException>(() => traced(factor));
        var covariance = factor.Dot(factor.T);
        Assert.True(traced(covariance).AllClose(Key.MultivariateNormal(mean, covariance)));
        // Rounding is no mistake, however small or large the variances.
        foreach (var scale in new[] { 1e-200, 1e200 })
            Assert.All(
                Key.MultivariateNormal(mean, scale * (covariance + 1e-9 * factor)).ToArray<double>(),
                x => Assert.True(double.IsFinite(x))
            );
    }
}
