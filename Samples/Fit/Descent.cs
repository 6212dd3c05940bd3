namespace Pipeline.Samples.Fit;

/// <summary>Fits by compiled gradient descent on standardized columns; the estimates come back in the columns' own units.</summary>
internal static class Descent
{
    private sealed record Line(Tensor Weights, Tensor Intercept);

    private sealed record Rows(Tensor Features, Tensor Target);

    /// <summary>Ends when the gradient's norm is below the tolerance: an update is the learning rate times the gradient.</summary>
    internal static (double[] Estimates, FitStatus Status, int Epochs) FullBatch(
        Dataset data,
        string target,
        string[] features,
        double learningRate,
        int epochs,
        double tolerance,
        CancellationToken cancellation
    )
    {
        var scale = Standardization.Of(data, features);
        var targetScale = Standardization.Of(data, target);
        var standard = targetScale.Apply(scale.Apply(data));
        var descent = Optimizer
            .GradientDescent(learningRate)
            .Minimize<Line, Rows>(
                (line, rows) => (rows.Features.Dot(line.Weights) + line.Intercept - rows.Target).Square().Mean()
            )
            .From(new Line(Tensor.Zeros([features.Length]), Tensor.Scalar(0.0)))
            .FullBatch(new Rows(standard.Matrix(features), standard.Vector(target)))
            .UntilConverged(learningRate * tolerance)
            .AtMost(epochs)
            .WithCancellation(cancellation)
            .Fit();
        var (intercept, weights) = scale.InOriginalUnits(
            descent.Parameters.Intercept.ToDouble(),
            descent.Parameters.Weights.ToArray<double>(),
            targetScale
        );
        return ([intercept, .. weights], descent.Status, descent.Rounds);
    }
}
