namespace Pipeline;

/// <summary>The state of a part that treats each float tensor of the parameters by itself: see <see cref="Optimizer.PerLeaf{TState}"/>.</summary>
/// <param name="Step">The steps made, an int32 scalar.</param>
/// <param name="Leaves">What is kept for each float tensor of the parameters, in order.</param>
public sealed record PerLeaf<TState>(Tensor Step, IReadOnlyList<TState> Leaves);
