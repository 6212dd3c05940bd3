namespace Pipeline;

/// <summary>What a run reports.</summary>
/// <param name="Round">The number of the round, from 0: updates for a full batch, epochs for minibatches.</param>
/// <param name="Step">The number of updates made.</param>
/// <param name="Loss">The loss before the last update; the mean over its rows for an epoch.</param>
public sealed record TrainProgress(int Round, int Step, double Loss)
{
    /// <summary>The numbers in one line, in every culture alike.</summary>
    public override string ToString() => FormattableString.Invariant($"round {Round}, step {Step}: loss {Loss:G6}");
}
