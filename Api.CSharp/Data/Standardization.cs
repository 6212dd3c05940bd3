using Pipeline.Engine;

namespace Pipeline;

/// <summary>
/// The means and standard deviations that bring columns to mean 0 and deviation 1, and the way back for the coefficients of a
/// linear model. Immutable and safe to share between threads.
/// </summary>
public sealed class Standardization
{
    private readonly string[] columns;
    private readonly double[] means;
    private readonly double[] deviations;

    private Standardization(string[] columns, double[] means, double[] deviations)
    {
        this.columns = columns;
        this.means = means;
        this.deviations = deviations;
        Columns = Array.AsReadOnly(columns);
        Means = Array.AsReadOnly(means);
        Deviations = Array.AsReadOnly(deviations);
    }

    /// <summary>The columns that are standardized.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Their means.</summary>
    public IReadOnlyList<double> Means { get; }

    /// <summary>Their unbiased standard deviations.</summary>
    public IReadOnlyList<double> Deviations { get; }

    /// <summary>Measures the given columns.</summary>
    /// <exception cref="DataException">There is no such column, or one is constant or not finite.</exception>
    public static Standardization Of(Dataset data, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(columns);
        var means = new double[columns.Length];
        var deviations = new double[columns.Length];
        for (var k = 0; k < columns.Length; k++)
        {
            (means[k], deviations[k]) = Moments.compute(data.Values(columns[k]));
            if (!double.IsFinite(deviations[k]))
                throw new DataException(
                    $"Column '{columns[k]}' cannot be standardized: it has fewer than two rows or a number that is not finite."
                );
            if (data.Values(columns[k]) is var values && !values.AsSpan().ContainsAnyExcept(values[0]))
                throw new DataException(
                    $"Column '{columns[k]}' cannot be standardized: it is constant. Leave it out of the features."
                );
        }

        return new Standardization([.. columns], means, deviations);
    }

    /// <summary>The table with those columns standardized and the others as they were.</summary>
    /// <exception cref="DataException">The table lacks a column.</exception>
    public Dataset Apply(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var column in columns)
            data.Values(column);
        return data.Like([.. data.Columns], [.. data.Columns.Select(name => Standardized(name, data.Values(name)))]);
    }

    /// <summary>
    /// The intercept and weights, in the columns' own units, of a linear model that was fitted on standardized columns:
    /// weight / deviation, and the intercept less the sum of weight * mean / deviation.
    /// </summary>
    /// <param name="intercept">The intercept on the standardized columns.</param>
    /// <param name="weights">A weight for each of <see cref="Columns"/>.</param>
    /// <param name="target">That of the target, if the model was fitted on a standardized one.</param>
    /// <exception cref="ArgumentException">There is not one weight for each column, or not one target.</exception>
    public (double Intercept, double[] Weights) InOriginalUnits(
        double intercept,
        IReadOnlyList<double> weights,
        Standardization? target = null
    )
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Count != columns.Length)
            throw new ArgumentException($"{weights.Count} weights for {columns.Length} columns.", nameof(weights));
        if (target is not null and not { columns.Length: 1 })
            throw new ArgumentException($"A model has one target, not {target.columns.Length}.", nameof(target));
        var (mean, deviation) = target is null ? (0.0, 1.0) : (target.means[0], target.deviations[0]);
        intercept = mean + deviation * intercept;
        var original = new double[columns.Length];
        for (var k = 0; k < columns.Length; k++)
        {
            original[k] = deviation * weights[k] / deviations[k];
            intercept -= original[k] * means[k];
        }

        return (intercept, original);
    }

    /// <summary>Each column with its mean and deviation, in every culture alike.</summary>
    public override string ToString() =>
        string.Join(
            "; ",
            columns.Select(
                (column, k) =>
                    FormattableString.Invariant($"{column}: mean {means[k]:G6}, deviation {deviations[k]:G6}")
            )
        );

    private double[] Standardized(string name, double[] values)
    {
        var k = Array.IndexOf(columns, name);
        return k < 0 ? values : Array.ConvertAll(values, x => (x - means[k]) / deviations[k]);
    }
}
