// Cholesky's factor of a positive definite matrix.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Cholesky =
    /// A becomes the lower L of L L' = (A + A')/2, by columns: L_ij = (A_ij - sum_k<j L_ik L_jk) / L_jj.
    let private factor (a: Span<float>) (n: int) =
        for j in 0 .. n - 1 do
            CancellationScope.Check()

            for i in j .. n - 1 do
                if j >= 256 then CancellationScope.Check()

                let mutable sum = 0.5 * a[i * n + j] + 0.5 * a[j * n + i]

                for k in 0 .. j - 1 do
                    sum <- sum - a[i * n + k] * a[j * n + k]

                if i > j then
                    a[i * n + j] <- sum / a[j * n + j]
                elif sum > 0.0 then
                    a[j * n + j] <- Math.Sqrt sum
                else
                    raise (
                        LinearAlgebraException
                            $"Cholesky: the matrix is not positive definite (pivot {j} is {string sum}). Add a multiple of the identity, or check that no row depends on the others."
                    )

            // Entries above the diagonal are read for the last time in column j.
            for i in 0 .. j - 1 do
                a[i * n + j] <- 0.0

    let private run (operands: NDArray[]) : NDArray[] =
        let x = operands[0]
        let n = x.Shape[x.Rank - 1]
        let a = Matrices.work x

        if n > 0 then
            for i in 0 .. a.Length / (n * n) - 1 do
                factor (a.AsSpan(i * n * n, n * n)) n

        [| Matrices.finish x.DType x.Shape a |]

    let private infer (operands: TensorType[]) : TensorType[] =
        Matrices.requireCount "Cholesky" 1 operands
        TypeChecks.requireFloat "Cholesky" operands[0]
        Matrices.requireSquare "Cholesky" operands[0]
        operands

    /// dL = L phi(L^-1 dA L^-T), phi the lower triangle with half the diagonal, dA symmetrised as A is.
    let private change (_: Tensor[]) (results: Tensor[]) (tangents: Tensor[]) =
        let l, d = results[0], tangents[0]
        let solve b = TriangularSolve.apply { Lower = true; Transpose = false; UnitDiagonal = false } l b
        let half (a: Tensor) = Primitive.multiply a (Primitive.fillLike a 0.5)
        let symmetric = half (Primitive.add d (Matrices.transpose d))
        let inner = Matrices.transpose (solve (Matrices.transpose (solve symmetric)))

        let upper =
            Primitive.select (Record.triangle Relation.Equal inner.Dims) (half inner) (Primitive.fillLike inner 0.0)

        [| Matrices.product l (Primitive.select (Record.triangle Relation.LessEqual inner.Dims) upper inner) |]

    /// A -> the lower factor of A symmetrised; throws if it is not positive definite.
    let routine =
        Routine("Cholesky", null, infer, run, RoutineRule.Change(Rules.change "Cholesky" infer change), mayFail = true)

    let apply (a: Tensor) : Tensor = Primitive.apply1 (Op.Routine routine) a
