using Pipeline.Engine;

namespace Pipeline;

/// <content>The parts that chains are made of.</content>
sealed partial class Optimizer
{
    /// <summary>Multiplied by a number.</summary>
    public static Optimizer Scale(double factor) => EachLeaf("Scale", (update, _) => factor * update);

    /// <summary>Multiplied by a number that depends on the step.</summary>
    /// <param name="factor">From the number of the step, from 0.</param>
    public static Optimizer ScaleBySchedule(Schedule factor)
    {
        ArgumentNullException.ThrowIfNull(factor);
        return Scheduled(
            "ScaleBySchedule",
            factor,
            (updates, _, now) => [.. updates.Select(update => Like(now, update) * update)]
        );
    }

    /// <summary>Multiplied by minus the learning rate: mostly the last part of a chain.</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    public static Optimizer ScaleByLearningRate(Schedule learningRate)
    {
        Rate(learningRate, nameof(learningRate));
        return Scheduled(
            "ScaleByLearningRate",
            learningRate,
            (updates, _, now) => [.. updates.Select(update => -(Like(now, update) * update))]
        );
    }

    /// <summary>Momentum (a trace of the updates): a = u + decay a; the update is a, or u + decay a (Nesterov).</summary>
    /// <param name="decay">From 0 to, but without, 1.</param>
    /// <param name="nesterov">Looks one step ahead.</param>
    public static Optimizer Momentum(double decay, bool nesterov = false)
    {
        Share(decay, nameof(decay));
        return PerLeaf(
            Zeros,
            (update, trace, _, _) =>
            {
                var next = update + decay * trace;
                return (nesterov ? update + decay * next : next, next);
            },
            "Momentum"
        );
    }

    /// <summary>The running average of the updates, m = decay m + (1 - decay) u, without correction for its start at 0.</summary>
    /// <param name="decay">From 0 to, but without, 1.</param>
    public static Optimizer Average(double decay)
    {
        Share(decay, nameof(decay));
        return PerLeaf(
            Zeros,
            (update, mean, _, _) =>
            {
                var next = decay * mean + (1 - decay) * update;
                return (next, next);
            },
            "Average"
        );
    }

    /// <summary>Weight decay: u + weight * p.</summary>
    /// <param name="weight">A number, or a schedule.</param>
    /// <param name="decays">Which parameters decay; all where none is given.</param>
    public static Optimizer AddDecayedWeights(Schedule weight, ParameterMask? decays = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.IsConstant is { } value)
            NotNegative(value, nameof(weight));
        return Scheduled(
            "AddDecayedWeights",
            weight,
            (updates, parameters, now) =>
            {
                var chosen = decays is null ? null : parameters.Chosen(decays);
                return
                [
                    .. updates.Select(
                        (update, i) =>
                            chosen is null || chosen[i] ? update + Like(now, parameters[i]) * parameters[i] : update
                    ),
                ];
            }
        );
    }

    /// <summary>Each entry clipped to [-most, most]; NaN stays.</summary>
    /// <param name="most">A positive number.</param>
    public static Optimizer ClipByValue(double most)
    {
        Positive(most, nameof(most));
        return EachLeaf("ClipByValue", (update, _) => update.Minimum(most).Maximum(-most));
    }

    /// <summary>Each tensor whose norm is above a number scaled down to it.</summary>
    /// <param name="most">A positive number.</param>
    public static Optimizer ClipByNorm(double most)
    {
        Positive(most, nameof(most));
        return EachLeaf("ClipByNorm", (update, _) => Limited(update, update.Norm(), most));
    }

    /// <summary>All updates scaled down where the norm of all of them together, N = sqrt(sum of squares), is not below a number: u most / N.</summary>
    /// <param name="most">A positive number.</param>
    public static Optimizer ClipByGlobalNorm(double most)
    {
        Positive(most, nameof(most));
        return new(
            new StatelessRule(
                "ClipByGlobalNorm",
                (updates, _) =>
                {
                    if (updates.Count == 0)
                        return updates;
                    var norm = updates.Count == 1 ? updates[0].Norm() : Together(updates);
                    return [.. updates.Select(update => Limited(update, Like(norm, update), most))];
                }
            )
        );
    }

    /// <summary>Each tensor divided by max(1, rms / threshold), rms the root of the mean of its squares.</summary>
    /// <param name="threshold">A positive number.</param>
    public static Optimizer ClipByBlockRms(double threshold)
    {
        Positive(threshold, nameof(threshold));
        return EachLeaf("ClipByBlockRms", (update, _) => update / (RootMeanSquare(update) / threshold).Maximum(1.0));
    }

    /// <summary>Each tensor multiplied by coefficient |p| / (|u| + eps), the norms at least minNorm; by 1 where one of them is 0 (You and others, 2017).</summary>
    /// <param name="minNorm">The least norm of parameters and updates.</param>
    /// <param name="coefficient">The trust coefficient.</param>
    /// <param name="eps">Added to the norm of the update.</param>
    public static Optimizer ScaleByTrustRatio(double minNorm = 0, double coefficient = 1, double eps = 0)
    {
        NotNegative(minNorm, nameof(minNorm));
        Positive(coefficient, nameof(coefficient));
        NotNegative(eps, nameof(eps));
        return EachLeaf(
            "ScaleByTrustRatio",
            (update, parameter) =>
            {
                Tensor ours = parameter.Norm().Maximum(minNorm),
                    its = update.Norm().Maximum(minNorm);
                var isRatio = (ours > 0) & (its > 0);
                return update
                    * Tensor.Where(isRatio, coefficient * ours / (Tensor.Where(isRatio, its, 1.0) + eps), 1.0);
            }
        );
    }

    /// <summary>Each tensor multiplied by max(rms(p), least): steps in proportion to the parameters.</summary>
    /// <param name="least">The least factor.</param>
    public static Optimizer ScaleByParameterRms(double least = 1e-3)
    {
        NotNegative(least, nameof(least));
        return EachLeaf(
            "ScaleByParameterRms",
            (update, parameter) => update * RootMeanSquare(parameter).Maximum(least)
        );
    }

    /// <summary>
    /// Multiplied by a scale that falls when the loss no longer does. The mean of every accumulationSize losses counts: it is better where it is
    /// below (1 - rtol) best - atol. After patience means in a row that are not, the scale is multiplied by the factor, and cooldown means do not count.
    /// </summary>
    /// <param name="factor">Between 0 and 1.</param>
    /// <param name="patience">Positive.</param>
    /// <param name="rtol">How much better in proportion.</param>
    /// <param name="atol">How much better at least.</param>
    /// <param name="cooldown">Means that do not count after a fall.</param>
    /// <param name="accumulationSize">Losses in a mean.</param>
    /// <param name="minScale">The least scale.</param>
    /// <exception cref="OptimizerException">At a step without a loss: training gives it, own calls of <see cref="Apply"/> pass it.</exception>
    public static Optimizer ReduceOnPlateau(
        double factor = 0.1,
        int patience = 10,
        double rtol = 1e-4,
        double atol = 0,
        int cooldown = 0,
        int accumulationSize = 1,
        double minScale = 0
    )
    {
        Limits.Require(factor is > 0 and < 1, factor, "between 0 and 1");
        Limits.Positive(patience);
        NotNegative(rtol, nameof(rtol));
        NotNegative(atol, nameof(atol));
        Limits.NotNegative(cooldown);
        Limits.Positive(accumulationSize);
        NotNegative(minScale, nameof(minScale));

        return new(
            new OptimizerRule<PlateauState>(
                "ReduceOnPlateau",
                _ =>
                    new(
                        Tensor.Scalar(1.0),
                        Tensor.Scalar(double.PositiveInfinity),
                        Tensor.Scalar(0.0),
                        Tensor.Scalar(0),
                        Tensor.Scalar(0),
                        Tensor.Scalar(0)
                    ),
                (updates, state, parameters) =>
                {
                    var loss =
                        parameters.Loss
                        ?? throw new OptimizerException(
                            "ReduceOnPlateau: it needs the loss of each step; pass it to Apply (loss: ...)."
                        );
                    var next = After(state, loss.StopGradient().AsType(DType.Float64));
                    return ([.. updates.Select(update => Like(next.Scale, update) * update)], next);
                }
            )
        );

        PlateauState After(PlateauState state, Tensor loss)
        {
            var (sum, count) = (state.Sum + loss, state.Count + 1);
            var isFull = count >= accumulationSize;
            var mean = sum / (double)accumulationSize;
            var isBetter = mean < (1 - rtol) * state.Best - atol;
            var run = Tensor.Where(isBetter, 0, state.Run + 1);
            var isCooling = state.Cooldown > 0;
            var falls = !isCooling & (run >= patience);
            return new(
                Tensor.Where(isFull & falls, (state.Scale * factor).Maximum(minScale), state.Scale),
                Tensor.Where(isFull & isBetter, mean, state.Best),
                Tensor.Where(isFull, 0.0, sum),
                Tensor.Where(isFull, 0, count),
                Tensor.Where(isFull, Tensor.Where(isCooling | falls, 0, run), state.Run),
                Tensor.Where(
                    isFull,
                    Tensor.Where(isCooling, state.Cooldown - 1, Tensor.Where(falls, cooldown, 0)),
                    state.Cooldown
                )
            );
        }
    }

    /// <summary>A running average of the parameters after each step, e = decay e + (1 - decay) p from the initial parameters; the updates stay. The last part of a chain.</summary>
    /// <param name="decay">From 0 to, but without, 1.</param>
    /// <example><code>
    /// var optimizer = Optimizer.Adam(0.001).Then(Optimizer.AverageParameters(0.999));
    /// var average = fit.State.OptimizerState.Get&lt;ParameterAverages&gt;().In(fit.Parameters);
    /// </code></example>
    public static Optimizer AverageParameters(double decay)
    {
        Share(decay, nameof(decay));
        return Of<ParameterAverages>(
            parameters => new([.. parameters]),
            (updates, state, parameters) =>
                (
                    updates,
                    new([
                        .. state.Averages.Select(
                            (mean, i) => decay * mean + (1 - decay) * Updated(parameters[i], updates[i])
                        ),
                    ])
                ),
            "AverageParameters"
        );
    }

    /// <summary>A scalar in the dtype of a tensor, so that it does not promote it.</summary>
    private static Tensor Like(Tensor scalar, Tensor tensor) =>
        scalar.Weak || scalar.DType == tensor.DType ? scalar : scalar.AsType(tensor.DType);

    private static Tensor Limited(Tensor update, Tensor norm, double most)
    {
        var isBelow = norm < most;
        return update * Tensor.Where(isBelow, 1.0, most / Tensor.Where(isBelow, most, norm));
    }

    /// <summary>The norm of all entries of several tensors, by the norms of each.</summary>
    private static Tensor Together(IReadOnlyList<Tensor> tensors)
    {
        var widest = tensors.Any(tensor => tensor.DType == DType.Float64) ? DType.Float64 : tensors[0].DType;
        return Tensor.Stack([.. tensors.Select(tensor => tensor.AsType(widest).Norm())]).Norm();
    }

    private static Tensor RootMeanSquare(Tensor tensor) => tensor.Norm() * (1 / Math.Sqrt(Math.Max(1, tensor.Size)));
}
