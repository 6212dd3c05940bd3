namespace Pipeline;

/// <summary>Linear models of a table's columns, fitted exactly or by descent: the same inference and the same result either way.</summary>
/// <example><code>
/// var data = Dataset.FromCsv("data.csv");
/// Console.WriteLine(Regression.Fit(data, "y"));
/// Console.WriteLine(Regression.Fit(data, "y", options: new() { Method = RegressionMethod.Minibatch }));
/// </code></example>
public static class Regression
{
    /// <summary>
    /// Fits a linear model with an intercept. Descent goes on standardized columns and reports in the columns' own units; that it does not
    /// converge, is cancelled or diverges is a status of the result, which has the last finite estimates.
    /// </summary>
    /// <param name="data">The table.</param>
    /// <param name="target">The column to explain.</param>
    /// <param name="features">The columns that explain it; all the others where none is given.</param>
    /// <param name="options">The method and its figures; the exact method by default.</param>
    /// <exception cref="DataException">
    /// A column does not exist, is named twice, or holds a number that is not finite; there are too few rows for the model or a batch; the
    /// features depend on each other; the target is constant.
    /// </exception>
    /// <exception cref="ArgumentException">A figure of the options is not positive, or the updates are more than 2^31.</exception>
    public static RegressionResult Fit(
        Dataset data,
        string target,
        IEnumerable<string>? features = null,
        RegressionOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(target);
        options ??= new();
        string[] names = [.. features ?? data.Columns.Where(name => name != target)];
        if (names.Length == 0)
            throw new DataException($"There is no column besides '{target}': a model needs at least one feature.");
        // The exact fit first: it names what is wrong with the data, whatever the method, and tells how far descent is from it.
        var exact = Inference.LeastSquares(data, target, names);
        options.Check(data.Rows);
        return options.Method == RegressionMethod.Exact
            ? new(RegressionMethod.Exact, exact, FitStatus.Converged, 0, null, 0, [], null)
            : new LinearDescent(data, exact, options).Fit();
    }
}
