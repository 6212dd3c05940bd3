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

    /// <summary>What is written where NumPy has a name and we have none.</summary>
    [Fact]
    public void What_NumPy_names_and_we_write_is_the_same()
    {
        var page = Ours().Where(line => line.Section.Contains("NumPy")).Select(line => line.Code).ToHashSet();
        var x = Tensor.From([-1.5, 2.0, 0.5]);
        var y = Tensor.From([1.0, 10.0]);
        var m = Tensor.Arange<double>(9).Reshape(3, 3);
        var odd = Tensor.From([1.0, double.NaN, double.PositiveInfinity]);
        const double a = 2,
            b = 5,
            step = 0.5;
        const int n = 3,
            k = 2;
        var half = 1;
        (string Code, Tensor Ours, double[] Expected)[] all =
        [
            ("a + step * Tensor.Arange<double>(n)", a + step * Tensor.Arange<double>(n), [2, 2.5, 3]),
            (
                "a + (b - a) / (n - 1.0) * Tensor.Arange<double>(n)",
                a + (b - a) / (n - 1.0) * Tensor.Arange<double>(n),
                [2, 3.5, 5]
            ),
            ("x.Reshape(-1)", m.Reshape(-1), [0, 1, 2, 3, 4, 5, 6, 7, 8]),
            ("x.MoveAxis(0, 1)", m.MoveAxis(0, 1), [0, 3, 6, 1, 4, 7, 2, 5, 8]),
            (
                "x.Take(Tensor.Arange(k * n).FloorDivide(k))",
                x.Take(Tensor.Arange(k * n).FloorDivide(k)),
                [-1.5, -1.5, 2, 2, 0.5, 0.5]
            ),
            ("x.Take(Tensor.Arange(k * n) % n)", x.Take(Tensor.Arange(k * n) % n), [-1.5, 2, 0.5, -1.5, 2, 0.5]),
            ("x[..m]", x[..half], [-1.5]),
            ("x.ExpandDims(1) * y", x.ExpandDims(1) * y, [-1.5, -15, 2, 20, 0.5, 5]),
            ("x * Tensor.Eye(n)", x * Tensor.Eye(n), [-1.5, 0, 0, 0, 2, 0, 0, 0, 0.5]),
            ("m[Tensor.Arange(n), Tensor.Arange(n)]", m[Tensor.Arange(n), Tensor.Arange(n)], [0, 4, 8]),
            ("(m * Tensor.Eye(n)).Sum()", (m * Tensor.Eye(n)).Sum(), [12]),
            ("x.Sort().Flip()", x.Sort().Flip(), [2, 0.5, -1.5]),
            ("x.FloorDivide(1)", x.FloorDivide(1), [-2, 2, 0]),
            ("-(-x).FloorDivide(1)", -(-x).FloorDivide(1), [-1, 2, 1]),
            ("(x + 0.5).FloorDivide(1)", (x + 0.5).FloorDivide(1), [-1, 2, 1]),
#pragma warning disable CS1718 // NaN alone differs from itself.
            ("x != x", odd != odd, [0, 1, 0]),
#pragma warning restore CS1718
            ("x - x == 0", odd - odd == 0, [1, 0, 0]),
        ];
        foreach (var (code, ours, expected) in all)
        {
            Assert.Contains(code, page);
            Assert.Equal(expected, ours.ToArray<double>());
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
