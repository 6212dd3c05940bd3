using System.Text.RegularExpressions;

namespace Pipeline.Api.Tests;

/// <summary>A match expression of the engine's sources, as its text shows it.</summary>
/// <param name="File">The file's name without its extension.</param>
/// <param name="Function">The binding around it.</param>
/// <param name="Patterns">The patterns of its cases, without their conditions.</param>
/// <param name="Default">What the case for all others starts with; null where there is none.</param>
internal sealed partial record SourceMatch(string File, string Function, string[] Patterns, string? Default)
{
    /// <summary>Whether a case is an operation, or a kind of one.</summary>
    public bool IsOverOperations => Patterns.Any(pattern => Operation().IsMatch(pattern));

    /// <summary>Whether every case is of the union of this name and none is for all others: a new case of it does not compile.</summary>
    public bool IsExhaustiveOver(string union) =>
        Default is null && Patterns.Length > 1 && Patterns.All(pattern => pattern.StartsWith($"| {union}."));

    /// <summary>All matches of the engine.</summary>
    public static IEnumerable<SourceMatch> OfEngine() =>
        Sources().SelectMany(file => Of(Path.GetFileNameWithoutExtension(file), System.IO.File.ReadAllLines(file)));

    public static IEnumerable<string> Sources() =>
        Directory
            .GetFiles(RepositoryFolder.Of("Engine.FSharp"), "*.fs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    public static IEnumerable<SourceMatch> Of(string file, string[] lines)
    {
        var seen = new HashSet<int>();
        for (var first = 0; first < lines.Length; first++)
        {
            if (!IsCase(lines[first]) || seen.Contains(first))
                continue;

            var starts = Cases(lines, first);
            seen.UnionWith(starts);
            var cases = starts.Select(start => Case(lines, start)).ToArray();
            yield return new(
                file,
                FunctionAround(lines, first),
                [.. cases.Select(one => one.Pattern.Split(" when ")[0].Trim())],
                cases.LastOrDefault(one => Everything().IsMatch(one.Pattern)).Result
            );
        }
    }

    private static bool IsCase(string line) => line.TrimStart().StartsWith("| ");

    private static int Indentation(string line) => line.Length - line.TrimStart().Length;

    /// <summary>The first lines of the cases of one match.</summary>
    private static List<int> Cases(string[] lines, int first)
    {
        var indentation = Indentation(lines[first]);
        List<int> cases = [first];
        for (var i = first + 1; i < lines.Length; i++)
        {
            var text = lines[i].TrimStart();
            if (text == "" || text.StartsWith("//"))
                continue;

            if (Indentation(lines[i]) < indentation || (Indentation(lines[i]) == indentation && !IsCase(lines[i])))
                break;

            if (Indentation(lines[i]) == indentation)
                cases.Add(i);
        }

        return cases;
    }

    private static (string Pattern, string? Result) Case(string[] lines, int start)
    {
        var text = lines[start].Trim();
        var next = start + 1;
        for (; !text.Contains("->") && next < lines.Length && !IsCase(lines[next]); next++)
            text += $" {lines[next].Trim()}";

        var parts = text.Split("->", 2);
        var result = parts.Length < 2 ? "" : parts[1].Trim();
        return (parts[0], result != "" || next >= lines.Length ? result : lines[next].Trim());
    }

    private static string FunctionAround(string[] lines, int line) =>
        lines
            .Take(line)
            .Reverse()
            .Where(text => Indentation(text) < Indentation(lines[line]))
            .Select(text => Definition().Match(text))
            .FirstOrDefault(match => match.Success)
            ?.Groups["name"]
            .Value
        ?? "";

    [GeneratedRegex(
        @"\b(Op|Zip|Reduction|CallKind|RoutineRule|Requirement|KeyLayout|IntegerMap)\.[A-Z]|\bElementwise\.[a-z]"
    )]
    private static partial Regex Operation();

    [GeneratedRegex(@"^\| (struct \(|(Value)?Some \(?)?(_|[a-z]\w*)(, *(_|[a-z]\w*))*\)? *$")]
    private static partial Regex Everything();

    [GeneratedRegex(
        @"^\s*(static )?(let|and|member|override)( rec| private| internal| inline| mutable)*\s+([a-z_]\w*\.)?(?<name>\(\|\w+|\w+)"
    )]
    private static partial Regex Definition();
}
