using Pipeline.Engine;

namespace Pipeline;

/// <summary>What fitted parameters tell about the world: estimates with their errors, tests and intervals.</summary>
public static class Inference
{
    /// <summary>Least squares by a QR decomposition of far more than double precision, with standard errors, t tests and intervals from exact tails.</summary>
    /// <param name="features">One row for each observation, one column for each feature.</param>
    /// <param name="target">One number for each observation.</param>
    /// <param name="names">The names of the features; x1, x2, ... where none are given.</param>
    /// <param name="targetName">The name of the target.</param>
    /// <param name="intercept">Whether the model has a constant term, which comes first.</param>
    /// <param name="confidenceLevel">Of the intervals, between 0 and 1.</param>
    /// <exception cref="ShapeException">The features are no matrix, or the target or the names do not fit them.</exception>
    /// <exception cref="DataException">Too few rows, dependent columns, or values that are not finite.</exception>
    /// <exception cref="TracedValueException">A tensor has no numbers yet (inside a compiled or vectorized function), or they carry a derivative, which the figures would lose.</exception>
    public static LeastSquaresResult LeastSquares(
        Tensor features,
        Tensor target,
        IReadOnlyList<string>? names = null,
        string targetName = "y",
        bool intercept = true,
        double confidenceLevel = 0.95
    )
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(target);
        if (features.Rank != 2)
            throw new ShapeException(
                $"LeastSquares: the features are a matrix, not of shape {features.Shape}; give one row for each observation (Reshape)."
            );
        if (target.Size != features.Shape[0])
            throw new ShapeException(
                $"LeastSquares: {target.Size} targets do not fit {features.Shape[0]} rows of features; give one for each row."
            );

        var width = features.Shape[1];
        names ??= [.. Enumerable.Range(1, width).Select(number => $"x{number}")];
        if (names.Count != width)
            throw new ShapeException(
                $"LeastSquares: {names.Count} names do not fit {width} features; name each column."
            );

        var columns = Enumerable.Range(0, width).Select(column => Numbers(features.Entry(column, axis: 1)));
        return Engine.LeastSquares.fit(
            targetName,
            Numbers(target),
            [.. names],
            [.. columns],
            intercept,
            confidenceLevel
        );

        static double[] Numbers(Tensor values) => Reading.toArray<double>("LeastSquares", values.Read("LeastSquares"));
    }

    /// <summary>
    /// Fits a linear model by least squares, with full inference. Figures have about 15 digits however nearly the features depend on
    /// each other; features that do depend are refused by name.
    /// </summary>
    /// <param name="data">The table.</param>
    /// <param name="target">The column to explain.</param>
    /// <param name="features">The columns that explain it; all the others where none is given.</param>
    /// <param name="intercept">Whether the model has an intercept.</param>
    /// <param name="confidenceLevel">The confidence level of the intervals, between 0 and 1.</param>
    /// <exception cref="DataException">
    /// A column does not exist, is named twice, or holds a number that is not finite; there are too few rows; the features depend on
    /// each other; the target is constant.
    /// </exception>
    public static LeastSquaresResult LeastSquares(
        Dataset data,
        string target,
        IEnumerable<string>? features = null,
        bool intercept = true,
        double confidenceLevel = 0.95
    ) => Fit(null, data, target, features, intercept, confidenceLevel);

    /// <summary>
    /// The same inference about estimates that were found otherwise, by descent for example: their residuals give sigma, and with it
    /// the standard errors that the features allow.
    /// </summary>
    /// <param name="data">The table.</param>
    /// <param name="target">The column to explain.</param>
    /// <param name="estimates">The intercept, if the model has one, then a weight for each feature.</param>
    /// <param name="features">The columns that explain it; all the others where none is given.</param>
    /// <param name="intercept">Whether the model has an intercept.</param>
    /// <param name="confidenceLevel">The confidence level of the intervals, between 0 and 1.</param>
    /// <exception cref="DataException">As for the least-squares fit, or an estimate is not finite or missing.</exception>
    public static LeastSquaresResult LeastSquaresAt(
        Dataset data,
        string target,
        IReadOnlyList<double> estimates,
        IEnumerable<string>? features = null,
        bool intercept = true,
        double confidenceLevel = 0.95
    )
    {
        ArgumentNullException.ThrowIfNull(estimates);
        return Fit([.. estimates], data, target, features, intercept, confidenceLevel);
    }

    private static LeastSquaresResult Fit(
        double[]? estimates,
        Dataset data,
        string target,
        IEnumerable<string>? features,
        bool intercept,
        double confidenceLevel
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(target);
        var explained = data.Values(target);
        string[] names = [.. features ?? data.Columns.Where(name => name != target)];
        Dataset.CheckNames(names, "The features");
        if (names.Contains(target))
            throw new DataException($"Column '{target}' is the target: it cannot be a feature too.");
        var parameters = names.Length + (intercept ? 1 : 0);
        if (estimates is not null && (estimates.Length != parameters || !estimates.All(double.IsFinite)))
            throw new DataException($"The model has {parameters} coefficients: give a finite estimate for each.");
        return Engine.LeastSquares.fitAt(
            estimates,
            target,
            explained,
            names,
            Array.ConvertAll(names, data.Values),
            intercept,
            confidenceLevel
        );
    }
}
