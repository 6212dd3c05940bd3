// Triangular systems by substitution.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open Pipeline

/// Which triangle is read, whether it is transposed, and whether its diagonal counts as ones.
type internal TriangularSolveOptions = { Lower: bool; Transpose: bool; UnitDiagonal: bool }

[<RequireQualifiedAccess>]
module internal TriangularSolve =
    /// B becomes X with op(T) X = B, row by row: forwards where op(T) is lower, else backwards.
    let private substitute (options: TriangularSolveOptions) (t: ReadOnlySpan<float>) (b: Span<float>) (n: int) (columns: int) =
        let forwards = options.Lower <> options.Transpose

        for step in 0 .. n - 1 do
            CancellationScope.Check()
            let i = if forwards then step else n - 1 - step
            let row = b.Slice(i * columns, columns)

            for solved in 0 .. step - 1 do
                if columns >= 256 then CancellationScope.Check() else CancellationScope.CheckAt solved

                let k = if forwards then solved else n - 1 - solved
                let coefficient = if options.Transpose then t[k * n + i] else t[i * n + k]
                let other = b.Slice(k * columns, columns)

                for c in 0 .. columns - 1 do
                    row[c] <- row[c] - coefficient * other[c]

            if not options.UnitDiagonal then
                for c in 0 .. columns - 1 do
                    row[c] <- row[c] / t[i * n + i]

    let private run options (operands: NDArray[]) : NDArray[] =
        let right = operands[1]
        let n, columns = right.Shape[right.Rank - 2], right.Shape[right.Rank - 1]
        let t, b = Matrices.work operands[0], Matrices.work right

        if n * columns > 0 then
            for i in 0 .. b.Length / (n * columns) - 1 do
                substitute options (ReadOnlySpan(t, i * n * n, n * n)) (b.AsSpan(i * n * columns, n * columns)) n columns

        [| Matrices.finish right.DType right.Shape b |]

    let private infer (operands: TensorType[]) : TensorType[] =
        Matrices.requireCount "TriangularSolve" 2 operands
        Matrices.system "TriangularSolve" operands[0] operands[1]

    /// op(T) X of the triangle that is read, for a change of T: nothing on a diagonal of ones.
    let private product (options: TriangularSolveOptions) (t: Tensor) (x: Tensor) =
        let zero = Primitive.fillLike t 0.0

        let upper =
            Record.triangle (if options.Lower = options.UnitDiagonal then Relation.LessEqual else Relation.Less) t.Dims

        let triangle = if options.Lower then Primitive.select upper zero t else Primitive.select upper t zero
        Matrices.product (if options.Transpose then Matrices.transpose triangle else triangle) x

    let private made = ConcurrentDictionary<TriangularSolveOptions, Routine>()

    /// (T, B) -> X with op(T) X = B.
    let rec routine (options: TriangularSolveOptions) : Routine = made.GetOrAdd(options, make)

    and private make options =
        let transposed () = Op.Routine(routine { options with Transpose = not options.Transpose })

        let inverse = {
            Product = Rules.product "TriangularSolve" (product options)
            Transpose = Rules.operation "TriangularSolve" transposed
        }

        Routine("TriangularSolve", options, infer, run options, RoutineRule.Inverse inverse)

    let apply options (t: Tensor) (b: Tensor) : Tensor = Tensor.Apply1(Op.Routine(routine options), t, b)
