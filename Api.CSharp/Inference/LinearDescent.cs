using Pipeline.Engine;

namespace Pipeline;

/// <summary>Descent to the coefficients of a linear model on standardized columns, full batch or by minibatches.</summary>
internal sealed class LinearDescent
{
    /// <summary>Fitted values so near to their end, in deviations of the target, are there, however small the errors.</summary>
    private const double Rounding = 1e-11;

    /// <summary>The rates of an epoch added up, at the end of a decay.</summary>
    private const double SettledPerEpoch = 3e-4;

    private readonly Dataset data;
    private readonly LeastSquaresResult exact;
    private readonly RegressionOptions options;
    private readonly string[] features;
    private readonly Standardization scale;
    private readonly Standardization targetScale;
    private readonly int updatesPerEpoch;
    private readonly int epochs;
    private readonly double rate;
    private readonly double tolerance;

    /// <summary>A column of ones and the standardized features; the standardized target. Rows of zeros fill the last minibatch: they
    /// have no residual, so every row counts alike in an epoch.</summary>
    private readonly (Tensor X, Tensor Y) rows;

    /// <summary>R^-1 of X = QR.</summary>
    private readonly Tensor inverseFactor;

    internal LinearDescent(Dataset data, LeastSquaresResult exact, RegressionOptions options)
    {
        (this.data, this.exact, this.options) = (data, exact, options);
        features = [.. exact.Coefficients.Skip(1).Select(coefficient => coefficient.Term)];
        scale = Standardization.Of(data, features);
        targetScale = Standardization.Of(data, exact.Target);
        var standard = targetScale.Apply(scale.Apply(data));
        var batch = IsMinibatch ? options.BatchSize ?? Math.Min(16, data.Rows) : data.Rows;
        updatesPerEpoch = (data.Rows + batch - 1) / batch;
        epochs = options.Epochs ?? RegressionOptions.DefaultEpochs(data.Rows);
        if ((long)epochs * updatesPerEpoch > int.MaxValue)
            throw new ArgumentException(
                $"{epochs} epochs of {updatesPerEpoch} updates are more than 2^31 updates: fewer epochs or larger batches."
            );
        BatchSize = batch;
        keys = new RandomKey(options.Seed).Split();
        tolerance = options.Tolerance ?? (IsMinibatch ? 1e-2 : 1e-5);
        var x = Tensor.Concatenate([Tensor.Ones([data.Rows, 1]), standard.Matrix(features)], axis: 1);
        rate = options.LearningRate ?? Math.Min(0.01, 0.5 / LargestMeanSquare(x, batch));
        var padding = updatesPerEpoch * batch - data.Rows;
        rows = (
            Tensor.Concatenate([x, Tensor.Zeros([padding, features.Length + 1])]),
            Tensor.Concatenate([standard.Vector(exact.Target), Tensor.Zeros([padding])])
        );
        inverseFactor = Tensor.From(Engine.LeastSquares.inverseFactor(Array.ConvertAll(features, standard.Values)));
    }

    private readonly RandomKey[] keys;

    private bool IsMinibatch => options.Method == RegressionMethod.Minibatch;

    private int BatchSize { get; }

    internal RegressionResult Fit()
    {
        var losses = new List<TrainProgress>();
        var start = (IsMinibatch ? Optimizer.GradientDescent(SettlingRate()) : Optimizer.GradientDescent(rate))
            .Minimize<Tensor, (Tensor X, Tensor Y)>(Loss)
            .From(Tensor.Zeros([features.Length + 1]));
        var run = IsMinibatch
            ? start.ShuffledMinibatch(Batched(), 1, keys[1]).UntilConverged((_, after) => IsAtTheEnd(after.Parameters))
            : start.FullBatch(rows).UntilConverged((before, after) => IsAtTheEnd(before, after));
        var fit = run.AtMost(epochs)
            .WithCancellation(options.Cancellation)
            .ReportTo(new Listener(Report), round => round + Math.Clamp(round / 20, 1, Math.Max(1, epochs / 100)))
            .Fit();
        var made = fit.Steps / updatesPerEpoch;
        if (made > 0 && (losses.Count == 0 || losses[^1].Round < made - 1))
            Report(new(made - 1, fit.Steps, fit.Loss));

        var weights = fit.Parameters.ToArray<double>();
        var (intercept, slopes) = scale.InOriginalUnits(weights[0], weights[1..], targetScale);
        var inference = Inference.LeastSquaresAt(data, exact.Target, [intercept, .. slopes], features);
        var distance = Enumerable
            .Range(0, weights.Length)
            .Max(k =>
                Math.Abs(inference.Coefficients[k].Estimate - exact.Coefficients[k].Estimate)
                / exact.Coefficients[k].StandardError
            );
        return new(
            options.Method,
            inference,
            fit.Status,
            made,
            rate,
            distance,
            losses,
            Remark(fit.Status, fit.Rounds, made, inference, distance)
        );

        // The mean over minibatches counts the rows of zeros; the target's deviation is 1 inside.
        void Report(TrainProgress report)
        {
            var unit = targetScale.Deviations[0];
            var filled = (double)updatesPerEpoch * BatchSize / data.Rows;
            var told = report with { Loss = report.Loss * filled * unit * unit };
            if (!double.IsFinite(told.Loss))
                return;
            losses.Add(told);
            options.Progress?.Report(told);
        }
    }

    /// <summary>Of one batch, or of a stack that holds one.</summary>
    private static Tensor Loss(Tensor w, (Tensor X, Tensor Y) batch) =>
        batch.X.Rank == 3 ? Loss(w, (batch.X.Entry(0), batch.Y.Entry(0))) : (batch.X.Dot(w) - batch.Y).Square().Mean();

    /// <summary>The rows in random order as a stack of batches, of which every epoch takes each once, in an order of its own: to order
    /// batches costs less than to order rows.</summary>
    private (Tensor X, Tensor Y) Batched()
    {
        var order = keys[0].Permutation(updatesPerEpoch * BatchSize);
        return (
            rows.X.Take(order).Reshape(updatesPerEpoch, BatchSize, features.Length + 1),
            rows.Y.Take(order).Reshape(updatesPerEpoch, BatchSize)
        );
    }

    /// <summary>
    /// Exponential decays, each twice as long as the one before, the last of which ends with the last epoch; the first has 8 to 16 epochs.
    /// In shuffled epochs of m updates at a low rate the noise of the estimates is about (rate * m)^1.5 standard errors.
    /// </summary>
    private Schedule SettlingRate()
    {
        var decay = Special.log(Math.Min(1, SettledPerEpoch / (rate * updatesPerEpoch)));
        var restarts = Math.Max(1, Math.ILogB(epochs / 8 + 1));
        var first = (double)epochs * updatesPerEpoch / (Math.ScaleB(1, restarts) - 1);
        return Schedule.Restarts(Decay.Of(part => rate * (decay * part).Exp()), first);
    }

    /// <summary>The stop test from one more pass over the rows.</summary>
    private Tensor IsAtTheEnd(Tensor parameters)
    {
        var residuals = rows.X.Dot(parameters) - rows.Y;
        return IsAtTheEnd(residuals.Dot(rows.X), residuals.Square().Sum());
    }

    /// <summary>The stop test before a full-batch update, which was the rate times 2/n X'r.</summary>
    private Tensor IsAtTheEnd(Tensor before, TrainState<Tensor> after) =>
        IsAtTheEnd((before - after.Parameters) * (0.5 * data.Rows / rate), after.Loss * (double)data.Rows);

    /// <summary>
    /// |R (w - end)|^2 = |R^-T X'r|^2 is what the sum of squares |r|^2 still loses on the way to the end. Below tolerance^2 times the
    /// variance of the errors no estimate, in whatever units, is more than tolerance standard errors away.
    /// </summary>
    private Tensor IsAtTheEnd(Tensor product, Tensor squares)
    {
        var rest = product.Dot(inverseFactor).Square().Sum();
        var variance = (squares - rest) / (double)exact.DegreesOfFreedom;
        return rest < (tolerance * tolerance * variance).Maximum(Rounding * Rounding);
    }

    /// <summary>The mean |row|^2 of the batch of the largest rows: half the greatest curvature of any batch's loss is no more.</summary>
    private static double LargestMeanSquare(Tensor x, int batch)
    {
        var squares = x.Square().Sum(axis: 1).ToArray<double>();
        Array.Sort(squares);
        return squares.AsSpan(squares.Length - batch).ToArray().Average();
    }

    private string? Remark(FitStatus status, int rounds, int made, LeastSquaresResult inference, double distance)
    {
        var where =
            $"the estimates lie up to {distance.ToString("G3", Invariant)} standard errors from those of least squares.";
        return status switch
        {
            FitStatus.Converged => null,
            FitStatus.Cancelled => $"Interrupted after {rounds} epochs: {where}",
            FitStatus.Diverged =>
                $"The loss was not finite at epoch {rounds}: the learning rate {rate.ToString("G6", Invariant)} is too large. Lower it, or leave it out. "
                    + $"Last finite, after {made} epochs: {string.Join(", ", inference.Coefficients.Select(Term))}.",
            _ => $"Not converged after {rounds} epochs: {where} {Reason()}",
        };
    }

    private static string Term(Coefficient c) => $"{c.Term} = {c.Estimate.ToString("G6", Invariant)}";

    /// <summary>What makes descent slow: a column that the others nearly determine, named by its variance inflation factor.</summary>
    private string Reason()
    {
        var (inflation, column) = features
            .Select((name, k) => (Inflation: Inflation(name, scale.Deviations[k]), name))
            .DefaultIfEmpty()
            .Max();
        return inflation > 10
            ? $"Column '{column}' is nearly determined by the other features (variance inflation {inflation.ToString("G3", Invariant)}): "
                + "descent creeps along such a direction. The exact method does not; more epochs or a higher learning rate may arrive."
            : "More epochs or a higher learning rate may arrive.";
    }

    /// <summary>1 / (1 - R^2) of a feature explained by the others.</summary>
    private double Inflation(string name, double deviation) =>
        Square(exact[name].StandardError * deviation / exact.Sigma) * (data.Rows - 1);

    private static double Square(double x) => x * x;

    private static IFormatProvider Invariant => System.Globalization.CultureInfo.InvariantCulture;

    private sealed class Listener(Action<TrainProgress> report) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value) => report(value);
    }
}
