/// Reductions and linear algebra as users call them: values, forward, reverse and second derivatives against reference values, eager and compiled.
module Pipeline.Tests.DerivativesGoldenTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests
open Pipeline.Tests.GoldenDerivatives

let private correction (case: Golden.Case) = (Golden.argument "ddof" case).Value.GetInt32()

let private reduction (f: int[] -> bool -> Tensor -> Tensor) : Program = fun case x -> [| f (axes case) (flag "keepdims" case) x[0] |]

let private spread (f: string -> int[] -> bool -> int -> Tensor -> Tensor) (after: Tensor -> Tensor) : Program =
    fun case x -> [| after (f "test" (axes case) (flag "keepdims" case) (correction case) x[0]) |]

let private along (f: int -> Tensor -> Tensor) : Program = fun case x -> [| f (Array.head (axes case)) x[0] |]

/// Along one axis; with none, of the flat array.
let private argument reduction : Program =
    fun case x ->
        let axis =
            match axes case with
            | null -> Nullable()
            | axes -> Nullable axes[0]

        let place = ReductionOperations.argReduce "test" reduction axis x[0]

        let kept =
            match axes case with
            | null -> ShapeOperations.reshape (Array.create x[0].Rank 1) place
            | axes -> ShapeOperations.expandDims axes[0] place

        [| (if flag "keepdims" case then kept else place) |]

let private order (case: Golden.Case) =
    match Golden.argument "ord" case with
    | ValueNone -> 2.0
    | ValueSome order when order.ToString() = "fro" -> 2.0
    | ValueSome order when order.ToString() = "inf" -> infinity
    | ValueSome order -> order.GetDouble()

let private reductions: Map<string, Program> =
    let plain name r = reduction (ReductionOperations.reduce name r)

    Map [
        "sum", reduction ReductionOperations.sum
        "mean", reduction ReductionOperations.mean
        "prod", plain "prod" Reduction.Product
        "max", plain "max" Reduction.Maximum
        "min", plain "min" Reduction.Minimum
        "argmax", argument Reduction.ArgMax
        "argmin", argument Reduction.ArgMin
        "logsumexp", reduction ReductionOperations.logSumExp
        "norm", (fun case x -> [| NormOperations.normOf (order case) (axes case) (flag "keepdims" case) x[0] |])
        "softmax", along ReductionOperations.softmax
        "log_softmax", along ReductionOperations.logSoftmax
        "cumsum", along (fun axis -> ReductionOperations.cumulativeSum axis false)
        "variance", spread ReductionOperations.variance id
        "std", spread ReductionOperations.standardDeviation id
        "nansum", reduction ReductionOperations.nanSum
        "nanmean", reduction ReductionOperations.nanMean
        "nanvar", spread ReductionOperations.nanVariance id
    ]

let private linalg: Map<string, Program> =
    Map [
        "linalg.cholesky", one cholesky
        "linalg.triangular_solve",
        fun case x -> [|
            ProductOperations.triangularSolve (flag "lower" case) (flag "transpose" case) (flag "unit_diagonal" case) x[0] x[1]
        |]
        "linalg.solve", two solve
        "linalg.inv", one inverse
        "linalg.matmul", two matmul
        "linalg.det", one det
        "linalg.qr",
        // The references are made unique by a positive diagonal of R.
        fun _ x ->
            let q, r = qr x[0]
            let diagonal = Primitive.select (Record.triangle Relation.Equal r.Dims) r (Primitive.fillLike r 0.0)
            let signs = Tensor.Map(Elementwise.sign, ReductionOperations.sum [| 1 |] false diagonal)
            [| q * signs; r * ShapeOperations.expandDims 1 signs |]
        "linalg.slogdet",
        fun _ x ->
            let sign, logarithm = slogdet x[0]
            [| sign; logarithm |]
    ]

[<Fact>]
let ``golden reductions`` () = check "reductions.json" (fun _ -> ValueNone) reductions

[<Fact>]
let ``golden linear algebra`` () = check "linalg.json" (fun _ -> ValueNone) linalg
