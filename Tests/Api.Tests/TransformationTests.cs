using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The transformations as C# users write them, and their compositions.</summary>
public sealed class TransformationTests
{
    private static Tensor N(double x) => Tensor.Scalar(x);

    private static double[] A(Tensor x) => x.ToArray<double>();

    [Fact]
    public void The_first_lines_of_the_readme()
    {
        var slope = Gradient.Of((Tensor t) => t * t);
        Assert.Equal(2.0, (double)slope(1.0));
        var series = Taylor.Series(Tensor.Sqrt, about: 49.0, order: 5);
        Assert.Equal(6.557439059908573, series.Evaluate(43.0).ToDouble(), 1e-14);
        Assert.Equal([7.0, 1.0 / 14, -1.0 / 2744], series.Coefficients.Take(3).Select(c => c.ToDouble()), new Near());
    }

    [Fact]
    public void Several_arguments_values_and_what_else_is_returned()
    {
        Func<Tensor, Tensor, Tensor> product = (a, b) => a * a * b;
        Assert.Equal(12.0, (double)Gradient.Of(product)(2.0, 3.0));
        var (value, gradient) = Gradient.WithValue(product)(2.0, 3.0);
        Assert.Equal((12.0, 12.0), ((double)value, (double)gradient));
        var result = Gradient.WithAuxiliary((Tensor a) => (a * a, (a + 1, "kept")))(3.0);
        Assert.Equal(
            (9.0, 4.0, "kept", 6.0),
            ((double)result.Value, (double)result.Auxiliary.Item1, result.Auxiliary.Item2, (double)result.Gradient)
        );
    }

    [Fact]
    public void Forward_reverse_and_pullback_agree()
    {
        var f = (Tensor x) => Tensor.Stack([x[0] * x[1], Tensor.Sin(x[0]), x[1].Exp()]);
        var x = Tensor.From([0.3, -0.8]);
        var v = Tensor.From([1.5, 0.25]);
        var u = Tensor.From([0.5, -2.0, 1.0]);
        var change = Derivative.Along(f)(x, v).Change;
        var cotangent = Derivative.Pullback(f)(x).Pullback(u);
        Assert.Equal(u.Dot(change).ToDouble(), cotangent.Dot(v).ToDouble(), 1e-14);
        Assert.Equal(A(Jacobian.Forward(f)(x)), A(Jacobian.Reverse(f)(x)), new Near());
        Assert.Equal(A(Jacobian.Forward(f)(x).Dot(v)), A(change), new Near());
    }

    [Fact]
    public void Everything_nests_in_everything()
    {
        var f = (Tensor x) => Tensor.Exp(x * x) * x.Sin();
        var third = Derivative.Nth(f, 3)(0.4).ToDouble();
        var nests = new Dictionary<string, Func<Tensor, Tensor>>
        {
            ["grad grad grad"] = Gradient.Of(Gradient.Of(Gradient.Of(f))),
            ["forward of grad of forward"] = Derivative.Of(Gradient.Of(Derivative.Of(f))),
            ["compiled"] = Compiled.Of(Gradient.Of(Compiled.Of(Derivative.Of(Compiled.Of(Gradient.Of(f)))))),
            ["checkpointed"] = Gradient.Of(Gradient.Of(Derivative.Of(Checkpoint.Of(f)))),
            ["expanded"] = Gradient.Of(Derivative.Nth(Compiled.Of(f), 2)),
            ["batched"] = x => Vectorized.Of(Gradient.Of(Derivative.Nth(f, 2)))(Tensor.Stack([x, x]))[1],
            ["batched and compiled"] = x =>
                Compiled.Of(Vectorized.Of(Compiled.Of(Derivative.Nth(f, 3))))(x.Reshape(1))[0],
        };
        Assert.All(nests, nest => Assert.Equal(third, nest.Value(0.4).ToDouble(), 1e-11));
    }

    [Fact]
    public void Axes_of_vectorized_functions()
    {
        var f = (Tensor a, Tensor b) => a.Dot(b);
        var a = Tensor.From(
            new[,]
            {
                { 1.0, 2.0 },
                { 3.0, 4.0 },
                { 5.0, 6.0 },
            }
        );
        var b = Tensor.From([10.0, 1.0]);
        Assert.Equal([12.0, 34.0, 56.0], A(Vectorized.Of(f, [0, null])(a, b)));
        Assert.Equal([13.0, 16.0], A(Vectorized.Of(f, [1, null])(a, Tensor.From([1.0, -1.0, 3.0]))));
        var outer = Vectorized.Of((Tensor x, Tensor y) => Vectorized.Of((Tensor z) => x * z)(y), [0, null], output: 1);
        Assert.Equal([10.0, 20.0, 1.0, 2.0], A(outer(Tensor.From([1.0, 2.0]), b)));
        Assert.Throws<ShapeException>(() => Vectorized.Of(f)(a, b));
    }

    [Fact]
    public void Loops_and_branches()
    {
        var xs = Tensor.From([1.0, 2.0, 3.0]);
        var (last, partial) = Loop.Scan((Tensor sum, Tensor x) => (sum + x, sum * x), N(0), xs);
        Assert.Equal(6.0, last.ToDouble());
        Assert.Equal([0.0, 2.0, 9.0], A(partial));
        var backwards = Loop.ScanBackwards((Tensor sum, Tensor x) => (sum + x, sum), N(0), xs);
        Assert.Equal([5.0, 3.0, 0.0], A(backwards.Outputs));
        Assert.Equal(24.0, Loop.For(1, 5, (i, product) => product * i, N(1)).ToDouble());
        Assert.Equal(128.0, Loop.While(x => x < 100, x => x * 2, N(1)).ToDouble());
        var bound = Assert.Throws<LoopException>(() => Loop.While(x => x < 100, x => x * 2, N(1), bound: 3));
        Assert.Contains("3", bound.Message);
        var pick = Compiled.Of((Tensor i, Tensor x) => Branch.Switch(i, x, t => t + 1, t => t * 10, t => -t));
        Assert.Equal([3.0, 20.0, -2.0, -2.0], new[] { 0, 1, 2, 9 }.Select(i => pick(i, 2.0).ToDouble()));
        var absolute = (Tensor x) => Branch.Cond(x < 0, () => -x, () => x);
        Assert.Equal([-1.0, 1.0], A(Vectorized.Of(Gradient.Of(absolute))(Tensor.From([-3.0, 3.0]))));
    }

    [Fact]
    public void Programs_can_be_read()
    {
        var text = Staged.Print((Tensor x) => x.Exp() + 1, Tensor.From([1f, 2f]));
        Assert.Contains("exp", text);
        Assert.Contains("float32[2]", text);
    }

    [Fact]
    public void Threads_and_lazy_sequences_inside_a_differentiated_function()
    {
        static Tensor Loss(Tensor w)
        {
            var parts = new Tensor[16];
            Parallel.For(0, parts.Length, i => parts[i] = Tensor.Sin(w * i));
            return parts.Where((_, i) => i % 2 == 1).Aggregate((a, b) => a + b);
        }

        var expected = Enumerable.Range(0, 16).Where(i => i % 2 == 1).Sum(i => i * Math.Cos(0.3 * i));
        for (var schedule = 0; schedule < 20; schedule++)
            Assert.Equal(expected, Gradient.Of<Tensor>(Loss)(0.3).ToDouble(), 1e-12);
    }

    [Fact]
    public void Reading_a_number_that_is_not_there_names_the_remedy()
    {
        var error = Assert.Throws<TracedValueException>(() => Compiled.Of((Tensor x) => (double)x > 0 ? x : -x)(1.0));
        Assert.Contains("Where", error.Message);
        Assert.Equal(1.0, Gradient.Of((Tensor x) => x > 0 ? x : -x)(1.0).ToDouble());
    }

    [Fact]
    public void Loops_between_traced_limits_and_associative_scans()
    {
        // 1 + x + x^2 + ... by as many terms as the number says.
        Tensor Sum(Tensor terms, Tensor x) =>
            Loop.For(0, terms, (_, sum) => sum * x + 1.0, Tensor.Scalar(0.0), bound: 8);
        var slope = Compiled.Of((Tensor terms, Tensor x) => Gradient.Of((Tensor at) => Sum(terms, at))(x));
        Assert.Equal(1 + 2 * 0.5 + 3 * 0.25, slope(4, 0.5).ToDouble(), 1e-14);
        Assert.Equal(7.0, Loop.For(1, 4, (i, sum) => sum + i, Tensor.Scalar(1)).ToDouble());

        // x[i] = a[i] x[i - 1] + b[i], as pairs (a, b) that compose.
        var pairs = (A: Tensor.From([0.5, 2.0, -1.0]), B: Tensor.From([1.0, 3.0, 0.25]));
        var running = Loop.AssociativeScan(
            ((Tensor A, Tensor B) earlier, (Tensor A, Tensor B) later) =>
                (A: later.A * earlier.A, B: later.A * earlier.B + later.B),
            pairs
        );
        Assert.Equal([1.0, 5.0, -4.75], running.B.ToArray<double>());
        Assert.Equal(
            [6.0, 5.0, 3.0],
            Loop.AssociativeScan((Tensor a, Tensor b) => a + b, Tensor.From([1.0, 2.0, 3.0]), reverse: true)
                .ToArray<double>()
        );
    }

    private sealed class Near : IEqualityComparer<double>
    {
        public bool Equals(double expected, double actual) => Tolerance.Near(1e-13, expected, actual);

        public int GetHashCode(double x) => 0;
    }
}
