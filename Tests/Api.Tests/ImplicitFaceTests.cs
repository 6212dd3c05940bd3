using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Fixed points, roots and minima over tensors, tuples, records and dictionaries, the way C# writes them, against closed forms.</summary>
public sealed class ImplicitFaceTests
{
    private sealed record Circle(Tensor X, Tensor Y);

    private sealed record Quadratic(Tensor Matrix, Tensor Right, string Name);

    private static double[] A(Tensor x) => x.ToArray<double>();

    private static void Near(double[] expected, Tensor actual) =>
        Assert.All(expected.Zip(A(actual)), p => Tolerance.AssertNear(1e-11, p.First, p.Second));

    [Fact]
    public void A_fixed_point_and_its_derivatives_without_parameters_with_them_and_by_capture()
    {
        // Newton's iteration for a root: x = (x + a / x) / 2 is sqrt(a), with slope 1 / (2 sqrt(a)) and curvature -a^(-3/2) / 4.
        var passed = (Tensor a) => Implicit.FixedPoint((x, a) => 0.5 * (x + a / x), (Tensor)1.0, a);
        var captured = (Tensor a) => Implicit.FixedPoint(x => 0.5 * (x + a / x), (Tensor)1.0);
        foreach (var root in new[] { passed, captured, Compiled.Of(passed), Compiled.Of(captured) })
        {
            Near([3.0], root(9.0));
            Near([1.0 / 6], Gradient.Of(root)(9.0));
            Near([-1.0 / 108], Gradient.Of(Derivative.Of(root))(9.0));
            Near([1.0 / 6, 0.25], Vectorized.Of(Gradient.Of(root))(Tensor.From([9.0, 4.0])));
            Near([3.0, 1.0 / 6, -1.0 / 216], Tensor.Stack([.. Taylor.Series(root, 9.0, 2).Coefficients]));
        }

        CheckDerivatives.Of(captured, 2.0, order: 3).ThrowIfWrong();
    }

    [Fact]
    public void A_fixed_point_of_a_record()
    {
        // X = 1 + q Y, Y = q X: X = 1 / (1 - q^2), Y = q X.
        var point = (Tensor q) =>
            Implicit.FixedPoint((c, q) => new Circle(1 + q * c.Y, q * c.X), new Circle(0.0, 0.0), q);
        var found = point(0.5);
        Near([4.0 / 3], found.X);
        Near([2.0 / 3], found.Y);
        // (q / (1 - q^2))' = (1 + q^2) / (1 - q^2)^2
        Near([1.25 / 0.5625], Gradient.Of((Tensor q) => point(q).Y)(0.5));
    }

    [Fact]
    public void A_root_of_a_record_with_a_residual_of_another_structure()
    {
        // x^2 + y^2 = p, x y = q, about (2, 1): by the inverse of [[2x, 2y], [y, x]].
        var start = new Circle(2.1, 0.8);
        var root = ((Tensor P, Tensor Q) p) =>
            Implicit.Root((c, p) => (c.X.Square() + c.Y.Square() - p.P, c.X * c.Y - p.Q), start, p);
        var found = root((5.0, 2.0));
        Near([2.0, 1.0], Tensor.Stack([found.X, found.Y]));
        var (dp, dq) = Gradient.Of(((Tensor, Tensor) p) => root(p).X)((5.0, 2.0));
        Near([2.0 / 6, -2.0 / 6], Tensor.Stack([dp, dq]));
        var jacobian = Jacobian.Forward((Tensor p) => root((p[0], p[1])).Y)(Tensor.From([5.0, 2.0]));
        Near([-1.0 / 6, 4.0 / 6], jacobian);
        Tensor p = 5.0;
        var captured = Implicit.Root(c => Tensor.Stack([c.X.Square() + c.Y.Square() - p, c.X * c.Y - 2]), start);
        Near([2.0, 1.0], Tensor.Stack([captured.X, captured.Y]));
    }

    [Fact]
    public void A_root_by_a_solver_of_ones_own()
    {
        var solved = 0;
        var cubeRoot = (Tensor a) =>
            Implicit.Root(
                (x, a) => x * x * x - a,
                (_, a) =>
                {
                    solved++;
                    return (a.Log() / 3).Exp();
                },
                (Tensor)1.0,
                a
            );
        Near([2.0], cubeRoot(8.0));
        Assert.Equal(1, solved);
        Near([1.0 / 12], Gradient.Of(cubeRoot)(8.0));
        Near([1.0 / 12, 1.0 / 27], Compiled.Of(Vectorized.Of(Gradient.Of(cubeRoot)))(Tensor.From([8.0, 27.0])));
        CheckDerivatives.Of(cubeRoot, 5.0, order: 3).ThrowIfWrong();
    }

    [Fact]
    public void A_minimum_over_a_record_of_parameters()
    {
        // x = A^-1 b: dx = A^-1 (db - dA x).
        var at = new Quadratic(
            Tensor.From(
                new[,]
                {
                    { 2.0, 0.5 },
                    { 0.5, 1.0 },
                }
            ),
            Tensor.From([1.0, 2.0]),
            "two"
        );
        var best = (Quadratic p) =>
            Implicit.Minimum((x, p) => 0.5 * x.Dot(p.Matrix.Dot(x)) - p.Right.Dot(x), Tensor.Zeros([2]), p);
        var solution = at.Matrix.Solve(at.Right);
        Near(A(solution), best(at));
        var gradient = Gradient.Of((Quadratic p) => best(p).Sum())(at);
        var adjoint = at.Matrix.Solve(Tensor.Ones([2]));
        Near(A(adjoint), gradient.Right);
        // A acts through its symmetric part.
        var outer = adjoint.Reshape(2, 1) * solution;
        Near(A(-0.5 * (outer + outer.T)), gradient.Matrix);
        Assert.Equal("two", gradient.Name);
        var mine = (Quadratic p) =>
            Implicit.Minimum(
                (x, p) => 0.5 * x.Dot(p.Matrix.Dot(x)) - p.Right.Dot(x),
                (_, p) => p.Matrix.Solve(p.Right),
                Tensor.Zeros([2]),
                p
            );
        Near(A(gradient.Matrix), Gradient.Of((Quadratic p) => mine(p).Sum())(at).Matrix);
        Tensor center = 2.0;
        Near([2.0], Implicit.Minimum((Tensor x) => (x - center).Square(), start: 0.0));
    }

    [Fact]
    public void The_starting_point_has_the_dtype_of_the_equations()
    {
        var root = Implicit.Root((x, a) => x * x - a, Tensor.Scalar(1f), Tensor.Scalar(2f));
        Assert.Equal(DType.Float32, root.DType);
        Assert.Equal(MathF.Sqrt(2), (float)root, 1e-6f);
        var weak = Implicit.Root((x, a) => x * x - a, (Tensor)1.0, Tensor.Scalar(2f));
        Assert.Equal(DType.Float32, weak.DType);
        Assert.Throws<DTypeException>(() => Implicit.Root((x, a) => x * x - a, Tensor.Scalar(1f), Tensor.Scalar(2.0)));
        Assert.Throws<DTypeException>(() => Implicit.FixedPoint(x => x, Tensor.Scalar(1)));
    }

    [Fact]
    public void Mistakes_are_named()
    {
        Tensor start = 1.0;
        var slow = Assert.Throws<LoopException>(() => Implicit.FixedPoint(x => -x + 1, start, maxSteps: 7));
        Assert.Contains("7", slow.Message);
        Assert.Throws<LoopException>(() => Implicit.Root(x => x.Square() + 1, 0.7 * start, maxSteps: 20));
        Assert.Throws<LinearAlgebraException>(() => Implicit.Root(x => 0 * x + 1, start));
        // Started on a maximum, and beside one: there is no minimum to find.
        Assert.Throws<LinearAlgebraException>(() => Implicit.Minimum(x => -x.Square(), 0 * start));
        Assert.Throws<LoopException>(() => Implicit.Minimum(x => -x.Square(), start));
        var count = Assert.Throws<ShapeException>(() => Implicit.Root(x => (x, x), start));
        Assert.Contains("Implicit.Root", count.Message);
        Assert.Throws<ShapeException>(() => Implicit.FixedPoint(x => Tensor.Stack([x, x]), start));
        Assert.Throws<ShapeException>(() =>
            Implicit.Root((x, p) => x - p, (_, p) => Tensor.Stack([p, p]), start, start)
        );
        Assert.Throws<ShapeException>(() => Implicit.Minimum(x => x.Sum(), Tensor.Zeros([0])));
        Assert.Throws<DifferentiationException>(() => Implicit.Minimum(x => x * x, Tensor.Ones([2])));
        Assert.Throws<TracedValueException>(() => Implicit.FixedPoint(x => (double)x > 0 ? x : -x, start));
        Assert.Throws<ArgumentNullException>(() => Implicit.Root((Func<Tensor, Tensor>)null!, start));
        Assert.Throws<ArgumentNullException>(() => Implicit.Minimum(null!, (_, p) => p, start, start));
        Assert.Throws<ArgumentOutOfRangeException>(() => Implicit.Root(x => x, start, tolerance: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Implicit.FixedPoint(x => x, start, maxSteps: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Implicit.Minimum(x => x * x, start, tolerance: double.NaN));
    }
}
