/// Gradients, Hessians, third derivatives and Taylor coefficients to order 8 of scalar functions against reference values, eager and compiled.
module Pipeline.Tests.FunctionsGoldenTests

open System
open System.Text.Json
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests

let private key (name: string) (case: Golden.Case) =
    match case.Element.TryGetProperty name with
    | true, element when element.ValueKind = JsonValueKind.Object -> ValueSome(Golden.reference element)
    | _ -> ValueNone

/// Every way to the derivatives that a case states: what is computed, the reference, and the computation.
let private computations (case: Golden.Case) (f: Tensor -> Tensor) =
    let direction = key "direction" case |> ValueOption.map (fun d -> asType case.Inputs[0].DType (Tensor d.Value))

    [
        for reference in case.Outputs do
            "value", reference, f
        match key "gradient" case with
        | ValueSome reference ->
            "gradient", reference, grad f
            "gradient by forward mode", reference, jacobian f
        | ValueNone -> ()
        match key "hessian" case with
        | ValueSome reference ->
            "Hessian", reference, hessian f
            "Hessian by reverse over reverse", reference, (fun x -> jacobianT (grad f) x)
        | ValueNone -> ()
        match key "third" case, direction with
        | ValueSome reference, ValueSome v ->
            let along g x = snd (jvp g x v)
            "third", reference, along (along (grad f))
            "third by reverse over forward", reference, grad (along (along f))
            "third by reverse at every level", reference, (fun x -> snd (vjp (fun x -> snd (vjp (grad f) x) v) x) v)
        | _ -> ()
        match key "taylor" case, direction with
        | ValueSome reference, ValueSome v ->
            let coefficients (x: Tensor) =
                let series = Taylor.Series(Func<_, _>(fun t -> f (x + t * v)), scalar 0.0, 8)
                stack 0 series.Coefficients

            "Taylor coefficients", reference, coefficients
        | _ -> ()
    ]

/// Every function of the file has a program: an unknown one fails.
let private check isCompiled (inPrecision: Golden.Case -> Golden.Case voption) =
    let report = GoldenReport.Report "functions.json"

    for case in Golden.read "functions.json" do
        let program = GoldenFunctions.ofCase[case.Operation]

        match inPrecision case with
        | ValueNone -> report.LeftOut(case.Id, "makes no sense in float32")
        | ValueSome case ->
            let x = Tensor case.Inputs[0].Value

            for what, reference, compute in computations case (program case) do
                let result = (if isCompiled then jit compute else compute) x

                report.Add(
                    case.Operation,
                    $"{what}, {case.Inputs[0].DType}",
                    Golden.compare case [| ValueSome reference |] [| result.Read "test" |]
                )

    report.Finish(GoldenFunctions.ofCase |> Map.keys)

[<Fact>]
let ``golden functions, eager, in float64`` () = check false ValueSome

[<Fact>]
let ``golden functions, compiled, in float64`` () = check true ValueSome

[<Fact>]
let ``golden functions, eager, in float32`` () = check false Golden.inFloat32
