using System.Globalization;
using Pipeline.Engine;

namespace Pipeline;

/// <content>Methods whose steps follow the gradient itself, its sign or its norm.</content>
sealed partial class Optimizer
{
    /// <summary>Steps against the gradient: p - rate * gradient.</summary>
    /// <param name="rate">A positive number.</param>
    public static Optimizer GradientDescent(double rate) => GradientDescent(Schedule.Constant(rate));

    /// <summary>Steps against the gradient at a rate that depends on the step: p - rate(step) * gradient.</summary>
    /// <param name="rate">The rate from the number of the step, from 0.</param>
    /// <example><code>
    /// var settling = Optimizer.GradientDescent(Schedule.Cosine(0.1, steps: 5000));
    /// </code></example>
    public static Optimizer GradientDescent(Schedule rate)
    {
        Rate(rate, nameof(rate));
        return ScaleByLearningRate(rate);
    }

    /// <summary>Steps against the gradient at a rate of one's own: p - rate(step) * gradient.</summary>
    /// <param name="rate">The rate from the number of the step, an int32 scalar from 0: <c>step => 0.1 / (1 + step * 0.01)</c>.</param>
    public static Optimizer GradientDescent(Func<Tensor, Tensor> rate) => GradientDescent(Schedule.Of(rate));

    /// <summary>Gradient descent with momentum: a = g + momentum a; p - rate a, or p - rate (g + momentum a) (Nesterov).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="momentum">From 0, which is none, to, but without, 1.</param>
    /// <param name="nesterov">Looks one step ahead.</param>
    public static Optimizer Sgd(Schedule learningRate, double momentum = 0, bool nesterov = false)
    {
        var descent = ScaleByLearningRate(learningRate);
        Share(momentum, nameof(momentum));
        return momentum == 0 ? descent : Momentum(momentum, nesterov).Then(descent);
    }

    /// <summary>Optimistic descent: p - rate ((alpha + beta) g - beta g_before), with g_before = g at the first step (Daskalakis and others, 2018).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="alpha">How much of the gradient.</param>
    /// <param name="beta">How much of its change.</param>
    public static Optimizer OptimisticDescent(Schedule learningRate, double alpha = 1, double beta = 1)
    {
        Rate(learningRate, nameof(learningRate));
        return PerLeaf(
                Zeros,
                (g, before, _, step) => ((alpha + beta) * g - beta * Tensor.Where(step <= 1, g, before), g),
                "OptimisticDescent"
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>Steps by the sign of the averaged gradient: m = beta m + (1 - beta) g; p - rate sign(m) (Bernstein and others, 2018).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="beta">From 0 to, but without, 1.</param>
    public static Optimizer Signum(Schedule learningRate, double beta = 0.9)
    {
        Rate(learningRate, nameof(learningRate));
        return Chain(Average(beta), EachLeaf("Sign", (update, _) => update.Sign()), ScaleByLearningRate(learningRate));
    }

    /// <summary>
    /// Lion: c = sign(b1 m + (1 - b1) g), m = b2 m + (1 - b2) g; p - rate (c + weightDecay p) (Chen and others, 2023).
    /// </summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The share of the average in the step.</param>
    /// <param name="b2">The decay of the average.</param>
    /// <param name="weightDecay">A number, or a schedule.</param>
    /// <param name="decays">Which parameters decay; all where none is given.</param>
    public static Optimizer Lion(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.99,
        Schedule? weightDecay = null,
        ParameterMask? decays = null
    )
    {
        Rate(learningRate, nameof(learningRate));
        Share(b1, nameof(b1));
        Share(b2, nameof(b2));
        return PerLeaf(Zeros, (g, m, _, _) => ((b1 * m + (1 - b1) * g).Sign(), b2 * m + (1 - b2) * g), "ScaleByLion")
            .Then(AddDecayedWeights(weightDecay ?? 1e-3, decays))
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>
    /// LARS: r = g + weightDecay p, times trustCoefficient |p| / (|r| + eps) for each tensor (1 where a norm is 0), then the rate, then
    /// momentum (You and others, 2017).
    /// </summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="weightDecay">A number, or a schedule; none where none is given.</param>
    /// <param name="trustCoefficient">Positive.</param>
    /// <param name="eps">Added to the norm of the update.</param>
    /// <param name="momentum">From 0 to, but without, 1.</param>
    /// <param name="nesterov">Looks one step ahead.</param>
    /// <param name="decays">Which parameters decay; all where none is given.</param>
    public static Optimizer Lars(
        Schedule learningRate,
        Schedule? weightDecay = null,
        double trustCoefficient = 0.001,
        double eps = 0,
        double momentum = 0.9,
        bool nesterov = false,
        ParameterMask? decays = null
    ) =>
        AddDecayedWeights(weightDecay ?? 0, decays)
            .Then(ScaleByTrustRatio(0, trustCoefficient, eps))
            .Then(ScaleByLearningRate(learningRate))
            .Then(Momentum(momentum, nesterov));

    /// <summary>Fromage: k = 1 / sqrt(1 + rate^2); p - rate k g max(|p|, minNorm) / max(|g|, minNorm) + (k - 1) p (Bernstein and others, 2020).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="minNorm">The least norm.</param>
    public static Optimizer Fromage(Schedule learningRate, double minNorm = 1e-6)
    {
        Rate(learningRate, nameof(learningRate));
        Positive(minNorm, nameof(minNorm));
        return Scheduled(
            "Fromage",
            learningRate,
            (updates, parameters, rate) =>
            {
                var k = 1.0 / (1.0 + rate * rate).Sqrt();
                return
                [
                    .. updates.Zip(
                        parameters,
                        (g, p) =>
                            Like(k - 1.0, p) * p
                            - Like(rate * k, g) * (p.Norm().Maximum(minNorm) / g.Norm().Maximum(minNorm)) * g
                    ),
                ];
            }
        );
    }

    /// <summary>
    /// Rprop: a step of its own for each entry, which grows by etaPlus while the gradient keeps its sign and shrinks by etaMinus when it
    /// changes (Riedmiller and Braun, 1993). Each step is made one call late, so the first update is 0.
    /// </summary>
    /// <param name="learningRate">The first step.</param>
    /// <param name="etaMinus">Below 1.</param>
    /// <param name="etaPlus">Above 1.</param>
    /// <param name="minStep">The least step.</param>
    /// <param name="maxStep">The largest step.</param>
    public static Optimizer Rprop(
        double learningRate,
        double etaMinus = 0.5,
        double etaPlus = 1.2,
        double minStep = 1e-6,
        double maxStep = 50
    )
    {
        Positive(learningRate, nameof(learningRate));
        Limits.Require(etaMinus is > 0 and < 1, etaMinus, "between 0 and 1");
        Limits.Require(etaPlus > 1, etaPlus, "greater than 1");
        Positive(minStep, nameof(minStep));
        Limits.Require(
            maxStep >= minStep,
            maxStep,
            string.Create(CultureInfo.InvariantCulture, $"minStep ({minStep}) or more")
        );
        return PerLeaf<(Tensor Size, Tensor Direction)>(
            p => (ParameterLeaves.Filled(p, learningRate), Zeros(p)),
            (g, state, _, _) =>
            {
                var agreement = g * state.Direction;
                var size = Tensor.Where(
                    agreement == 0,
                    state.Size,
                    (state.Size * Tensor.Where(agreement > 0, etaPlus, etaMinus)).Minimum(maxStep).Maximum(minStep)
                );
                var turned = agreement < 0;
                return (
                    Tensor.Where(turned, 0.0, -state.Direction),
                    (size, Tensor.Where(turned, 0.0, size * g.Sign()))
                );
            },
            "Rprop"
        );
    }
}
