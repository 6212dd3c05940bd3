using System.Text;

namespace Pipeline;

/// <summary>How a CSV file is written, where it cannot be found from the file itself, and what to do with rows that lack a value.</summary>
/// <example><code>
/// var options = new CsvOptions { Decimal = ',', Missing = MissingRows.Drop };
/// var data = Dataset.FromCsv("ozone.csv", options, "ozone", "wind");
/// </code></example>
public sealed record CsvOptions
{
    /// <summary>What separates the fields: an ASCII character. Null, the default: found among comma, semicolon, tab and bar, or named by a first line such as <c>sep=;</c>.</summary>
    public char? Separator { get; init; }

    /// <summary>What quoted fields stand in: an ASCII character. Null, the default: the double quote, or the single one where the file begins with it.</summary>
    public char? Quote { get; init; }

    /// <summary>The decimal mark, '.' or ','. Null, the default: a point; or a comma where that does not separate the fields and the numbers have commas and no points.</summary>
    public char? Decimal { get; init; }

    /// <summary>What begins a line that is a comment: an ASCII character. Null, the default: every line is data.</summary>
    public char? Comment { get; init; }

    /// <summary>The encoding. Null, the default: that of the byte order mark, UTF-16 without one where every other byte is 0, else UTF-8.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>What to do with a row in which a value of a column that is read is missing: empty, NA, N/A, NaN, null, none, ?, -, . or an error value of a spreadsheet such as #N/A and #DIV/0!.</summary>
    public MissingRows Missing { get; init; }
}
