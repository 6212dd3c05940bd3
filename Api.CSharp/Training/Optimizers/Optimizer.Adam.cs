using Pipeline.Engine;

namespace Pipeline;

/// <content>Adam, with weights that decay and with the largest second moment.</content>
sealed partial class Optimizer
{
    /// <summary>
    /// Adam's quotient alone: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, both corrected for their start at 0 (m' = m / (1 - b1^t));
    /// m' / (sqrt(v' + epsRoot) + eps). Nesterov: b1 m / (1 - b1^(t+1)) + (1 - b1) g / (1 - b1^t) in the place of m'.
    /// </summary>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the average of their squares.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added under the root: positive where the step is differentiated at gradients of 0.</param>
    /// <param name="nesterov">Looks one step ahead.</param>
    public static Optimizer ScaleByAdam(
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-8,
        double epsRoot = 0,
        bool nesterov = false
    )
    {
        Decays(b1, b2, eps, epsRoot);
        return PerLeaf<GradientMoments>(
            p => new(Zeros(p), Zeros(p)),
            (g, state, _, t) =>
            {
                var m = b1 * state.First + (1 - b1) * g;
                var v = b2 * state.Second + (1 - b2) * g.Square();
                return (Corrected(m, g, b1, t, nesterov) / ((v / Debiasing(b2, t) + epsRoot).Sqrt() + eps), new(m, v));
            },
            "ScaleByAdam"
        );
    }

    /// <summary>Adam: p - rate m' / (sqrt(v' + epsRoot) + eps), see <see cref="ScaleByAdam"/> (Kingma and Ba, 2015).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the average of their squares.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added under the root.</param>
    /// <param name="nesterov">NAdam.</param>
    public static Optimizer Adam(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-8,
        double epsRoot = 0,
        bool nesterov = false
    ) => ScaleByAdam(b1, b2, eps, epsRoot, nesterov).Then(ScaleByLearningRate(learningRate));

    /// <summary>Adam with Nesterov's momentum (Dozat, 2016).</summary>
    /// <inheritdoc cref="Adam"/>
    public static Optimizer NAdam(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-8,
        double epsRoot = 0
    ) => Adam(learningRate, b1, b2, eps, epsRoot, nesterov: true);

    /// <summary>Adam with decoupled weight decay: p - rate (m' / (sqrt(v' + epsRoot) + eps) + weightDecay p) (Loshchilov and Hutter, 2019).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the average of their squares.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added under the root.</param>
    /// <param name="weightDecay">A number, or a schedule; 1e-4 where none is given.</param>
    /// <param name="decays">Which parameters decay; all where none is given.</param>
    /// <param name="nesterov">Nesterov's momentum.</param>
    public static Optimizer AdamW(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-8,
        double epsRoot = 0,
        Schedule? weightDecay = null,
        ParameterMask? decays = null,
        bool nesterov = false
    ) =>
        ScaleByAdam(b1, b2, eps, epsRoot, nesterov)
            .Then(AddDecayedWeights(weightDecay ?? 1e-4, decays))
            .Then(ScaleByLearningRate(learningRate));

    /// <summary>Adam with the largest second moment so far, x = max(x, v'), in the place of v' (Reddi and others, 2018).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the average of their squares.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added under the root.</param>
    /// <param name="correctFirst">Corrects the average of gradients for its start at 0.</param>
    /// <param name="correctSecond">Corrects that of the squares, before the maximum.</param>
    public static Optimizer AmsGrad(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-8,
        double epsRoot = 0,
        bool correctFirst = true,
        bool correctSecond = true
    )
    {
        Decays(b1, b2, eps, epsRoot);
        return PerLeaf<(Tensor First, Tensor Second, Tensor Largest)>(
                p => (Zeros(p), Zeros(p), Zeros(p)),
                (g, state, _, t) =>
                {
                    var m = b1 * state.First + (1 - b1) * g;
                    var v = b2 * state.Second + (1 - b2) * g.Square();
                    var largest = state.Largest.Maximum(correctSecond ? v / Debiasing(b2, t) : v);
                    var first = correctFirst ? m / Debiasing(b1, t) : m;
                    return (first / ((largest + epsRoot).Sqrt() + eps), (m, v, largest));
                },
                "ScaleByAmsGrad"
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>The average of gradients corrected for its start at 0, or Nesterov's of the next step.</summary>
    private static Tensor Corrected(Tensor m, Tensor g, double b1, Tensor t, bool nesterov) =>
        nesterov ? b1 * m / Debiasing(b1, t + 1) + (1 - b1) * g / Debiasing(b1, t) : m / Debiasing(b1, t);

    private static void Decays(double b1, double b2, double eps, double epsRoot)
    {
        Share(b1, nameof(b1));
        Share(b2, nameof(b2));
        NotNegative(eps, nameof(eps));
        NotNegative(epsRoot, nameof(epsRoot));
    }
}
