namespace Pipeline;

/// <summary>Why a run ended.</summary>
public enum FitStatus
{
    /// <summary>The stop test held: the last update of every parameter was smaller than the tolerance, or the run's own test.</summary>
    Converged,

    /// <summary>The most rounds were made.</summary>
    StepLimit,

    /// <summary>The run was cancelled; its state is that of a round before, the last one unless rounds take less than 20 ms.</summary>
    Cancelled,

    /// <summary>The loss or a parameter was not finite; the run gives the last state that was.</summary>
    Diverged,
}
