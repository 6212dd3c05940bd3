namespace Pipeline;

/// <summary>One step of a part of an optimizer: a pure function on tensors, compiled into the training loop.</summary>
/// <typeparam name="TState">What the part keeps between steps: a tensor, or a record or another tree of tensors.</typeparam>
/// <param name="updates">For each float tensor of the parameters, in order: the gradient, or what the part before made of it.</param>
/// <param name="state">What it kept.</param>
/// <param name="parameters">The float tensors of the parameters, in order.</param>
/// <returns>The updates in the same order, and what it keeps, in the structure, shapes and dtypes in which it came.</returns>
public delegate (IReadOnlyList<Tensor> Updates, TState State) OptimizerUpdate<TState>(
    IReadOnlyList<Tensor> updates,
    TState state,
    IReadOnlyList<Tensor> parameters
);
