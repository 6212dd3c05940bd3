namespace Pipeline;

/// <summary>The state of <see cref="Optimizer.Accumulate"/>.</summary>
/// <param name="Count">The minibatches collected since the last update, an int32 scalar.</param>
/// <param name="Sum">The sums of their gradients.</param>
/// <param name="Inner">The state of the optimizer that gets them.</param>
public sealed record AccumulatedGradients(Tensor Count, IReadOnlyList<Tensor> Sum, OptimizerState Inner)
    : IWrappedState;
