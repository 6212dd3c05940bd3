using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The conventions of the sources: layers in their order, one public type a file, one sentence at the top.</summary>
public sealed partial class LayerTests
{
    private static readonly string[] EngineLayers = ["Programs", "Meaning", "Speed", "Tensors", "Users"];

    [Fact]
    public void A_file_of_the_engine_is_compiled_after_the_layers_that_it_may_know()
    {
        var files = XDocument
            .Load(RepositoryFolder.Of("Engine.FSharp", "Engine.FSharp.fsproj"))
            .Descendants("Compile")
            .Select(item => item.Attribute("Include")!.Value)
            .ToArray();
        var layers = files.Select(file => Array.IndexOf(EngineLayers, file.Split('/')[0])).ToArray();
        Assert.True(files.Length > 100);
        Assert.All(layers, layer => Assert.True(layer >= 0));
        Assert.Equal(layers.Order(), layers);
        Assert.Equal(Sources("Engine.FSharp", "*.fs").Length, files.Length);
    }

    [Fact]
    public void The_engine_rests_on_the_platform_and_the_facade_on_the_engine()
    {
        Assert.Equal(["FSharp.Core"], NotOfThePlatform(typeof(Gradient)));
        Assert.Equal(
            ["CsvHelper", "FSharp.Core", "Pipeline.Engine"],
            NotOfThePlatform(typeof(Optimizer)).Union(["FSharp.Core"]).Order()
        );

        static IEnumerable<string> NotOfThePlatform(Type type) =>
            type
                .Assembly.GetReferencedAssemblies()
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
            Sources("Engine.FSharp", "*.fs"),
            source => Assert.Matches("^///? ?(<summary>)?[A-Z\"(0-9]", File.ReadLines(source).First())
        );

    private static string[] Sources(string project, string pattern) =>
        [
            .. Directory
                .GetFiles(RepositoryFolder.Of(project), pattern, SearchOption.AllDirectories)
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")),
        ];

    [GeneratedRegex(
        @"^public (?:(?:static|sealed|abstract|readonly|partial|ref) )*(?:(?:class|record(?: struct)?|struct|interface|enum) (?<name>\w+)|delegate .*? (?<name>\w+)(?:<[^(]*>)?\()",
        RegexOptions.Multiline
    )]
    private static partial Regex PublicType();
}
