namespace Pipeline;

/// <summary>A state that holds that of another optimizer.</summary>
public interface IWrappedState
{
    /// <summary>The state of the optimizer inside.</summary>
    OptimizerState Inner { get; }
}
