using Pipeline.Engine;

namespace Pipeline;

/// <summary>What one part of a chain keeps.</summary>
internal abstract class OptimizerPart(string name)
{
    internal string Name => name;

    /// <summary>The state as a tree.</summary>
    internal abstract object Tree { get; }

    /// <summary>The same part with another state of the same type.</summary>
    internal abstract OptimizerPart With(object state);

    internal abstract Tensor[] Tensors { get; }

    /// <summary>The optimizer's state inside the state, where there is one.</summary>
    internal abstract OptimizerState? Inner { get; }
}

/// <summary>What one part of a chain keeps, in its type.</summary>
internal sealed class OptimizerPart<TState>(string name, TState state) : OptimizerPart(name)
{
    internal TState State => state;

    internal override object Tree => state!;

    internal override Tensor[] Tensors => Engine.Tree.tensors(state);

    internal override OptimizerState? Inner => (state as IWrappedState)?.Inner;

    internal override OptimizerPart With(object state) => new OptimizerPart<TState>(Name, (TState)state);
}
