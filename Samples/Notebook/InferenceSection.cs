using Pipeline;

namespace Notebook;

/// <summary>The p-values at the end of In [4]: as the notebook takes them, and as least squares gives them.</summary>
sealed class InferenceSection(FitResult<Line> fitted) : Section("Are the coefficients different from zero?")
{
    private const string Why =
        "the notebook takes sigma2 * diag(S^(-1/2)) with S = X'X / sigma2 where the standard error is sqrt(diag(S^(-1))); the intercept's true z is 29.8, not 3.2";

    private readonly double[] theNotebooksWay = TheNotebooksWay(fitted);
    private readonly LeastSquaresResult right = Right();

    public override string Name => "inference";

    public override object Json =>
        new
        {
            printed_p_values = theNotebooksWay,
            printed_tolerance_absolute = 1e-6,
            why_printed_is_wrong = Why,
            right_ols_float64_intercept_x1_x2 = new
            {
                estimate = Each(c => c.Estimate),
                standard_error = Each(c => c.StandardError),
                t = Each(c => c.T),
                p_intercept = right.Coefficients[0].P,
                log10_p = Each(c => c.Log10P),
                sigma2_unbiased = right.Sigma * right.Sigma,
                sigma2_mle = right.SigmaMaximumLikelihood * right.SigmaMaximumLikelihood,
                confidence_interval_95 = right.Coefficients.Select(c => new[] { c.Low, c.High }).ToArray(),
                r_squared = right.RSquared,
                f = right.F,
                note = "float64, on JAX's own float32 draws (data.csv)",
            },
        };

    private double[] Each(Func<Coefficient, double> figure) => [.. right.Coefficients.Select(figure)];

    private static LeastSquaresResult Right()
    {
        var columns = Problem.JaxData();
        var features = Tensor.Stack([Tensor.From(columns[0]), Tensor.From(columns[1])], axis: 1);
        return Inference.LeastSquares(features, Tensor.From(columns[2]));
    }

    /// <summary>In float32: 2 (1 - cdf(|w| / diag(sigma2 S^(-1/2)))), S = X'X / sigma2, intercept first.</summary>
    private static double[] TheNotebooksWay(FitResult<Line> fitted)
    {
        var sigma2 = fitted.State.Loss;
        var x = Tensor.Concatenate([Tensor.Ones([1000, 1], DType.Float32), Problem.Data.X], axis: 1);
        var w = Tensor.Concatenate([fitted.Parameters.B, fitted.Parameters.W.Reshape(2)]);
        var deviations = (sigma2 * InverseRoot(x.T.Dot(x) / sigma2) * Tensor.Eye(3, DType.Float32)).Sum(axis: 1);
        var z = w.Abs() / deviations;
        return (2 * (1 - (1 + (z / Math.Sqrt(2)).Erf()) / 2)).ToArray<double>();
    }

    /// <summary>S^(-1/2) by the iteration of Newton and Schulz: Y -> Y T, Z -> T Z with T = (3 - Z Y) / 2 from Y = S / norm, Z = 1.</summary>
    private static Tensor InverseRoot(Tensor s)
    {
        var identity = Tensor.Eye(3, DType.Float32);
        var norm = s.Norm();
        var (_, z) = Loop.For(
            0,
            30,
            (_, pair) =>
            {
                var t = (3 * identity - pair.Z.Dot(pair.Y)) / 2;
                return (pair.Y.Dot(t), t.Dot(pair.Z));
            },
            (Y: s / norm, Z: identity)
        );
        return z / norm.Sqrt();
    }

    protected override void Body()
    {
        Row("p-values", "0.00123334, 0, 0", Text(theNotebooksWay));
        Say($"They are wrong: {Why}.\nRight, from JAX's own draws in float64:\n");
        Console.WriteLine(right);
    }
}
