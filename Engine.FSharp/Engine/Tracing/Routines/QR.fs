// QR factors by Householder's reflections.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal QR =
    /// The reflection 1 - tau v v', v_j = 1, that makes zeros below row j of column j of A, m by n: v comes in their place, beta on the diagonal.
    /// beta = -sign(alpha) |x| and tau = (beta - alpha) / beta as in LAPACK; where there is nothing to do, tau is 0.
    let private reflector (a: Span<float>) (m: int) (n: int) (j: int) : float =
        let alpha = a[j * n + j]
        let mutable below = 0.0

        for i in j + 1 .. m - 1 do
            CancellationScope.CheckAt i
            below <- Math.Max(below, abs a[i * n + j])

        if below = 0.0 then
            0.0
        else
            // In units of the largest entry, so that no square leaves the range.
            let unit = Math.Max(below, abs alpha)
            let mutable squares = (alpha / unit) * (alpha / unit)

            for i in j + 1 .. m - 1 do
                CancellationScope.CheckAt i
                let entry = a[i * n + j] / unit
                squares <- squares + entry * entry

            let beta = -Math.CopySign(Math.Sqrt squares, alpha)

            for i in j + 1 .. m - 1 do
                CancellationScope.CheckAt i
                a[i * n + j] <- a[i * n + j] / unit / (alpha / unit - beta)

            a[j * n + j] <- beta * unit
            (beta - alpha / unit) / beta

    /// B <- (1 - tau v v') B from column `first` on, v being in column j of A below row j: B less v times the row tau v' B.
    let private reflect
        (a: Span<float>)
        (n: int)
        (j: int)
        (tau: float)
        (b: Span<float>)
        (m: int)
        (width: int)
        (first: int)
        (row: Span<float>)
        =
        if tau <> 0.0 then
            let row = row.Slice(first, width - first)
            b.Slice(j * width + first, row.Length).CopyTo row

            for i in j + 1 .. m - 1 do
                CancellationScope.CheckAt i
                Matrices.subtract row -a[i * n + j] (b.Slice(i * width + first, row.Length))

            Matrices.subtract (b.Slice(j * width + first, row.Length)) tau row

            for i in j + 1 .. m - 1 do
                CancellationScope.CheckAt i
                Matrices.subtract (b.Slice(i * width + first, row.Length)) (tau * a[i * n + j]) row

    /// A [m, n] becomes Q [m, k] and R [k, n], k the lesser of m and n.
    let private factor (a: Span<float>) (q: Span<float>) (r: Span<float>) (m: int) (n: int) =
        let k = min m n
        let taus = Array.zeroCreate<float> k
        let row = Array.zeroCreate<float>(max n k)

        for j in 0 .. k - 1 do
            CancellationScope.Check()
            taus[j] <- reflector a m n j
            reflect a n j taus[j] a m n (j + 1) (row.AsSpan())

        for j in 0 .. k - 1 do
            q[j * k + j] <- 1.0
            a.Slice(j * n + j, n - j).CopyTo(r.Slice(j * n + j, n - j))

        for j in k - 1 .. -1 .. 0 do
            CancellationScope.Check()
            reflect a n j taus[j] q m k j (row.AsSpan())

    let private shapes (shape: int[]) : struct (int[] * int[]) =
        let lead, m, n = shape[.. shape.Length - 3], shape[shape.Length - 2], shape[shape.Length - 1]
        struct (Array.append lead [| m; min m n |], Array.append lead [| min m n; n |])

    let private run (operands: NDArray[]) : NDArray[] =
        let x = operands[0]
        let m, n = x.Shape[x.Rank - 2], x.Shape[x.Rank - 1]
        let k = min m n
        let struct (shapeQ, shapeR) = shapes x.Shape
        let a = Matrices.work x
        let q, r = Array.zeroCreate (Shape.size shapeQ), Array.zeroCreate (Shape.size shapeR)

        if k > 0 then
            for i in 0 .. a.Length / (m * n) - 1 do
                factor (a.AsSpan(i * m * n, m * n)) (q.AsSpan(i * m * k, m * k)) (r.AsSpan(i * k * n, k * n)) m n

        [| Matrices.finish x.DType shapeQ q; Matrices.finish x.DType shapeR r |]

    let private infer (operands: TensorType[]) : TensorType[] =
        Matrices.requireCount "QR" 1 operands
        let x = operands[0]
        TypeChecks.requireFloat "QR" x

        if x.Shape.Length < 2 then
            raise (ShapeException $"QR: takes matrices (the last two axes), not {Shape.text x.Shape}.")

        let struct (q, r) = shapes x.Shape
        [| { x with Shape = q }; { x with Shape = r } |]

    /// With M = Q' dA R^-1 and U its part on and above the diagonal, the part below it added across: dQ = dA R^-1 - Q U and dR = U R, since Q' dQ = M - U
    /// is skew and U = dR R^-1 upper triangular. Of a wide A the first columns make Q, and the others of R are Q' A.
    let private change (operands: Tensor[]) (results: Tensor[]) (tangents: Tensor[]) =
        let a, d, q, r = operands[0], tangents[0], results[0], results[1]
        let k, n, last = Array.last q.Dims, Array.last r.Dims, r.Rank - 1
        let columns first limit (x: Tensor) = Primitive.sliceAxis last first limit x
        let square = columns 0 k r

        let quotient =
            columns 0 k d
            |> Matrices.transpose
            |> TriangularSolve.apply { Lower = false; Transpose = true; UnitDiagonal = false } square
            |> Matrices.transpose

        let m = Matrices.product (Matrices.transpose q) quotient
        let diagonal = Primitive.select (Record.triangle Relation.Equal m.Dims) m (Primitive.fillLike m 0.0)
        let u = Primitive.select (Record.triangle Relation.Less m.Dims) (Primitive.add m (Matrices.transpose m)) diagonal
        let dq = Primitive.subtract quotient (Matrices.product q u)
        let dr = Matrices.product u square

        if n = k then
            [| dq; dr |]
        else
            let across x y = Matrices.product (Matrices.transpose x) (columns k n y)
            [| dq; Primitive.concatenate last [| dr; Primitive.add (across dq a) (across q d) |] |]

    /// A [.., m, n] -> Q [.., m, k] of orthonormal columns and R [.., k, n] with zeros below its diagonal, Q R = A, k the lesser of m and n. Q and R have the
    /// signs that LAPACK gives them. Where the first k columns of A depend on one another there is no derivative, and it is infinite or NaN.
    let routine = Routine("QR", null, infer, run, RoutineRule.Change(Rules.change "QR" infer change))

    let apply (a: Tensor) : struct (Tensor * Tensor) =
        let results = Primitive.apply (Op.Routine routine) [| a |]
        struct (results[0], results[1])
