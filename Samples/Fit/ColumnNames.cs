namespace Pipeline.Samples.Fit;

/// <summary>Columns as a command line names them: separated by commas, in quotes where a name holds one, or just as they are called.</summary>
internal static class ColumnNames
{
    internal static string[] Split(string text, IReadOnlyList<string> known)
    {
        var parts = Parts(text);
        var names = new List<string>();
        for (var first = 0; first < parts.Count; )
        {
            // The longest run of parts that is a column's name; else the part itself.
            var count = parts.Count - first;
            while (count > 1 && !known.Contains(Joined(first, count)))
                count--;
            names.Add(count > 1 ? Joined(first, count) : Unquoted(parts[first].Trim()));
            first += count;
        }

        return [.. names];

        string Joined(int first, int count) => string.Join(',', parts.GetRange(first, count)).Trim();
    }

    /// <summary>The text between the commas that stand outside of double quotes.</summary>
    private static List<string> Parts(string text)
    {
        var parts = new List<string>();
        var (start, isQuoted) = (0, false);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                isQuoted = !isQuoted;
            if (text[i] != ',' || isQuoted)
                continue;
            parts.Add(text[start..i]);
            start = i + 1;
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static string Unquoted(string part) =>
        part is ['"', .. var inside, '"'] ? inside.Replace("\"\"", "\"") : part;
}
