namespace Pipeline;

/// <summary>The updates, to be added to the parameters, and what the optimizer keeps for the next step.</summary>
/// <param name="gradients">The gradients of the float tensors of the parameters, in order.</param>
/// <param name="kept">What it kept.</param>
/// <param name="parameters">The float tensors of the parameters, in order.</param>
public delegate (IReadOnlyList<Tensor> Updates, object? Kept) OptimizerUpdate(
    IReadOnlyList<Tensor> gradients,
    object? kept,
    IReadOnlyList<Tensor> parameters
);
