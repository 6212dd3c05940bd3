using System.Globalization;
using System.Text.Json;

namespace Pipeline;

/// <summary>A fitted linear model, whatever the method. Immutable; prints as the table that R users know.</summary>
/// <param name="Method">How it was fitted.</param>
/// <param name="Inference">The estimates with their errors, tests and intervals, and the figures of the fit.</param>
/// <param name="Status">Why descent ended; the exact method has always converged.</param>
/// <param name="Epochs">The epochs that lead to the estimates; 0 for the exact method.</param>
/// <param name="LearningRate">The rate of descent, of minibatches the first one; null for the exact method.</param>
/// <param name="Distance">How far the estimate that is farthest from least squares is from it, in standard errors; NaN or infinite where those are 0.</param>
/// <param name="Losses">The mean square of the residuals along the way, at rounds counted from 0.</param>
/// <param name="Remark">Why it did not converge, in one sentence or two; null if it did.</param>
public sealed record RegressionResult(
    RegressionMethod Method,
    LeastSquaresResult Inference,
    FitStatus Status,
    int Epochs,
    double? LearningRate,
    double Distance,
    IReadOnlyList<TrainProgress> Losses,
    string? Remark
)
{
    /// <summary>Whether the estimates are those of least squares, to the tolerance.</summary>
    public bool Converged => Status == FitStatus.Converged;

    /// <summary>The method's name: exact, full-batch or minibatch.</summary>
    public string MethodName =>
        Method switch
        {
            RegressionMethod.FullBatch => "full-batch",
            RegressionMethod.Minibatch => "minibatch",
            _ => "exact",
        };

    /// <summary>The model's formula, the table of coefficients and the figures of the fit, and how descent went.</summary>
    public override string ToString()
    {
        var formula = $"{Inference.Target} ~ {string.Join(" + ", Inference.Coefficients.Skip(1).Select(c => c.Term))}";
        var way = LearningRate is { } rate
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"\n{MethodName} descent, rate {rate:G6}: {Epochs} epochs, {(Converged ? "converged" : "not converged")}"
            )
            : "";
        return $"{formula}\n\n{Inference}{way}";
    }

    /// <summary>
    /// One JSON object: method, coefficients (term, estimate, standard_error, t, p, log10_p, interval_95), sigma, r_squared, f, epochs,
    /// converged. What is no finite number, such as the F of an exact fit, is null.
    /// </summary>
    public string ToJson() =>
        JsonSerializer.Serialize(
            new
            {
                method = MethodName,
                coefficients = Inference.Coefficients.Select(c => new
                {
                    term = c.Term,
                    estimate = Finite(c.Estimate),
                    standard_error = Finite(c.StandardError),
                    t = Finite(c.T),
                    p = Finite(c.P),
                    log10_p = Finite(c.Log10P),
                    interval_95 = new[] { Finite(c.Low), Finite(c.High) },
                }),
                sigma = Finite(Inference.Sigma),
                r_squared = Finite(Inference.RSquared),
                f = Finite(Inference.F),
                epochs = Epochs,
                converged = Converged,
            }
        );

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
