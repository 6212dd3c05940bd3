using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// docs/errors.md is what these programs print: each wrong program is run and its message shown, each mended one is run and its result shown.
/// After a change on purpose, move docs/errors.received.md over it.
/// </summary>
public sealed class ErrorPageTests
{
    /// <summary>What C# makes of two lines that look right: the tests below hold it.</summary>
    private const string Language = """
        ## What C# says, or does, by itself

        ### Writing an entry

        ```csharp
        x[0] = 5;
        ```

        > CS0200: Property or indexer cannot be assigned to -- it is read only

        A tensor does not change. Make another:

        ```csharp
        Tensor.Where(Tensor.Arange(3) == 0, 5, x)
        ```

        ### A quotient of whole numbers before a tensor

        ```csharp
        1 / 2 * x
        ```

        This is 0: C# divides 1 by 2 first, as whole numbers. Write one of

        ```csharp
        x / 2
        1.0 / 2 * x
        ```
        """;

    [Fact]
    public void What_the_page_says_of_CSharp_is_so()
    {
        Assert.Equal(["1: CS0200"], ProgramText.InCSharp("class P { static void F(Tensor x) { x[0] = 5; } }"));
        var x = Tensor.From([1.0, 2.0, 3.0]);
        Assert.Equal([5.0, 2.0, 3.0], Tensor.Where(Tensor.Arange(3) == 0, 5, x).ToArray<double>());
        Assert.Equal([0.0, 0.0, 0.0], (1 / 2 * x).ToArray<double>());
        Assert.Equal([0.5, 1.0, 1.5], (x / 2).ToArray<double>());
        Assert.Equal([0.5, 1.0, 1.5], (1.0 / 2 * x).ToArray<double>());
    }

    [Fact]
    public void The_page_is_what_its_programs_print()
    {
        (string About, Mistake[] Mistakes)[] chapters =
        [
            (
                "Shapes, ranks, axes and sizes that an operation cannot combine",
                [.. TensorMistakes.Shapes, .. TensorMistakes.Axes]
            ),
            (
                "An element type that an operation does not take, two that it cannot combine, or a number that a type cannot hold",
                TensorMistakes.Types
            ),
            (
                "A number was asked of a tensor that has none yet, since it is being staged or batched, or whose derivative the number would lose",
                TransformationMistakes.Values
            ),
            ("A tensor of a transformation was used after the transformation had ended", TransformationMistakes.Ended),
            (
                "A compiled function was given, or reads, a mutable object whose changes it could not notice",
                CompiledMistakes.States
            ),
            ("A compiled function needs more programs than it was allowed", CompiledMistakes.Limits),
            (
                "A function is another program though nothing that a compiled function looks at has changed, under CheckCompiled",
                CompiledMistakes.Stale
            ),
            ("A function without a derivative of the asked kind", TransformationMistakes.Differentiation),
            (
                "A body that does not keep what it carries, or a loop that ran past its bound",
                TransformationMistakes.Loops
            ),
            ("A custom rule that does not fit its function", TransformationMistakes.Rules),
            ("A derivative that is not the function's", TransformationMistakes.Checks),
            ("An operation that made a NaN or an infinity, under CheckNumbers", TransformationMistakes.Numbers),
            (
                "An optimizer that was given the state of another, or a part of one's own that does not fit",
                TransformationMistakes.Optimizers
            ),
            ("A parameter tree that cannot be taken apart and rebuilt", TransformationMistakes.Trees),
            ("A matrix that a factorization cannot take", TensorMistakes.LinearAlgebra),
            ("Data that a statistical method cannot use", TensorMistakes.Data),
        ];
        var page =
            string.Join(
                "\n\n",
                chapters
                    .Select(chapter =>
                        string.Join(
                            "\n\n",
                            chapter
                                .Mistakes.Select(mistake => $"{mistake}")
                                .Prepend(Title(chapter.About, chapter.Mistakes))
                        )
                    )
                    .Prepend(
                        "# Errors\n\nOne exception type for each kind of mistake, all derived from `PipelineException`. Each message names the operation, what it\n"
                            + "found and the remedy. For each mistake: a wrong program, its message, the mended program and what it returns, as a test runs them.\n\n"
                            + $"{CompiledMistakes.InferenceOfMethodGroups}"
                    )
                    .Append(CompiledMistakes.WhatIsNotComputed)
                    .Append(Language)
                    .Append(FSharpMistake.Chapter())
            ) + "\n";

        ApprovedPage.Check("errors", page);

        static string Title(string about, Mistake[] mistakes)
        {
            var type = Assert.Single(mistakes.Select(mistake => mistake.Exception).Distinct());
            Assert.Equal(typeof(PipelineException), type.BaseType);
            return $"## {type.Name}\n\n{about}.";
        }
    }

    [Fact]
    public void No_exception_type_lacks_its_programs()
    {
        var page = File.ReadAllText(RepositoryFolder.Of("docs", "errors.md"));
        Assert.All(
            typeof(PipelineException)
                .Assembly.GetExportedTypes()
                .Where(type => type.BaseType == typeof(PipelineException)),
            type => Assert.Contains($"## {type.Name}\n", page)
        );
    }
}
