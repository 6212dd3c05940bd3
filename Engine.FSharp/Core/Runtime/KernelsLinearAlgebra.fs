// Cholesky factors, triangular and general systems over the last two axes, computed in float64 for either float dtype.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.InteropServices
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsLinearAlgebra =
    /// A fresh float64 copy to work in.
    let private work (x: NDArray) : float[] =
        let wide = KernelsViews.contiguous (KernelsMap.convert DType.Float64 x)
        (KernelsViews.elements<float> wide).ToArray()

    let private finish (dtype: DType) (shape: int[]) (numbers: float[]) =
        KernelsMap.convert dtype (NDArray.ofData DType.Float64 shape numbers)

    /// A becomes the lower L of L L' = (A + A')/2, by columns: L_ij = (A_ij - sum_k<j L_ik L_jk) / L_jj.
    let private choleskyFactor (a: Span<float>) (n: int) =
        for j in 0 .. n - 1 do
            CancellationScope.Check()

            for i in j .. n - 1 do
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

    let cholesky (x: NDArray) : NDArray =
        let n = x.Shape[x.Rank - 1]

        if x.Shape[x.Rank - 2] <> n then
            raise (ShapeException $"Cholesky takes square matrices, not {Shape.text x.Shape}.")

        let a = work x
        let square = n * n

        if square > 0 then
            for i in 0 .. a.Length / square - 1 do
                choleskyFactor (a.AsSpan(i * square, square)) n

        finish x.DType x.Shape a

    /// B becomes X with op(T) X = B, row by row: forwards where op(T) is lower, else backwards.
    let private solve (options: TriangularSolveOptions) (t: ReadOnlySpan<float>) (b: Span<float>) (n: int) (columns: int) =
        let forwards = options.Lower <> options.Transpose

        for step in 0 .. n - 1 do
            CancellationScope.Check()
            let i = if forwards then step else n - 1 - step
            let row = b.Slice(i * columns, columns)

            for solved in 0 .. step - 1 do
                let k = if forwards then solved else n - 1 - solved
                let coefficient = if options.Transpose then t[k * n + i] else t[i * n + k]
                let other = b.Slice(k * columns, columns)

                for c in 0 .. columns - 1 do
                    row[c] <- row[c] - coefficient * other[c]

            if not options.UnitDiagonal then
                for c in 0 .. columns - 1 do
                    row[c] <- row[c] / t[i * n + i]

    let triangularSolve (options: TriangularSolveOptions) (triangle: NDArray) (right: NDArray) : NDArray =
        let n = triangle.Shape[triangle.Rank - 1]
        let columns = right.Shape[right.Rank - 1]

        if triangle.Shape[triangle.Rank - 2] <> n || right.Rank <> triangle.Rank || right.Shape[right.Rank - 2] <> n then
            raise (
                ShapeException
                    $"TriangularSolve: the right side {Shape.text right.Shape} does not fit the triangle {Shape.text triangle.Shape}."
            )

        let t = work triangle
        let b = work right

        if n * columns > 0 then
            for i in 0 .. b.Length / (n * columns) - 1 do
                solve options (ReadOnlySpan(t, i * n * n, n * n)) (b.AsSpan(i * n * columns, n * columns)) n columns

        finish right.DType right.Shape b

    let private exchange (a: Span<float>) (width: int) (i: int) (j: int) =
        if i <> j then
            for c in 0 .. width - 1 do
                let entry = a[i * width + c]
                a[i * width + c] <- a[j * width + c]
                a[j * width + c] <- entry

    /// Row i less factor times row j, from a column on.
    let private subtractRow (a: Span<float>) (width: int) (i: int) (factor: float) (j: int) (first: int) =
        if factor <> 0.0 then
            let row = a.Slice(i * width + first, width - first)
            let other = a.Slice(j * width + first, width - first)

            let wide = MemoryMarshal.Cast<float, Vector<float>> row
            let otherWide = MemoryMarshal.Cast<float, Vector<float>> other

            for c in 0 .. wide.Length - 1 do
                wide[c] <- wide[c] - factor * otherWide[c]

            for c in wide.Length * Vector<float>.Count .. row.Length - 1 do
                row[c] <- row[c] - factor * other[c]

    /// A, n + 1 rows of which the last is free, becomes its factor; the largest entry of each column is the pivot.
    let private eliminate (a: Span<float>) (n: int) =
        for j in 0 .. n - 1 do
            CancellationScope.Check()
            let mutable pivot = j

            for i in j + 1 .. n - 1 do
                if abs a[i * n + j] > abs a[pivot * n + j] then pivot <- i

            a[n * n + j] <- float pivot
            exchange a n j pivot

            // A column of zeros has nothing to eliminate, and U its zero.
            if a[j * n + j] <> 0.0 then
                for i in j + 1 .. n - 1 do
                    let factor = a[i * n + j] / a[j * n + j]
                    a[i * n + j] <- factor
                    subtractRow a n i factor j (j + 1)

    /// P A = L U of each matrix, as Op.Factor says.
    let factor (matrix: NDArray) : NDArray =
        let rank = matrix.Rank
        let n = matrix.Shape[rank - 1]
        let a = work matrix
        let shape = Array.append matrix.Shape[.. rank - 3] [| n + 1; n |]
        let factors = Array.zeroCreate (Shape.size shape)

        if n > 0 then
            for i in 0 .. a.Length / (n * n) - 1 do
                let span = factors.AsSpan(i * (n + 1) * n, (n + 1) * n)
                a.AsSpan(i * n * n, n * n).CopyTo span
                eliminate span n

        NDArray.ofData DType.Float64 shape factors

    /// B becomes X with A X = B: L Y = P B, U X = Y.
    let private solveFactored (f: ReadOnlySpan<float>) (b: Span<float>) (n: int) (columns: int) =
        for j in 0 .. n - 1 do
            CancellationScope.Check()
            exchange b columns j (int f[n * n + j])

        for i in 1 .. n - 1 do
            CancellationScope.Check()

            for j in 0 .. i - 1 do
                subtractRow b columns i f[i * n + j] j 0

        for i in n - 1 .. -1 .. 0 do
            CancellationScope.Check()

            for k in i + 1 .. n - 1 do
                subtractRow b columns i f[i * n + k] k 0

            for c in 0 .. columns - 1 do
                b[i * columns + c] <- b[i * columns + c] / f[i * n + i]

    /// B becomes X with A' X = B: U' Y = B, L' Z = Y, X = P' Z.
    let private solveTransposed (f: ReadOnlySpan<float>) (b: Span<float>) (n: int) (columns: int) =
        for i in 0 .. n - 1 do
            CancellationScope.Check()

            for k in 0 .. i - 1 do
                subtractRow b columns i f[k * n + i] k 0

            for c in 0 .. columns - 1 do
                b[i * columns + c] <- b[i * columns + c] / f[i * n + i]

        for i in n - 2 .. -1 .. 0 do
            CancellationScope.Check()

            for k in i + 1 .. n - 1 do
                subtractRow b columns i f[k * n + i] k 0

        for j in n - 1 .. -1 .. 0 do
            exchange b columns j (int f[n * n + j])

    /// The factor of the matrix instead of the matrix.
    let generalSolve (transpose: bool) (factors: NDArray) (right: NDArray) : NDArray =
        let rank = right.Rank
        let n = right.Shape[rank - 2]
        let columns = right.Shape[rank - 1]
        let f, b = work factors, work right

        if n > 0 then
            for i in 0 .. f.Length / ((n + 1) * n) - 1 do
                let one = ReadOnlySpan(f, i * (n + 1) * n, (n + 1) * n)

                for j in 0 .. n - 1 do
                    if one[j * n + j] = 0.0 then
                        raise (
                            LinearAlgebraException
                                $"Solve: the matrix is singular (column {j} depends on those before it). Check that no row or column depends on the others, or add a multiple of the identity."
                        )

                let part = b.AsSpan(i * n * columns, n * columns)

                if transpose then solveTransposed one part n columns else solveFactored one part n columns

        finish right.DType right.Shape b
