using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// No match over operations has a default that guesses: a case for all others throws, or stands here with the reason why a new operation
/// cannot be wrong in it. Everything else is exhaustive, so that the compiler lists what a new operation lacks.
/// </summary>
public sealed partial class DefaultCaseTests
{
    /// <summary>Why the default cases of functions are safe, by "file function"; "file" for all of a file.</summary>
    private static readonly (string Reason, string[] Places)[] Approved =
    [
        (
            "Rules of algebra: where none applies, the operation stays as it is.",
            [
                "Rewrite simpler",
                "Rewrite repeats",
                "RewriteAlgebra",
                "RewriteBuilder",
                "RewriteConstants",
                "RewriteMean",
                "RewriteMovement",
                "RewriteReductions",
                "RewriteScans",
                "RewriteGraphs op",
                "Zips (|Quotient",
                "Tensor Repeating",
            ]
        ),
        ("What is not known of a range, a number or a source is unknown.", ["RewriteRanges", "Graphs source"]),
        (
            "An operation without a program of its own, by the total function for those, which throws for others.",
            [
                "Rewrite results",
                "Rewrite emitAll",
                "Evaluate run",
                "Evaluate apply",
                "Evaluate runEquation",
                "Kernels apply",
                "Eager apply",
                "Eager only",
                "Eager single",
                "Eager single2",
                "Typing ofOne",
                "Typing ofTwo",
                "Primitive youngest",
                "Transpose rule",
                "Primitive results",
                "Pushforward struct",
                "Pushforward Single",
                "Primitive step",
                "Fuse opaque",
                "Annihilation equation",
                "Zips row",
                "Zips op",
            ]
        ),
        (
            "By its traits, or by the programs in it.",
            ["Forward results", "FuseDemands carriesOf", "RewriteLoops collect"]
        ),
        (
            "By the programs in it, or its own equality and hash.",
            ["Pattern collect", "Pattern hashed", "Pattern sameOp", "Pattern parts", "CompiledFunction searches"]
        ),
        (
            "By its general rule, of which the cases are shorter forms.",
            ["SeriesArithmetic Zip", "SeriesGraphs results"]
        ),
        ("The row's own lanes.", ["FuseLanes zip"]),
        (
            "Memory of its own, a nest of its own or a result that nobody left out: always right, at most slower.",
            [
                "Fuse isNumber",
                "FuseDemands viewed",
                "FuseDemands requireContiguous",
                "FuseDemands want",
                "FuseDemands turn",
                "FuseSchedule v",
                "RewriteGraphs shrink",
                "RewriteLoops isThin",
                "TransposeControl apply",
                "Transpose all",
                "Transpose sums",
                "UndividedCotangents pass",
                "UndividedCotangents passKnown",
                "Indexing places",
            ]
        ),
        (
            "An estimate of cost, or an order, on which no result depends.",
            ["FuseLanes cost", "FuseSchedule own", "EquationOrder isEarly"]
        ),
        ("What is printed or diagnosed.", ["Graphs describe", "Inspection annihilation", "Watch Process"]),
    ];

    [Fact]
    public void No_match_over_operations_has_a_default_that_guesses()
    {
        var approved = Approved.SelectMany(entry => entry.Places).ToHashSet();
        var found = SourceMatch.OfEngine().Where(Guesses).ToArray();
        Assert.InRange(found.Length, 40, int.MaxValue);
        var used = found
            .Select(place => approved.Contains(place.File) ? place.File : $"{place.File} {place.Function}")
            .ToHashSet();
        Assert.True(
            used.IsSubsetOf(approved),
            $"Write the cases out, read a trait (Traits.fs), or say here why a new operation cannot be wrong: {string.Join(", ", used.Except(approved))}"
        );
        Assert.True(
            approved.IsSubsetOf(used),
            $"No longer matches with defaults: {string.Join(", ", approved.Except(used))}"
        );
    }

    [Theory]
    [InlineData("| Op.Dot _ -> 1", "| _ -> 2", true)]
    [InlineData("| Zip.Add when isFloat ->", "| other -> 2", true)]
    [InlineData("| Op.Dot _ -> 1", "| _ -> invalidOp text", false)]
    [InlineData("| Op.Dot _ -> 1", "| Op.Reduce _ -> 2", false)]
    [InlineData("| Some x -> 1", "| _ -> 2", false)]
    [InlineData("| ValueSome { Op = Op.Dot _ } -> 1", "| ValueSome _ -> 2", true)]
    public void A_default_is_found(string first, string last, bool isFound)
    {
        string[] lines =
        [
            "let private meaning op =",
            "    match op with",
            $"    {first}",
            "        // A comment.",
            $"    {last}",
        ];
        var match = Assert.Single(SourceMatch.Of("Meaning", lines));
        Assert.Equal("meaning", match.Function);
        Assert.Equal(isFound, Guesses(match));
    }

    [Fact]
    public void Nobody_asks_for_the_name_of_a_function_to_know_what_it_is() =>
        Assert.All(
            SourceMatch.Sources(),
            file => Assert.DoesNotMatch(@"(row|routine)\.(Name|Text) *(=|<>|with)", File.ReadAllText(file))
        );

    /// <summary>A match over operations whose case for all others does not throw.</summary>
    private static bool Guesses(SourceMatch match) =>
        match.IsOverOperations && match.Default is { } result && !Throws().IsMatch(result);

    [GeneratedRegex(@"^(invalidOp|raise|failwith|refuse|notLinear)\b")]
    private static partial Regex Throws();
}
