// The inverses of matrices, by elimination.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Inverse =
    /// A [n, n] becomes the identity, and the identity X its inverse: Gauss and Jordan's elimination with the largest pivot of each column.
    let private eliminate (a: Span<float>) (x: Span<float>) (n: int) =
        for j in 0 .. n - 1 do
            CancellationScope.Check()
            let mutable pivot = j

            for i in j + 1 .. n - 1 do
                if abs a[i * n + j] > abs a[pivot * n + j] then pivot <- i

            let divisor = a[pivot * n + j]

            if divisor = 0.0 then
                raise (LinearAlgebraException $"Inverse: the matrix is singular (column {j} depends on those before it).")

            Matrices.exchange a n j pivot
            Matrices.exchange x n j pivot

            for c in 0 .. n - 1 do
                a[j * n + c] <- a[j * n + c] / divisor
                x[j * n + c] <- x[j * n + c] / divisor

            for i in 0 .. n - 1 do
                if i <> j then
                    let factor = a[i * n + j]
                    Matrices.subtract (a.Slice(i * n, n)) factor (a.Slice(j * n, n))
                    Matrices.subtract (x.Slice(i * n, n)) factor (x.Slice(j * n, n))

    /// Leading axes are a batch.
    let private run (operands: NDArray[]) : NDArray[] =
        let matrix = operands[0]
        let n = Array.last matrix.Shape
        let a = Matrices.work matrix
        let x = Array.zeroCreate<float> a.Length

        if n > 0 then
            for first in 0 .. n * n .. a.Length - 1 do
                for i in 0 .. n - 1 do
                    x[first + i * n + i] <- 1.0

                eliminate (a.AsSpan(first, n * n)) (x.AsSpan(first, n * n)) n

        [| Matrices.finish matrix.DType matrix.Shape x |]

    let private infer (operands: TensorType[]) : TensorType[] =
        Matrices.requireCount "Inverse" 1 operands
        TypeChecks.requireFloat "Inverse" operands[0]
        Matrices.requireSquare "Inverse" operands[0]
        operands

    /// A X = 1, so dX = -X dA X.
    let private change (_: Tensor[]) (results: Tensor[]) (tangents: Tensor[]) =
        let x, d = results[0], tangents[0]
        [| Primitive.negate (Matrices.product (Matrices.product x d) x) |]

    let routine =
        Routine("Inverse", null, infer, run, RoutineRule.Change(Rules.change "Inverse" infer change), mayFail = true)
