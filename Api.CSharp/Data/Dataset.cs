namespace Pipeline;

/// <summary>
/// A table of named float64 columns of one length. Immutable and safe to share between threads: arrays are copied on the way in.
/// Names are compared exactly.
/// </summary>
public sealed class Dataset
{
    private readonly string[] names;
    private readonly double[][] values;

    internal Dataset(string[] names, double[][] values)
    {
        this.names = names;
        this.values = values;
        Columns = Array.AsReadOnly(names);
        Rows = values[0].Length;
    }

    /// <summary>The columns' names, in order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The values of a column.</summary>
    /// <exception cref="DataException">There is no such column.</exception>
    public ReadOnlyMemory<double> this[string column] => Values(column);

    /// <summary>A table of the given columns, which are copied.</summary>
    /// <exception cref="DataException">There is no column, a name is empty or given twice, or the columns differ in length.</exception>
    public static Dataset FromColumns(params IEnumerable<(string Name, double[] Values)> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var all = columns.ToArray();
        if (all.Length == 0)
            throw new DataException("A dataset needs at least one column.");
        var names = all.Select(column => column.Name).ToArray();
        CheckNames(names, "The columns");
        foreach (var column in all)
            ArgumentNullException.ThrowIfNull(column.Values, column.Name);
        if (all.FirstOrDefault(column => column.Values.Length != all[0].Values.Length) is { Name: not null } other)
            throw new DataException(
                $"Column '{names[0]}' has {all[0].Values.Length} rows and column '{other.Name}' {other.Values.Length}: "
                    + "columns of one dataset have the same length."
            );
        return new Dataset(names, [.. all.Select(column => (double[])column.Values.Clone())]);
    }

    /// <summary>
    /// Reads a CSV file whose first line names the columns. The separator is detected among comma, semicolon, tab and bar; numbers
    /// are written with a decimal point; lines that start with # are comments.
    /// </summary>
    /// <param name="path">The file, in UTF-8, or in UTF-16 with a byte order mark.</param>
    /// <param name="columns">The columns to read; all of them where none is named. The others may hold anything.</param>
    /// <exception cref="DataException">The file is not such a table; the message names the line and the column.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Dataset FromCsv(string path, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(columns);
        return CsvTable.Read(path, columns);
    }

    /// <summary>The same table with only the given columns, in the given order.</summary>
    /// <exception cref="DataException">There is no such column, or one is named twice.</exception>
    public Dataset Select(params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Length == 0)
            throw new DataException("A dataset needs at least one column.");
        CheckNames(columns, "The selection");
        return new Dataset([.. columns], [.. columns.Select(Values)]);
    }

    /// <summary>A column as a float64 tensor of one axis.</summary>
    /// <exception cref="DataException">There is no such column.</exception>
    public Tensor Vector(string column) => Tensor.From(Values(column));

    /// <summary>Columns as a float64 matrix: one row for each row of the table.</summary>
    /// <exception cref="DataException">There is no such column, or none is named.</exception>
    public Tensor Matrix(params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Length == 0)
            throw new DataException("A matrix needs at least one column.");
        return Tensor.Stack([.. columns.Select(Vector)], axis: 1);
    }

    /// <summary>The table with columns brought to mean 0 and deviation 1, and the way back.</summary>
    /// <param name="columns">The columns; all of them where none is named.</param>
    /// <exception cref="DataException">There is no such column, or one is constant or not finite.</exception>
    public (Dataset Standardized, Standardization Scale) Standardize(params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var scale = Standardization.Of(this, columns.Length == 0 ? names : columns);
        return (scale.Apply(this), scale);
    }

    /// <summary>The names of the columns and the number of rows.</summary>
    public override string ToString() => $"{Rows} rows of {string.Join(", ", names)}";

    internal double[] Values(string column)
    {
        var index = Array.IndexOf(names, column);
        return index >= 0 ? values[index] : throw NoSuchColumn(column, names);
    }

    internal static DataException NoSuchColumn(string column, IEnumerable<string> names) =>
        new($"There is no column '{column}'. The columns are {string.Join(", ", names)}.");

    internal static void CheckNames(IReadOnlyList<string> names, string where)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(names[i]))
                throw new DataException($"{where}: column {i + 1} has no name.");
            if (!seen.Add(names[i]))
                throw new DataException($"{where}: the name '{names[i]}' stands twice. Every column needs its own.");
        }
    }
}
