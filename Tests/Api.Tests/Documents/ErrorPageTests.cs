using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// docs/errors.md is what these programs print: each wrong program is run and its message shown, each mended one is run and its result shown.
/// After a change on purpose, move docs/errors.received.md over it.
/// </summary>
public sealed class ErrorPageTests
{
    private static Tensor smuggled = 0;

    private sealed record Line(Tensor W, Tensor B);

    private sealed class Hidden(double start)
    {
        public Tensor Weights { get; } = start;
    }

    private static Mistake[] Shapes =>
        [
            Mistake.Of<ShapeException>(
                "Shapes that do not broadcast",
                () => Tensor.From([1.0, 2.0, 3.0]) + Tensor.From([1.0, 2.0]),
                () => Tensor.From([1.0, 2.0, 3.0]).ExpandDims(1) + Tensor.From([1.0, 2.0])
            ),
            Mistake.Of<ShapeException>(
                "A product whose inner sizes differ",
                () => Tensor.Ones([4, 3]).Dot(Tensor.Ones([4])),
                () => Tensor.Ones([4, 3]).T.Dot(Tensor.Ones([4]))
            ),
            Mistake.Of<ShapeException>(
                "A rank that an operation does not take",
                () => Tensor.From([4.0, 9.0]).Cholesky(),
                () => (Tensor.Eye(2) * Tensor.From([4.0, 9.0])).Cholesky()
            ),
            Mistake.Of<ShapeException>(
                "An axis that is not there",
                () => Tensor.Ones([2, 3]).Sum(2),
                () => Tensor.Ones([2, 3]).Sum(-1)
            ),
            Mistake.Of<ShapeException>(
                "A size that does not fit",
                () => Tensor.Arange(6).Reshape(4, 2),
                () => Tensor.Arange(6).Reshape(-1, 2)
            ),
            Mistake.Of<ShapeException>(
                "A place outside its axis",
                () => Tensor.From([1.0, 2.0])[2],
                () => Tensor.From([1.0, 2.0])[^1]
            ),
            Mistake.Of<ShapeException>(
                "An entry that an index names and the tensor lacks",
                () => Tensor.From([1.0, 2.0])[Tensor.From([0, 2])],
                () => Tensor.From([1.0, 2.0])[Tensor.From([0, -1])]
            ),
            Mistake.Of<ShapeException>(
                "Rows that differ in length",
                () =>
                    Tensor.From([
                        [1.0, 2.0],
                        [3.0],
                    ]),
                () =>
                    Tensor.From([
                        [1.0, 2.0],
                        [3.0, 0.0],
                    ])
            ),
            Mistake.Of<ShapeException>(
                "An axis to leave out that is longer than 1",
                () => Tensor.Ones([1, 2]).Squeeze(1),
                () => Tensor.Ones([1, 2]).Squeeze(0)
            ),
            Mistake.Of<ShapeException>(
                "An index outside its axis, in a compiled function too",
                () =>
                {
                    var f = Compiled.Of((Tensor x, Tensor i) => x.Take(i));
                    return f(Tensor.From([1.0, 2.0]), Tensor.From([0, -1, 2]));
                },
                () =>
                {
                    var f = Compiled.Of((Tensor x, Tensor i) => x.TakeClamped(i));
                    return f(Tensor.From([1.0, 2.0]), Tensor.From([0, 1, 2]));
                }
            ),
        ];

    private static Mistake[] Types =>
        [
            Mistake.Of<DTypeException>(
                "An element type that an operation does not take",
                () => Tensor.From([1, 2]) & Tensor.From([1.0, 0.0]),
                () => Tensor.From([1, 2]) & Tensor.From([1.0, 0.0]).AsType(DType.Int32)
            ),
            Mistake.Of<DTypeException>(
                "A power written as ^, which is exclusive or",
                () => Tensor.From([1.0, 2.0]) ^ 2,
                () => Tensor.From([1.0, 2.0]).Pow(2)
            ),
            Mistake.Of<DTypeException>(
                "Indices that are no integers",
                () => Tensor.From([1.0, 2.0]).Take(Tensor.From([0.0])),
                () => Tensor.From([1.0, 2.0]).Take(Tensor.From([0]))
            ),
            Mistake.Of<DTypeException>(
                "A number that the type it is read as cannot hold",
                () => Tensor.From([1L, 5_000_000_000L]).ToArray<int>(),
                () => Tensor.From([1L, 5_000_000_000L]).ToArray<long>()[1]
            ),
        ];

    private static Mistake[] Values =>
        [
            Mistake.Of<TracedValueException>(
                "A number read inside a compiled function",
                () =>
                {
                    var f = Compiled.Of((Tensor x) => x.ToDouble() > 0 ? x : -x);
                    return f(-2.0);
                },
                () =>
                {
                    var f = Compiled.Of((Tensor x) => Branch.Cond(x > 0, () => x, () => -x));
                    return f(-2.0);
                }
            ),
            Mistake.Of<TracedValueException>(
                "An if inside a vectorized function",
                () =>
                {
                    var f = Vectorized.Of((Tensor x) => x > 0 ? x : 0 * x);
                    return f(Tensor.From([-1.0, 2.0]));
                },
                () =>
                {
                    var f = Vectorized.Of((Tensor x) => Tensor.Where(x > 0, x, 0));
                    return f(Tensor.From([-1.0, 2.0]));
                }
            ),
            Mistake.Of<TracedValueException>(
                "A mask inside a compiled function, whose shape would depend on numbers",
                () => Compiled.Of((Tensor x) => x[x > 0].Sum())(Tensor.From([-1.0, 2.0])),
                () => Compiled.Of((Tensor x) => Tensor.Where(x > 0, x, 0).Sum())(Tensor.From([-1.0, 2.0]))
            ),
            Mistake.Of<TracedValueException>(
                "A number read inside a differentiated function",
                () => Gradient.Of((Tensor x) => x * (double)x)(3.0),
                () => Gradient.Of((Tensor x) => x * (double)x.StopGradient())(3.0) // or x * x, whose gradient is 6
            ),
        ];

    private static Mistake[] Ended =>
        [
            Mistake.Of<EndedTransformationException>(
                "A tensor kept in a field",
                () =>
                {
                    Gradient.Of((Tensor x) => smuggled = x * x)(3.0);
                    return smuggled + 1;
                },
                () =>
                {
                    var (value, _) = Gradient.WithValue((Tensor x) => x * x)(3.0);
                    return value + 1;
                }
            ),
            Mistake.Of<EndedTransformationException>(
                "A lazy sequence that outlives its transformation",
                () =>
                {
                    IEnumerable<Tensor> rows = [];
                    Gradient.Of(
                        (Tensor x) =>
                        {
                            rows = Enumerable.Range(1, 3).Select(i => x * i);
                            return x;
                        }
                    )(3.0);
                    return rows.Last();
                },
                () =>
                {
                    var gradient = Gradient.Of((Tensor x) => Enumerable.Range(1, 3).Select(i => x * i).Last());
                    return gradient(3.0);
                }
            ),
            Mistake.Of<EndedTransformationException>(
                "A task that outlives its transformation",
                () =>
                {
                    var start = new TaskCompletionSource();
                    Task<Tensor>? later = null;
                    Gradient.Of(
                        (Tensor x) =>
                        {
                            later = start.Task.ContinueWith(_ => x * x);
                            return x;
                        }
                    )(3.0);
                    start.SetResult();
                    return later!.GetAwaiter().GetResult();
                },
                () =>
                {
                    var gradient = Gradient.Of((Tensor x) => x * Task.Run(() => x * x).GetAwaiter().GetResult());
                    return gradient(3.0);
                }
            ),
            Mistake.Of<EndedTransformationException>(
                "A delegate that outlives its transformation",
                () =>
                {
                    Func<Tensor, Tensor>? scale = null;
                    Compiled.Of(
                        (Tensor x) =>
                        {
                            scale = y => x * y;
                            return x;
                        }
                    )(3.0);
                    return scale!(2.0);
                },
                () =>
                {
                    var scale = Compiled.Of((Tensor x, Tensor y) => x * y);
                    return scale(3.0, 2.0);
                }
            ),
        ];

    private static Mistake[] Differentiation =>
        [
            Mistake.Of<DifferentiationException>(
                "The gradient of a function that is not scalar",
                () => Gradient.Of((Tensor x) => x.Square())(Tensor.From([1.0, 2.0])),
                () => Gradient.Of((Tensor x) => x.Square().Sum())(Tensor.From([1.0, 2.0]))
            ),
            Mistake.Of<DifferentiationException>(
                "The gradient with respect to an integer",
                () => Gradient.Of((Tensor x) => x * x)(Tensor.Scalar(3)),
                () => Gradient.Of((Tensor x) => x * x)(Tensor.Scalar(3.0))
            ),
        ];

    private static Mistake[] Axes =>
        [
            Mistake.Of<ShapeException>(
                "An axis to map that is not there",
                () => Vectorized.Of((Tensor x) => x.Sum(), axis: 2, output: 0)(Tensor.Ones([2, 3])),
                () => Vectorized.Of((Tensor x) => x.Sum(), axis: 1, output: 0)(Tensor.Ones([2, 3]))
            ),
            Mistake.Of<ShapeException>(
                "Batches of different sizes",
                () => Vectorized.Of((Tensor x, Tensor y) => x * y)(Tensor.Ones([3]), Tensor.Ones([2])),
                () => Vectorized.Of((Tensor x, Tensor y) => x * y, [0, null])(Tensor.Ones([3]), Tensor.Ones([2]))
            ),
        ];

    private static Mistake[] Loops =>
        [
            Mistake.Of<LoopException>(
                "A body that changes the shape of what it carries",
                () => Loop.For(0, 3, (_, x) => Tensor.Concatenate([x, x]), Tensor.Ones([1])),
                () => Loop.For(0, 3, (_, x) => x + x, Tensor.Ones([1]))
            ),
            Mistake.Of<LoopException>(
                "A loop that runs past its bound",
                () => Loop.While(x => x < 100, x => 2 * x, Tensor.Scalar(1.0), bound: 5),
                () => Loop.While(x => x < 100, x => 2 * x, Tensor.Scalar(1.0), bound: 10)
            ),
        ];

    private static Mistake[] Trees =>
        [
            Mistake.Of<TreeException>(
                "A class whose tensors no constructor takes",
                () => Gradient.Of((Hidden p) => p.Weights.Square())(new Hidden(1.0)),
                () => Gradient.Of((Line p) => p.W.Square() + p.B)(new Line(1.0, 2.0))
            ),
        ];

    private static Mistake[] LinearAlgebra =>
        [
            Mistake.Of<LinearAlgebraException>(
                "A matrix that is not positive definite",
                () => (Tensor.Eye(2) - 2).Cholesky(),
                () => (Tensor.Eye(2) + 2).Cholesky()
            ),
        ];

    private static Mistake[] Data =>
        [
            Mistake.Of<DataException>(
                "Columns that depend on each other",
                () =>
                {
                    var x = Tensor.From([1.0, 2, 3, 4]);
                    var y = Tensor.From([1.0, 2, 2, 3]);
                    return Inference.LeastSquares(Tensor.Stack([x, 2 * x], axis: 1), y);
                },
                () =>
                {
                    var x = Tensor.From([1.0, 2, 3, 4]);
                    var y = Tensor.From([1.0, 2, 2, 3]);
                    return Inference.LeastSquares(Tensor.Stack([x, x * x], axis: 1), y)["x2"].Estimate;
                }
            ),
        ];

    private static Mistake[] Rules =>
        [
            Mistake.Of<CustomRuleException>(
                "A rule that returns the wrong shape",
                () =>
                {
                    var f = CustomRule.Reverse((Tensor x) => x.Sum(), x => (x.Sum(), x), (x, u) => u);
                    return Gradient.Of(f)(Tensor.From([1.0, 2.0]));
                },
                () =>
                {
                    var f = CustomRule.Reverse((Tensor x) => x.Sum(), x => (x.Sum(), x), (x, u) => u + 0 * x);
                    return Gradient.Of(f)(Tensor.From([1.0, 2.0]));
                }
            ),
        ];

    private static Mistake[] Checks =>
        [
            Mistake.Of<WrongDerivativeException>(
                "A rule whose derivative is another function's",
                () =>
                {
                    var square = CustomRule.Forward((Tensor x) => x * x, (x, v) => (x * x, x * v));
                    CheckDerivatives.Of(square, at: 3.0, order: 1).ThrowIfWrong();
                    return square(3.0);
                },
                () =>
                {
                    var square = CustomRule.Forward((Tensor x) => x * x, (x, v) => (x * x, 2 * x * v));
                    CheckDerivatives.Of(square, at: 3.0, order: 1).ThrowIfWrong();
                    return square(3.0);
                }
            ),
        ];

    private static Mistake[] Optimizers =>
        [
            Mistake.Of<OptimizerException>(
                "The state of another optimizer",
                () =>
                {
                    var (w, g) = (Tensor.From([1.0, 2.0]), Tensor.From([0.5, -1.0]));
                    return Optimizer.Adam(0.1).Apply(w, g, Optimizer.Sgd(0.1, momentum: 0.9).Start(w)).Parameters;
                },
                () =>
                {
                    var (w, g) = (Tensor.From([1.0, 2.0]), Tensor.From([0.5, -1.0]));
                    return Optimizer.Adam(0.1).Apply(w, g, Optimizer.Adam(0.1).Start(w)).Parameters;
                }
            ),
            Mistake.Of<OptimizerException>(
                "An optimizer of one's own whose state changes its type",
                () =>
                {
                    var own = Optimizer.Of<Tensor>(_ => Tensor.Scalar(0), (g, t, _) => (g, t + 0.5), "Halves");
                    return own.Apply(Tensor.From([1.0]), Tensor.From([0.5]), own.Start(Tensor.From([1.0]))).Parameters;
                },
                () =>
                {
                    var own = Optimizer.Of<Tensor>(_ => Tensor.Scalar(0.0), (g, t, _) => (g, t + 0.5), "Halves");
                    return own.Apply(Tensor.From([1.0]), Tensor.From([0.5]), own.Start(Tensor.From([1.0]))).Parameters;
                }
            ),
        ];

    private static Mistake[] Numbers =>
        [
            Mistake.Of<NonFiniteException>(
                "A logarithm of zero, which Where only hides",
                () => CheckNumbers.Of((Tensor x) => Tensor.Where(x > 0, x.Log(), 0))(Tensor.From([2.0, 0.0])),
                () => CheckNumbers.Of((Tensor x) => Tensor.Where(x > 0, x, 1).Log())(Tensor.From([2.0, 0.0]))
            ),
        ];

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
            ("Shapes, ranks, axes and sizes that an operation cannot combine", [.. Shapes, .. Axes]),
            (
                "An element type that an operation does not take, two that it cannot combine, or a number that a type cannot hold",
                Types
            ),
            (
                "A number was asked of a tensor that has none yet, since it is being staged or batched, or whose derivative the number would lose",
                Values
            ),
            ("A tensor of a transformation was used after the transformation had ended", Ended),
            (
                "A compiled function was given, or reads, a mutable object whose changes it could not notice",
                CompiledMistakes.States
            ),
            ("A compiled function needs more programs than it was allowed", CompiledMistakes.Limits),
            (
                "A function is another program though nothing that a compiled function looks at has changed, under CheckCompiled",
                CompiledMistakes.Stale
            ),
            ("A function without a derivative of the asked kind", Differentiation),
            ("A body that does not keep what it carries, or a loop that ran past its bound", Loops),
            ("A custom rule that does not fit its function", Rules),
            ("A derivative that is not the function's", Checks),
            ("An operation that made a NaN or an infinity, under CheckNumbers", Numbers),
            ("An optimizer that was given the state of another, or a part of one's own that does not fit", Optimizers),
            ("A parameter tree that cannot be taken apart and rebuilt", Trees),
            ("A matrix that a factorization cannot take", LinearAlgebra),
            ("Data that a statistical method cannot use", Data),
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
