using Pipeline.Engine;

namespace Pipeline;

/// <summary>
/// What an optimizer keeps between steps: one part for each part of its chain that keeps something, in order. Immutable, and a tree of
/// tensors: loops carry it, compiled functions take it, derivatives go through it.
/// </summary>
/// <example><code>
/// var moments = fit.State.OptimizerState.Get&lt;PerLeaf&lt;GradientMoments&gt;&gt;().Leaves;
/// foreach (var (name, tensor) in fit.State.OptimizerState.Leaves) file.Write(name, tensor);   // save
/// var state = optimizer.Start(parameters).With(name => file.Read(name));                      // read
/// </code></example>
public sealed class OptimizerState : ITensorTree, IEquatable<OptimizerState>
{
    private readonly OptimizerPart[] parts;

    /// <summary>The names of the parts, a line each: the same object in all states that come from one another.</summary>
    private readonly string distinction;

    private OptimizerState(OptimizerPart[] parts, string? distinction = null)
    {
        this.parts = parts;
        this.distinction = distinction ?? string.Join('\n', Parts);
    }

    /// <summary>Of an optimizer that keeps nothing, such as gradient descent at one rate.</summary>
    public static OptimizerState Empty { get; } = new([]);

    internal static OptimizerState Of(IEnumerable<OptimizerPart> parts) =>
        parts.ToArray() is { Length: > 0 } some ? new(some) : Empty;

    internal IReadOnlyList<OptimizerPart> PartStates => parts;

    /// <summary>The names of the parts that keep something, in the order of the chain.</summary>
    public IReadOnlyList<string> Parts => Array.ConvertAll(parts, part => part.Name);

    /// <summary>Every tensor by a name that stays the same as long as the chain does: the part's number and name, then the tensor's place in it.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Leaves =>
        [
            .. parts.SelectMany(
                (part, number) =>
                    part.Tensors.Select((tensor, place) => KeyValuePair.Create($"{number}.{part.Name}.{place}", tensor))
            ),
        ];

    /// <summary>The state of the only part that keeps a <typeparamref name="TState"/>, those inside <see cref="Optimizer.Freeze"/> and its kin included.</summary>
    /// <param name="part">The part's name, where several keep this type.</param>
    /// <exception cref="OptimizerException">No part keeps that, or several do.</exception>
    public TState Get<TState>(string? part = null)
    {
        var found = All().Where(one => part is null || one.Name == part).OfType<OptimizerPart<TState>>().ToArray();
        return found.Length == 1
            ? found[0].State
            : throw new OptimizerException(
                $"Get: {found.Length} parts keep a {typeof(TState).Name}{(part is null ? "" : $" under the name '{part}'")}; the parts are {Text(Parts)}. Ask for one part's type, or name the part."
            );
    }

    /// <summary>The same state with other tensors, by name: as <see cref="Leaves"/> gave them, or as they were saved.</summary>
    /// <param name="read">The tensor of a name; null where there is none.</param>
    /// <exception cref="OptimizerException">A tensor is missing, or has another shape or dtype.</exception>
    public OptimizerState With(Func<string, Tensor?> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var (tensors, structure) = Engine.Tree.flatten(this);
        var names = Leaves;
        for (var i = 0; i < tensors.Length; i++)
        {
            var name = names[i].Key;
            var given =
                read(name)
                ?? throw new OptimizerException(
                    $"With: there is no tensor '{name}'; the state of this optimizer is {string.Join(", ", names.Select(n => n.Key))}. Read what an optimizer of the same chain has saved."
                );
            if (given.DType != tensors[i].DType || !given.Shape.SequenceEqual(tensors[i].Shape))
                throw new OptimizerException(
                    $"With: '{name}' is {ParameterLeaves.Type(given)}, but these parameters need {ParameterLeaves.Type(tensors[i])}; read what was saved with parameters of these shapes."
                );
            tensors[i] = given;
        }

        return tensors.Length == 0 ? this : Engine.Tree.rebuild<OptimizerState>(structure, tensors);
    }

    /// <summary>Refuses a state that another chain left, or the same with parameters of other shapes.</summary>
    internal void ThrowIfOther(string operation, OptimizerState other)
    {
        if (
            !ReferenceEquals(this, other)
            && (!HasPartsOf(other) || !Engine.Tree.flatten(this).Item2.Equals(Engine.Tree.flatten(other).Item2))
        )
            throw Other(operation, other.Parts, Parts);
        foreach (var (mine, others) in Leaves.Zip(other.Leaves))
            if (!mine.Value.Shape.SequenceEqual(others.Value.Shape))
                throw new OptimizerException(
                    $"{operation}: '{mine.Key}' of the state is {ParameterLeaves.Type(others.Value)}, but these parameters need {ParameterLeaves.Type(mine.Value)}. Give the state that belongs to the parameters."
                );
    }

    /// <summary>The names and types of the parts are those of another.</summary>
    internal bool HasPartsOf(OptimizerState other) =>
        parts.Length == other.parts.Length
        && parts.Zip(other.parts, (a, b) => a.Name == b.Name && a.GetType() == b.GetType()).All(same => same);

    internal static OptimizerException Other(string operation, IEnumerable<string> given, IEnumerable<string> own) =>
        new(
            $"{operation}: the state is one of {Text(given)}, but this optimizer's is one of {Text(own)}. Start from the parameters alone, or go on with the optimizer that left the state."
        );

    private static string Text(IEnumerable<string> parts) =>
        parts.Any() ? string.Join(", ", parts.Select(name => $"'{name}'")) : "no parts";

    /// <summary>Where the condition holds one state, else another of the same optimizer.</summary>
    internal static OptimizerState Where(Tensor condition, OptimizerState a, OptimizerState b)
    {
        var (first, structure) = Engine.Tree.flatten(a);
        var second = Engine.Tree.tensors(b);
        return first.Length == 0
            ? a
            : Engine.Tree.rebuild<OptimizerState>(
                structure,
                [.. first.Zip(second, (x, y) => Tensor.Where(condition, x, y))]
            );
    }

    private IEnumerable<OptimizerPart> All() => parts.SelectMany(part => part.Inner?.All().Prepend(part) ?? [part]);

    /// <summary>Equal are states of equal parts; tensors are equal where they are the same object.</summary>
    public bool Equals(OptimizerState? other) =>
        other is not null
        && HasPartsOf(other)
        && parts.Zip(other.parts, (a, b) => a.Tree.Equals(b.Tree)).All(same => same);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as OptimizerState);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        parts.Aggregate(parts.Length, (hash, part) => HashCode.Combine(hash, part.Name));

    /// <summary>The names of the parts.</summary>
    public override string ToString() => $"OptimizerState of {Text(Parts)}";

    IReadOnlyList<object> ITensorTree.Parts => parts.Length == 0 ? [] : Array.ConvertAll(parts, part => part.Tree);

    object ITensorTree.WithParts(IReadOnlyList<object> others) =>
        parts.Length == 0
            ? this
            : new OptimizerState([.. parts.Select((part, i) => part.With(others[i]))], distinction);

    object ITensorTree.Distinction => distinction;
}
