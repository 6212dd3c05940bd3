namespace Pipeline;

/// <summary>One step of a part of an optimizer that treats each float tensor of the parameters by itself.</summary>
/// <typeparam name="TState">What is kept for a tensor: a tensor, or a record or another tree of tensors.</typeparam>
/// <param name="update">The gradient, or what the part before made of it.</param>
/// <param name="state">What was kept for this tensor.</param>
/// <param name="parameter">The parameter.</param>
/// <param name="step">The number of the step, an int32 scalar from 1.</param>
/// <returns>The update of the parameter, and what is kept.</returns>
public delegate (Tensor Update, TState State) LeafUpdate<TState>(
    Tensor update,
    TState state,
    Tensor parameter,
    Tensor step
);
