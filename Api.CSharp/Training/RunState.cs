namespace Pipeline;

/// <summary>What the loop of a run carries.</summary>
internal sealed record RunState<T>(TrainState<T> State, Tensor Round, Tensor Converged);
