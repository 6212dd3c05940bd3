using System.Globalization;
using System.Text;
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
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("method", MethodName);
            json.WriteStartArray("coefficients");
            foreach (var c in Inference.Coefficients)
            {
                json.WriteStartObject();
                json.WriteString("term", c.Term);
                Write(json, "estimate", c.Estimate);
                Write(json, "standard_error", c.StandardError);
                Write(json, "t", c.T);
                Write(json, "p", c.P);
                Write(json, "log10_p", c.Log10P);
                json.WriteStartArray("interval_95");
                Write(json, c.Low);
                Write(json, c.High);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Write(json, "sigma", Inference.Sigma);
            Write(json, "r_squared", Inference.RSquared);
            Write(json, "f", Inference.F);
            json.WriteNumber("epochs", Epochs);
            json.WriteBoolean("converged", Converged);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static void Write(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        Write(json, value);
    }

    private static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumberValue(value);
        else
            json.WriteNullValue();
    }
}
