/// The scalar meanings, vector forms and partial derivatives of operations on two arguments against reference values from arbitrary precision.
module Pipeline.Engine.Tests.ZipGoldenTests

open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.NestedDuals
open Xunit

let private names =
    [
        "add", Zip.Add
        "sub", Zip.Subtract
        "mul", Zip.Multiply
        "div", Zip.Divide
        "pow", Zip.Power
        "max", Zip.Maximum
        "min", Zip.Minimum
        "atan2", Zip.Atan2
        "logaddexp", Zip.LogAddExp
        "xlogy", Zip.XLogY
        "xlog1py", Zip.XLog1PY
    ]

/// Those in float64.
let private cases =
    lazy
        (let all = Golden.read "binary.json"

         [
             for name, zip in names do
                 for case in all do
                     if case.Operation = name && case.Inputs[0].DType = DType.Float64 then
                         zip, case
         ])

let private failures (case: Golden.Case) what (expected: Golden.Reference) (compute: float -> float -> float) =
    let computed = Array.map2 compute case.Inputs[0].Data case.Inputs[1].Data

    match Golden.compare case [| ValueSome expected |] [| NDArray.ofData DType.Float64 expected.Shape computed |] with
    | Ok _ -> []
    | Error message -> [ $"{what}: {message}" ]

let private report (failures: string list) =
    Assert.True(failures.IsEmpty, String.concat "\n" failures)

[<Fact>]
let ``every zip of floats but Scale has golden cases`` () =
    for name, zip in names do
        Assert.True(cases.Value |> List.exists (fun (z, _) -> z = zip), name)

[<Fact>]
let ``scalar meanings of zips meet the golden values`` () =
    report
        [
            for zip, case in cases.Value do
                yield! failures case "value" case.Outputs[0] (Zips.scalar zip)
        ]

[<Fact>]
let ``vector forms of zips meet the golden values`` () =
    let form zip =
        let dtype = DType.Float64
        let lanes = Zips.lanes zip (Lane.argument 0 dtype) (Lane.argument 1 dtype)

        fun x y ->
            LaneEvaluate.toFloat
                dtype
                (LaneEvaluate.bits [| LaneEvaluate.ofFloat dtype x; LaneEvaluate.ofFloat dtype y |] lanes)

    report
        [
            for zip, case in cases.Value do
                yield! failures case "vector form" case.Outputs[0] (form zip)
        ]

let private lift x direction = Dual(Plain x, Plain direction)

[<Fact>]
let ``partial derivatives of zips meet the golden values`` () =
    report
        [
            for zip, case in cases.Value do
                let along dx dy x y =
                    highest (NestedDuals.zip zip (lift x dx) (lift y dy))

                // With a cotangent of ones.
                for derivative in case.Reverse do
                    match derivative.Result with
                    | [| ValueSome first; ValueSome second |] ->
                        yield! failures case "d/dx" first (along 1.0 0.0)
                        yield! failures case "d/dy" second (along 0.0 1.0)
                    | _ -> ()
        ]

[<Fact>]
let ``second partial derivatives of zips meet the golden values`` () =
    report
        [
            for zip, case in cases.Value do
                // Tangents (dx, dy) in the inner nesting and (ex, ey) in the outer.
                let along (dx, dy) (ex, ey) x y =
                    highest (NestedDuals.zip zip (Dual(lift x dx, lift ex 0.0)) (Dual(lift y dy, lift ey 0.0)))

                match Golden.second case with
                | ValueSome(struct (xx, xy, yy)) ->
                    yield! failures case "d2/dx2" xx (along (1.0, 0.0) (1.0, 0.0))
                    yield! failures case "d2/dxdy" xy (along (1.0, 0.0) (0.0, 1.0))
                    yield! failures case "d2/dydx" xy (along (0.0, 1.0) (1.0, 0.0))
                    yield! failures case "d2/dy2" yy (along (0.0, 1.0) (0.0, 1.0))
                | ValueNone -> ()
        ]
