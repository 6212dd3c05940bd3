using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Messages that say how far it got, what to write, and Jacobians by the cheaper mode.</summary>
public sealed class MessageTests
{
    [Fact]
    public void A_fixed_point_or_root_that_does_not_converge_says_how_far_it_got()
    {
        var twice = (Tensor x, Tensor p) => 2 * x + p;
        var noRoot = (Tensor x, Tensor p) => x * x + p;
        var calls = new Dictionary<string, (string Name, Action Call)>
        {
            ["fixed point"] = (
                "Implicit.FixedPoint",
                () => Implicit.FixedPoint(twice, Tensor.Scalar(1.0), Tensor.Scalar(1.0), maxSteps: 10)
            ),
            ["root"] = (
                "Implicit.Root",
                () => Implicit.Root(noRoot, Tensor.Scalar(0.6), Tensor.Scalar(1.0), maxSteps: 12)
            ),
            ["minimum"] = (
                "Implicit.Minimum",
                () =>
                    Implicit.Minimum(
                        (Tensor x, Tensor p) => x.Exp() * p,
                        Tensor.Scalar(1.0),
                        Tensor.Scalar(1.0),
                        maxSteps: 7
                    )
            ),
            ["gradient"] = (
                "Implicit.FixedPoint",
                () => Gradient.Of((Tensor p) => Implicit.FixedPoint(twice, Tensor.Scalar(1.0), p, maxSteps: 10))(1.0)
            ),
            ["compiled"] = (
                "Implicit",
                () => Compiled.Of((Tensor p) => Implicit.Root(noRoot, Tensor.Scalar(0.6), p, maxSteps: 12))(1.0)
            ),
        };
        foreach (var (kind, (name, call)) in calls)
        {
            var message = Assert.Throws<LoopException>(call).Message;
            Assert.True(message.StartsWith(name + ": the search has not converged after "), $"{kind}: {message}");
            Assert.Contains("moved the unknowns by ", message);
            Assert.Contains("maxSteps", message);
        }

        var singular = Assert.Throws<LinearAlgebraException>(() =>
            Implicit.Root(noRoot, Tensor.Scalar(1.0), Tensor.Scalar(1.0))
        );
        Assert.StartsWith("Implicit.Root: the search came to a point", singular.Message);
        Assert.Contains("to 2047", Assert.Throws<LoopException>(calls["fixed point"].Call).Message);
    }

    [Fact]
    public void A_function_of_no_tensor_is_told_what_to_write()
    {
        Action[] calls =
        [
            () => Gradient.Of((double x) => x * x)(3.0),
            () => Gradient.Of((double[] x) => x[0])([3.0]),
            () => Gradient.WithValue((double x) => x * x)(3.0),
            () => Jacobian.Forward((float x) => x)(3f),
            () => Jacobian.Of((double x) => x)(3.0),
            () => Gradient.Of(((double A, int B) p) => p.A)((1.0, 2)),
        ];
        Assert.All(calls, call => Assert.Contains("(Tensor x)", Assert.Throws<DifferentiationException>(call).Message));
    }

    private sealed record Line(Tensor W, Tensor B);

    [Fact]
    public void Jacobian_Of_is_that_of_both_modes()
    {
        var x = Tensor.From([0.5, -1.0, 2.0]);
        var wide = (Tensor v) => Tensor.Concatenate([v.Sin(), v * v, v.Exp()]);
        var square = (Tensor v) => v * v * v.Sum();
        var narrow = (Tensor v) => (v * v).Sum();
        foreach (var f in new[] { wide, square, narrow })
        {
            var expected = Jacobian.Forward(f)(x);
            Assert.Equal(expected.Shape, Jacobian.Of(f)(x).Shape);
            Near(expected, Jacobian.Of(f)(x));
            Near(Jacobian.Reverse(f)(x), Jacobian.WithValue(f)(x).Jacobian);
            Near(f(x), Jacobian.WithValue(f)(x).Value);
            Near(expected, Compiled.Of(Jacobian.Of(f))(x));
            Near(Jacobian.Forward(Jacobian.Forward(f))(x), Jacobian.Of(Jacobian.Of(f))(x));
        }

        var tree = Jacobian.Of((Line p) => p.W * p.B)(new(x, 2.0));
        Near(2 * Tensor.Eye(3), tree.W);
        Near(x, tree.B);

        static void Near(Tensor expected, Tensor actual) =>
            Assert.All(
                expected.Reshape(-1).ToArray<double>().Zip(actual.Reshape(-1).ToArray<double>()),
                pair => Assert.Equal(pair.First, pair.Second, 12)
            );
    }
}
