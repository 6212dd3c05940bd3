// Systems of linear equations by a matrix's LU factors.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open Pipeline

[<RequireQualifiedAccess>]
module internal Solve =
    let private row (b: Span<float>) (columns: int) (i: int) = b.Slice(i * columns, columns)

    /// B becomes X with A X = B: L Y = P B, U X = Y.
    let private substitute (lu: Span<float>) (pivots: Span<int>) (b: Span<float>) (n: int) (columns: int) =
        for j in 0 .. n - 1 do
            CancellationScope.Check()
            Matrices.exchange b columns j pivots[j]

        for i in 1 .. n - 1 do
            CancellationScope.Check()

            for j in 0 .. i - 1 do
                Matrices.subtract (row b columns i) lu[i * n + j] (row b columns j)

        for i in n - 1 .. -1 .. 0 do
            CancellationScope.Check()

            for k in i + 1 .. n - 1 do
                Matrices.subtract (row b columns i) lu[i * n + k] (row b columns k)

            for c in 0 .. columns - 1 do
                b[i * columns + c] <- b[i * columns + c] / lu[i * n + i]

    /// B becomes X with A' X = B: U' Y = B, L' Z = Y, X = P' Z.
    let private substituteTransposed (lu: Span<float>) (pivots: Span<int>) (b: Span<float>) (n: int) (columns: int) =
        for i in 0 .. n - 1 do
            CancellationScope.Check()

            for k in 0 .. i - 1 do
                Matrices.subtract (row b columns i) lu[k * n + i] (row b columns k)

            for c in 0 .. columns - 1 do
                b[i * columns + c] <- b[i * columns + c] / lu[i * n + i]

        for i in n - 2 .. -1 .. 0 do
            CancellationScope.Check()

            for k in i + 1 .. n - 1 do
                Matrices.subtract (row b columns i) lu[k * n + i] (row b columns k)

        for j in n - 1 .. -1 .. 0 do
            Matrices.exchange b columns j pivots[j]

    let private run (transpose: bool) (operands: NDArray[]) : NDArray[] =
        let lu, pivots, right = KernelsViews.contiguous operands[1], KernelsViews.contiguous operands[2], operands[3]
        let n, columns = right.Shape[right.Rank - 2], right.Shape[right.Rank - 1]
        let b = Matrices.work right

        if n > 0 then
            for i in 0 .. pivots.Size / n - 1 do
                let factors = (KernelsViews.elements<float> lu).Slice(i * n * n, n * n)
                let exchanged = (KernelsViews.elements<int> pivots).Slice(i * n, n)

                for j in 0 .. n - 1 do
                    if factors[j * n + j] = 0.0 then
                        raise (
                            LinearAlgebraException
                                $"Solve: the matrix is singular (column {j} depends on those before it). Check that no row or column depends on the others, or add a multiple of the identity."
                        )

                let part = b.AsSpan(i * n * columns, n * columns)

                if transpose then
                    substituteTransposed factors exchanged part n columns
                else
                    substitute factors exchanged part n columns

        [| Matrices.finish right.DType right.Shape b |]

    let private infer (operands: TensorType[]) : TensorType[] =
        Matrices.requireCount "Solve" 4 operands
        let factors = LU.routine.Infer operands[..0]

        for k in 0..1 do
            if operands[1 + k] <> factors[k] then
                raise (ShapeException $"Solve: {operands[1 + k]} is no result of LU on the matrix {operands[0]}.")

        Matrices.system "Solve" operands[0] operands[3]

    let private product transpose (a: Tensor) (x: Tensor) = Matrices.product (if transpose then Matrices.transpose a else a) x

    let private made = ConcurrentDictionary<bool, Routine>()

    /// (A, both results of LU on A, B) -> X with A X = B, or A' X = B; throws if A is singular.
    let rec routine (transpose: bool) : Routine = made.GetOrAdd(transpose, make)

    and private make transpose =
        let inverse = {
            Product = Rules.product "Solve" (product transpose)
            Transpose = Rules.operation "Solve" (fun () -> Op.Routine(routine (not transpose)))
        }

        Routine("Solve", transpose, infer, run transpose, RoutineRule.Inverse inverse, mayFail = true)

    /// X with A X = B by the factors of A.
    let by (factors: Tensor[]) (a: Tensor) (b: Tensor) : Tensor =
        Primitive.apply (Op.Routine(routine false)) [| a; factors[0]; factors[1]; b |] |> Array.head

    /// X with A X = B.
    let apply (a: Tensor) (b: Tensor) : Tensor = by (LU.apply a) a b
