using System.Collections.Immutable;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Every kind of value that may hold parameters, taken apart and rebuilt by a gradient.</summary>
public sealed class TreeTests
{
    private record Line(Tensor W, Tensor B);

    private record Named(string Name, Line Inner, int Count);

    private sealed record Derived(Tensor Extra, Tensor W, Tensor B) : Line(W, B);

    private readonly record struct Point(Tensor X, Tensor Y);

    private record Configuration(int Depth, string Name);

    private sealed class Plain(Tensor weight)
    {
        public Tensor Weight { get; } = weight;
    }

    private sealed class Incomplete(Tensor a)
    {
        public Tensor A { get; } = a;
        public Tensor? Forgotten { get; internal init; }
    }

    private sealed class Hidden
    {
        private readonly Tensor secret = Tensor.Scalar(1.0);

        public Tensor Reveal() => secret * 2;
    }

    private sealed class Custom(Tensor a, int tag) : ITensorTree
    {
        public Tensor A => a;
        public int Tag => tag;
        public IReadOnlyList<object> Parts => [a];
        public object? Distinction => tag;

        public object WithParts(IReadOnlyList<object> parts) => new Custom((Tensor)parts[0], tag);
    }

    private record WithComputed(Tensor A)
    {
        public Tensor Twice => A * 2;
    }

    private static Tensor N(double x) => Tensor.Scalar(x);

    private static double D(Tensor x) => x.ToDouble();

    [Fact]
    public void Records_and_record_structs()
    {
        var g = Gradient.Of((Line m) => m.W * m.W * m.B)(new(N(3), N(5)));
        Assert.Equal((30.0, 9.0), (D(g.W), D(g.B)));
        var p = Gradient.Of((Point m) => m.X / m.Y)(new(N(3), N(2)));
        Assert.Equal((0.5, -0.75), (D(p.X), D(p.Y)));
        var d = Gradient.Of((Derived m) => m.Extra * m.W * m.B)(new(N(2), N(3), N(4)));
        Assert.Equal((12.0, 8.0, 6.0), (D(d.Extra), D(d.W), D(d.B)));
    }

    [Fact]
    public void The_runtime_type_counts()
    {
        Line given = new Derived(N(2), N(3), N(4));
        var g = Gradient.Of((Line m) => ((Derived)m).Extra * m.W)(given);
        Assert.Equal(3.0, D(Assert.IsType<Derived>(g).Extra));
    }

    [Fact]
    public void Nesting_keeps_what_holds_no_tensor()
    {
        var g = Gradient.Of((Named m) => m.Inner.W * m.Count)(new("slope", new(N(3), N(5)), 7));
        Assert.Equal(("slope", 7, 7.0, 0.0), (g.Name, g.Count, D(g.Inner.W), D(g.Inner.B)));
        var configuration = new Configuration(3, "deep");
        var (c, t) = Gradient.Of(((Configuration C, Tensor T) p) => p.T * p.C.Depth)((configuration, N(2)));
        Assert.Same(configuration, c);
        Assert.Equal(3.0, D(t));
    }

    [Fact]
    public void Tuples_and_anonymous_types()
    {
        var (a, b) = Gradient.Of(((Tensor A, Tensor B) p) => p.A * p.B)((N(2), N(3)));
        Assert.Equal((3.0, 2.0), (D(a), D(b)));
        var t = Gradient.Of((Tuple<Tensor, int> p) => p.Item1 * p.Item2)(Tuple.Create(N(2), 4));
        Assert.Equal((4.0, 4), (D(t.Item1), t.Item2));
        var nine = (N(1), N(2), N(3), N(4), N(5), N(6), N(7), N(8), N(9));
        Assert.Equal(8.0, D(Of(nine, p => p.Item8 * p.Item9).Item9));
        var g = Of(
            new
            {
                U = N(2),
                V = N(3),
                Name = "x",
            },
            p => p.U * p.U * p.V
        );
        Assert.Equal((12.0, 4.0, "x"), (D(g.U), D(g.V), g.Name));

        static T Of<T>(T point, Func<T, Tensor> f) => Gradient.Of(f)(point);
    }

    [Fact]
    public void Arrays_lists_and_dictionaries()
    {
        var array = Gradient.Of((Tensor[] p) => p[0] * p[1] * p[1])([N(2), N(3)]);
        Assert.Equal([9.0, 12.0], array.Select(D));
        var list = Gradient.Of((List<Line> p) => p[0].W * p[1].B)([new(N(2), N(3)), new(N(4), N(5))]);
        Assert.Equal((5.0, 2.0), (D(list[0].W), D(list[1].B)));
        var readOnly = Gradient.Of((IReadOnlyList<Tensor> p) => p[0] * p[0])([N(4)]);
        Assert.Equal(8.0, D(readOnly[0]));
        var immutable = Gradient.Of((ImmutableArray<Tensor> p) => p[0] * p[1])([N(4), N(6)]);
        Assert.Equal([6.0, 4.0], immutable.Select(D));
        var map = new Dictionary<string, Tensor> { ["b"] = N(3), ["a"] = N(2) };
        var g = Gradient.Of((Dictionary<string, Tensor> p) => p["a"] * p["a"] * p["b"])(map);
        Assert.Equal((12.0, 4.0), (D(g["a"]), D(g["b"])));
    }

    [Fact]
    public void Dictionaries_of_equal_keys_are_one_program()
    {
        var runs = 0;
        var f = Compiled.Of(
            (Dictionary<string, Tensor> p) =>
            {
                runs++;
                return p["a"] - p["b"];
            }
        );
        Assert.Equal(-1.0, D(f(new() { ["a"] = N(2), ["b"] = N(3) })));
        Assert.Equal(4.0, D(f(new() { ["b"] = N(1), ["a"] = N(5) })));
        Assert.Equal(1, runs);
    }

    [Fact]
    public void Classes_whose_constructor_shows_how_they_are_made()
    {
        Assert.Equal(6.0, D(Gradient.Of((Plain p) => p.Weight * p.Weight)(new(N(3))).Weight));
        Assert.Equal(2.0, D(Gradient.Of((WithComputed p) => p.Twice)(new(N(3))).A));
    }

    [Fact]
    public void A_tensor_that_no_constructor_sets_is_named()
    {
        var forgotten = new Incomplete(N(1)) { Forgotten = N(2) };
        var error = Assert.Throws<TreeException>(() => Gradient.Of((Incomplete p) => p.A)(forgotten));
        Assert.Contains("Incomplete.Forgotten", error.Message);
        Assert.Equal(2.0, D(Gradient.Of((Incomplete p) => p.A * p.A)(new(N(1))).A));
        Assert.Contains(
            "secret",
            Assert.Throws<TreeException>(() => Gradient.Of((Hidden p) => p.Reveal())(new())).Message
        );
        Assert.Throws<TreeException>(() => Gradient.Of((HashSet<Tensor> p) => p.First())([N(1)]));
    }

    [Fact]
    public void The_interface_rebuilds_what_no_constructor_shows()
    {
        var g = Gradient.Of((Custom p) => p.A * p.A * p.Tag)(new(N(3), 10));
        Assert.Equal((60.0, 10), (D(g.A), g.Tag));
        var f = Compiled.Of((Custom p) => p.A * p.Tag);
        Assert.Equal((6.0, 9.0), (D(f(new(N(3), 2))), D(f(new(N(3), 3)))));
    }

    [Fact]
    public void Leaves_without_a_derivative_have_gradient_zero_of_their_type()
    {
        var (w, count, key) = Gradient.Of(((Tensor W, Tensor Count, RandomKey Key) p) => p.W * p.W)(
            (N(3), Tensor.Scalar(7), new RandomKey(1))
        );
        Assert.Equal((6.0, DType.Int32, 0.0), (D(w), count.DType, D(count)));
        Assert.Equal(DType.UInt32, key.Data.DType);
    }

    [Fact]
    public void Plain_values_choose_the_program_of_a_compiled_function()
    {
        var f = Compiled.Of((Named m) => m.Inner.W * m.Count);
        Assert.Equal(6.0, D(f(new("a", new(N(2), N(0)), 3))));
        Assert.Equal(8.0, D(f(new("a", new(N(2), N(0)), 4))));
    }

    [Fact]
    public void A_captured_variable_is_never_stale()
    {
        var w = N(2);
        var factor = 3.0;
        var f = Compiled.Of((Tensor x) => x * w * factor);
        Assert.Equal(6.0, D(f(N(1))));
        w = N(5);
        Assert.Equal(15.0, D(f(N(1))));
        factor = 4.0;
        Assert.Equal(20.0, D(f(N(1))));
    }

    [Fact]
    public void A_variable_that_only_another_lambda_uses_is_no_reason_to_stage_again()
    {
        var runs = 0;
        var w = N(2);
        var state = N(1);
        var f = Compiled.Of(
            (Tensor x) =>
            {
                Interlocked.Increment(ref runs);
                var inner = (Tensor y) => y * w;
                return inner(x);
            }
        );
        var advance = () => state = f(state);
        for (var i = 0; i < 5; i++)
            advance();
        Assert.Equal((32.0, 1), (D(state), runs));
        w = N(3);
        advance();
        Assert.Equal((96.0, 2), (D(state), runs));
    }

    [Fact]
    public void Captures_behind_captured_functions_are_noticed()
    {
        var w = N(2);
        Func<Tensor, Tensor> inner = x => x * w;
        Func<Tensor, Tensor> outer = x => inner(inner(x));
        var f = Compiled.Of(outer);
        Assert.Equal(4.0, D(f(N(1))));
        w = N(3);
        Assert.Equal(9.0, D(f(N(1))));
        inner = x => x + w;
        Assert.Equal(7.0, D(f(N(1))));
    }
}
