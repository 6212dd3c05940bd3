namespace Pipeline;

/// <summary>The state of <see cref="Optimizer.ScheduleFreeSgd"/> and <see cref="Optimizer.ScheduleFreeAdamW"/>.</summary>
/// <param name="Step">The steps made, an int32 scalar.</param>
/// <param name="Base">The sequence z, which takes the steps.</param>
/// <param name="Second">The running averages of squared gradients; none for plain descent.</param>
/// <param name="LargestRate">The largest rate so far.</param>
/// <param name="Weights">The sum of the weights of the average so far.</param>
/// <param name="Interpolation">How near the parameters y of the run lie to the average x: y = b1 x + (1 - b1) z.</param>
public sealed record ScheduleFreeState(
    Tensor Step,
    IReadOnlyList<Tensor> Base,
    IReadOnlyList<Tensor> Second,
    Tensor LargestRate,
    Tensor Weights,
    double Interpolation
)
{
    /// <summary>The parameters to evaluate: the average x = (y - (1 - b1) z) / b1 that belongs to the parameters y of the run.</summary>
    /// <param name="parameters">The parameters of the run.</param>
    /// <exception cref="OptimizerException">They are other parameters than those of the run.</exception>
    /// <example><code>
    /// var best = fit.State.OptimizerState.Get&lt;ScheduleFreeState&gt;().In(fit.Parameters);
    /// </code></example>
    public T In<T>(T parameters)
    {
        var floats = ParameterLeaves.Of(parameters);
        return ParameterLeaves.Replace("ScheduleFree", parameters, [.. floats.Zip(Base, Average)]);
    }

    /// <summary>The step, the rate and the number of tensors, in every culture alike.</summary>
    public override string ToString() =>
        FormattableString.Invariant(
            $"ScheduleFreeState {{ Step = {Step}, LargestRate = {LargestRate}, Weights = {Weights}, Interpolation = {Interpolation}, {Base.Count} tensors }}"
        );

    internal Tensor Average(Tensor y, Tensor z) => (y - (1 - Interpolation) * z) / Interpolation;
}
