// Triangular systems by substitution.
namespace Pipeline.Engine

open System.Collections.Concurrent
open Microsoft.FSharp.NativeInterop
open Pipeline

/// Which triangle is read, whether it is transposed, and whether its diagonal counts as ones.
type internal TriangularSolveOptions = { Lower: bool; Transpose: bool; UnitDiagonal: bool }

[<RequireQualifiedAccess>]
module internal TriangularSolve =
    /// B becomes X with op(T) X = B, row by row: forwards where op(T) is lower, else backwards.
    let private substitute (options: TriangularSolveOptions) (t: nativeptr<float>) (b: nativeptr<float>) (n: int) (columns: int) =
        let forwards = options.Lower <> options.Transpose
        let first, direction = if forwards then 0, 1 else n - 1, -1
        // From one factor of a row to the next, and from one row's factors to another's.
        let along, across = if options.Transpose then n, 1 else 1, n

        for solved in 0 .. n - 1 do
            CancellationScope.Check()
            let i = first + direction * solved
            let row = NativePtr.add b (i * columns)
            let factors = NativePtr.add t (i * across + first * along)
            let rows = NativePtr.add b (first * columns)
            KernelsElimination.subtract row columns factors (direction * along) rows (direction * columns) solved

            if not options.UnitDiagonal then
                let pivot = NativePtr.get t (i * n + i)

                for c in 0 .. columns - 1 do
                    NativePtr.set row c (NativePtr.get row c / pivot)

    let private run options (operands: NDArray[]) : NDArray[] =
        let right = operands[1]
        let n, columns = right.Shape[right.Rank - 2], right.Shape[right.Rank - 1]
        let t, b = Matrices.work operands[0], Matrices.work right
        use matrices = fixed t
        use rights = fixed b

        if n * columns > 0 then
            for i in 0 .. b.Length / (n * columns) - 1 do
                substitute options (NativePtr.add matrices (i * n * n)) (NativePtr.add rights (i * n * columns)) n columns

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
