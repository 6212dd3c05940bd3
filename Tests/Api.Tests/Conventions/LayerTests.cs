using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The conventions of the sources: layers in their order, one public type a file, one sentence at the top.</summary>
public sealed partial class LayerTests
{
    [Theory]
    [InlineData("Core", 95, "Programs", "Runtime", "Compiler")]
    [InlineData("Engine", 80, "Tracing", "Library")]
    [InlineData("Statistics", 10)]
    public void A_file_of_the_engine_is_compiled_after_the_layers_that_it_may_know(
        string project,
        int least,
        params string[] layers
    )
    {
        var folder = RepositoryFolder.Of("Engine.FSharp", project);
        var files = XDocument
            .Load(Path.Combine(folder, $"Pipeline.{project}.fsproj"))
            .Descendants("Compile")
            .Select(item => item.Attribute("Include")!.Value)
            .ToArray();
        var found = files
            .Select(file => Array.IndexOf(layers, file.Contains('/') ? file.Split('/')[0] : null))
            .ToArray();
        Assert.True(files.Length >= least);
        Assert.All(found, layer => Assert.True(layer >= 0 || layers.Length == 0));
        Assert.Equal(found.Order(), found);
        Assert.Equal(Sources(Path.Combine("Engine.FSharp", project), "*.fs", "*.fsi").Length, files.Length);
    }

    [Fact]
    public void The_core_rests_on_the_kernels_engine_and_statistics_beside_each_other_on_the_core_and_the_face_on_all()
    {
        Assert.Equal(["FSharp.Core", "Pipeline.Kernels"], NotOfThePlatform(LibraryAssemblies.Core));
        Assert.Equal(["FSharp.Core", "Pipeline.Core"], NotOfThePlatform(LibraryAssemblies.Statistics));
        Assert.Equal(["FSharp.Core", "Pipeline.Core"], NotOfThePlatform(LibraryAssemblies.Engine));
        Assert.Equal(
            ["CsvHelper", "FSharp.Core", "Pipeline.Core", "Pipeline.Engine", "Pipeline.Statistics"],
            NotOfThePlatform(LibraryAssemblies.Face).Union(["FSharp.Core"]).Order()
        );

        static IEnumerable<string> NotOfThePlatform(Assembly assembly) =>
            assembly
                .GetReferencedAssemblies()
                .Select(assembly => assembly.Name!)
                .Where(name => !name.StartsWith("System") && name is not ("netstandard" or "mscorlib"))
                .Order();
    }

    [Fact]
    public void A_file_of_the_facade_holds_one_public_type_of_its_name()
    {
        var sources = Sources("Api.CSharp", "*.cs");
        Assert.True(sources.Length > 20);
        Assert.All(
            sources,
            source =>
            {
                var types = PublicType().Matches(File.ReadAllText(source)).Select(match => match.Groups["name"].Value);
                Assert.True(types.Count() <= 1, $"{source}: {string.Join(", ", types)}");
                Assert.All(types, type => Assert.Equal(Path.GetFileNameWithoutExtension(source), type));
            }
        );
    }

    [Fact]
    public void A_file_of_the_engine_opens_with_what_it_is_for() =>
        Assert.All(
            Sources("Engine.FSharp", "*.fs", "*.fsi"),
            source => Assert.Matches("^///? ?(<summary>)?[A-Z\"(0-9]", File.ReadLines(source).First())
        );

    /// <summary>More lines than that hold two subjects; a file above 300 is looked at, one above 500 is parted.</summary>
    [Theory]
    [InlineData("Engine.FSharp", 370)]
    [InlineData("Api.CSharp", 100)]
    [InlineData("Tests", 200)]
    [InlineData("Benchmarks", 15)]
    [InlineData("Samples", 25)]
    public void No_file_is_longer_than_500_lines(string project, int least)
    {
        var files = Sources(project, "*.fs", "*.fsi", "*.cs", "*.fsx");
        Assert.True(files.Length >= least, $"{files.Length} files");
        Assert.All(files, file => Assert.InRange(File.ReadLines(file).Count(), 1, 500));
    }

    private static string[] Sources(string project, params string[] patterns) =>
        [
            .. patterns
                .SelectMany(pattern =>
                    Directory.GetFiles(RepositoryFolder.Of(project), pattern, SearchOption.AllDirectories)
                )
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")),
        ];

    [GeneratedRegex(
        @"^public (?:(?:static|sealed|abstract|readonly|partial|ref) )*(?:(?:class|record(?: struct)?|struct|interface|enum) (?<name>\w+)|delegate .*? (?<name>\w+)(?:<[^(]*>)?\()",
        RegexOptions.Multiline
    )]
    private static partial Regex PublicType();
}
