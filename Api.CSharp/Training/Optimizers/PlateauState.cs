namespace Pipeline;

/// <summary>The state of <see cref="Optimizer.ReduceOnPlateau"/>: float64 and int32 scalars.</summary>
/// <param name="Scale">What the updates are multiplied by.</param>
/// <param name="Best">The least mean loss so far.</param>
/// <param name="Sum">The losses since the last mean, added up.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Run">The means in a row that were no better.</param>
/// <param name="Cooldown">The means that do not count yet.</param>
public sealed record PlateauState(Tensor Scale, Tensor Best, Tensor Sum, Tensor Count, Tensor Run, Tensor Cooldown);
