// Gaussian elimination with row exchanges.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal LU =
    /// A becomes U and, below its diagonal, L; the largest entry of each column is the pivot.
    let private eliminate (a: Span<float>) (pivots: Span<int>) (n: int) =
        for j in 0 .. n - 1 do
            CancellationScope.Check()
            let mutable pivot = j

            for i in j + 1 .. n - 1 do
                if abs a[i * n + j] > abs a[pivot * n + j] then pivot <- i

            pivots[j] <- pivot
            Matrices.exchange a n j pivot

            // A column of zeros has nothing to eliminate, and U its zero.
            if a[j * n + j] <> 0.0 then
                let other = a.Slice(j * n + j + 1, n - j - 1)

                for i in j + 1 .. n - 1 do
                    let factor = a[i * n + j] / a[j * n + j]
                    a[i * n + j] <- factor
                    Matrices.subtract (a.Slice(i * n + j + 1, n - j - 1)) factor other

    let private run (operands: NDArray[]) : NDArray[] =
        let x = operands[0]
        let n = x.Shape[x.Rank - 1]
        let a = Matrices.work x
        let shape = x.Shape[.. x.Rank - 2]
        let pivots: int[] = Array.zeroCreate (Shape.size shape)

        if n > 0 then
            for i in 0 .. pivots.Length / n - 1 do
                eliminate (a.AsSpan(i * n * n, n * n)) (pivots.AsSpan(i * n, n)) n

        [| NDArray.ofData DType.Float64 x.Shape a; NDArray.ofData DType.Int32 shape pivots |]

    let private infer (operands: TensorType[]) : TensorType[] =
        Matrices.requireCount "LU" 1 operands
        TypeChecks.requireFloat "LU" operands[0]
        Matrices.requireSquare "LU" operands[0]
        let shape = operands[0].Shape
        [| Typing.tensor DType.Float64 shape; Typing.tensor DType.Int32 shape[.. shape.Length - 2] |]

    /// A -> the matrix that holds U and, below its diagonal, L of P A = L U, and for each row the number of the row that it was exchanged with, int32.
    /// The matrix is float64 for a float32 A too, so that what is solved with it is rounded once. The results carry no tangent: systems and
    /// determinants, which share them, are differentiated through A.
    let routine = Routine("LU", null, infer, run, RoutineRule.Constant, places = [| 1 |])

    let apply (a: Tensor) : Tensor[] = Primitive.apply (Op.Routine routine) [| a |]
