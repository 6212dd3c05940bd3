using Pipeline.Engine;

namespace Pipeline;

/// <summary>
/// Losses, for each element or for each row along the last axis; nothing is averaged: write <c>.Mean()</c>. Shapes broadcast, floats keep
/// their dtype, and every derivative is that of the formula.
/// </summary>
/// <example><code>
/// Tensor Loss(Net net, Batch d) => Losses.SoftmaxCrossEntropyInteger(net.Apply(d.X), d.Labels).Mean();
/// </code></example>
public static class Losses
{
    /// <summary>(p - y)^2 for each element.</summary>
    /// <param name="predictions">p.</param>
    /// <param name="targets">y.</param>
    public static Tensor SquaredError(Tensor predictions, Tensor targets) => (predictions - targets).Square();

    /// <summary>Half the squared error, (p - y)^2 / 2, for each element.</summary>
    /// <param name="predictions">p.</param>
    /// <param name="targets">y.</param>
    public static Tensor L2(Tensor predictions, Tensor targets) => 0.5 * (predictions - targets).Square();

    /// <summary>Huber's: e^2 / 2 where e = |p - y| is at most delta, else delta (e - delta / 2), for each element.</summary>
    /// <param name="predictions">p.</param>
    /// <param name="targets">y.</param>
    /// <param name="delta">Where squares turn into lines, positive.</param>
    public static Tensor Huber(Tensor predictions, Tensor targets, double delta = 1)
    {
        Limits.Positive(delta);
        var error = predictions - targets;
        var size = error.Abs();
        return Tensor.Where(size <= delta, 0.5 * error.Square(), delta * (size - 0.5 * delta));
    }

    /// <summary>log(cosh(p - y)) for each element, without overflow and accurate near 0.</summary>
    /// <param name="predictions">p.</param>
    /// <param name="targets">y.</param>
    public static Tensor LogCosh(Tensor predictions, Tensor targets)
    {
        var error = predictions - targets;
        var isNear = error.Abs() < 1.0;
        // cosh x = 1 + 2 sinh(x / 2)^2.
        var near = (2.0 * (0.5 * Tensor.Where(isNear, error, 0.0)).Sinh().Square()).Log1p();
        return Tensor.Where(isNear, near, error.LogAddExp(-error) - Special.log(2));
    }

    /// <summary>max(0, 1 - p y) for each element; at the kink half the slope.</summary>
    /// <param name="predictions">p.</param>
    /// <param name="targets">y, -1 or 1.</param>
    public static Tensor Hinge(Tensor predictions, Tensor targets) => (1.0 - predictions * targets).Maximum(0.0);

    /// <summary>-y log sigmoid(x) - (1 - y) log sigmoid(-x) for each element, accurate in both tails.</summary>
    /// <param name="logits">x.</param>
    /// <param name="targets">y, 0 to 1.</param>
    public static Tensor SigmoidBinaryCrossEntropy(Tensor logits, Tensor targets) =>
        targets * (-logits).Softplus() + (1.0 - targets) * logits.Softplus();

    /// <summary>-sum of y log softmax(x) along the last axis.</summary>
    /// <param name="logits">x.</param>
    /// <param name="targets">y, which need not add up to 1.</param>
    public static Tensor SoftmaxCrossEntropy(Tensor logits, Tensor targets) => -(targets * logits.LogSoftmax()).Sum(-1);

    /// <summary>-log softmax(x) at a label, along the last axis: logsumexp(x) - x[label].</summary>
    /// <param name="logits">x [..., classes].</param>
    /// <param name="labels">Integers of the shape [...].</param>
    /// <exception cref="ShapeException">The labels' shape is not that of the logits without their last axis, or a label is no class.</exception>
    /// <exception cref="DTypeException">The labels are no integers.</exception>
    public static Tensor SoftmaxCrossEntropyInteger(Tensor logits, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        if (logits.Rank == 0 || !labels.Shape.SequenceEqual(logits.Shape.SkipLast(1)))
            throw new ShapeException(
                $"SoftmaxCrossEntropyInteger: labels [{string.Join(", ", labels.Shape)}] do not fit logits [{string.Join(", ", logits.Shape)}]; the labels have the logits' shape without its last axis."
            );
        var classes = logits.Shape[^1];
        static Tensor At(Tensor row, Tensor label) =>
            ShapeOperations.taken(nameof(SoftmaxCrossEntropyInteger), 0, label, row);
        var rows = Vectorized.Of((Tensor row, Tensor label) => At(row, label));
        var chosen =
            logits.Rank == 1
                ? At(logits, labels)
                : rows(logits.Reshape(labels.Size, classes), labels.Reshape(labels.Size)).Reshape([.. labels.Shape]);
        return logits.LogSumExp(-1) - chosen;
    }

    /// <summary><see cref="SoftmaxCrossEntropy"/> in which a term with y = 0 is 0 even where x is -infinity: derivative in x (softmax(x) sum y) - y.</summary>
    /// <param name="logits">x.</param>
    /// <param name="targets">y.</param>
    public static Tensor SafeSoftmaxCrossEntropy(Tensor logits, Tensor targets) =>
        -Tensor.Where(targets == 0, 0.0, targets * logits.LogSoftmax()).Sum(-1);

    /// <summary>The focal loss: <see cref="SigmoidBinaryCrossEntropy"/> times q^gamma, q = y sigmoid(-x) + (1 - y) sigmoid(x), and times alpha y + (1 - alpha)(1 - y) where alpha is given (Lin and others, 2017).</summary>
    /// <param name="logits">x.</param>
    /// <param name="targets">y, 0 or 1.</param>
    /// <param name="alpha">The weight of the class 1; none where it is null.</param>
    /// <param name="gamma">How little easy examples count.</param>
    public static Tensor SigmoidFocal(Tensor logits, Tensor targets, double? alpha = null, double gamma = 2)
    {
        Limits.NotNegative(gamma);
        var rest = targets * (-logits).Logistic() + (1.0 - targets) * logits.Logistic();
        var loss = SigmoidBinaryCrossEntropy(logits, targets) * Tensor.Pow(rest, gamma);
        return alpha is { } weight ? loss * (weight * targets + (1 - weight) * (1.0 - targets)) : loss;
    }

    /// <summary>The Kullback-Leibler divergence, sum of y (log y - log p) along the last axis, with 0 log 0 = 0.</summary>
    /// <param name="logPredictions">log p.</param>
    /// <param name="targets">y, probabilities.</param>
    public static Tensor KlDivergence(Tensor logPredictions, Tensor targets)
    {
        var isZero = targets == 0;
        var logTargets = Tensor.Where(isZero, 1.0, targets).Log();
        return Tensor.Where(isZero, 0.0, targets * (logTargets - logPredictions)).Sum(-1);
    }

    /// <summary><see cref="KlDivergence"/> plus the sum of p - y: convex and not negative where they do not add up to 1.</summary>
    /// <param name="logPredictions">log p.</param>
    /// <param name="targets">y.</param>
    public static Tensor ConvexKlDivergence(Tensor logPredictions, Tensor targets) =>
        KlDivergence(logPredictions, targets) + (logPredictions.Exp() - targets).Sum(-1);

    /// <summary>sum(a b) / (sqrt(max(a.a, epsilon)) sqrt(max(b.b, epsilon))) along the last axis.</summary>
    /// <param name="predictions">a.</param>
    /// <param name="targets">b.</param>
    /// <param name="epsilon">The least squared norm.</param>
    public static Tensor CosineSimilarity(Tensor predictions, Tensor targets, double epsilon = 0)
    {
        Limits.NotNegative(epsilon);
        return (predictions * targets).Sum(-1) / (Size(predictions) * Size(targets));

        Tensor Size(Tensor x) => x.Square().Sum(-1).Maximum(epsilon).Sqrt();
    }

    /// <summary>1 - <see cref="CosineSimilarity"/>.</summary>
    /// <param name="predictions">a.</param>
    /// <param name="targets">b.</param>
    /// <param name="epsilon">The least squared norm.</param>
    public static Tensor CosineDistance(Tensor predictions, Tensor targets, double epsilon = 0) =>
        1.0 - CosineSimilarity(predictions, targets, epsilon);

    /// <summary><see cref="SoftmaxCrossEntropy"/> plus epsilon times the sum of y (1 - softmax(x)) (Leng and others, 2022).</summary>
    /// <param name="logits">x.</param>
    /// <param name="targets">y.</param>
    /// <param name="epsilon">The coefficient of the first term of the polynomial.</param>
    public static Tensor PolyCrossEntropy(Tensor logits, Tensor targets, double epsilon = 2) =>
        SoftmaxCrossEntropy(logits, targets) + epsilon * (targets * (1.0 - logits.Softmax())).Sum(-1);

    /// <summary>(1 - alpha) y + alpha / K for each of K classes along the last axis.</summary>
    /// <param name="targets">y [..., K].</param>
    /// <param name="alpha">0 to 1.</param>
    public static Tensor SmoothLabels(Tensor targets, double alpha)
    {
        ArgumentNullException.ThrowIfNull(targets);
        Limits.Require(alpha is >= 0 and <= 1, alpha, "from 0 to 1");
        if (targets.Rank == 0)
            throw new ShapeException(
                "SmoothLabels: a scalar has no classes; give targets with the classes along the last axis."
            );
        return (1 - alpha) * targets + alpha / targets.Shape[^1];
    }

    /// <summary>max(0, d(a, p) - d(a, n) + margin) along the last axis, d(u, v) = (sum of (u - v)^degree + eps)^(1 / degree).</summary>
    /// <param name="anchors">a.</param>
    /// <param name="positives">p, of the same kind.</param>
    /// <param name="negatives">n, of another.</param>
    /// <param name="margin">How much farther others must be.</param>
    /// <param name="degree">Of the norm, positive.</param>
    /// <param name="eps">Added under the root.</param>
    public static Tensor TripletMargin(
        Tensor anchors,
        Tensor positives,
        Tensor negatives,
        double margin = 1,
        int degree = 2,
        double eps = 1e-6
    )
    {
        Limits.Positive(degree);
        return (Distance(positives) - Distance(negatives) + margin).Maximum(0.0);

        Tensor Distance(Tensor others) => Tensor.Pow((anchors - others).Pow(degree).Sum(-1) + eps, 1.0 / degree);
    }
}
