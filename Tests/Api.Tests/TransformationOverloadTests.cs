using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The overloads and results of the transformations that other tests do not use, over records, tuples and dictionaries, the way C# writes them.</summary>
public sealed class TransformationOverloadTests
{
    private sealed record Model(Tensor W, Tensor B);

    private readonly record struct State(Tensor Place, Tensor Speed, int Steps);

    private static double[] A(Tensor x) => x.ToArray<double>();

    private static void Near(double[] expected, Tensor actual, double tolerance = 1e-12)
    {
        Assert.Equal(expected.Length, actual.Size);
        Assert.All(expected.Zip(A(actual)), p => Tolerance.AssertNear(tolerance, p.First, p.Second));
    }

    [Fact]
    public void Gradients_of_three_arguments_and_with_what_else_there_is()
    {
        var f = (Model m, Tensor x, int power) => (m.W * x + m.B).Pow(power).Sum();
        var gradient = Gradient.Of(f)(new Model(2.0, 1.0), Tensor.From([1.0, 3.0]), 2);
        // 2 (2 x + 1) x and 2 (2 x + 1) for x = 1, 3
        Assert.Equal((48.0, 20.0), ((double)gradient.W, (double)gradient.B));
        var result = Gradient.WithAuxiliary(
            (Model m, Tensor x) => ((m.W * x).Sum(), new { Twice = 2 * x, Name = "x" })
        )(new Model(2.0, 1.0), Tensor.From([1.0, 3.0]));
        Assert.Equal((8.0, 4.0, 0.0), ((double)result.Value, (double)result.Gradient.W, (double)result.Gradient.B));
        Near([2.0, 6.0], result.Auxiliary.Twice);
        Assert.Equal("x", result.Auxiliary.Name);
        var byName = Gradient.Of((Dictionary<string, Tensor> p) => p["a"] * p["b"].Sum());
        var found = byName(new() { ["a"] = 2.0, ["b"] = Tensor.From([1.0, 5.0]) });
        Assert.Equal(6.0, (double)found["a"]);
        Near([2.0, 2.0], found["b"]);
        var listed = Gradient.Of((List<Tensor> p) => p.Aggregate((a, b) => a * b))([2.0, 3.0, 4.0]);
        Assert.Equal([12.0, 8.0, 6.0], listed.Select(g => (double)g));
        var arrayed = Gradient.WithValue((Tensor[] p) => p[0] * p[1].Exp())([2.0, 0.0]);
        Assert.Equal(
            (2.0, 1.0, 2.0),
            ((double)arrayed.Value, (double)arrayed.Gradient[0], (double)arrayed.Gradient[1])
        );
    }

    [Fact]
    public void Derivatives_of_trees_and_of_functions()
    {
        var slope = Derivative.Of((Tensor t) => (Sine: t.Sin(), Model: new Model(t * t, 3.0)))(0.5);
        Assert.Equal(Math.Cos(0.5), (double)slope.Sine, 1e-15);
        Assert.Equal((1.0, 0.0), ((double)slope.Model.W, (double)slope.Model.B));
        // A function in the result is differentiated at each of its applications.
        var shifted = Derivative.Of((Tensor a) => (Func<Tensor, Tensor>)(x => (a * x).Exp()))(2.0);
        Assert.Equal(3 * Math.Exp(6), (double)shifted(3.0), 1e-10);
        var (value, change) = Derivative.Along((Model m) => (m.W * m.B, m.W))(
            new Model(2.0, 3.0),
            new Model(1.0, -1.0)
        );
        Assert.Equal((6.0, 2.0), ((double)value.Item1, (double)value.W));
        Assert.Equal((1.0, 1.0), ((double)change.Item1, (double)change.W));
        var (_, pullback) = Derivative.Pullback((Model m) => (m.W * m.B, m.W))(new Model(2.0, 3.0));
        var cotangent = pullback((1.0, 10.0));
        Assert.Equal((13.0, 2.0), ((double)cotangent.W, (double)cotangent.B));
        Assert.Equal(24.0, (double)Derivative.Nth(x => x.Pow(4), 4)(0.7), 1e-12);
        Assert.Equal(0.7, (double)Derivative.Nth(x => x, 0)(0.7));
        Assert.Throws<ArgumentOutOfRangeException>(() => Derivative.Nth(x => x, -1));
        Assert.Throws<DifferentiationException>(() => Derivative.Of((Tensor x) => x)(Tensor.From([1.0, 2.0])));
    }

    [Fact]
    public void Jacobians_with_values_and_Hessians_times_vectors()
    {
        var f = (Model m) => m.W * m.B.Sum();
        var at = new Model(Tensor.From([1.0, 2.0]), Tensor.From([3.0, 4.0, 5.0]));
        foreach (var (value, jacobian) in new[] { Jacobian.ForwardWithValue(f)(at), Jacobian.ReverseWithValue(f)(at) })
        {
            Near([12.0, 24.0], value);
            Near([12.0, 0.0, 0.0, 12.0], jacobian.W);
            Assert.Equal([2, 3], jacobian.B.Shape);
            Near([1.0, 1.0, 1.0, 2.0, 2.0, 2.0], jacobian.B);
        }

        Near(A(Jacobian.Forward(f)(at).B), Jacobian.Reverse(f)(at).B);
        // (W . W) sum B: second derivatives 2 sum B I and 2 W.
        var g = (Model m) => m.W.Dot(m.W) * m.B.Sum();
        var product = Hessian.TimesVector(g)(at, new Model(Tensor.From([1.0, 0.0]), Tensor.From([0.0, 0.0, 1.0])));
        Near([26.0, 4.0], product.W);
        Near([2.0, 2.0, 2.0], product.B);
        Assert.Throws<DifferentiationException>(() => Hessian.Of(x => x)(Tensor.From([1.0, 2.0])));
        Assert.Throws<ShapeException>(() => Curl.Of(x => x)(Tensor.From([1.0, 2.0])));
    }

    [Fact]
    public void Polynomials_and_their_parts()
    {
        var series = Taylor.Series(x => x.Exp(), about: 1.0, order: 4);
        Assert.Equal((4, 5, 1.0), (series.Order, series.Coefficients.Count, (double)series.About));
        var sums = series.PartialSums(1.5);
        var expected = new[] { 1, 0.5, 0.125, 0.125 / 6, 0.0625 / 24 }.Select(t => Math.E * t).ToArray();
        Near([.. expected.Select((_, k) => expected.Take(k + 1).Sum())], Tensor.Stack([.. sums]));
        Near([expected.Sum()], series.Evaluate(1.5));
        var each = Taylor.Series(Tensor.Sqrt, Tensor.From([1.0, 4.0]), 2);
        Near([-0.125, -1.0 / 64], each.Coefficients[2]);
        var growth = Taylor.Solution(y => y * Tensor.From([1.0, 2.0]), Tensor.From([3.0, 1.0]), 3);
        Near([0.5, 8.0 / 6], growth.Coefficients[3]);
        Near([3 * (1 + 0.1 + 0.005 + 0.001 / 6), 1 + 0.2 + 0.02 + 0.008 / 6], growth.Evaluate(0.1));
        Assert.Throws<DifferentiationException>(() => Taylor.Series(x => x, Tensor.From([1, 2]), 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Taylor.Series(x => x, 1.0, -1));
        Assert.Throws<ShapeException>(() => Taylor.Solution(y => y.Sum(), Tensor.From([1.0, 2.0]), 2));
    }

    [Fact]
    public void Vectorized_functions_of_records_and_of_three_arguments()
    {
        var models = new Model(Tensor.From([1.0, 2.0]), Tensor.From([10.0, 20.0]));
        var doubled = Vectorized.Of((Model m) => new Model(m.B, 2 * m.W))(models);
        Near([10.0, 20.0], doubled.W);
        Near([2.0, 4.0], doubled.B);
        var matrix = Tensor.From(
            new[,]
            {
                { 1.0, 2.0, 3.0 },
                { 4.0, 5.0, 6.0 },
            }
        );
        var columns = Vectorized.Of((Tensor c) => c / c.Sum(), axis: 1, output: 1)(matrix);
        Near([0.2, 2.0 / 7, 3.0 / 9, 0.8, 5.0 / 7, 6.0 / 9], columns);
        var blend = Vectorized.Of((Model m, Tensor x, Tensor y) => m.W * x + m.B * y, [null, 0, -1]);
        var sums = blend(new Model(2.0, 10.0), Tensor.From([1.0, 2.0, 3.0]), matrix);
        Near([12.0, 42.0, 24.0, 54.0, 36.0, 66.0], sums);
        Assert.Throws<ShapeException>(() =>
            Vectorized.Of((Tensor a, Tensor b) => a + b)(matrix, models.W.Reshape(1, 2))
        );
        Assert.Throws<ShapeException>(() => Vectorized.Of((Tensor a) => a)(1.0));
        Assert.Throws<ShapeException>(() => Vectorized.Of((Tensor a) => a, axis: 2, output: 0)(matrix));
    }

    [Fact]
    public void Loops_that_carry_records()
    {
        // A fall of 10 steps: place is the sum of the speeds.
        static (State Carry, Tensor Output) Fall(State s) =>
            (s with { Place = s.Place + s.Speed, Speed = s.Speed - 1.0 }, s.Place);
        var start = new State(100.0, 0.0, 7);
        var (end, places) = Loop.Scan<State, Tensor>(Fall, start, 10);
        Assert.Equal((55.0, -10.0, 7), ((double)end.Place, (double)end.Speed, end.Steps));
        Near([100, 100, 99, 97, 94, 90, 85, 79, 72, 64], places);
        var down = Loop.While(
            s => s.Place > 50.0,
            s => s with { Place = s.Place + s.Speed, Speed = s.Speed - 1.0 },
            start,
            bound: 20
        );
        Assert.Equal(45.0, (double)down.Place);
        Assert.Equal(
            1.0,
            (double)
                Gradient.Of((Tensor h) => Loop.Scan<State, Tensor>(Fall, start with { Place = h }, 10).Carry.Place)(
                    100.0
                )
        );
        var named = Loop.For(1, 4, (i, s) => (s.Sum + i, s.Product * i), (Sum: (Tensor)0, Product: (Tensor)1));
        Assert.Equal((6.0, 6.0), ((double)named.Sum, (double)named.Product));
        Assert.Equal(1.0, (double)Loop.For(4, 1, (_, x) => 2 * x, (Tensor)1.0));
        var error = Assert.Throws<LoopException>(() => Loop.For(0, 3, (_, x) => Tensor.Stack([x, x]), (Tensor)1.0));
        Assert.Contains("[2]", error.Message);
        Assert.Throws<LoopException>(() =>
            Loop.Scan((Tensor c, (Tensor, Tensor) x) => (c, c), 0.0, (Tensor.From([1.0]), Tensor.From([1.0, 2.0])))
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => Loop.Scan((Tensor x) => (x, x), 0.0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Loop.While(x => x < 1, x => x + 1, (Tensor)0.0, bound: 0));
    }

    [Fact]
    public void Branches_that_do_not_fit_together_are_named()
    {
        static string Message(Func<Tensor, object> f) =>
            Assert
                .Throws<LoopException>(() =>
                    Compiled.Of(
                        (Tensor x) =>
                        {
                            f(x);
                            return x;
                        }
                    )(1.0)
                )
                .Message;
        var shapes = Message(x => Branch.Cond(x > 0, () => Tensor.Stack([x, x]), () => x));
        Assert.StartsWith(
            "Cond: tensor 0 of the first function is float64[2] where the second function returns float64[]",
            shapes
        );
        var structures = Message(x => Branch.Cond(x > 0, t => (t, 1), t => (t, 2), x));
        Assert.StartsWith("Cond: the first function returns another structure than the second function", structures);
        var third = Message(x => Branch.Switch(x.AsType(DType.Int32), x, t => t, t => -t, t => t.Reshape(1)));
        Assert.StartsWith("Switch: tensor 0 of branch 2 is float64[1] where branch 0 returns float64[]", third);
        var types = Message(x => Branch.Cond(x > 0, () => x * Tensor.Scalar(1.0), () => Tensor.Scalar(2f)));
        Assert.StartsWith(
            "Cond: tensor 0 of the first function is float64[] where the second function returns float32[]",
            types
        );
        Assert.Throws<LoopException>(() => Branch.Switch<Tensor, Tensor>(0, 1.0));
    }

    [Fact]
    public void Checkpointed_functions_and_scans()
    {
        var inputs = Tensor.From([0.1, -0.2, 0.3, 0.4, -0.5, 0.6, 0.7]);
        (Tensor, Tensor) Body(Tensor c, Tensor u) => ((c + u).Sin(), c * u);
        var plain = Gradient.Of((Tensor c) => Total(Loop.Scan<Tensor, Tensor, Tensor>(Body, c, inputs)))(0.7);
        static Tensor Total((Tensor Carry, Tensor Outputs) r) => r.Carry + r.Outputs.Sum();
        var forms = new Func<Tensor, Tensor>[]
        {
            c => Total(Checkpoint.Scan<Tensor, Tensor, Tensor>(Body, c, inputs)),
            c => Total(Checkpoint.Scan<Tensor, Tensor, Tensor>(Body, c, inputs, slots: 2)),
            Checkpoint.Of((Tensor c) => Total(Loop.Scan<Tensor, Tensor, Tensor>(Body, c, inputs))),
        };
        Assert.All(forms, f => Assert.Equal((double)plain, (double)Gradient.Of(f)(0.7), 1e-14));
        // x <- 1.1 x seven times.
        var power = Math.Pow(1.1, 7);
        Assert.Equal(
            power,
            (double)Gradient.Of((Tensor x) => Checkpoint.Scan((Tensor x) => (1.1 * x, x), x, 7).Carry)(2.0),
            1e-14
        );
        Assert.Equal(
            power,
            (double)Gradient.Of((Tensor x) => Checkpoint.Scan((Tensor x) => (1.1 * x, x), x, 7, slots: 3).Carry)(2.0),
            1e-14
        );
        Assert.Equal(
            (17, 83, 180),
            (Checkpoint.Slots(1_000, 3), Checkpoint.Slots(100_000, 3), Checkpoint.Slots(1_000_000, 3))
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => Checkpoint.Slots(10, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Checkpoint.Scan((Tensor x) => (x, x), 1.0, 7, slots: 0));
        var pair = Checkpoint.Of((Model m) => new Model(m.W.Exp(), m.W * m.B))(new Model(0.0, 2.0));
        Assert.Equal((1.0, 0.0), ((double)pair.W, (double)pair.B));
    }

    [Fact]
    public void Compiled_functions_of_several_arguments_notice_other_shapes_constants_and_assignments()
    {
        var traced = 0;
        var scale = 2.0;
        var f = Compiled.Of(
            (Model m, Tensor x, int power) =>
            {
                traced++;
                return (m.W * x + m.B).Pow(power) * scale;
            }
        );
        var model = new Model(1.0, 1.0);
        Assert.Equal(18.0, (double)f(model, 2.0, 2));
        Assert.Equal(32.0, (double)f(model, 3.0, 2));
        Assert.Equal(1, traced);
        Assert.Equal(54.0, (double)f(model, 2.0, 3));
        Near([18.0, 32.0], f(model, Tensor.From([2.0, 3.0]), 2));
        Assert.Equal(3, traced);
        scale = 1.0;
        Assert.Equal(9.0, (double)f(model, 2.0, 2));
        Assert.Equal(4, traced);
        var two = Compiled.Of((Tensor a, Tensor b) => (Sum: a + b, Product: a * b))(3.0, 4.0);
        Assert.Equal((7.0, 12.0), ((double)two.Sum, (double)two.Product));
    }
}
