using Pipeline.Engine;

namespace Pipeline;

/// <summary>A part of a chain: what it keeps at the start, and its updates. One that keeps nothing has no place in the chain's state.</summary>
internal abstract class OptimizerRule(string name)
{
    internal string Name => name;

    internal abstract OptimizerPart? Start(ParameterLeaves parameters);

    /// <summary>Whether this is what the part keeps.</summary>
    internal abstract bool Keeps(OptimizerPart part);

    internal abstract (IReadOnlyList<Tensor> Updates, OptimizerPart? Part) Update(
        IReadOnlyList<Tensor> updates,
        OptimizerPart? part,
        ParameterLeaves parameters
    );

    /// <summary>The updates in the parameters' shapes and dtypes.</summary>
    protected IReadOnlyList<Tensor> Fitted(IReadOnlyList<Tensor> updates, ParameterLeaves parameters)
    {
        if (updates is null || updates.Count != parameters.Count)
            throw new OptimizerException(
                $"Optimizer: part '{Name}' returns {updates?.Count ?? 0} updates for {parameters.Count} float tensors of the parameters; return one for each, in order."
            );
        var fitted = new Tensor[updates.Count];
        for (var i = 0; i < fitted.Length; i++)
        {
            if (updates[i] is null || !updates[i].Shape.SequenceEqual(parameters[i].Shape))
                throw new OptimizerException(
                    $"Optimizer: part '{Name}' returns as update {i} {(updates[i] is null ? "null" : ParameterLeaves.Type(updates[i]))} for a parameter {ParameterLeaves.Type(parameters[i])}; return the parameter's shape."
                );
            fitted[i] =
                updates[i].DType == parameters[i].DType || updates[i].Weak
                    ? updates[i]
                    : updates[i].AsType(parameters[i].DType);
        }

        return fitted;
    }
}

/// <summary>A part that keeps nothing.</summary>
internal sealed class StatelessRule(
    string name,
    Func<IReadOnlyList<Tensor>, ParameterLeaves, IReadOnlyList<Tensor>> update
) : OptimizerRule(name)
{
    internal override OptimizerPart? Start(ParameterLeaves parameters) => null;

    internal override bool Keeps(OptimizerPart part) => false;

    internal override (IReadOnlyList<Tensor>, OptimizerPart?) Update(
        IReadOnlyList<Tensor> updates,
        OptimizerPart? part,
        ParameterLeaves parameters
    ) => (Fitted(update(updates, parameters), parameters), null);
}

/// <summary>A part with a state of a type that only it knows.</summary>
internal sealed class OptimizerRule<TState>(
    string name,
    Func<ParameterLeaves, TState> init,
    Func<IReadOnlyList<Tensor>, TState, ParameterLeaves, (IReadOnlyList<Tensor> Updates, TState State)> update
) : OptimizerRule(name)
{
    internal override OptimizerPart Start(ParameterLeaves parameters) =>
        new OptimizerPart<TState>(Name, init(parameters));

    internal override bool Keeps(OptimizerPart part) => part is OptimizerPart<TState> && part.Name == Name;

    internal override (IReadOnlyList<Tensor>, OptimizerPart?) Update(
        IReadOnlyList<Tensor> updates,
        OptimizerPart? part,
        ParameterLeaves parameters
    )
    {
        var before = ((OptimizerPart<TState>)part!).State;
        var (made, after) = update(updates, before, parameters);
        return (Fitted(made, parameters), new OptimizerPart<TState>(Name, Kept(before, after)));
    }

    /// <summary>The state after a step, which has the structure, the shapes and the dtypes of the one before, so that a loop can carry it.</summary>
    private TState Kept(TState before, TState after)
    {
        var (old, structure) = Engine.Tree.flatten(before);
        var (tensors, other) = Engine.Tree.flatten(after);
        if (!structure.Equals(other))
            throw new OptimizerException(
                $"Optimizer: part '{Name}' returns a state of another structure than it was given: {tensors.Length} tensors where {old.Length} came, or other values beside them. Return a {typeof(TState).Name} with the members that init gave it."
            );
        var changed = false;
        for (var i = 0; i < old.Length; i++)
        {
            var (was, now) = (old[i], tensors[i]);
            var isFree = was.Weak && DTypeOf.IsFloat(was) && DTypeOf.IsFloat(now);
            var isWeak = now.Weak && (DTypeOf.IsFloat(was) || !DTypeOf.IsFloat(now));
            if (!was.Shape.SequenceEqual(now.Shape) || (was.DType != now.DType && !isFree && !isWeak))
                throw new OptimizerException(
                    $"Optimizer: part '{Name}' turns tensor {i} of its state ({typeof(TState).Name}) from {ParameterLeaves.Type(was)} into {ParameterLeaves.Type(now)}; let init and update give one shape and dtype (BroadcastTo, AsType)."
                );
            if (was.DType == now.DType || isFree)
                continue;
            tensors[i] = now.AsType(was.DType);
            changed = true;
        }

        return changed ? Engine.Tree.rebuild<TState>(structure, tensors) : after;
    }
}
