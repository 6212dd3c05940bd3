using System.Globalization;

namespace Pipeline;

/// <summary>The first line of a CSV file, and the columns that are asked for by name or by position.</summary>
internal sealed class CsvHeader
{
    /// <summary>What to say where a line that was meant as a comment may be the header.</summary>
    internal const string CommentsAreData =
        "A line that begins with # is data unless comments are asked for (Comment = '#').";

    private readonly string file;
    private readonly string[] names;

    internal CsvHeader(string file, IEnumerable<string> names)
    {
        this.file = file;
        this.names = [.. names.Select(name => name.Trim())];
        if (this.names.Length == 0)
            throw new DataException(
                $"{file} has no header line. Its first line must name the columns, for example 'y,x1,x2'."
            );
        if (Array.TrueForAll(this.names, CsvNumber.IsNumber))
            throw new DataException(
                $"{file}: the first line holds numbers. It must name the columns, for example 'y,x1,x2'."
            );
    }

    internal IReadOnlyList<string> Names => names;

    internal int Width => names.Length;

    /// <summary>
    /// The places of the columns asked for, and a name for each: all of them where none is asked for. What is no column's name and a
    /// whole number is a position, counted from 1.
    /// </summary>
    internal (string Name, int Place)[] Find(string[] wanted)
    {
        if (wanted.Length == 0)
            return [.. names.Select((name, place) => (CheckedName(name, place), place))];
        var found = Array.ConvertAll(wanted, Find);
        Dataset.CheckNames(Array.ConvertAll(found, column => column.Name), "The selection");
        return found;
    }

    private (string Name, int Place) Find(string wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var place = Array.IndexOf(names, wanted);
        if (place >= 0)
            return (CheckedName(wanted, place), place);
        if (string.IsNullOrWhiteSpace(wanted))
            throw new DataException(
                "The selection: an empty name names no column. Ask for a column without a name by its position, counted from 1."
            );
        if (int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            if (names.Any(CsvNumber.IsNumber))
                throw new DataException(
                    $"There is no column '{wanted}', and where names are numbers a position is not one. The columns are {Listed()}."
                );
            if (position < 1 || position > names.Length)
                throw new DataException(
                    $"There is no column '{wanted}', nor a column at that position: they are 1 to {names.Length}. The columns are {Listed()}."
                );
            return (At(position - 1), position - 1);
        }

        if (names.Any(name => name.Contains('\uFFFD')))
            throw CsvSource.NotText(file);
        var comment = names[0].StartsWith('#') ? $" {CommentsAreData}" : "";
        throw new DataException($"There is no column '{wanted}'. The columns are {Listed()}.{comment}");
    }

    /// <summary>The name of a column that was asked for by its position, different from every other.</summary>
    private string At(int place)
    {
        var name = names[place];
        if (name.Length == 0)
            return $"column {place + 1}";
        return names.Count(other => other == name) == 1 ? name : $"{name} (column {place + 1})";
    }

    private string CheckedName(string name, int place)
    {
        if (name.Contains('\uFFFD'))
            throw CsvSource.NotText(file);
        if (name.Length == 0)
            throw new DataException(
                $"{file}, header: column {place + 1} has no name. Name the columns to read, or ask for it by its position."
            );
        if (names.Count(other => other == name) > 1)
        {
            var positions = Enumerable.Range(0, names.Length).Where(k => names[k] == name).Select(k => $"{k + 1}");
            throw new DataException(
                $"{file}, header: the name '{name}' stands twice. Ask for one of them by its position: {string.Join(" or ", positions)}."
            );
        }

        return name;
    }

    private string Listed() => string.Join(", ", names);
}
