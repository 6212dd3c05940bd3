using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// docs/first-hour.md: what goes wrong in a newcomer's first hour, each wrong program with its message and the mended one with its result,
/// as they are run here. After a change on purpose, move docs/first-hour.received.md over it.
/// </summary>
public sealed class FirstHourTests
{
    private sealed record Line(Tensor W, Tensor B);

    private sealed record Points(Tensor X, Tensor Y);

    private sealed record Settings(double Rate, int Steps);

    private static readonly Points Data = new(
        Tensor.From(
            new[,]
            {
                { 1.0, 2.0 },
                { 2.0, 1.0 },
                { 3.0, 5.0 },
                { 4.0, 3.0 },
            }
        ),
        Tensor.From([3.0, 4.0, 8.0, 7.0])
    );

    private static readonly Line Start = new(Tensor.From([0.0, 0.0]), 0.0);

    private static readonly RandomKey Key = new(0);

    private static Tensor Loss(Line m, Points d) => (d.X.Dot(m.W) + m.B - d.Y).Square().Mean();

    private static string Written(string text)
    {
        var path = Path.Combine(Path.GetTempPath(), "pipeline-first-hour.csv");
        File.WriteAllText(path, text);
        return path;
    }

    private static Mistake[] Shapes =>
        [
            Mistake.Of<ShapeException>(
                "Weights that do not fit the data",
                () => Data.X.Dot(Tensor.Zeros([3])),
                () => Data.X.Dot(Tensor.Zeros([2]))
            ),
            Mistake.Of<ShapeException>(
                "A matrix product of a vector's wrong side",
                () => Tensor.From([1.0, 2.0]).MatMul(Data.X),
                () => Data.X.MatMul(Tensor.From([1.0, 2.0]))
            ),
            Mistake.Of<ShapeException>(
                "More numbers, or fewer, than the shape holds",
                () => Tensor.From([1.0, 2.0, 3.0]).Reshape(2, 2),
                () => Tensor.From([1.0, 2.0, 3.0, 4.0]).Reshape(2, 2)
            ),
            Mistake.Of<ShapeException>(
                "Columns put side by side as rows",
                () => Tensor.Concatenate([Data.X, Tensor.Ones([4, 1])]),
                () => Tensor.Concatenate([Data.X, Tensor.Ones([4, 1])], axis: 1).Shape
            ),
            Mistake.Of<ShapeException>(
                "Vectors of different lengths in a stack",
                () => Tensor.Stack([Tensor.Ones([2]), Tensor.Ones([3])]),
                () => Tensor.Concatenate([Tensor.Ones([2]), Tensor.Ones([3])])
            ),
            Mistake.Of<ShapeException>(
                "The largest of nothing",
                () => Tensor.Zeros([0]).Max(),
                () => Tensor.Concatenate([Tensor.Zeros([0]), Tensor.From([double.NegativeInfinity])]).Max()
            ),
            Mistake.Of<ShapeException>(
                "The inverse of a matrix that is not square",
                () => Data.X.Inverse(),
                () => Data.X.T.Dot(Data.X).Inverse()
            ),
            Mistake.Of<ShapeException>(
                "The number of a whole vector",
                () => Data.Y.ToDouble(),
                () => Data.Y.Sum().ToDouble()
            ),
        ];

    private static Mistake[] Reach =>
        [
            Mistake.Of<ShapeException>(
                "A cube read as a table",
                () => Tensor.Ones([2, 3, 4]).ToArray2D<double>(),
                () => Tensor.Ones([2, 3, 4])[0].ToArray2D<double>().GetLength(1)
            ),
            Mistake.Of<ArgumentException>(
                "A span that is too short for the numbers",
                () =>
                {
                    var numbers = new double[4];
                    Data.X.CopyTo(numbers.AsSpan());
                    return numbers[3];
                },
                () =>
                {
                    var numbers = new double[Data.X.Size];
                    Data.X.CopyTo(numbers.AsSpan());
                    return numbers[3];
                }
            ),
            Mistake.Of<ShapeException>(
                "A mask with an answer for each column where rows are chosen",
                () => Data.X[Tensor.From([true, false])],
                () => Data.X[Data.Y > 5]
            ),
            Mistake.Of<ShapeException>(
                "Labels that count from 1",
                () => Data.X[Tensor.Arange(4), Tensor.From([1, 2, 2, 1])],
                () => Data.X[Tensor.Arange(4), Tensor.From([1, 2, 2, 1]) - 1]
            ),
            Mistake.Of<ArgumentException>(
                "One axis for a function of two arguments",
                () => Vectorized.Of((Tensor w, Tensor x) => x.Dot(w), [0])(Start.W, Data.X),
                () => Vectorized.Of((Tensor w, Tensor x) => x.Dot(w), [null, 0])(Start.W, Data.X)
            ),
            Mistake.Of<ShapeException>(
                "Rows and columns of a vector",
                () =>
                {
                    var (rows, columns) = Data.Y.Shape;
                    return rows * columns;
                },
                () =>
                {
                    var (rows, columns) = Data.X.Shape;
                    return rows * columns;
                }
            ),
        ];

    private static Mistake[] Derivatives =>
        [
            Mistake.Of<DifferentiationException>(
                "A loss that is a number for each row",
                () => Gradient.Of((Line m) => (Data.X.Dot(m.W) - Data.Y).Square())(Start),
                () => Gradient.Of((Line m) => (Data.X.Dot(m.W) - Data.Y).Square().Mean())(Start).W
            ),
            Mistake.Of<DifferentiationException>(
                "A derivative at a whole number",
                () => Gradient.Of((Tensor x) => x * x)(3),
                () => Gradient.Of((Tensor x) => x * x)(3.0)
            ),
            Mistake.Of<DifferentiationException>(
                "Parameters that hold no tensor",
                () => Gradient.Of((Settings s) => s.Rate * Tensor.Scalar(2.0))(new Settings(0.1, 5)),
                () => Gradient.Of((Tensor rate) => rate * 2.0)(0.1)
            ),
            Mistake.Of<DifferentiationException>(
                "The Hessian of a function that is not scalar",
                () => Hessian.Of((Tensor x) => x * x)(Tensor.From([1.0, 2.0])),
                () => Hessian.Of((Tensor x) => (x * x).Sum())(Tensor.From([1.0, 2.0]))
            ),
            Mistake.Of<ArgumentOutOfRangeException>(
                "A derivative of negative order",
                () => Derivative.Nth(x => x.Exp(), -1),
                () => Derivative.Nth(x => x.Exp(), 1)(0.0)
            ),
            Mistake.Of<LinearAlgebraException>(
                "Newton's step where the curvature is 0",
                () => Hessian.Of((Tensor x) => x.Sum().Pow(4))(Tensor.From([0.0, 0.0])).Solve(Tensor.From([1.0, 1.0])),
                () => Hessian.Of((Tensor x) => x.Pow(4).Sum())(Tensor.From([1.0, 2.0])).Solve(Tensor.From([1.0, 1.0]))
            ),
        ];

    private static Mistake[] Compilation =>
        [
            Mistake.Of<TracedValueException>(
                "A loop that ends by a number inside a compiled function",
                () =>
                    Compiled.Of(
                        (Tensor x) =>
                        {
                            while (x < 100)
                                x = x * 2;
                            return x;
                        }
                    )(3.0),
                () => Compiled.Of((Tensor x) => Loop.While(y => y < 100, y => y * 2, x))(3.0)
            ),
            Mistake.Of<TracedValueException>(
                "Array.Sort inside a vectorized function",
                () =>
                    Vectorized.Of(
                        (Tensor row) =>
                        {
                            var numbers = row.ToArray<double>();
                            Array.Sort(numbers);
                            return Tensor.From(numbers);
                        }
                    )(Data.X),
                () => Vectorized.Of((Tensor row) => row.Sort())(Data.X)
            ),
            Mistake.Of<ShapeException>(
                "A vectorized function of a single number",
                () => Vectorized.Of((Tensor x) => x * 2)(1.0),
                () => Vectorized.Of((Tensor x) => x * 2)(Tensor.From([1.0, 2.0]))
            ),
        ];

    private static Mistake[] Training =>
        [
            Mistake.Of<ArgumentOutOfRangeException>(
                "A learning rate of 0",
                () => Optimizer.GradientDescent(0),
                () =>
                    Optimizer
                        .GradientDescent(0.01)
                        .Minimize<Line, Points>(Loss)
                        .From(Start)
                        .FullBatch(Data)
                        .AtMost(5)
                        .Fit()
                        .Steps
            ),
            Mistake.Of<ShapeException>(
                "Batches larger than the data",
                () => Batches.Shuffled(Data, 16, Key).Count(),
                () => Batches.Shuffled(Data, 3, Key).Count()
            ),
            Mistake.Of<ShapeException>(
                "Data whose parts have different numbers of rows",
                () => Batches.InOrder(new Points(Data.X, Tensor.Ones([3])), 2).Count(),
                () => Batches.InOrder(new Points(Data.X, Tensor.Ones([4])), 2).Count()
            ),
        ];

    private static Mistake[] Tables =>
        [
            Mistake.Of<DataException>(
                "A column by a name that it does not have",
                () => Inference.LeastSquares(Dataset.FromColumns(("y", [1, 2, 4]), ("x", [1, 2, 3])), "Y"),
                () => Inference.LeastSquares(Dataset.FromColumns(("y", [1, 2, 4]), ("x", [1, 2, 3])), "y")["x"].Estimate
            ),
            Mistake.Of<DataException>(
                "As many coefficients as rows",
                () => Inference.LeastSquares(Data.X[..3], Data.Y[..3]),
                () => Inference.LeastSquares(Data.X, Data.Y).DegreesOfFreedom
            ),
            Mistake.Of<DataException>(
                "A column of ones beside the intercept",
                () => Inference.LeastSquares(Dataset.FromColumns(("y", [1, 2, 4]), ("one", [1, 1, 1])), "y"),
                () =>
                    Inference
                        .LeastSquares(Dataset.FromColumns(("y", [1, 2, 6]), ("one", [1, 1, 1])), "y", intercept: false)
                        .Coefficients[0]
            ),
            Mistake.Of<DataException>(
                "A value that is not a number in the data",
                () => Inference.LeastSquares(Tensor.From([1.0, double.NaN, 3.0, 5.0]).ExpandDims(1), Data.Y),
                () => Inference.LeastSquares(Tensor.From([1.0, 2.0, 3.0, 5.0]).ExpandDims(1), Data.Y)["x1"].Estimate
            ),
            Mistake.Of<DataException>(
                "A file with missing values",
                () => Dataset.FromCsv(Written("y,x\n1,2\n3,NA\n5,6\n")),
                () => Dataset.FromCsv(Written("y,x\n1,2\n3,NA\n5,6\n"), new CsvOptions { Missing = MissingRows.Drop })
            ),
            Mistake.Of<DataException>(
                "A column of texts",
                () => Dataset.FromCsv(Written("name,y,x\nAda,1,2\nBob,3,4\n")),
                () => Dataset.FromCsv(Written("name,y,x\nAda,1,2\nBob,3,4\n"), "y", "x")
            ),
            Mistake.Of<DataException>(
                "A constant column to standardize",
                () => Dataset.FromColumns(("a", [1, 2]), ("b", [3, 3])).Standardize(),
                () => Dataset.FromColumns(("a", [1, 2]), ("b", [3, 3])).Standardize("a").Standardized["a"].ToArray()[0]
            ),
        ];

    [Fact]
    public void The_page_is_what_its_programs_print()
    {
        (string Title, Mistake[] Mistakes)[] chapters =
        [
            ("Shapes", Shapes),
            ("From .NET and back", Reach),
            ("Derivatives", Derivatives),
            ("Compiled and vectorized functions", Compilation),
            ("Training", Training),
            ("Tables and inference", Tables),
        ];
        Assert.InRange(chapters.Sum(chapter => chapter.Mistakes.Length), 30, int.MaxValue);
        var texts = chapters.SelectMany(chapter => chapter.Mistakes.Select(m => $"{m}").Prepend($"## {chapter.Title}"));
        const string opening = """
            # The first hour

            What goes wrong first: each wrong program with the message that it meets, and the mended program with what it returns, as a test
            runs them. [The errors page](errors.md) has a chapter for each exception. `Data`, `Start`, `Loss` and `Key` are four rows of two
            features, a line of zeros, its mean squared error, and `new RandomKey(0)`.
            """;
        ApprovedPage.Check("first-hour", string.Join("\n\n", texts.Prepend(opening.ReplaceLineEndings("\n"))) + "\n");
    }
}
