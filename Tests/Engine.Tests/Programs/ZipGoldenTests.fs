/// The scalar meanings, vector forms and partial derivatives of operations on two arguments against reference values from arbitrary precision.
module Pipeline.Engine.Tests.ZipGoldenTests

open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.NestedDuals
open Xunit

let private names = [
    "add", Zip.Add
    "sub", Zip.Subtract
    "mul", Zip.Multiply
    "div", Zip.Divide
    "pow", PowerFunction.power.Zip
    "max", Zip.Maximum
    "min", Zip.Minimum
    "atan2", Atan2Function.atan2.Zip
    "logaddexp", LogarithmFunctions.logAddExp.Zip
    "xlogy", LogarithmFunctions.xLogY.Zip
    "xlog1py", LogarithmFunctions.xLog1PY.Zip
    "fmod", Zip.Remainder
]

/// Every case in float64 of every zip; functions without one are planned.
let private forEachCase run =
    let report = GoldenReport.Report "binary.json"

    for case in Golden.read "binary.json" do
        match names |> List.tryFind (fun (name, _) -> name = case.Operation) with
        | Some _ when case.Inputs[0].DType <> DType.Float64 ->
            report.LeftOut(case.Operation, $"not in {DType.name case.Inputs[0].DType}: those run compiled, with the kernels")
        | Some(_, zip) -> run report zip case
        | None -> report.LeftOut(case.Operation, "the function is planned")

    report.Finish(names |> List.map fst)

let private add (report: GoldenReport.Report) (case: Golden.Case) what (expected: Golden.Reference) compute =
    let computed = Array.map2 compute case.Inputs[0].Data case.Inputs[1].Data
    let array = NDArray.ofData DType.Float64 expected.Shape computed
    report.Add(case.Operation, what, Golden.compare case [| ValueSome expected |] [| array |])

[<Fact>]
let ``scalar meanings of zips meet the golden values`` () =
    forEachCase (fun report zip case -> add report case "value" case.Outputs[0] (Zips.meaning zip).Scalar)

[<Fact>]
let ``vector forms of zips meet the golden values`` () =
    let form zip =
        let dtype = DType.Float64
        let lanes = (Zips.meaning zip).Lanes(Lane.argument 0 dtype, Lane.argument 1 dtype)

        fun x y -> LaneEvaluate.toFloat dtype (LaneEvaluate.bits [| LaneEvaluate.ofFloat dtype x; LaneEvaluate.ofFloat dtype y |] lanes)

    forEachCase (fun report zip case -> add report case "vector form" case.Outputs[0] (form zip))

let private lift x direction = Dual(Plain x, Plain direction)

[<Fact>]
let ``partial derivatives of zips meet the golden values`` () =
    forEachCase (fun report zip case ->
        let along dx dy x y = highest (NestedDuals.zip zip (lift x dx) (lift y dy))

        // With a cotangent of ones.
        for derivative in case.Reverse do
            match derivative.Result with
            | [| ValueSome first; ValueSome second |] ->
                add report case "d/dx" first (along 1.0 0.0)
                add report case "d/dy" second (along 0.0 1.0)
            | _ -> report.LeftOut(case.Operation, "a partial derivative that the file does not give"))

[<Fact>]
let ``second partial derivatives of zips meet the golden values`` () =
    forEachCase (fun report zip case ->
        // Tangents (dx, dy) in the inner nesting and (ex, ey) in the outer.
        let along (dx, dy) (ex, ey) x y = highest (NestedDuals.zip zip (Dual(lift x dx, lift ex 0.0)) (Dual(lift y dy, lift ey 0.0)))

        match Golden.second case with
        | ValueSome(struct (xx, xy, yy)) ->
            add report case "d2/dx2" xx (along (1.0, 0.0) (1.0, 0.0))
            add report case "d2/dxdy" xy (along (1.0, 0.0) (0.0, 1.0))
            add report case "d2/dydx" xy (along (0.0, 1.0) (1.0, 0.0))
            add report case "d2/dy2" yy (along (0.0, 1.0) (0.0, 1.0))
        | ValueNone -> report.LeftOut(case.Operation, "no second derivatives in the file"))
