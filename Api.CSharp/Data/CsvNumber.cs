using System.Globalization;
using System.Text;

namespace Pipeline;

/// <summary>Numbers as CSV files write them: what they are, and what is wrong with a text that is none.</summary>
internal static class CsvNumber
{
    private static readonly HashSet<string> MissingMarks = new(StringComparer.OrdinalIgnoreCase)
    {
        "",
        "NA",
        "N/A",
        "NaN",
        "null",
        "none",
        "?",
        "-",
        ".",
        "#N/A",
        "#NA",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
    };

    private static readonly HashSet<string> InfiniteMarks = new(StringComparer.OrdinalIgnoreCase)
    {
        "inf",
        "infinity",
        "∞",
    };

    internal static bool IsMissing(string text) => MissingMarks.Contains(text);

    internal static bool IsNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    /// <summary>A number whose decimal mark is a comma.</summary>
    internal static bool TryParseWithComma(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        Span<byte> pointed = stackalloc byte[64];
        if (text.Length > pointed.Length || text.Contains((byte)'.') || text.Count((byte)',') > 1)
            return false;
        text.Replace(pointed, (byte)',', (byte)'.');
        return double.TryParse(pointed[..text.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Whether the comma may separate thousands: 1,234 or 12,345,678.</summary>
    internal static bool MayHaveThousands(string text)
    {
        var groups = text.TrimStart('+', '-').Split(',');
        return groups[0] is { Length: >= 1 and <= 3 } first
            && first[0] != '0'
            && groups.All(group => group.All(char.IsAsciiDigit))
            && groups.Skip(1).All(group => group.Length == 3);
    }

    /// <summary>Why a text is no finite number, and what to do about it.</summary>
    internal static DataException Refusal(string where, string text, bool commaSeparates, bool commaIsDecimal)
    {
        if (IsMissing(text))
            return new(
                $"{where}: the value is missing{(text.Length > 0 ? $" ('{text}')" : "")}. Fill it in, or leave such rows out (Missing = MissingRows.Drop)."
            );
        if (InfiniteMarks.Contains(text.TrimStart('+', '-')))
            return new($"{where}: {text} is not a finite number. Correct it, or take the row out of the file.");
        if (commaIsDecimal && text.Contains('.') && IsNumber(text))
            return new(
                $"{where}: '{text}' has a point where the comma is the decimal mark (Decimal = ','). Write every number with the same mark, without separators of thousands."
            );
        if (IsNumber(text))
            return new($"{where}: {text} is too large for a float64. Give the column in other units.");
        if (text.Any(char.IsDigit) && text.All(c => char.IsDigit(c) || "+-.,eE".Contains(c)) && text.Contains(','))
        {
            var mark = commaSeparates ? ", or say that the comma is the decimal mark (Decimal = ',')" : "";
            return new(
                $"{where}: '{Printable(text)}' has a comma. Write numbers like 1234.5, without separators of thousands{mark}."
            );
        }

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
}
