using Pipeline.Engine;

namespace Pipeline;

/// <content>Schedule-free methods.</content>
sealed partial class Optimizer
{
    /// <summary>
    /// Schedule-free descent: the parameters are y = b1 x + (1 - b1) z; z takes the steps, z - s(t-1)(g + weightDecay y), x averages them with
    /// weights S^power, S the largest rate so far: c = S^power / (sum of S^power), x = (1 - c) x + c z (Defazio and others, 2024).
    /// Evaluate x: <see cref="ScheduleFreeState.In{T}"/>.
    /// </summary>
    /// <param name="learningRate">The rate s, a positive number.</param>
    /// <param name="warmupSteps">Steps in which the rate grows from 0.</param>
    /// <param name="b1">How near y lies to x: above 0, below 1.</param>
    /// <param name="weightDecay">0 or more.</param>
    /// <param name="weightPower">The power in the weights.</param>
    public static Optimizer ScheduleFreeSgd(
        double learningRate,
        int warmupSteps = 0,
        double b1 = 0.9,
        double weightDecay = 0,
        double weightPower = 2
    ) => ScheduleFree("ScheduleFreeSgd", learningRate, warmupSteps, b1, weightDecay, weightPower, null, 0);

    /// <summary>Schedule-free AdamW: as <see cref="ScheduleFreeSgd"/> with z - s(t-1)(g / (sqrt(v') + eps) + weightDecay y), v Adam's second moment.</summary>
    /// <param name="learningRate">The rate, a positive number.</param>
    /// <param name="warmupSteps">Steps in which the rate grows from 0.</param>
    /// <param name="b1">How near y lies to x: above 0, below 1.</param>
    /// <param name="b2">The decay of the average of squared gradients.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="weightDecay">0 or more.</param>
    /// <param name="weightPower">The power in the weights.</param>
    public static Optimizer ScheduleFreeAdamW(
        double learningRate,
        int warmupSteps = 0,
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-8,
        double weightDecay = 0,
        double weightPower = 2
    )
    {
        Share(b2, nameof(b2));
        NotNegative(eps, nameof(eps));
        return ScheduleFree("ScheduleFreeAdamW", learningRate, warmupSteps, b1, weightDecay, weightPower, b2, eps);
    }

    private static Optimizer ScheduleFree(
        string name,
        double learningRate,
        int warmupSteps,
        double b1,
        double weightDecay,
        double weightPower,
        double? b2,
        double eps
    )
    {
        Positive(learningRate, nameof(learningRate));
        Limits.NotNegative(warmupSteps);
        Limits.Require(b1 is > 0 and < 1, b1, "between 0 and 1");
        NotNegative(weightDecay, nameof(weightDecay));
        NotNegative(weightPower, nameof(weightPower));
        var rate = warmupSteps == 0 ? learningRate : Schedule.Linear(0, learningRate, warmupSteps);

        return new(
            new OptimizerRule<ScheduleFreeState>(
                name,
                parameters =>
                    new(
                        Tensor.Scalar(0),
                        [.. parameters],
                        b2 is null ? [] : [.. parameters.Select(Zeros)],
                        Tensor.Scalar(0.0),
                        Tensor.Scalar(0.0),
                        b1
                    ),
                Next
            )
        );

        (IReadOnlyList<Tensor>, ScheduleFreeState) Next(
            IReadOnlyList<Tensor> updates,
            ScheduleFreeState state,
            ParameterLeaves parameters
        )
        {
            var t = state.Step + 1;
            var largest = state.LargestRate.Maximum(rate.At(t));
            var weight = Tensor.Pow(largest, weightPower);
            var weights = state.Weights + weight;
            var c = Tensor.Where(weights > 0, weight / Tensor.Where(weights > 0, weights, 1.0), 0.0);
            var now = rate.At(state.Step);
            var made = new Tensor[updates.Count];
            var z = new Tensor[updates.Count];
            var second = new Tensor[state.Second.Count];
            for (var i = 0; i < made.Length; i++)
            {
                var (g, y) = (updates[i], parameters[i]);
                if (b2 is { } decay)
                {
                    second[i] = decay * state.Second[i] + (1 - decay) * g.Square();
                    g = g / ((second[i] / Debiasing(decay, t)).Sqrt() + eps);
                }

                var share = Like(c, y);
                z[i] = state.Base[i] - Like(now, y) * (g + weightDecay * y);
                var x = (1.0 - share) * state.Average(y, state.Base[i]) + share * z[i];
                made[i] = b1 * x + (1 - b1) * z[i] - y;
            }

            return (made, new(t, z, second, largest, weights, b1));
        }
    }
}
