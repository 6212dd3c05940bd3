using Pipeline.Engine;

namespace Pipeline;

/// <summary>The state of <see cref="Optimizer.AverageParameters"/>.</summary>
/// <param name="Averages">The running averages of the float tensors of the parameters, in order.</param>
public sealed record ParameterAverages(IReadOnlyList<Tensor> Averages)
{
    /// <summary>The parameters with the averages in the place of their float tensors.</summary>
    /// <exception cref="OptimizerException">They are other parameters than those that were averaged.</exception>
    public T In<T>(T parameters) => ParameterLeaves.Replace("AverageParameters", parameters, Averages);
}
