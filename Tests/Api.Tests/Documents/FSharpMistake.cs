using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>A program of which F#'s compiler says an error or a warning, its code, and what is written instead: definitions, and expressions whose values are shown.</summary>
internal sealed partial record FSharpMistake(string Title, string Code, string Wrong, string Mended)
{
    private const string Before = """
        type Line = { W: Tensor; B: Tensor }
        let line = { W = scalar 2.0; B = scalar 1.0 }
        """;

    private static readonly FSharpMistake[] All =
    [
        new(
            "Equality of what holds tensors",
            "FS0001",
            "let same = line = line",
            """
            line.W .= line.B
            Tree.sameBits line line
            Tree.allClose 1e-9 0.0 line line
            isNull line.W
            Option.isNone (Some line.W)
            """
        ),
        new(
            "Order of tensors",
            "FS0001",
            "let larger = if line.W > line.B then line.W else line.B",
            """
            if isTrue (line.W .> line.B) then line.W else line.B
            maximum line.W line.B
            """
        ),
        new(
            "A tensor of truth values as a condition",
            "FS0001",
            "let positive = if line.W .> 0.0 then line.W else -line.W",
            """
            if isTrue (line.W .> 0.0) then line.W else -line.W
            where (line.W .> 0.0) line.W -line.W
            """
        ),
        new(
            "A plain number under the name of a tensor",
            "FS3391",
            "let rate: Tensor = 0.5",
            "let rate = scalar 0.5\nrate * line.W"
        ),
        new(
            "A plain number as the argument of a function of a tensor",
            "FS3391",
            """
            let shifted (x: Tensor) = x + 1.0
            let y = shifted 2.0
            """,
            """
            let shifted (x: Tensor) = x + 1.0
            shifted (scalar 2.0)
            """
        ),
        new(
            "A parameter that its use shows as a plain number",
            "FS0043",
            "let scaled (x: Tensor) factor = x * factor + 1.0",
            """
            let scaled (x: Tensor) (factor: float) = x * factor + 1.0
            scaled line.W 0.5
            """
        ),
        new(
            "A parameter of a loop that its use shows as a plain number",
            "FS0043",
            "let grown time steps = forLoop 0 steps (fun _ x -> x + x * time / float steps) line.W",
            """
            let grown (time: Tensor) steps = forLoop 0 steps (fun _ x -> x + x * time / float steps) line.W
            grown line.B 2
            """
        ),
        new("A power of a plain number", "FS0001", "let y = 2.0 ** line.W", "pow 2.0 line.W"),
        new(
            "Two operands of which nothing says that they are tensors",
            "FS0071",
            "let above a b = a .> b",
            """
            let above (a: Tensor) b = a .> b
            above line.W line.B
            """
        ),
        new(
            "The gradient of a curried function",
            "FS0002",
            "let slope = grad (fun (w: Tensor) (x: Tensor) -> w * x) (scalar 3.0)",
            """
            grad (fun (w: Tensor, x: Tensor) -> w * x) (scalar 3.0, scalar 2.0)
            grad (fun (w: Tensor) -> w * scalar 2.0) (scalar 3.0)
            """
        ),
    ];

    /// <summary>The page's chapter: the wrong programs are compiled, and the mended ones compiled and run.</summary>
    internal static string Chapter()
    {
        var program = ProgramText.LoadedFSharp(Modules(All, mistake => mistake.Results));
        // What stays open in a file, FS0071, is said of files without other errors.
        var messages = All.GroupBy(mistake => mistake.Code == "FS0071")
            .SelectMany(group => Messages([.. group]))
            .ToDictionary();
        var entries = All.Select(
            (mistake, i) =>
                mistake.Entry(
                    messages[mistake],
                    (string[])program.GetNestedType($"Program{i}")!.GetProperty("values")!.GetValue(null)!
                )
        );
        return $"## What F# says by itself\n\nBefore these programs stands\n\n```fsharp\n{Before}\n```\n\n"
            + "Beside a tensor, numbers are tensors without a word: `line.W + 1.0`, `line.W .> 0`, `maximum 0.0 line.W`. "
            + "In a project that refers to the package they are so everywhere; a script says `#nowarn \"3391\"` first, or is warned of it (FS3391).\n\n"
            + string.Join("\n\n", entries);
    }

    /// <summary>What one compilation of wrong programs says of each, and of nothing else.</summary>
    private static IEnumerable<KeyValuePair<FSharpMistake, string>> Messages(FSharpMistake[] mistakes)
    {
        var said = ProgramText.SaidOfFSharp(Modules(mistakes, mistake => mistake.Wrong));
        var line = Before.Split('\n').Length;
        foreach (var mistake in mistakes)
        {
            var last = line + 1 + mistake.Wrong.Split('\n').Length;
            var message = Assert.Single(
                said.Where(one => one.Line > line && one.Line <= last)
                    .Select(one => $"{one.Code}: {Overloads().Replace(one.Text, "")}")
                    .Distinct()
            );
            Assert.StartsWith(mistake.Code, message);
            line = last;
            yield return new(mistake, message);
        }
        Assert.All(said, one => Assert.InRange(one.Line, Before.Split('\n').Length + 1, line));
    }

    private static string Modules(FSharpMistake[] mistakes, Func<FSharpMistake, string> text) =>
        Before
        + string.Concat(
            mistakes.Select((mistake, i) => $"\nmodule Program{i} =\n    " + text(mistake).Replace("\n", "\n    "))
        );

    private static bool IsDefinition(string line) => line.StartsWith("let ");

    private string Results =>
        string.Join('\n', Mended.Split('\n').Where(IsDefinition))
        + "\nlet values = [|\n"
        + string.Concat(
            Mended.Split('\n').Where(line => !IsDefinition(line)).Select(line => $"    sprintf \"%A\" ({line})\n")
        )
        + "    |]";

    private string Entry(string message, string[] values)
    {
        var next = 0;
        var shown = Mended.Split('\n').Select(line => IsDefinition(line) ? line : $"{line} // {values[next++]}");
        return $"""
            ### {Title}

            ```fsharp
            {Wrong}
            ```

            > {message}

            ```fsharp
            {string.Join('\n', shown)}
            ```
            """;
    }

    [GeneratedRegex(@"\s*Known return type.*")]
    private static partial Regex Overloads();
}
