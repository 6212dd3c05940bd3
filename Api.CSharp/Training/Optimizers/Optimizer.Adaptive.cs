using Pipeline.Engine;

namespace Pipeline;

/// <content>Methods that divide by what they saw of the squared gradients.</content>
sealed partial class Optimizer
{
    /// <summary>Adagrad: v = v + g^2; p - rate g / sqrt(v + eps), 0 where v is 0 (Duchi and others, 2011).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="initial">What v starts at.</param>
    /// <param name="eps">Added under the root.</param>
    public static Optimizer Adagrad(Schedule learningRate, double initial = 0.1, double eps = 1e-7)
    {
        NotNegative(initial, nameof(initial));
        NotNegative(eps, nameof(eps));
        return PerLeaf<Tensor>(
                p => ParameterLeaves.Filled(p, initial),
                (g, sum, _, _) =>
                {
                    var v = sum + g.Square();
                    return (Quotient(g, v, eps), v);
                },
                "ScaleBySumOfSquares"
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>Adadelta: g + weightDecay p in the place of g; e = rho e + (1 - rho) g^2, d = sqrt(x + eps) / sqrt(e + eps) g, x = rho x + (1 - rho) d^2; p - rate d (Zeiler, 2012).</summary>
    /// <param name="learningRate">A positive number, or a schedule; 1 is the method's own.</param>
    /// <param name="rho">The decay of both averages.</param>
    /// <param name="eps">Added under the roots.</param>
    /// <param name="weightDecay">A number, or a schedule; none where none is given.</param>
    /// <param name="decays">Which parameters decay; all where none is given.</param>
    public static Optimizer Adadelta(
        Schedule learningRate,
        double rho = 0.9,
        double eps = 1e-6,
        Schedule? weightDecay = null,
        ParameterMask? decays = null
    )
    {
        Share(rho, nameof(rho));
        Positive(eps, nameof(eps));
        return AddDecayedWeights(weightDecay ?? 0, decays)
            .Then(
                PerLeaf<(Tensor Squares, Tensor Steps)>(
                    p => (Zeros(p), Zeros(p)),
                    (g, state, _, _) =>
                    {
                        var squares = rho * state.Squares + (1 - rho) * g.Square();
                        var made = (state.Steps + eps).Sqrt() / (squares + eps).Sqrt() * g;
                        return (made, (squares, rho * state.Steps + (1 - rho) * made.Square()));
                    },
                    "ScaleByAdadelta"
                )
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>The gradient over the root of the average of its squares: v = d v + (1 - d) g^2, centred v - m^2; g / sqrt(v + eps), or g / (sqrt(v) + eps).</summary>
    /// <param name="decay">d.</param>
    /// <param name="eps">Added under, or to, the root.</param>
    /// <param name="initial">What v starts at.</param>
    /// <param name="epsInRoot">Whether eps is under the root.</param>
    /// <param name="centered">Takes the square of the averaged gradient off.</param>
    /// <param name="correct">Corrects the averages for their start.</param>
    public static Optimizer ScaleByRms(
        double decay = 0.9,
        double eps = 1e-8,
        double initial = 0,
        bool epsInRoot = true,
        bool centered = false,
        bool correct = false
    )
    {
        Share(decay, nameof(decay));
        NotNegative(eps, nameof(eps));
        NotNegative(initial, nameof(initial));
        return PerLeaf<GradientMoments>(
            p => new(Zeros(p), ParameterLeaves.Filled(p, initial)),
            (g, state, _, t) =>
            {
                var m = centered ? decay * state.First + (1 - decay) * g : state.First;
                var v = decay * state.Second + (1 - decay) * g.Square();
                Tensor Fair(Tensor mean) => correct ? mean / Debiasing(decay, t) : mean;
                var spread = centered ? Fair(v) - Fair(m).Square() : Fair(v);
                return (epsInRoot ? g / (spread + eps).Sqrt() : g / (spread.Sqrt() + eps), new(m, v));
            },
            "ScaleByRms"
        );
    }

    /// <summary>RMSProp: <see cref="ScaleByRms"/>, then the rate, then momentum (Tieleman and Hinton, 2012; centred: Graves, 2013).</summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="decay">The decay of the average of squares.</param>
    /// <param name="eps">Added under, or to, the root.</param>
    /// <param name="initial">What the average starts at.</param>
    /// <param name="epsInRoot">Whether eps is under the root.</param>
    /// <param name="centered">Takes the square of the averaged gradient off.</param>
    /// <param name="momentum">From 0, which is none, to, but without, 1.</param>
    /// <param name="nesterov">Looks one step ahead.</param>
    /// <param name="correct">Corrects the averages for their start.</param>
    public static Optimizer RmsProp(
        Schedule learningRate,
        double decay = 0.9,
        double eps = 1e-8,
        double initial = 0,
        bool epsInRoot = true,
        bool centered = false,
        double momentum = 0,
        bool nesterov = false,
        bool correct = false
    )
    {
        var descent = ScaleByRms(decay, eps, initial, epsInRoot, centered, correct)
            .Then(ScaleByLearningRate(learningRate));
        Share(momentum, nameof(momentum));
        return momentum == 0 ? descent : descent.Then(Momentum(momentum, nesterov));
    }

    /// <summary>
    /// NovoGrad: one second moment for each tensor, v = b2 v + (1 - b2) sum g^2 (sum g^2 at the first step);
    /// r = g / (sqrt(v + epsRoot) + eps) + weightDecay p, m = b1 m + r; p - rate m (Ginsburg and others, 2019).
    /// </summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="b1">The decay of the momentum.</param>
    /// <param name="b2">The decay of the second moments.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="epsRoot">Added under the root.</param>
    /// <param name="weightDecay">A number, 0 or more.</param>
    public static Optimizer NovoGrad(
        Schedule learningRate,
        double b1 = 0.9,
        double b2 = 0.25,
        double eps = 1e-6,
        double epsRoot = 0,
        double weightDecay = 0
    )
    {
        Decays(b1, b2, eps, epsRoot);
        NotNegative(weightDecay, nameof(weightDecay));
        return PerLeaf<GradientMoments>(
                p => new(Zeros(p), Zeros(p).Sum()),
                (g, state, p, t) =>
                {
                    var isFirst = t <= 1;
                    var squares = g.Square().Sum();
                    var v = Tensor.Where(isFirst, squares, b2 * state.Second + (1 - b2) * squares);
                    var step = g / ((v + epsRoot).Sqrt() + eps) + weightDecay * p;
                    var m = Tensor.Where(isFirst, step, b1 * state.First + step);
                    return (m, new(m, v));
                },
                "ScaleByNovoGrad"
            )
            .Then(ScaleByLearningRate(learningRate));
    }

    /// <summary>
    /// SM3: a vector v_i for each axis i of a tensor; acc = g^2 + the least v_i spread out, v_i = the largest acc over the other axes;
    /// q = g / sqrt(acc + 1e-8) (0 where acc is 0), m = momentum m + (1 - momentum) q; p - rate m (Anil and others, 2019).
    /// </summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="momentum">From 0 to, but without, 1.</param>
    public static Optimizer Sm3(Schedule learningRate, double momentum = 0.9)
    {
        Rate(learningRate, nameof(learningRate));
        Share(momentum, nameof(momentum));
        return PerLeaf<IReadOnlyList<Tensor>>(
                p => [.. Axes(p).Select(axis => Spread(Zeros(p), axis))],
                (g, state, p, _) =>
                {
                    var sum = g.Square() + state.Aggregate((a, b) => a.Minimum(b));
                    return (Quotient(g, sum, 1e-8), [.. Axes(p).Select(axis => Spread(sum, axis))]);
                },
                "ScaleBySm3"
            )
            .Then(Average(momentum))
            .Then(ScaleByLearningRate(learningRate));

        // A scalar is a vector of one entry.
        static IEnumerable<int> Axes(Tensor p) => p.Rank == 0 ? [-1] : Enumerable.Range(0, p.Rank);

        // The largest over the other axes, which are kept with size 1.
        static Tensor Spread(Tensor x, int axis) =>
            x.Rank <= 1 ? x : x.Max([.. Enumerable.Range(0, x.Rank).Where(other => other != axis)], true);
    }

    /// <summary>
    /// Adafactor: second moments of matrices as rows times columns, V ~ R C / mean R, with decay 1 - t^-decayRate; u = g / sqrt(V), divided by
    /// max(1, rms(u) / clippingThreshold), times the rate, times max(rms(p), 1e-3); averaged where a momentum is given, plus
    /// weightDecayRate p; p - u (Shazeer and Stern, 2018).
    /// </summary>
    /// <param name="learningRate">A positive number, or a schedule.</param>
    /// <param name="minSizeToFactor">The two longest axes are factored where the shorter of them is at least this long.</param>
    /// <param name="decayRate">How fast the decay nears 1.</param>
    /// <param name="clippingThreshold">The largest root mean square of an update; null: none.</param>
    /// <param name="multiplyByParameterScale">Steps in proportion to the parameters.</param>
    /// <param name="momentum">The decay of the average of updates; null: none.</param>
    /// <param name="weightDecayRate">Decay at each step, which the rate does not scale; null: none.</param>
    /// <param name="eps">Added to the squared gradients.</param>
    /// <param name="decays">Which parameters decay; all where none is given.</param>
    public static Optimizer Adafactor(
        Schedule learningRate,
        int minSizeToFactor = 128,
        double decayRate = 0.8,
        double? clippingThreshold = 1,
        bool multiplyByParameterScale = true,
        double? momentum = null,
        double? weightDecayRate = null,
        double eps = 1e-30,
        ParameterMask? decays = null
    )
    {
        Rate(learningRate, nameof(learningRate));
        var parts = new List<Optimizer> { ScaleByFactoredRms(minSizeToFactor, decayRate, eps) };
        if (clippingThreshold is { } threshold)
            parts.Add(ClipByBlockRms(threshold));
        parts.Add(ScaleBySchedule(learningRate));
        if (multiplyByParameterScale)
            parts.Add(ScaleByParameterRms());
        if (momentum is { } decay)
            parts.Add(Average(decay));
        if (weightDecayRate is { } weight)
            parts.Add(AddDecayedWeights(weight, decays));
        return Chain([.. parts, Scale(-1)]);
    }

    /// <summary>The gradient over the root of its second moment, which matrices keep as rows and columns: see <see cref="Adafactor"/>.</summary>
    /// <param name="minSizeToFactor">The two longest axes are factored where the shorter of them is at least this long.</param>
    /// <param name="decayRate">How fast the decay nears 1.</param>
    /// <param name="eps">Added to the squared gradients, positive.</param>
    public static Optimizer ScaleByFactoredRms(int minSizeToFactor = 128, double decayRate = 0.8, double eps = 1e-30)
    {
        Limits.Positive(minSizeToFactor);
        Positive(decayRate, nameof(decayRate));
        NotNegative(eps, nameof(eps));
        return PerLeaf<IReadOnlyList<Tensor>>(
            p =>
                Factored(p) is var (longer, shorter)
                    ? [Zeros(p).Sum(longer, true), Zeros(p).Sum(shorter, true)]
                    : [Zeros(p)],
            (g, state, p, t) =>
            {
                var rest = (t.AsType(DType.Float64).Log() * -decayRate).Exp();
                var (decay, share) = (Like(1.0 - rest, p), Like(rest, p));
                var squares = g.Square() + eps;
                if (Factored(p) is not var (longer, shorter))
                {
                    var all = decay * state[0] + share * squares;
                    return (g / all.Sqrt(), [all]);
                }

                var rows = decay * state[0] + share * squares.Mean(longer, true);
                var columns = decay * state[1] + share * squares.Mean(shorter, true);
                return (g / ((rows / rows.Mean(shorter, true)).Sqrt() * columns.Sqrt()), [rows, columns]);
            },
            "ScaleByFactoredRms"
        );

        // The longest axis (of equal ones the last) and the next.
        (int Longer, int Shorter)? Factored(Tensor p)
        {
            int[] axes = [.. Enumerable.Range(0, p.Rank).OrderBy(axis => p.Shape[axis])];
            return p.Rank >= 2 && p.Shape[axes[^2]] >= minSizeToFactor ? (axes[^1], axes[^2]) : null;
        }
    }

    /// <summary>g / sqrt(v + eps), 0 where v is 0.</summary>
    private static Tensor Quotient(Tensor g, Tensor v, double eps)
    {
        var isSeen = v > 0;
        return Tensor.Where(isSeen, g / (Tensor.Where(isSeen, v, 1.0) + eps).Sqrt(), 0.0);
    }
}
