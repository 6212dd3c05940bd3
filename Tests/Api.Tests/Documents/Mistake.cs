using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>A wrong program, the message that it meets, and the mended program with what it returns; as run, and as written.</summary>
internal sealed partial record Mistake(
    Type Exception,
    string Title,
    string Message,
    string Wrong,
    string Mended,
    string Result
)
{
    /// <summary>Runs both programs: the wrong one must throw just that exception, the mended one must return.</summary>
    internal static Mistake Of<TException>(
        string title,
        Func<object?> wrong,
        Func<object?> mended,
        [CallerArgumentExpression(nameof(wrong))] string wrongText = "",
        [CallerArgumentExpression(nameof(mended))] string mendedText = ""
    )
        where TException : Exception
    {
        // A line of this program, wherever it is checked out and whatever stands above it.
        // Messages and results are the same in every culture.
        using var _ = new OtherCulture();
        var message = Line().Replace(Assert.Throws<TException>(wrong).Message, "Program.cs:1");
        var result = string.Create(CultureInfo.InvariantCulture, $"{mended()}");
        return new(typeof(TException), title, message, Body(wrongText), Body(mendedText), result);
    }

    public override string ToString() =>
        $"""
            ### {Title}

            ```csharp
            {Wrong}
            ```

            > {Message.ReplaceLineEndings("\n> ")}

            ```csharp
            {Mended} // {Result.ReplaceLineEndings(" ")}
            ```
            """;

    /// <summary>The statements of a lambda, or its expression, from the margin.</summary>
    private static string Body(string lambda)
    {
        var text = Arrow().Replace(lambda.ReplaceLineEndings("\n"), "").Trim();
        if (!text.StartsWith('{'))
            return text + ";";
        var lines = text[1..^1].Trim('\n').TrimEnd().Split('\n');
        var margin = lines.Min(line => line.Length - line.TrimStart().Length);
        var statements = lines.Select(line => line[margin..]);
        return string.Join('\n', statements.Select(line => line.StartsWith("return ") ? line[7..] : line));
    }

    [GeneratedRegex(@"^\(\) =>\s*")]
    private static partial Regex Arrow();

    [GeneratedRegex(@"(?<=, at ).*Mistakes\.cs:\d+")]
    private static partial Regex Line();
}
