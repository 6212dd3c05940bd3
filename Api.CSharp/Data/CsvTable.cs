using System.Globalization;
using System.Text;
using CsvHelper;

namespace Pipeline;

/// <summary>Reads columns of numbers from a CSV file, or says which line and column is wrong.</summary>
internal static class CsvTable
{
    private static readonly HashSet<string> MissingMarks = new(StringComparer.OrdinalIgnoreCase)
    {
        "",
        "NA",
        "N/A",
        "null",
        "none",
        "?",
        "-",
        ".",
    };

    private static readonly HashSet<string> NotFiniteMarks = new(StringComparer.OrdinalIgnoreCase)
    {
        "NaN",
        "inf",
        "infinity",
        "∞",
    };

    internal static Dataset Read(string path, string[] wanted)
    {
        var file = Path.GetFileName(path);
        if (Directory.Exists(path))
            throw new DataException($"'{path}' is a folder, not a file.");
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        if (new FileInfo(path).Length == 0)
            throw new DataException($"{file} is empty.");
        using var reader = CsvReader.FromFile(
            path,
            new CsvReaderOptions
            {
                TrackLineNumbers = true,
                TrimWhitespace = true,
                CommentPrefix = '#',
                FormatProvider = CultureInfo.InvariantCulture,
            }
        );
        string[] header = [.. reader.Headers.Select(name => name.Trim())];
        CheckHeader(file, header);
        var names = wanted.Length == 0 ? header : wanted;
        Dataset.CheckNames(names, "The selection");
        var places = Array.ConvertAll(
            names,
            name => Array.IndexOf(header, name) is var place and >= 0 ? place : throw Dataset.NoSuchColumn(name, header)
        );
        var columns = Array.ConvertAll(names, _ => new List<double>());
        while (reader.Read())
        {
            if (reader.FieldCount != header.Length)
                throw new DataException(
                    $"{file}, line {reader.LineNumber}: {Count(reader.FieldCount)} where the header names {header.Length} columns."
                );
            for (var i = 0; i < columns.Length; i++)
            {
                // TryParse takes 4,5 for 45; here it may be 4.5.
                var isNumber =
                    reader.TryParse(places[i], out double value) && !reader.GetSpan(places[i]).Contains((byte)',');
                if (!isNumber || !double.IsFinite(value))
                    throw NotANumber(file, reader, names[i], places[i]);
                columns[i].Add(value);
            }
        }

        if (columns[0].Count == 0)
            throw new DataException($"{file} has a header but no rows.");
        return new Dataset([.. names], Array.ConvertAll(columns, column => column.ToArray()));
    }

    private static void CheckHeader(string file, string[] header)
    {
        if (header.Length == 0)
            throw new DataException($"{file} has no header line.");
        if (header.Any(name => name.Any(c => char.IsControl(c) || c == '\uFFFD')))
            throw new DataException($"{file} is not a text file in UTF-8.");
        if (Array.TrueForAll(header, IsNumber))
            throw new DataException(
                $"{file}: the first line holds numbers. It must name the columns, for example 'y,x1,x2'."
            );
        Dataset.CheckNames(header, $"{file}, header");
    }

    private static bool IsNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static DataException NotANumber(string file, CsvReader reader, string column, int place)
    {
        var text = reader.GetString(place);
        var where = $"{file}, line {reader.LineNumber}, column '{column}'";
        var unsigned = text.TrimStart('+', '-');
        if (MissingMarks.Contains(text))
            return new($"{where}: the value is missing. Fill it in or leave the row out.");
        if (NotFiniteMarks.Contains(unsigned))
            return new($"{where}: {text} is not a finite number. Leave the row out.");
        if (IsNumber(text))
            return new($"{where}: {text} is too large for a float64. Give the column in other units.");
        if (text.Any(char.IsDigit) && text.Contains(',') && text.All(c => char.IsDigit(c) || "+-.,eE".Contains(c)))
            return new(
                $"{where}: '{Printable(text)}' has a comma. Write numbers like 1234.5, without separators of thousands."
            );
        return new(
            $"{where}: '{Printable(text)}' is not a number. Correct it, or leave the column out of the features."
        );
    }

    /// <summary>At most 40 characters, each of them one that prints.</summary>
    private static string Printable(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, 40)))
            shown.Append(char.IsControl(c) ? '\uFFFD' : c);
        return text.Length > 40 ? $"{shown}..." : shown.ToString();
    }

    private static string Count(int values) => values == 1 ? "1 value" : $"{values} values";
}
