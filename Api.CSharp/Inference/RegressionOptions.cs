namespace Pipeline;

/// <summary>How <see cref="Regression"/> finds coefficients. The exact method needs none of the figures.</summary>
public sealed record RegressionOptions
{
    /// <summary>The method; <see cref="RegressionMethod.Exact"/> by default.</summary>
    public RegressionMethod Method { get; init; } = RegressionMethod.Exact;

    /// <summary>
    /// The rate of descent on standardized columns, for minibatches the first one. By default 0.01, or less where a minibatch of the rows
    /// farthest from the mean could overshoot at that rate: descent at the default does not diverge.
    /// </summary>
    public double? LearningRate { get; init; }

    /// <summary>The rows of a minibatch, no more than there are; by default 16, or all of fewer rows.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The most epochs, each a pass over the rows; by default <see cref="DefaultEpochs"/>.</summary>
    public int? Epochs { get; init; }

    /// <summary>
    /// Descent has converged when every estimate is within so many standard errors of the end of its way, which the gradient and the
    /// curvature of the loss tell. By default 1e-5, with minibatches 1e-2.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>What decides the order of the rows in minibatches; 2 by default.</summary>
    public long Seed { get; init; } = 2;

    /// <summary>Who is told of the loss (the mean square of the residuals), ever more seldom; nobody by default.</summary>
    public IProgress<TrainProgress>? Progress { get; init; }

    /// <summary>What stops descent between two epochs; its result is the state it has reached.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>As many epochs as read ten thousand million rows, at most 3,000,000 and at least 100.</summary>
    public static int DefaultEpochs(int rows) => (int)Math.Clamp(1e10 / Math.Max(rows, 1), 100, 3_000_000);

    /// <summary>What is asked for, in every culture alike.</summary>
    public override string ToString() =>
        FormattableString.Invariant(
            $"RegressionOptions {{ Method = {Method}, LearningRate = {LearningRate}, BatchSize = {BatchSize}, Epochs = {Epochs}, Tolerance = {Tolerance}, Seed = {Seed} }}"
        );

    internal void Check(int rows)
    {
        Positive(LearningRate, "The learning rate");
        Positive(Tolerance, "The tolerance");
        Positive(Epochs, "The number of epochs");
        Positive(BatchSize, "The size of a batch");
        if (Method == RegressionMethod.Minibatch && BatchSize > rows)
            throw new DataException($"A batch of {BatchSize} rows is more than the {rows} rows there are.");
    }

    private static void Positive(double? value, string what)
    {
        if (value is { } given && !(given > 0 && double.IsFinite(given)))
            throw new ArgumentException(FormattableString.Invariant($"{what} is a positive number, not {given}."));
    }
}
