// Cholesky's factor of a positive definite matrix.
namespace Pipeline.Engine

open System
open Microsoft.FSharp.NativeInterop
open Pipeline

[<RequireQualifiedAccess>]
module internal Cholesky =
    /// A becomes the lower L of L L' = (A + A')/2, column after column: L_ij = (A_ij - sum_k<j L_ik L_jk) / L_jj. Columns of L are made as rows
    /// above the diagonal, where their numbers lie side by side, and turned at the end.
    let private factor (a: nativeptr<float>) (n: int) =
        for j in 0 .. n - 1 do
            CancellationScope.Check()
            let column = NativePtr.add a (j * n + j)
            let before = NativePtr.add a j

            for i in 0 .. n - j - 1 do
                NativePtr.set column i (0.5 * NativePtr.get column i + 0.5 * NativePtr.get column (i * n))

            KernelsElimination.subtract column (n - j) before n before n j
            let pivot = NativePtr.get column 0

            if not (pivot > 0.0) then
                raise (
                    LinearAlgebraException
                        $"Cholesky: the matrix is not positive definite (pivot {j} is {string pivot}). Add a multiple of the identity, or check that no row depends on the others."
                )

            let root = Math.Sqrt pivot
            NativePtr.set column 0 root

            for i in 1 .. n - j - 1 do
                NativePtr.set column i (NativePtr.get column i / root)

        for i in 1 .. n - 1 do
            for j in 0 .. i - 1 do
                NativePtr.set a (i * n + j) (NativePtr.get a (j * n + i))
                NativePtr.set a (j * n + i) 0.0

    let private run (operands: NDArray[]) : NDArray[] =
        let x = operands[0]
        let n = x.Shape[x.Rank - 1]
        let a = Matrices.work x
        use matrices = fixed a

        if n > 0 then
            for i in 0 .. a.Length / (n * n) - 1 do
                factor (NativePtr.add matrices (i * n * n)) n

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
