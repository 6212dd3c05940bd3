using CsvHelper;

namespace Pipeline;

/// <summary>Reads columns of numbers from a CSV file, or says which line and column is wrong and what to do.</summary>
internal sealed class CsvTable
{
    private readonly string file;
    private readonly CsvOptions options;
    private readonly CsvReader reader;
    private readonly CsvHeader header;
    private readonly (string Name, int Place)[] columns;

    /// <summary>Commas may be decimal marks: they do not separate the fields, or they were asked for.</summary>
    private readonly bool mayHaveCommas;

    private string? firstComma;
    private string? firstPoint;
    private bool isSurelyDecimal;

    private CsvTable(string file, CsvReader reader, CsvOptions options, string[] wanted)
    {
        (this.file, this.reader, this.options) = (file, reader, options);
        header = new CsvHeader(file, reader.Headers);
        columns = header.Find(wanted);
        mayHaveCommas = options.Decimal == ',' || (options.Decimal is null && reader.Separator != ',');
    }

    /// <summary>The names in the first line, as they stand.</summary>
    internal static IReadOnlyList<string> Names(string path, CsvOptions options)
    {
        using var reader = CsvSource.Open(path, options);
        var file = Path.GetFileName(path);
        return Guarded(file, () => new CsvHeader(file, reader.Headers).Names);
    }

    internal static Dataset Read(string path, CsvOptions options, string[] wanted)
    {
        using var reader = CsvSource.Open(path, options);
        var file = Path.GetFileName(path);
        return Guarded(file, () => new CsvTable(file, reader, options, wanted).Rows());
    }

    private static T Guarded<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CsvFormatException e)
        {
            throw new DataException(
                $"{file}, line {e.LineNumber}: the quotes do not match. Close every quote and double those inside; or name another quote character (Quote = '\\'', for example)."
            );
        }
    }

    private Dataset Rows()
    {
        var values = Array.ConvertAll(columns, _ => new List<double>());
        var missing = new int[columns.Length];
        var row = new double[columns.Length];
        var dropped = 0;
        while (reader.Read())
        {
            if (reader.FieldCount != header.Width)
                throw WrongWidth();
            var isWhole = true;
            for (var k = 0; k < columns.Length; k++)
            {
                if (TryParse(columns[k].Place, out row[k]) && double.IsFinite(row[k]))
                    continue;
                var text = reader.GetString(columns[k].Place);
                if (options.Missing != MissingRows.Drop || !CsvNumber.IsMissing(text))
                    throw CsvNumber.Refusal(Where(k), text, reader.Separator == ',', options.Decimal == ',');
                missing[k]++;
                isWhole = false;
            }

            if (!isWhole)
            {
                dropped++;
                continue;
            }

            for (var k = 0; k < columns.Length; k++)
                values[k].Add(row[k]);
        }

        CheckDecimalMark();
        if (values[0].Count == 0)
            throw new DataException(
                dropped == 0
                    ? $"{file} has a header but no rows. Add a line for each row."
                    : $"{file}: each of its {dropped} rows lacks a value. Fill some in, or read fewer columns."
            );
        return new Dataset(
            Array.ConvertAll(columns, column => column.Name),
            Array.ConvertAll(values, column => column.ToArray())
        )
        {
            DroppedRows = dropped,
            MissingValues = Enumerable
                .Range(0, columns.Length)
                .Where(k => missing[k] > 0)
                .ToDictionary(k => columns[k].Name, k => missing[k])
                .AsReadOnly(),
        };
    }

    private bool TryParse(int place, out double value)
    {
        var text = reader.GetSpan(place);
        // The reader's own parser takes 4,5 for 45.
        if (text.Contains((byte)','))
            return TryParseWithComma(text, place, out value);
        if (mayHaveCommas && text.Contains((byte)'.') && reader.TryParse(place, out value))
        {
            firstPoint ??= $"line {reader.LineNumber} has '{reader.GetString(place)}'";
            return options.Decimal is null;
        }

        return reader.TryParse(place, out value);
    }

    private bool TryParseWithComma(ReadOnlySpan<byte> text, int place, out double value)
    {
        value = 0;
        if (!mayHaveCommas || !CsvNumber.TryParseWithComma(text, out value))
            return false;
        firstComma ??= $"line {reader.LineNumber} has '{reader.GetString(place)}'";
        isSurelyDecimal = isSurelyDecimal || !CsvNumber.MayHaveThousands(reader.GetString(place));
        return true;
    }

    /// <summary>Decimal marks that were found, not asked for, must be beyond doubt.</summary>
    private void CheckDecimalMark()
    {
        if (options.Decimal is not null || firstComma is null)
            return;
        if (firstPoint is not null)
            throw new DataException(
                $"{file}: {firstComma} and {firstPoint}. Write every number with the same decimal mark, without separators of thousands."
            );
        if (!isSurelyDecimal)
            throw new DataException(
                $"{file}: {firstComma}, and no number tells whether its commas are decimal marks or separate thousands. Say that they are decimal marks (Decimal = ','), or write numbers like 1234.5."
            );
    }

    private DataException WrongWidth()
    {
        var where =
            $"{file}, line {reader.LineNumber}: {Count(reader.FieldCount)} where the header names {Columns(header.Width)}.";
        if (header.Names[0].StartsWith('#'))
            return new($"{where} {CsvHeader.CommentsAreData}");
        if (reader.FieldCount == header.Width + 1 && reader.RowNumber == 1)
            return new($"{where} Name the first column too, if it holds the rows' names; or correct the line.");
        return new(
            $"{where} Correct the line: a value that holds the separator '{reader.Separator}' stands in quotes."
        );
    }

    private string Where(int k) => $"{file}, line {reader.LineNumber}, column '{columns[k].Name}'";

    private static string Count(int values) => values == 1 ? "1 value" : $"{values} values";

    private static string Columns(int count) => count == 1 ? "1 column" : $"{count} columns";
}
