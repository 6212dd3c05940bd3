using System.Collections.ObjectModel;

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

    /// <summary>How many rows of the file were left out since a value was missing.</summary>
    public int DroppedRows { get; internal init; }

    /// <summary>In how many of the rows left out a column lacked its value; columns that lacked none are not there.</summary>
    public IReadOnlyDictionary<string, int> MissingValues { get; internal init; } =
        ReadOnlyDictionary<string, int>.Empty;

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
    /// Reads a CSV file whose first line names the columns. Separator, quotes, decimal mark and encoding are found in the file; every
    /// line is data.
    /// </summary>
    /// <param name="path">The file, in UTF-8, UTF-16 or UTF-32.</param>
    /// <param name="columns">The columns to read, by name or, where no column has that name, by position from 1; all of them where none
    /// is named. The others may hold anything, share a name or have none.</param>
    /// <exception cref="DataException">The file is not such a table, or a value is missing; the message names the line, the column and the remedy.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <example><code>
    /// var data = Dataset.FromCsv("ozone.csv", "ozone", "wind");
    /// Console.WriteLine(Inference.LeastSquares(data, "ozone"));
    /// </code></example>
    public static Dataset FromCsv(string path, params string[] columns) => FromCsv(path, new CsvOptions(), columns);

    /// <summary>The same of a file that is written otherwise, or with rows that lack values.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What is asked for instead of found, and what becomes of rows that lack a value.</param>
    /// <param name="columns">The columns to read, by name or position; all of them where none is named.</param>
    /// <exception cref="DataException">The file is not such a table; the message names the line, the column and the remedy.</exception>
    /// <exception cref="ArgumentException">The options contradict each other, or hold a character that is not ASCII.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <example><code>
    /// var data = Dataset.FromCsv("ozone.csv", new CsvOptions { Missing = MissingRows.Drop }, "ozone", "wind");
    /// Console.WriteLine($"{data.DroppedRows} rows lack a value");
    /// </code></example>
    public static Dataset FromCsv(string path, CsvOptions options, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(columns);
        return CsvTable.Read(path, options, columns);
    }

    /// <summary>The names that the first line of a CSV file gives to its columns, as they stand: some may be empty or repeated.</summary>
    /// <exception cref="DataException">The file has no such line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<string> ColumnsOfCsv(string path, CsvOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        return CsvTable.Names(path, options ?? new CsvOptions());
    }

    /// <summary>The same table with only the given columns, in the given order.</summary>
    /// <exception cref="DataException">There is no such column, or one is named twice.</exception>
    public Dataset Select(params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Length == 0)
            throw new DataException("A dataset needs at least one column.");
        CheckNames(columns, "The selection");
        return Like([.. columns], [.. columns.Select(Values)]);
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

    /// <summary>The names of the columns and the number of rows, of those left out too.</summary>
    public override string ToString() =>
        $"{Rows} rows of {string.Join(", ", names)}"
        + (
            DroppedRows == 0
                ? ""
                : $" ({DroppedRows} left out: {string.Join(", ", MissingValues.Select(m => $"{m.Key} missing in {m.Value}"))})"
        );

    /// <summary>A table of columns made from this one's, row by row.</summary>
    internal Dataset Like(string[] columns, double[][] columnValues) =>
        new(columns, columnValues) { DroppedRows = DroppedRows, MissingValues = MissingValues };

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
