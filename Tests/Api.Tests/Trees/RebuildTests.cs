using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>What constructors, init and setters make again, checked member by member; and what they do not is named.</summary>
public sealed class RebuildTests
{
    private record WithInit(Tensor W)
    {
        public Tensor? B { get; init; }
        public int Power { get; init; } = 1;
    }

    private record OnlyInit
    {
        public Tensor W { get; init; } = Tensor.Scalar(0.0);
        public required Tensor B { get; init; }
    }

    private class Settable
    {
        public required Tensor W { get; set; }
        public Tensor? B { get; set; }
        public string Name { get; set; } = "";
    }

    private sealed class Inherited : Settable
    {
        public Tensor Extra = Tensor.Scalar(0.0);
    }

    private struct Fields
    {
        public Tensor W;
        public double Times;
    }

    private readonly struct InitStruct
    {
        public Tensor W { get; init; }
    }

    private sealed class OwnField
    {
        private Tensor kernel = Tensor.Scalar(0.0);

        public Tensor Weights
        {
            get => kernel;
            set => kernel = value;
        }

        /// <summary>A view, set by nobody when the value is made again.</summary>
        public Tensor Doubled
        {
            get => 2 * kernel;
            set => kernel = value / 2;
        }
    }

    private record Normalized
    {
        public Normalized(Tensor w) => W = w / 10;

        public Tensor W { get; }
    }

    private record Swapped(Tensor A, Tensor B)
    {
        public Tensor A { get; } = B;
        public Tensor B { get; } = A;
    }

    private record Computed(Tensor W)
    {
        public Tensor W { get; } = W + 0;
    }

    private record ChangedInside((Tensor A, double Times) Pair)
    {
        public (Tensor A, double Times) Pair { get; } = (Pair.A + 0, Pair.Times);
    }

    private record ChangedNumber(Tensor W, double Scale)
    {
        public double Scale { get; } = 2 * Scale;
    }

    private record ChangedByInit(int Id)
    {
        private readonly Tensor w = Tensor.Scalar(0.0);

        public Tensor W
        {
            get => w;
            init => w = value.Square();
        }
    }

    private record Copied(IReadOnlyList<Tensor> Layers, string[] Names)
    {
        public IReadOnlyList<Tensor> Layers { get; } = [.. Layers];
        public string[] Names { get; } = [.. Names];
    }

    private record Reordered(Tensor[] Layers)
    {
        public Tensor[] Layers { get; } = [.. Layers.Reverse()];
    }

    private sealed class Switched(Tensor w)
    {
        private bool doubles;

        public Tensor W { get; } = w;

        public Switched Double()
        {
            doubles = true;
            return this;
        }

        public Tensor Value() => doubles ? 2 * W : W;
    }

    private sealed class Sized
    {
        private int size;

        public Sized(Tensor w) => (W, size) = (w, w.Size);

        public Tensor W { get; }

        public Tensor Mean() => W.Sum() / size;
    }

    private interface ILayer
    {
        Tensor Apply(Tensor x);
    }

    private sealed record Dense(Tensor W) : ILayer
    {
        public Tensor Apply(Tensor x) => W * x;
    }

    private sealed record Stacked(ILayer First, ILayer Second);

    private sealed class Private(Tensor b)
    {
        private readonly ILayer inner = new Dense(Tensor.Scalar(2.0));

        public Tensor B { get; } = b;

        public Tensor Apply() => inner.Apply(B);
    }

    private sealed class ReadOnly(Tensor a)
    {
        public Tensor A { get; } = a;
        public Tensor? B { get; private set; }

        public void Train() => B = A;
    }

    private sealed class BadTree(Tensor a) : ITensorTree
    {
        public Tensor A => a;
        public IReadOnlyList<object> Parts => [a];
        public object? Distinction => null;

        public object WithParts(IReadOnlyList<object> parts) => new BadTree(2 * (Tensor)parts[0]);
    }

    private sealed record Node(Tensor W, Node? Next);

    private sealed class Ring
    {
        public required Tensor W { get; init; }
        public Ring? Next { get; set; }
    }

    private sealed record Promise(Tensor W, Task<Tensor> Later);

    private static Tensor N(double x) => Tensor.Scalar(x);

    private static double D(Tensor x) => x.ToDouble();

    private static T Gradient<T>(T point, Func<T, Tensor> f) => Pipeline.Gradient.Of(f)(point);

    private static string Refused<T>(T point, Func<T, Tensor> f) =>
        Assert.Throws<TreeException>(() => Pipeline.Gradient.Of(f)(point)).Message;

    [Fact]
    public void Records_with_init_members()
    {
        var g = Gradient(new WithInit(N(3)) { B = N(5), Power = 2 }, p => p.W.Pow(p.Power) * p.B!);
        Assert.Equal((30.0, 9.0, 2), (D(g.W), D(g.B!), g.Power));
        Assert.Null(Gradient(new WithInit(N(3)), p => p.W).B);
        var h = Gradient(new OnlyInit { W = N(2), B = N(3) }, p => p.W * p.B);
        Assert.Equal((3.0, 2.0), (D(h.W), D(h.B)));
    }

    [Fact]
    public void Classes_with_required_and_settable_properties_and_fields()
    {
        var g = Gradient(
            new Settable
            {
                W = N(2),
                B = N(3),
                Name = "a",
            },
            p => p.W * p.B!
        );
        Assert.Equal((3.0, 2.0, "a"), (D(g.W), D(g.B!), g.Name));
        var i = Gradient(
            new Inherited
            {
                W = N(2),
                Extra = N(3),
                Name = "b",
            },
            p => p.W * p.Extra
        );
        Assert.Equal((3.0, 2.0, "b"), (D(i.W), D(i.Extra), i.Name));
        var f = Gradient(new Fields { W = N(2), Times = 7 }, p => p.W * p.Times);
        Assert.Equal((7.0, 7.0), (D(f.W), f.Times));
        Assert.Equal(4.0, D(Gradient(new InitStruct { W = N(2) }, p => p.W * p.W).W));
        var o = Gradient(new OwnField { Weights = N(3) }, p => p.Weights * p.Doubled);
        Assert.Equal(12.0, D(o.Weights));
    }

    [Fact]
    public void A_constructor_or_setter_that_changes_its_tensor_is_named()
    {
        Assert.Contains("Normalized.W", Refused(new Normalized(N(3)), p => p.W));
        Assert.Contains("Swapped.A", Refused(new Swapped(N(3), N(4)), p => p.A));
        Assert.Contains("Computed.W", Refused(new Computed(N(3)), p => p.W));
        Assert.Contains("ChangedInside.Pair", Refused(new ChangedInside((N(3), 1)), p => p.Pair.A));
        Assert.Contains("ChangedNumber.Scale", Refused(new ChangedNumber(N(3), 2), p => p.W * p.Scale));
        Assert.Contains("ChangedByInit.W", Refused(new ChangedByInit(1) { W = N(3) }, p => p.W));
        Assert.Contains("Reordered.Layers", Refused(new Reordered([N(3), N(4)]), p => p.Layers[0]));
        Assert.Contains("BadTree.WithParts", Refused(new BadTree(N(3)), p => p.A));
        var compiled = Assert.Throws<TreeException>(() => Compiled.Of((Tensor x) => new Normalized(x))(N(3)));
        Assert.Contains("Normalized.W", compiled.Message);
    }

    [Fact]
    public void Copies_of_collections_and_numbers_that_are_not_equal_to_themselves_are_no_change()
    {
        var g = Gradient(new Copied([N(3), N(4)], ["a"]), p => p.Layers[0] * p.Layers[1]);
        Assert.Equal([4.0, 3.0], g.Layers.Select(D));
        var h = Gradient((N(3), double.NaN, new Fields { W = N(2), Times = double.NaN }), p => p.Item1 * p.Item3.W);
        Assert.Equal((2.0, 3.0), (D(h.Item1), D(h.Item3.W)));
    }

    [Fact]
    public void State_that_nothing_sets_is_named_and_what_the_constructor_finds_again_is_free()
    {
        Assert.Contains("Switched.doubles", Refused(new Switched(N(3)).Double(), p => p.Value()));
        Assert.Equal(1.0, D(Gradient(new Switched(N(3)), p => p.Value()).W));
        var rows = Tensor.From(
            new[,]
            {
                { 1.0, 2 },
                { 3, 4 },
            }
        );
        Assert.Equal([1.5, 3.5], Vectorized.Of((Sized p) => p.Mean())(new Sized(rows)).ToArray<double>());
    }

    [Fact]
    public void A_member_that_neither_constructor_init_nor_setter_sets_is_named()
    {
        Assert.Contains("Private.inner", Refused(new Private(N(3)), p => p.Apply()));
        var trained = new ReadOnly(N(3));
        Assert.Equal(1.0, D(Gradient(trained, p => p.A).A));
        trained.Train();
        Assert.Contains("ReadOnly.B", Refused(trained, p => p.A));
        Assert.Contains("tree", Refused(new Promise(N(3), Task.FromResult(N(4))), p => p.W));
    }

    [Fact]
    public void Interfaces_and_the_types_behind_them()
    {
        var g = Gradient(new Stacked(new Dense(N(2)), new Dense(N(3))), p => p.Second.Apply(p.First.Apply(N(5))));
        Assert.Equal((15.0, 10.0), (D(((Dense)g.First).W), D(((Dense)g.Second).W)));
    }

    [Theory]
    [InlineData(201)]
    [InlineData(10_000)]
    public void Chains_of_records(int length)
    {
        Node? chain = null;
        for (var i = 1; i <= length; i++)
            chain = new(N(i), chain);
        var mapped = Gradient(
            chain!,
            p =>
            {
                var total = N(0);
                for (var node = p; node is not null; node = node.Next)
                    total += node.W.Square();
                return total;
            }
        );
        var expected = length;
        for (var node = mapped; node is not null; node = node.Next)
            Assert.Equal(2.0 * expected--, D(node.W));
        Assert.Equal(0, expected);
    }

    [Fact]
    public void A_chain_in_a_small_stack_and_in_a_compiled_function()
    {
        Node? chain = null;
        for (var i = 1; i <= 3_000; i++)
            chain = new(N(i), chain);
        var second = 0.0;
        Exception? thrown = null;
        var thread = new Thread(
            () => thrown = Record.Exception(() => second = D(Compiled.Of((Node p) => p)(chain!).Next!.W)),
            1 << 18
        );
        thread.Start();
        thread.Join();
        Assert.Null(thrown);
        Assert.Equal(2_999.0, second);
    }

    [Fact]
    public void What_holds_itself_is_refused()
    {
        var ring = new Ring { W = N(1) };
        ring.Next = new Ring { W = N(2), Next = ring };
        Assert.Contains("holds itself", Refused(ring, p => p.W));
    }
}
