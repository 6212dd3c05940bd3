namespace Pipeline;

/// <summary>The end of a run.</summary>
/// <param name="Status">Why it ended. Not converging is a status, not an error.</param>
/// <param name="State">The last state; of a run that diverged the last whose loss and parameters are finite, which is the start where there is none.</param>
/// <param name="Rounds">The rounds made: updates for a full batch, epochs for minibatches. Of a run that diverged the last one is the first whose
/// loss or parameters are not finite.</param>
public sealed record FitResult<T>(FitStatus Status, TrainState<T> State, int Rounds)
{
    /// <summary>The parameters at the end.</summary>
    public T Parameters => State.Parameters;

    /// <summary>The updates made.</summary>
    public int Steps => (int)State.Step;

    /// <summary>The loss before the last update.</summary>
    public double Loss => State.Loss.ToDouble();

    /// <summary>Why the run ended, and with what, in every culture alike.</summary>
    public override string ToString() =>
        FormattableString.Invariant(
            $"{Status} after {Rounds} rounds ({Steps} updates): loss {Loss:G6}, parameters {Parameters}"
        );
}
