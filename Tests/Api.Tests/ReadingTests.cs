using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// Reading a number under differentiation: refused where the number would lose a derivative, in every transformation; what depends on values
/// alone stays free.
/// </summary>
public sealed class ReadingTests
{
    private static readonly Tensor At = Tensor.From([3.0]);

    /// <summary>Every way to differentiate a function of a vector at [3].</summary>
    public static TheoryData<string, Action<Func<Tensor, Tensor>>> Transformations =>
        new()
        {
            { "Gradient", f => Gradient.Of((Tensor x) => f(x).Sum())(At) },
            { "Gradient with value", f => Gradient.WithValue((Tensor x) => f(x).Sum())(At) },
            { "along", f => Derivative.Along(f)(At, At) },
            { "pullback", f => Derivative.Pullback(f)(At) },
            { "linearized", f => Derivative.Linearize(f)(At) },
            { "n-th", f => Derivative.Nth((Tensor x) => f(x.Reshape(1)).Sum(), 3)(3.0) },
            { "series", f => Taylor.Series((Tensor x) => f(x.Reshape(1)).Sum(), about: 3.0, order: 2) },
            { "Jacobian", f => Jacobian.Forward(f)(At) },
            { "Hessian", f => Hessian.Of((Tensor x) => f(x).Sum())(At) },
            { "gradient of a gradient", f => Gradient.Of(Gradient.Of((Tensor x) => f(x.Reshape(1)).Sum()))(3.0) },
            { "gradient of a series", f => Gradient.Of(Derivative.Nth((Tensor x) => f(x.Reshape(1)).Sum(), 2))(3.0) },
            { "series of a gradient", f => Derivative.Nth(Gradient.Of((Tensor x) => f(x.Reshape(1)).Sum()), 2)(3.0) },
            { "gradient outside", f => Gradient.Of((Tensor x) => Derivative.Along(f)(x, At).Change.Sum())(At) },
        };

    [Theory]
    [MemberData(nameof(Transformations))]
    public void Reading_a_number_under_differentiation_is_refused(
        string transformation,
        Action<Func<Tensor, Tensor>> differentiate
    )
    {
        (string Name, Func<Tensor, double> Read)[] reads =
        [
            ("ToDouble", x => x.ToDouble()),
            ("double", x => (double)x),
            ("float", x => (float)x),
            ("int", x => (int)x),
            ("long", x => (long)x),
            ("decimal", x => (double)(decimal)x),
            ("ToArray", x => x.ToArray<double>()[0]),
            ("ToArray", x => x.ToArray<int>()[0]),
        ];
        Assert.All(
            reads,
            read =>
            {
                var error = Assert.Throws<TracedValueException>(() => differentiate(x => x * read.Read(x.Exp())));
                Assert.Contains(read.Name, error.Message);
                Assert.Contains("StopGradient()", error.Message);
            }
        );
        Assert.NotEmpty(transformation);
    }

    [Theory]
    [MemberData(nameof(Transformations))]
    public void What_carries_no_derivative_is_free_under_differentiation(
        string transformation,
        Action<Func<Tensor, Tensor>> differentiate
    )
    {
        var calls = 0;
        differentiate(x =>
        {
            calls++;
            Assert.Equal(3.0, x.StopGradient().ToDouble());
            Assert.Equal(3.0, (double)(0 * x + 3).StopGradient());
            Assert.Equal(3, (int)x.AsType(DType.Int64));
            Assert.True((bool)(x > 2) && (x > 2).ToArray<bool>()[0]);
            Assert.Equal(0, (int)x.ArgMax());
            Assert.Equal(1.0, x.Sign().ToDouble());
            Assert.Equal(5.0, Tensor.Scalar(5.0).ToDouble());
            Assert.Equal([1], x.Shape);
            Assert.True(Tensor.AllClose(x, At) && Tensor.SameBits(x, At));
            Assert.Contains("3", $"{x}");
            var y = x;
            while (y < 100)
                y *= 2;
            return y > 50 ? y : x;
        });
        Assert.True(calls > 0, transformation);
    }

    [Fact]
    public void A_stopped_number_is_a_constant()
    {
        var f = (Tensor x) => x * (double)x.StopGradient();
        Assert.Equal(3.0, Gradient.Of(f)(3.0).ToDouble());
        Assert.Equal(6.0, Gradient.Of((Tensor x) => x * x)(3.0).ToDouble());
    }

    [Fact]
    public void A_symbolic_zero_is_no_derivative()
    {
        // y is no argument of the gradient, and z's derivative is zero by construction.
        var f = (Tensor x, Tensor y) => x * y.ToDouble() + x.Sign().ToDouble();
        Assert.Equal(4.0, Gradient.Of(f)(2.0, 4.0).ToDouble());
        Assert.Throws<TracedValueException>(() => Gradient.OfSecond(f)(2.0, 4.0));
        Assert.Throws<TracedValueException>(() => Gradient.Of((Tensor x) => Gradient.Of(f)(2.0, x))(4.0));
    }

    [Fact]
    public void Text_prints_the_value_and_is_marked()
    {
        var texts = new List<string>();
        Gradient.Of(
            (Tensor x) =>
            {
                texts.Add($"{x}");
                return Derivative.Of(
                    (Tensor y) =>
                    {
                        texts.Add((x * y).ToString());
                        return x * y;
                    }
                )(4.0);
            }
        )(3.0);
        Taylor.Series(
            x =>
            {
                texts.Add($"{x}");
                return x;
            },
            about: 5.0,
            order: 2
        );
        Compiled.Of(
            Gradient.Of(
                (Tensor x) =>
                {
                    texts.Add($"{x}");
                    return x;
                }
            )
        )(1.0);
        Assert.Equal(
            ["3 (Gradient)", "12 (Gradient) (Derivative)", "5 (Taylor)", "Compiled tensor of float64[] (Gradient)"],
            texts
        );
    }

    [Fact]
    public void Rules_and_implicit_functions_refuse_to_read_numbers_that_carry_derivatives()
    {
        var square = CustomRule.Reverse(
            (Tensor x) => x * (double)x,
            (Tensor x) => (x * (double)x, x),
            (x, u) => 2 * x * u
        );
        Assert.Throws<TracedValueException>(() => Gradient.Of(square)(3.0));
        var forward = CustomRule.Forward((Tensor x) => x * x, (x, v) => (x * x, 2 * (double)x * v));
        Assert.Throws<TracedValueException>(() => Derivative.Of(forward)(3.0));
        Assert.Throws<TracedValueException>(() =>
            Gradient.Of((Tensor a) => Implicit.Root((x, a) => x * x - (double)a, Tensor.Scalar(1.0), a))(2.0)
        );
        Assert.Throws<TracedValueException>(() =>
            Gradient.Of((Tensor x) => Checkpoint.Of((Tensor y) => y * (double)y)(x))(3.0)
        );
    }

    [Fact]
    public void Least_squares_under_a_gradient_is_refused_as_under_Compiled()
    {
        var x = Tensor.From([1.0, 2, 3, 4]);
        var noise = Tensor.From([0.1, -0.2, 0.1, 0.05]);
        var f = (Tensor y) => (Tensor)Inference.LeastSquares(x.Reshape(4, 1), y)["x1"].Estimate;
        foreach (
            var error in new[]
            {
                Assert.Throws<TracedValueException>(() => Gradient.Of(f)(x + noise)),
                Assert.Throws<TracedValueException>(() => Compiled.Of(f)(x + noise)),
                Assert.Throws<TracedValueException>(() =>
                    Gradient.Of((Tensor z) => (Tensor)Inference.LeastSquares(z.Reshape(4, 1), x)["x1"].Estimate)(
                        x + noise
                    )
                ),
            }
        )
            Assert.Contains("LeastSquares", error.Message);
    }
}
