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

    internal static string Of(LeastSquaresResult fit) =>
        JsonSerializer.Serialize(
            new
            {
                method = "exact",
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
                epochs = 0,
                converged = true,
            },
            Options
        );
}
