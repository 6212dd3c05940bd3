/// Gradients, Hessians, third derivatives and Taylor coefficients to order 8 of scalar functions against reference values, eager and compiled.
module Pipeline.Tests.FunctionsGoldenTests

open System
open System.Text.Json
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests

let private cases = lazy Golden.read "functions.json"

let private key (name: string) (case: Golden.Case) =
    match case.Element.TryGetProperty name with
    | true, element when element.ValueKind = JsonValueKind.Object -> ValueSome(Golden.reference element)
    | _ -> ValueNone

/// Every way to the derivatives that a case states: what is computed, the reference, and the computation.
let private computations (case: Golden.Case) (f: Tensor -> Tensor) =
    let direction =
        key "direction" case
        |> ValueOption.map (fun d -> asType case.Inputs[0].DType (Tensor d.Value))

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

let private failures (compiled: bool) (cases: Golden.Case seq) : int * string list =
    let mutable compared = 0

    let wrong =
        [
            for case in cases do
                match GoldenFunctions.ofCase.TryFind case.Operation with
                | Some program ->
                    let x = Tensor case.Inputs[0].Value

                    for what, reference, compute in computations case (program case) do
                        let result = (if compiled then jit compute else compute) x

                        match Golden.compare case [| ValueSome reference |] [| result.Read "test" |] with
                        | Ok count -> compared <- compared + count
                        | Error message -> $"{what}, {case.Inputs[0].DType}: {message}"
                | None -> ()
        ]

    compared, wrong

let private report (output: ITestOutputHelper) least (compared, wrong: string list) =
    output.WriteLine $"{compared} values compared"
    Assert.True(wrong.IsEmpty, $"{wrong.Length} failed\n" + String.Join("\n", wrong))
    Assert.True(compared >= least, $"only {compared} values were compared")

type FunctionsGolden(output: ITestOutputHelper) =
    [<Fact>]
    member _.``every function is there``() =
        let missing =
            cases.Value
            |> Array.map _.Operation
            |> Array.distinct
            |> Array.filter (GoldenFunctions.ofCase.ContainsKey >> not)

        Assert.Equal<string[]>([||], missing)

    [<Fact>]
    member _.``eager, in float64``() =
        report output 10000 (failures false cases.Value)

    [<Fact>]
    member _.``compiled, in float64``() =
        report output 10000 (failures true cases.Value)

    [<Fact>]
    member _.``eager, in float32``() =
        report output 10000 (failures false (Array.choose (Golden.inFloat32 >> ValueOption.toOption) cases.Value))
