using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>docs/adding-an-operation.md quotes the examples to the letter, which tests run, and names the compiler's lists as they are.</summary>
public sealed partial class AddingPageTests
{
    private static readonly string Page = File.ReadAllText(RepositoryFolder.Of("docs", "adding-an-operation.md"))
        .ReplaceLineEndings("\n");

    [Fact]
    public void The_examples_are_the_files_that_the_laws_run_on()
    {
        var folder = RepositoryFolder.Of("Tests", "Engine.Tests", "Examples");
        var examples = Directory
            .GetFiles(folder, "*.fs")
            .Where(file => !file.EndsWith("ExampleTests.fs"))
            .ToDictionary(file => File.ReadAllText(file).ReplaceLineEndings("\n"), Path.GetFileName);
        var quoted = Quoted().Matches(Page).Select(match => match.Groups["code"].Value).ToArray();
        Assert.Equal(3, examples.Count);
        Assert.Equal(examples.Keys.Order(), quoted.Order());
        Assert.All(examples.Values, name => Assert.Contains($"`{name}`", Page));
    }

    [Fact]
    public void The_list_of_what_a_case_lacks_is_that_of_the_compiler()
    {
        var listed = Row()
            .Matches(Page)
            .Select(match => $"{match.Groups["file"]} {match.Groups["function"]}")
            .ToArray();
        Assert.Equal(Lists("Op").Order(), listed.Order());
        Assert.Contains(
            $"the compiler's list: {listed.Length} matches in {listed.Select(place => place.Split(' ')[0]).Distinct().Count()} files",
            Page
        );
    }

    [Theory]
    [InlineData("Zip")]
    [InlineData("Reduction")]
    [InlineData("CallKind")]
    [InlineData("RoutineRule")]
    public void The_lists_of_smaller_unions_are_as_long_as_the_page_says(string union) =>
        Assert.Matches($@"`{union}`[^`]* {Lists(union).Length}\b", Page);

    /// <summary>The files and functions of the matches that name every case of a union: a new case of it does not compile there.</summary>
    private static string[] Lists(string union) =>
        [
            .. SourceMatch
                .OfEngine()
                .Where(match => match.IsExhaustiveOver(union))
                .Select(match => $"{match.File} {match.Function}"),
        ];

    [GeneratedRegex("```fsharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\| (?<file>[A-Z]\w+) \| (?<function>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
