/// Golden cases of operations as users call them: values, forward, reverse and second derivatives, eager and compiled, in both precisions.
module internal Pipeline.Tests.GoldenDerivatives

open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests

type Program = Golden.Case -> Tensor[] -> Tensor[]

/// Why a case is beyond the operations that exist; none for a case that runs.
type Limit = Golden.Case -> string voption

let axes (case: Golden.Case) : int[] =
    match Golden.argument "axis" case with
    | ValueSome axes -> Golden.integers axes
    | ValueNone -> null

let flag name (case: Golden.Case) =
    match Golden.argument name case with
    | ValueSome value -> value.GetBoolean()
    | ValueNone -> false

let one (f: Tensor -> Tensor) : Program = fun _ x -> [| f x[0] |]
let two (f: Tensor -> Tensor -> Tensor) : Program = fun _ x -> [| f x[0] x[1] |]

let private tensors (references: Golden.Reference voption[]) (like: Tensor[]) =
    Array.map2
        (fun (reference: Golden.Reference voption) (x: Tensor) ->
            match reference with
            | ValueSome r -> Tensor r.Value
            | ValueNone -> Primitive.fillLike x 0.0)
        references
        like

/// What is computed, the references, and the computation on the inputs that are floats; the others are captured.
let private computations (report: GoldenReport.Report) (case: Golden.Case) (f: Tensor[] -> Tensor[]) =
    let isFloat = case.Inputs |> Array.map (fun (r: Golden.Reference) -> DType.isFloat r.DType)

    let floats (all: 'a[]) = Array.zip isFloat all |> Array.filter fst |> Array.map snd

    let whole = case.Inputs |> Array.map (fun input -> Tensor input.Value)

    let merge (x: Tensor[]) =
        let mutable next = -1

        Array.map2
            (fun isFloat other ->
                if isFloat then
                    next <- next + 1
                    x[next]
                else
                    other)
            isFloat
            whole

    let f = merge >> f

    let isSkipped name =
        match case.Element.TryGetProperty "skip" with
        | true, skipped ->
            match skipped.TryGetProperty(name: string) with
            | true, reason ->
                report.LeftOut($"{name} of {case.Id}", reason.ToString())
                true
            | _ -> false
        | _ -> false

    let known = Array.map ValueSome

    floats whole,
    [
        "value", known case.Outputs, f
        if not (isSkipped "jvp") then
            for derivative in case.Forward do
                let compute (x: Tensor[]) = snd (jvp f x (tensors (floats derivative.Given) x))

                "forward", derivative.Result, compute
        if not (isSkipped "vjp") then
            for derivative in case.Reverse do
                let compute (x: Tensor[]) =
                    let y, back = vjp f x
                    back (tensors derivative.Given y)

                "reverse", floats derivative.Result, compute
        match case.Element.TryGetProperty "second" with
        | true, list ->
            for second in list.EnumerateArray() do
                let tangents (name: string) = Golden.references name second |> Array.map ValueSome

                let along name g (x: Tensor[]) : Tensor[] = snd (jvp g x (tensors (tangents name) x))

                "second", known (Golden.references "out" second), along "tangent2" (along "tangent1" f)
        | _ -> ()
    ]

let private run (report: GoldenReport.Report) (program: Program) (case: Golden.Case) =
    if case.IsError then
        let x = case.Inputs |> Array.map (fun input -> Tensor input.Value)

        for variant, f in [ "eager", program case; "compiled", jit (program case) ] do
            report.Refuses(case, variant, (fun () -> f x |> Array.iter (fun a -> a.Read "test" |> ignore)))
    else
        for case in Golden.inBothPrecisions case do
            let x, computations = computations report case (program case)

            for what, expected, compute in computations do
                for variant, f in [ "eager", compute; "compiled", jit compute ] do
                    let result =
                        try
                            f x |> Array.map (fun (a: Tensor) -> a.Read "test") |> Golden.compare case expected
                        with problem ->
                            Error $"{case.Id}: {problem.GetType().Name}: {problem.Message}"

                    let dtype = if case.Tolerance32.IsSome && x.Length > 0 then DType.name x[0].DType else "float64"

                    report.Add(case.Operation, $"{what}, {variant}, {dtype}", result)

let check file (limit: Limit) (programs: Map<string, Program>) =
    GoldenReport.forEach file programs (fun report program case ->
        match limit case with
        | ValueSome reason -> report.LeftOut(case.Operation, reason)
        | ValueNone -> run report program case)
