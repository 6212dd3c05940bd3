namespace Pipeline;

/// <summary>Everything that a step of training takes and gives. Immutable: <c>with</c> makes another.</summary>
/// <typeparam name="T">The parameters: a tensor or a tree of tensors, such as a record.</typeparam>
/// <param name="Parameters">The parameters, after the step.</param>
/// <param name="OptimizerState">What the optimizer keeps between steps.</param>
/// <param name="Key">The random key of the run, where it was given one.</param>
/// <param name="Step">The number of updates made, an int32 scalar.</param>
/// <param name="Loss">The loss before the last update; the mean over its rows for an epoch. NaN before the first.</param>
public sealed record TrainState<T>(
    T Parameters,
    OptimizerState OptimizerState,
    RandomKey? Key,
    Tensor Step,
    Tensor Loss
)
{
    /// <summary>The state before the first step.</summary>
    public static TrainState<T> Start(T parameters, Optimizer optimizer, RandomKey? key = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(optimizer);
        return new(parameters, optimizer.Start(parameters), key, Tensor.Scalar(0), double.NaN);
    }
}
