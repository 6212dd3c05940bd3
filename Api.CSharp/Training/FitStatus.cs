namespace Pipeline;

/// <summary>Why a run ended.</summary>
public enum FitStatus
{
    /// <summary>The last update of every parameter was smaller than the tolerance.</summary>
    Converged,

    /// <summary>The most rounds were made.</summary>
    StepLimit,

    /// <summary>The run was cancelled; its state is that of the last round before.</summary>
    Cancelled,

    /// <summary>The loss was not finite.</summary>
    Diverged,
}
