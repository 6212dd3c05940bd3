namespace Pipeline;

/// <summary>The state of <see cref="Optimizer.SkipNonFinite"/>.</summary>
/// <param name="Run">How many gradients in a row, up to the last one, were not finite: an int32 scalar.</param>
/// <param name="Inner">The state of the optimizer that does not see them.</param>
public sealed record SkippedUpdates(Tensor Run, OptimizerState Inner) : IWrappedState;
