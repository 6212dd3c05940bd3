using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pipeline.Samples.Fit;

/// <summary>The fit as one JSON object; numbers that JSON lacks are the strings "NaN", "Infinity" and "-Infinity".</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    internal static string Of(LeastSquaresResult fit, string method, int epochs, bool converged) =>
        JsonSerializer.Serialize(
            new
            {
                method,
                coefficients = fit.Coefficients.Select(c => new
                {
                    term = c.Term,
                    estimate = c.Estimate,
                    standard_error = c.StandardError,
                    t = c.T,
                    p = c.P,
                    log10_p = c.Log10P,
                    interval_95 = new[] { c.Low, c.High },
                }),
                sigma = fit.Sigma,
                r_squared = fit.RSquared,
                f = fit.F,
                epochs,
                converged,
            },
            Options
        );
}
