namespace Pipeline;

/// <summary>A loss and the optimizer that lessens it.</summary>
public sealed class Minimization<T, TBatch>
{
    internal Minimization(Optimizer optimizer, Func<T, TBatch, Tensor> loss)
    {
        Optimizer = optimizer;
        var gradient = Gradient.WithValue(loss);
        Step = (state, batch) =>
        {
            var (value, slope) = gradient(state.Parameters, batch);
            var (parameters, kept) = optimizer.Apply(state.Parameters, slope, state.OptimizerState, value);
            return state with { Parameters = parameters, OptimizerState = kept, Step = state.Step + 1, Loss = value };
        };
    }

    /// <summary>The optimizer.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>One update, not compiled: compose it, then <c>Compile</c> it.</summary>
    public TrainStep<T, TBatch> Step { get; }

    /// <summary>The types of the parameters and the data, and the optimizer.</summary>
    public override string ToString() => $"Minimization over {typeof(T).Name} of {typeof(TBatch).Name} by {Optimizer}";

    /// <summary>Where to start from.</summary>
    /// <param name="start">The parameters: float tensors; plain numbers, whole ones too, stand for real ones.</param>
    /// <param name="key">A random key for the states of the run, where steps need one.</param>
    /// <exception cref="DTypeException">A parameter is a tensor of integers, which no step can change.</exception>
    public TrainingStart<T, TBatch> From(T start, RandomKey? key = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        return new(this, TrainState<T>.Start(FloatTypes.Trainable("From", start), Optimizer, key));
    }

    /// <summary>Where to go on from: a state that a run of the same optimizer left.</summary>
    /// <exception cref="OptimizerException">The state is of another chain of parts, or of parameters of other shapes.</exception>
    public TrainingStart<T, TBatch> From(TrainState<T> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Optimizer.RequireState("From", state.OptimizerState, state.Parameters);
        return new(this, state);
    }
}
