using Pipeline.Engine;

namespace Pipeline;

/// <content>What came of Adam: other second moments, other steps, and trust ratios.</content>
sealed partial class Optimizer
{
    /// <summary>AdaBelief: the second moment is that of g - m, v = b2 v + (1 - b2)(g - m)^2 + epsRoot with the new m; p - rate m' / (sqrt(v') + eps) (Zhuang and others, 2020).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the second average.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added to the second average at each step.</param>
    public static Optimizer AdaBelief(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-16,
        double epsRoot = 1e-16
    )
    {
        Decays(b1, b2, eps, epsRoot);
        return PerLeaf<GradientMoments>(
                p => new(Zeros(p), Zeros(p)),
                (g, state, _, t) =>
                {
                    var m = b1 * state.First + (1 - b1) * g;
                    var v = b2 * state.Second + (1 - b2) * (g - m).Square() + epsRoot;
                    return (m / Debiasing(b1, t) / ((v / Debiasing(b2, t)).Sqrt() + eps), new(m, v));
                },
                "ScaleByBelief"
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>Adamax: v = max(|g| + eps, b2 v); p - rate m' / v (Kingma and Ba, 2015).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the largest.</param>
    /// <param name="eps">Added to the magnitudes, positive.</param>
    public static Optimizer Adamax(Schedule learningRate, double b1 = 0.9, double b2 = 0.999, double eps = 1e-8)
    {
        Decays(b1, b2, eps, 0);
        return PerLeaf<GradientMoments>(
                p => new(Zeros(p), Zeros(p)),
                (g, state, _, t) =>
                {
                    var m = b1 * state.First + (1 - b1) * g;
                    var v = (g.Abs() + eps).Maximum(b2 * state.Second);
                    return (m / Debiasing(b1, t) / v, new(m, v));
                },
                "ScaleByAdamax"
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>
    /// Rectified Adam: r = ro(inf) - 2 t b2^t / (1 - b2^t), ro(inf) = 2 / (1 - b2) - 1; from r >= threshold on Adam's quotient times
    /// sqrt((r - 4)(r - 2) ro(inf) / ((ro(inf) - 4)(ro(inf) - 2) r)), before it m' (Liu and others, 2020).
    /// </summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the average of their squares.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added under the root.</param>
    /// <param name="threshold">Where the variance of the quotient is held to be bounded; above 4.</param>
    /// <param name="nesterov">Nesterov's momentum.</param>
    public static Optimizer RAdam(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-8,
        double epsRoot = 0,
        double threshold = 5,
        bool nesterov = false
    )
    {
        Decays(b1, b2, eps, epsRoot);
        Limits.Require(threshold > 4, threshold, "greater than 4");
        var limit = 2 / (1 - b2) - 1;
        return PerLeaf<GradientMoments>(
                p => new(Zeros(p), Zeros(p)),
                (g, state, _, t) =>
                {
                    var m = b1 * state.First + (1 - b1) * g;
                    var v = b2 * state.Second + (1 - b2) * g.Square();
                    var length = limit - 2.0 * t * (t * Special.log(b2)).Exp() / Debiasing(b2, t);
                    var isBounded = length >= threshold;
                    var safe = Tensor.Where(isBounded, length, threshold);
                    var factor = ((safe - 4.0) * (safe - 2.0) / safe * (limit / ((limit - 4) * (limit - 2)))).Sqrt();
                    var first = Corrected(m, g, b1, t, nesterov);
                    var quotient = first / ((v / Debiasing(b2, t) + epsRoot).Sqrt() + eps);
                    return (Tensor.Where(isBounded, Like(factor, g) * quotient, first), new(m, v));
                },
                "ScaleByRAdam"
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>Yogi: v = v - (1 - b2) sign(v - g^2) g^2, both averages from 1e-6; p - rate m' / (sqrt(v') + eps) (Zaheer and others, 2018).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the average of their squares.</param>
    /// <param name="eps">Added to the root.</param>
    public static Optimizer Yogi(Schedule learningRate, double b1 = 0.9, double b2 = 0.999, double eps = 1e-3)
    {
        Decays(b1, b2, eps, 0);
        return PerLeaf<GradientMoments>(
                p => new(ParameterLeaves.Filled(p, 1e-6), ParameterLeaves.Filled(p, 1e-6)),
                (g, state, _, t) =>
                {
                    var m = b1 * state.First + (1 - b1) * g;
                    var square = g.Square();
                    var v = state.Second - (1 - b2) * (state.Second - square).Sign() * square;
                    return (m / Debiasing(b1, t) / ((v / Debiasing(b2, t)).Sqrt() + eps), new(m, v));
                },
                "ScaleByYogi"
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>
    /// Adan: d = g - g_before (0 at the first step), m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) d, n = b3 n + (1 - b3)(g + (1 - b2) d)^2;
    /// p - rate ((m' + (1 - b2) v') / (sqrt(n' + epsRoot) + eps) + weightDecay p) (Xie and others, 2022).
    /// </summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the average of their changes.</param>
    /// <param name="b3">The decay of the average of squares.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added under the root.</param>
    /// <param name="weightDecay">A number, or a schedule; none where none is given.</param>
    /// <param name="decays">Which parameters decay; all where none is given.</param>
    public static Optimizer Adan(
        Schedule learningRate,
        double b1 = 0.98,
        double b2 = 0.92,
        double b3 = 0.99,
        double eps = 1e-8,
        double epsRoot = 1e-8,
        Schedule? weightDecay = null,
        ParameterMask? decays = null
    )
    {
        Decays(b1, b2, eps, epsRoot);
        Share(b3, nameof(b3));
        return PerLeaf<(Tensor First, Tensor Change, Tensor Second, Tensor Before)>(
                p => (Zeros(p), Zeros(p), Zeros(p), Zeros(p)),
                (g, state, _, t) =>
                {
                    var change = Tensor.Where(t <= 1, 0.0, g - state.Before);
                    var m = b1 * state.First + (1 - b1) * g;
                    var v = b2 * state.Change + (1 - b2) * change;
                    var n = b3 * state.Second + (1 - b3) * (g + (1 - b2) * change).Square();
                    var first = m / Debiasing(b1, t) + (1 - b2) * (v / Debiasing(b2, t));
                    return (first / ((n / Debiasing(b3, t) + epsRoot).Sqrt() + eps), (m, v, n, g));
                },
                "ScaleByAdan"
            )
            .Then(AddDecayedWeights(weightDecay ?? 0, decays))
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>LAMB: r = Adam's quotient + weightDecay p; p - rate r |p| / |r| for each tensor, the ratio 1 where a norm is 0 (You and others, 2020).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the average of gradients.</param>
    /// <param name="b2">The decay of the average of their squares.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added under the root.</param>
    /// <param name="weightDecay">A number, or a schedule; none where none is given.</param>
    /// <param name="decays">Which parameters decay; all where none is given.</param>
    public static Optimizer Lamb(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.999,
        double eps = 1e-6,
        double epsRoot = 0,
        Schedule? weightDecay = null,
        ParameterMask? decays = null
    ) =>
        ScaleByAdam(b1, b2, eps, epsRoot)
            .Then(AddDecayedWeights(weightDecay ?? 0, decays))
            .Then(ScaleByTrustRatio())
            .Then(ScaleByLearningRate(learningRate));
}
