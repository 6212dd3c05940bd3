/// Reductions and linear algebra as users call them: values, forward, reverse and second derivatives against reference values, eager and compiled.
module Pipeline.Tests.DerivativesGoldenTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests

type private Program = Golden.Case -> Tensor[] -> Tensor[]

let private axes (case: Golden.Case) : int[] =
    match Golden.argument "axis" case with
    | ValueSome axes -> Golden.integers axes
    | ValueNone -> null

let private flag name (case: Golden.Case) =
    match Golden.argument name case with
    | ValueSome value -> value.GetBoolean()
    | ValueNone -> false

let private correction (case: Golden.Case) =
    (Golden.argument "ddof" case).Value.GetInt32()

let private reduction (f: int[] -> bool -> Tensor -> Tensor) : Program =
    fun case x -> [| f (axes case) (flag "keepdims" case) x[0] |]

let private spread (f: string -> int[] -> bool -> int -> Tensor -> Tensor) (after: Tensor -> Tensor) : Program =
    fun case x -> [| after (f "test" (axes case) (flag "keepdims" case) (correction case) x[0]) |]

let private along (f: int -> Tensor -> Tensor) : Program =
    fun case x -> [| f (Array.head (axes case)) x[0] |]

let private reductions: Map<string, Program> =
    let plain name r = reduction (Operations.reduce name r)

    Map
        [
            "sum", reduction Operations.sum
            "mean", reduction Operations.mean
            "prod", plain "prod" Reduction.Product
            "max", plain "max" Reduction.Maximum
            "min", plain "min" Reduction.Minimum
            "logsumexp", reduction Operations.logSumExp
            "softmax", along Operations.softmax
            "log_softmax", along Operations.logSoftmax
            "cumsum", along (fun axis -> Operations.cumulativeSum axis false)
            "variance", spread Operations.variance id
            "std", spread Operations.variance sqrt
            "nansum", reduction Operations.nanSum
            "nanmean", reduction Operations.nanMean
            "nanvar", spread Operations.nanVariance id
        ]

/// Where an entry is infinite, the gradient of a logarithm of a sum of exponentials is 0, not 1 at that entry.
let private isBeyond (case: Golden.Case) =
    case.Operation = "logsumexp"
    && Array.contains Double.PositiveInfinity case.Inputs[0].Data

let private one (f: Tensor -> Tensor) : Program = fun _ x -> [| f x[0] |]
let private two (f: Tensor -> Tensor -> Tensor) : Program = fun _ x -> [| f x[0] x[1] |]

let private linalg: Map<string, Program> =
    Map
        [
            "linalg.cholesky", one cholesky
            "linalg.triangular_solve",
            fun case x ->
                [|
                    Operations.triangularSolve
                        (flag "lower" case)
                        (flag "transpose" case)
                        (flag "unit_diagonal" case)
                        x[0]
                        x[1]
                |]
            "linalg.solve", two solve
            "linalg.inv", one inverse
            "linalg.matmul", two matmul
            "linalg.det", one det
            "linalg.slogdet",
            fun _ x ->
                let sign, logarithm = slogdet x[0]
                [| sign; logarithm |]
        ]

let private tensors (references: Golden.Reference voption[]) (like: Tensor[]) =
    Array.map2
        (fun (reference: Golden.Reference voption) (x: Tensor) ->
            match reference with
            | ValueSome r -> Tensor r.Value
            | ValueNone -> Primitive.fillLike x 0.0)
        references
        like

/// What is computed, the references, and the computation on the inputs.
let private computations (case: Golden.Case) (f: Tensor[] -> Tensor[]) =
    let isSkipped name =
        match case.Element.TryGetProperty "skip" with
        | true, skipped -> fst (skipped.TryGetProperty(name: string))
        | _ -> false

    let known = Array.map ValueSome

    [
        "value", known case.Outputs, f
        if not (isSkipped "jvp") then
            for derivative in case.Forward do
                let compute (x: Tensor[]) =
                    snd (jvp f x (tensors derivative.Given x))

                "forward", derivative.Result, compute
        if not (isSkipped "vjp") then
            for derivative in case.Reverse do
                let compute (x: Tensor[]) =
                    let y, back = vjp f x
                    back (tensors derivative.Given y)

                "reverse", derivative.Result, compute
        match case.Element.TryGetProperty "second" with
        | true, list ->
            for second in list.EnumerateArray() do
                let tangents (name: string) =
                    Golden.references name second |> Array.map ValueSome

                let along name g (x: Tensor[]) : Tensor[] =
                    snd (jvp g x (tensors (tangents name) x))

                "second", known (Golden.references "out" second), along "tangent2" (along "tangent1" f)
        | _ -> ()
    ]

let private check (output: ITestOutputHelper) file least (programs: Map<string, Program>) =
    let mutable compared = 0

    let wrong =
        [
            for case in Golden.read file |> Array.filter (isBeyond >> not) do
                match programs.TryFind case.Operation with
                | Some program when case.IsError ->
                    let x = case.Inputs |> Array.map (fun input -> Tensor input.Value)

                    for f in [ program case; jit (program case) ] do
                        try
                            f x |> ignore
                            $"{case.Id} must throw."
                        with :? PipelineException ->
                            ()
                | Some program ->
                    for case in Golden.inBothPrecisions case do
                        let x = case.Inputs |> Array.map (fun input -> Tensor input.Value)

                        for what, expected, compute in computations case (program case) do
                            for variant, run in [ "eager", compute; "compiled", jit compute ] do
                                let actual = run x |> Array.map (fun (a: Tensor) -> a.Read "test")

                                match Golden.compare case expected actual with
                                | Ok count -> compared <- compared + count
                                | Error message -> $"{what}, {variant}, {x[0].DType}: {message}"
                | None -> ()
        ]

    output.WriteLine $"{file}: {compared} values compared"
    Assert.True(wrong.IsEmpty, $"{wrong.Length} failed\n" + String.Join("\n", wrong))
    Assert.True(compared >= least, $"only {compared} values were compared")

type DerivativesGolden(output: ITestOutputHelper) =
    [<Fact>]
    member _.reductions() =
        check output "reductions.json" 1000 reductions

    [<Fact>]
    member _.``linear algebra``() = check output "linalg.json" 1000 linalg
