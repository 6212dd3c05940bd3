using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Every collection that may hold parameters: the gradient is one of its own type, order, keys and comparer.</summary>
public sealed class CollectionTreeTests
{
    private static Tensor N(double x) => Tensor.Scalar(x);

    private static IEnumerable<KeyValuePair<string, Tensor>> Pairs => [new("b", N(3)), new("a", N(2)), new("c", N(5))];

    public static TheoryData<IEnumerable<Tensor>> Sequences =>
        [
            new Tensor[] { N(1), N(2), N(3) },
            new List<Tensor> { N(1), N(2), N(3) },
            ImmutableArray.Create(N(1), N(2), N(3)),
            ImmutableList.Create(N(1), N(2), N(3)),
            ImmutableQueue.Create(N(1), N(2), N(3)),
            ImmutableStack.Create(N(3), N(2), N(1)),
            new Queue<Tensor>([N(1), N(2), N(3)]),
            new Stack<Tensor>([N(3), N(2), N(1)]),
            new LinkedList<Tensor>([N(1), N(2), N(3)]),
            new Collection<Tensor> { N(1), N(2), N(3) },
            new ObservableCollection<Tensor> { N(1), N(2), N(3) },
            new ReadOnlyCollection<Tensor>([N(1), N(2), N(3)]),
        ];

    public static TheoryData<IEnumerable<KeyValuePair<string, Tensor>>> Dictionaries =>
        [
            new Dictionary<string, Tensor>(Pairs),
            new ConcurrentDictionary<string, Tensor>(Pairs),
            new SortedDictionary<string, Tensor>(new Dictionary<string, Tensor>(Pairs)),
            new SortedList<string, Tensor>(new Dictionary<string, Tensor>(Pairs)),
            new OrderedDictionary<string, Tensor>(Pairs),
            new ReadOnlyDictionary<string, Tensor>(new Dictionary<string, Tensor>(Pairs)),
            Pairs.ToImmutableDictionary(),
            Pairs.ToImmutableSortedDictionary(),
            Pairs.ToFrozenDictionary(),
        ];

    [Theory]
    [MemberData(nameof(Sequences))]
    public void Sequences_keep_their_type_and_order(IEnumerable<Tensor> sequence)
    {
        var f = (IEnumerable<Tensor> p) => p.Aggregate((sum, x) => sum * x);
        var g = Gradient.Of(f)(sequence);
        Assert.Equal(sequence.GetType(), g.GetType());
        Assert.Equal([6.0, 3.0, 2.0], g.Select(x => x.ToDouble()));
        Assert.Equal([1.0, 2.0, 3.0], Compiled.Of((IEnumerable<Tensor> p) => p)(sequence).Select(x => x.ToDouble()));
    }

    [Theory]
    [MemberData(nameof(Dictionaries))]
    public void Dictionaries_keep_their_type_and_keys(IEnumerable<KeyValuePair<string, Tensor>> dictionary)
    {
        var f = (IEnumerable<KeyValuePair<string, Tensor>> p) =>
        {
            var all = p.ToDictionary();
            return all["a"] * all["a"] * all["b"] + all["c"];
        };
        var g = Gradient.Of(f)(dictionary);
        Assert.Equal(dictionary.GetType(), g.GetType());
        // A concurrent dictionary has no order to keep: it is that of hashes and of how it grew.
        if (dictionary is ConcurrentDictionary<string, Tensor>)
            Assert.Equal(dictionary.Select(item => item.Key).Order(), g.Select(item => item.Key).Order());
        else
            Assert.Equal(dictionary.Select(item => item.Key), g.Select(item => item.Key));
        var numbers = g.ToDictionary(item => item.Key, item => item.Value.ToDouble());
        Assert.Equal((12.0, 4.0, 1.0), (numbers["a"], numbers["b"], numbers["c"]));
    }

    [Fact]
    public void Dictionaries_keep_their_comparer()
    {
        var f = (Dictionary<string, Tensor> p) => p["A"] * p["a"];
        var g = Gradient.Of(f)(new(StringComparer.OrdinalIgnoreCase) { ["a"] = N(3) });
        Assert.Equal(6.0, g["A"].ToDouble());
        var sorted = Gradient.Of((SortedDictionary<int, Tensor> p) => p.Values.First())(
            new(Comparer<int>.Create((a, b) => b - a)) { [1] = N(1), [2] = N(2) }
        );
        Assert.Equal([(2, 1.0), (1, 0.0)], sorted.Select(item => (item.Key, item.Value.ToDouble())));
    }

    [Fact]
    public void Arrays_of_several_axes_and_nested_generics()
    {
        var g = Gradient.Of((Tensor[,] p) => p[0, 1] * p[1, 2])(
            new[,]
            {
                { N(1), N(2), N(3) },
                { N(4), N(5), N(6) },
            }
        );
        Assert.Equal([0.0, 6, 0, 0, 0, 2], g.Cast<Tensor>().Select(x => x.ToDouble()));
        var nested = new Dictionary<int, List<(Tensor W, ImmutableArray<Tensor?> Others)>>
        {
            [7] = [(N(2), [N(3), null])],
        };
        var h = Gradient.Of(
            (Dictionary<int, List<(Tensor W, ImmutableArray<Tensor?> Others)>> p) => p[7][0].W * p[7][0].Others[0]!
        )(nested);
        Assert.Equal((3.0, 2.0), (h[7][0].W.ToDouble(), h[7][0].Others[0]!.ToDouble()));
        Assert.Null(h[7][0].Others[1]);
    }

    [Fact]
    public void Sets_and_keys_that_hold_tensors_are_refused()
    {
        Assert.Throws<TreeException>(() => Gradient.Of((HashSet<Tensor> p) => p.First())([N(1)]));
        Assert.Throws<TreeException>(() =>
            Gradient.Of((Dictionary<Tensor, int> p) => p.Keys.First())(new() { [N(1)] = 2 })
        );
        Assert.Throws<TreeException>(() =>
            Gradient.Of((IEnumerable<Tensor> p) => p.First())(Pairs.Select(p => p.Value))
        );
    }
}
