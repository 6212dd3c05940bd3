using System.Globalization;
using System.Text;
using CsvHelper;

namespace Pipeline;

/// <summary>Opens a CSV file as its options, or its first bytes, say that it is written.</summary>
internal static class CsvSource
{
    internal static CsvReader Open(string path, CsvOptions options)
    {
        var file = Path.GetFileName(path);
        if (Directory.Exists(path))
            throw new DataException($"'{path}' is a folder, not a file. Name a file in it.");
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'{LookedFor(path)}. Correct the path.", path);
        var start = Start(path);
        if (start.Length == 0)
            throw new DataException(
                $"{file} is empty. It needs a line that names the columns and a line for each row."
            );
        foreach (var (name, mark) in Marks(options))
            if (mark is { } c && (!char.IsAscii(c) || c is '\r' or '\n' or '\0'))
                throw new ArgumentException($"{name} is an ASCII character, not '{c}'.", nameof(options));
        if (options.Decimal is not (null or '.' or ','))
            throw new ArgumentException($"Decimal is '.' or ',', not '{options.Decimal}'.", nameof(options));
        if (options.Decimal is { } mark2 && mark2 == options.Separator)
            throw new ArgumentException($"'{mark2}' cannot be both Decimal and Separator.", nameof(options));

        var encoding = options.Encoding ?? Found(start);
        var first = (encoding ?? Encoding.UTF8).GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (first.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n')))
            throw NotText(file);
        return CsvReader.FromFile(
            path,
            new CsvReaderOptions
            {
                TrackLineNumbers = true,
                TrimWhitespace = true,
                Separator = options.Separator,
                Quote = options.Quote ?? (first.StartsWith('\'') ? '\'' : '"'),
                CommentPrefix = options.Comment,
                Encoding = encoding,
                // A quote that is never closed would otherwise swallow the rest of the file.
                MalformedData = CsvMalformedDataHandling.Throw,
                FormatProvider = CultureInfo.InvariantCulture,
            }
        );
    }

    internal static DataException NotText(string file) =>
        new(
            $"{file} is not a text file in UTF-8. Save it as one, or name its encoding (Encoding = Encoding.Latin1, for example)."
        );

    private static (string Name, char? Mark)[] Marks(CsvOptions options) =>
        [
            (nameof(CsvOptions.Separator), options.Separator),
            (nameof(CsvOptions.Quote), options.Quote),
            (nameof(CsvOptions.Comment), options.Comment),
        ];

    private static string LookedFor(string path) =>
        Path.IsPathFullyQualified(path) ? "" : $" in '{Directory.GetCurrentDirectory()}'";

    private static byte[] Start(string path)
    {
        using var stream = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[1024];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    /// <summary>UTF-32 and UTF-16 by their marks, UTF-16 without one by the zeros of ASCII; else UTF-8.</summary>
    private static Encoding? Found(ReadOnlySpan<byte> start)
    {
        if (start is [0xFF, 0xFE, 0, 0, ..])
            return Encoding.UTF32;
        if (start is [0, 0, 0xFE, 0xFF, ..])
            return new UTF32Encoding(bigEndian: true, byteOrderMark: true);
        if (start is [0xFF, 0xFE, ..])
            return Encoding.Unicode;
        if (start is [0xFE, 0xFF, ..])
            return Encoding.BigEndianUnicode;
        if (start.Length < 4)
            return null;
        var (even, odd) = (0, 0);
        for (var i = 0; i + 1 < start.Length; i += 2)
            (even, odd) = (even + (start[i] == 0 ? 1 : 0), odd + (start[i + 1] == 0 ? 1 : 0));
        var pairs = start.Length / 2;
        if (odd > 0.9 * pairs && even == 0)
            return Encoding.Unicode;
        return even > 0.9 * pairs && odd == 0 ? Encoding.BigEndianUnicode : null;
    }
}
