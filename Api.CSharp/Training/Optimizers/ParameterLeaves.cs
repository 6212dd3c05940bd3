using System.Collections;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>The float tensors of a tree of parameters, or some of them, and the tree, from which masks choose.</summary>
internal sealed class ParameterLeaves : IReadOnlyList<Tensor>
{
    private readonly object tree;
    private readonly Tensor[] all;
    private readonly int[] positions;

    internal ParameterLeaves(object tree, Tensor[] all, int[] positions, Tensor? loss) =>
        (this.tree, this.all, this.positions, Loss) = (tree, all, positions, loss);

    internal static ParameterLeaves Of<T>(T parameters, Tensor? loss = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Tensor[] floats = [.. Engine.Tree.tensors(parameters).Where(DTypeOf.IsFloat)];
        return new(parameters, floats, [.. Enumerable.Range(0, floats.Length)], loss);
    }

    /// <summary>The loss of the step, where it is known.</summary>
    internal Tensor? Loss { get; }

    public int Count => positions.Length;

    public Tensor this[int index] => all[positions[index]];

    public IEnumerator<Tensor> GetEnumerator() => positions.Select(position => all[position]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>For each of these leaves whether a mask chooses it.</summary>
    internal bool[] Chosen(ParameterMask mask)
    {
        var chosen = mask.Choose(tree, all);
        return Array.ConvertAll(positions, position => chosen[position]);
    }

    /// <summary>The leaves at which the answer is the wanted one.</summary>
    internal ParameterLeaves Where(bool[] chosen, bool wanted) =>
        new(tree, all, [.. positions.Where((_, index) => chosen[index] == wanted)], Loss);

    /// <summary>Zeros that promote as the tensor does.</summary>
    internal static Tensor Zeros(Tensor like) => Filled(like, 0);

    internal static Tensor Filled(Tensor like, double value) =>
        Tensor.Cast(Operations.full(like.DType, [.. like.Shape], value), like.DType, like.Weak);

    /// <summary>The tree with other float tensors.</summary>
    internal static T Replace<T>(string operation, T parameters, IReadOnlyList<Tensor> floats)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var (leaves, structure) = Engine.Tree.flatten(parameters);
        var expected = leaves.Where(DTypeOf.IsFloat).ToArray();
        if (
            expected.Length != floats.Count
            || !expected.Zip(floats, (a, b) => a.Shape.SequenceEqual(b.Shape)).All(x => x)
        )
            throw new OptimizerException(
                $"{operation}: these parameters are {Text(expected)}, but the state is of {Text(floats)}; give the parameters of the run that the state is from."
            );
        var next = 0;
        return Engine.Tree.rebuild<T>(
            structure,
            Array.ConvertAll(leaves, leaf => DTypeOf.IsFloat(leaf) ? floats[next++] : leaf)
        );
    }

    private static string Text(IEnumerable<Tensor> tensors) => string.Join(", ", tensors.Select(Type));

    internal static string Type(Tensor tensor) =>
        $"{tensor.DType.ToString().ToLowerInvariant()}[{string.Join(", ", tensor.Shape)}]";
}
