// Products of matrices, and systems of linear equations.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal ProductOperations =
    /// The product of the last axis of the left by the second to last, or only, axis of the right, by the ranks of both: made once.
    let private ofRanks = [|
        for left in 1..3 ->
            [|
                for right in 1..3 -> Op.Dot { Batch = 0; ContractLeft = [| left - 1 |]; ContractRight = [| max 0 (right - 2) |] }
            |]
    |]

    /// Vectors: the inner product. Otherwise the last axis of a against the second to last (or only) axis of b, as NumPy's dot;
    /// the exemption from annihilation (0 * infinity = NaN here) is documented at the public operation.
    let dot (a: Tensor) (b: Tensor) =
        let dtype, weak = DType.promote ((Operations.required a).DType, a.Weak) ((Operations.required b).DType, b.Weak)

        let a, b = Tensor.Cast(a, dtype, weak), Tensor.Cast(b, dtype, weak)

        if a.Rank = 0 || b.Rank = 0 then
            a * b
        elif a.Rank <= 3 && b.Rank <= 3 then
            Tensor.Apply1(ofRanks[a.Rank - 1].[b.Rank - 1], a, b)
        else
            Primitive.dot { Batch = 0; ContractLeft = [| a.Rank - 1 |]; ContractRight = [| max 0 (b.Rank - 2) |] } a b

    /// NumPy's matmul: leading axes broadcast, a vector on the left is a row, on the right a column.
    let matrixProduct (a: Tensor) (b: Tensor) =
        if (Operations.required a).Rank = 0 || (Operations.required b).Rank = 0 then
            raise (ShapeException $"MatMul: takes no scalars, but was given {Shape.text a.Dims} and {Shape.text b.Dims}; use *.")

        if a.Rank <= 2 && b.Rank <= 2 then
            Operations.named "MatMul" (fun () -> dot a b)
        else
            let dtype, weak = DType.promote (a.DType, a.Weak) (b.DType, b.Weak)
            let a, b = Tensor.Cast(a, dtype, weak), Tensor.Cast(b, dtype, weak)

            let left = if a.Rank = 1 then Primitive.reshape [| 1; a.Dims[0] |] a else a

            let right = if b.Rank = 1 then Primitive.reshape [| b.Dims[0]; 1 |] b else b

            let lead = Shape.broadcast "MatMul" left.Dims[.. left.Rank - 3] right.Dims[.. right.Rank - 3]

            let spread (t: Tensor) = Tensor.BroadcastTo("MatMul", t, Array.append lead t.Dims[t.Rank - 2 ..])

            let n = lead.Length

            let product =
                Operations.named "MatMul" (fun () ->
                    Primitive.dot { Batch = n; ContractLeft = [| n + 1 |]; ContractRight = [| n |] } (spread left) (spread right))

            let shape = [|
                yield! lead
                if a.Rank > 1 then product.Dims[n]
                if b.Rank > 1 then product.Dims[n + 1]
            |]

            Primitive.reshape shape product

    let requireSquare operation (a: Tensor) =
        if a.Rank < 2 || a.Dims[a.Rank - 1] <> a.Dims[a.Rank - 2] then
            raise (ShapeException $"{operation}: takes square matrices (the last two axes), not {Shape.text a.Dims}.")

    let cholesky (a: Tensor) = Cholesky.apply (Tensor.Real a)

    let qr (a: Tensor) = QR.apply (Tensor.Real(Operations.required a))

    /// A solve of matrices; B may be a vector where A has one axis more.
    let private solveWith (solve: Tensor -> Tensor -> Tensor) (a: Tensor) (b: Tensor) =
        let dtype, weak = DType.promote ((Operations.required a).DType, a.Weak) ((Operations.required b).DType, b.Weak)

        let a, b = Tensor.Real(Tensor.Cast(a, dtype, weak)), Tensor.Real(Tensor.Cast(b, dtype, weak))

        if b.Rank = a.Rank - 1 then
            Primitive.reshape b.Dims (solve a (Primitive.reshape (Array.append b.Dims [| 1 |]) b))
        else
            solve a b

    /// X with op(T) X = B; B a matrix, or a vector where T is a single matrix.
    let triangularSolve lower transpose unitDiagonal (t: Tensor) (b: Tensor) =
        let options = { Lower = lower; Transpose = transpose; UnitDiagonal = unitDiagonal }

        solveWith (fun t b -> Operations.named "SolveTriangular" (fun () -> TriangularSolve.apply options t b)) t b

    /// X with A X = B.
    let solve (a: Tensor) (b: Tensor) =
        requireSquare "Solve" (Operations.required a)
        solveWith Solve.apply a b

    /// X with A X = 1.
    let inverse (a: Tensor) =
        let a = Tensor.Real(Operations.required a)
        requireSquare "Inverse" a
        let diagonal = Record.triangle Relation.Equal a.Dims
        Operations.named "Inverse" (fun () -> solve a (Primitive.convert a.DType diagonal))
