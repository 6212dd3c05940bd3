using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Every name of ours on docs/migrating.md exists: TYPE.Member as a static one, value.Member as a member, F#'s words in Pipeline.FSharp.</summary>
public sealed partial class MigratingPageTests
{
    private static readonly Type[] Types =
    [
        .. LibraryAssemblies.All.SelectMany(assembly => assembly.GetExportedTypes()),
    ];

    private static readonly HashSet<string> StaticMembers = Names(BindingFlags.Static);

    private static readonly HashSet<string> Members = Names(BindingFlags.Instance);

    private static HashSet<string> Names(BindingFlags kind) =>
        [.. Types.SelectMany(type => type.GetMembers(BindingFlags.Public | kind)).Select(member => member.Name)];

    /// <summary>Extension members, static ones too, are static methods of the classes that declare them.</summary>
    private static bool IsExtension(string name) =>
        StaticMembers.Contains(name) || StaticMembers.Contains("get_" + name);

    private static bool IsStatic(string type, string name) =>
        Types.Any(found =>
            found.Namespace == "Pipeline"
            && found.Name.Split('`')[0] == type
            && (
                found.GetMember(name).Length > 0
                || (found == typeof(Tensor) && IsExtension(name))
                || (type == "DType" && Enum.IsDefined(typeof(DType), name))
            )
        );

    private static bool IsMember(string name) => Members.Contains(name) || IsExtension(name);

    private static IEnumerable<(string Section, string Code)> Ours()
    {
        var section = "";
        foreach (var line in File.ReadLines(RepositoryFolder.Of("docs", "migrating.md")))
        {
            if (line.StartsWith("## "))
                section = line[3..];
            if (!line.StartsWith("| ") || line.StartsWith("| ---"))
                continue;
            var cells = line.Trim('|', ' ').Split(" | ");
            foreach (Match code in Code().Matches(string.Join(' ', cells.Skip(1))))
                yield return (section, code.Groups[1].Value);
        }
    }

    [Fact]
    public void Every_name_of_ours_exists()
    {
        var missing = new List<string>();
        var words = typeof(Tensor)
            .Assembly.GetExportedTypes()
            .Where(type => type.Namespace == "Pipeline.FSharp")
            .SelectMany(type => type.GetMembers())
            .Select(member => member.Name)
            .ToHashSet();
        var checkedNames = 0;
        foreach (var (section, code) in Ours())
        {
            if (section == "DiffSharp" && Word().Match(code).Value is { Length: > 0 } word)
                Check(words.Contains(word), $"{word} in {code}");
            foreach (Match use in Static().Matches(code))
                Check(IsStatic(use.Groups[1].Value, use.Groups[2].Value), $"{use.Value} in {code}");
            foreach (Match use in Member().Matches(code))
                Check(IsMember(use.Groups["name"].Value), $"{use.Value} in {code}");
            foreach (Match use in Made().Matches(code))
                Check(Types.Any(type => type.Name == use.Groups[1].Value), $"{use.Value} in {code}");
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
        Assert.InRange(checkedNames, 100, int.MaxValue);

        void Check(bool exists, string what)
        {
            checkedNames++;
            if (!exists)
                missing.Add(what);
        }
    }

    /// <summary>A name that is not there is found out.</summary>
    [Fact]
    public void A_name_that_does_not_exist_is_not_found()
    {
        Assert.False(IsStatic("Gradient", "Off"));
        Assert.False(IsStatic("Gradients", "Of"));
        Assert.False(IsMember("Reshaped"));
        Assert.True(IsStatic("Tensor", "Where"));
        Assert.True(IsMember("Reshape"));
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\b([A-Z]\w*)\.([A-Z]\w*)")]
    private static partial Regex Static();

    [GeneratedRegex(@"(?<![\w.])[a-z]\w*\.(?<name>[A-Z]\w*)|\)\.(?<name>[A-Z]\w*)")]
    private static partial Regex Member();

    [GeneratedRegex(@"new ([A-Z]\w*)")]
    private static partial Regex Made();

    [GeneratedRegex(@"^[a-z]\w*")]
    private static partial Regex Word();
}
