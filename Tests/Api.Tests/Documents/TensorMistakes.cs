namespace Pipeline.Api.Tests;

/// <summary>Wrong programs of docs/errors.md and their mended forms: what tensors, matrices and data cannot do.</summary>
internal static class TensorMistakes
{
    public static Mistake[] Shapes =>
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

    public static Mistake[] Axes =>
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

    public static Mistake[] Types =>
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

    public static Mistake[] LinearAlgebra =>
        [
            Mistake.Of<LinearAlgebraException>(
                "A matrix that is not positive definite",
                () => (Tensor.Eye(2) - 2).Cholesky(),
                () => (Tensor.Eye(2) + 2).Cholesky()
            ),
        ];

    public static Mistake[] Data =>
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
}
