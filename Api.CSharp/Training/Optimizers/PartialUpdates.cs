namespace Pipeline;

/// <summary>The state of <see cref="Optimizer.Freeze"/> and <see cref="Optimizer.Only"/>.</summary>
/// <param name="Inner">The state of the optimizer, which sees a part of the parameters.</param>
public sealed record PartialUpdates(OptimizerState Inner) : IWrappedState;
