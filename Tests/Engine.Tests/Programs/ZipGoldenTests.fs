/// The scalar meanings and partial derivatives of operations on two arguments against reference values from arbitrary precision.
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
    ]

let private cases =
    lazy
        (let all = GoldenScalars.read "binary.json"

         [
             for name, zip in names do
                 for case in all do
                     if case.Operation = name then
                         zip, case
         ])

let private report (failures: string list) =
    Assert.True(failures.IsEmpty, String.concat "\n" failures)

let private text (case: GoldenScalars.Case) what mismatches =
    [
        for i, expected, actual in mismatches ->
            $"{case.Id} {what} at {case.Inputs[0][i]:R}, {case.Inputs[1][i]:R}: expected {expected:R}, computed {actual:R}"
    ]

let private compare (case: GoldenScalars.Case) what expected compute =
    GoldenScalars.mismatches
        false
        case.SignedZero
        case.Tolerance
        expected
        (Array.map2 compute case.Inputs[0] case.Inputs[1])
    |> text case what

[<Fact>]
let ``every zip of floats but Scale has golden cases`` () =
    for name, zip in names do
        Assert.True(cases.Value |> List.exists (fun (z, _) -> z = zip), name)

[<Fact>]
let ``scalar meanings of zips meet the golden values`` () =
    report
        [
            for zip, case in cases.Value do
                if not case.IsFloat32 then
                    yield! compare case "value" case.Output (Zips.scalar zip)
        ]

let private lift x direction = Dual(Plain x, Plain direction)

[<Fact>]
let ``partial derivatives of zips meet the golden values`` () =
    report
        [
            for zip, case in cases.Value do
                if case.Partials.Length = 2 then
                    let along dx dy x y =
                        highest (NestedDuals.zip zip (lift x dx) (lift y dy))

                    yield! compare case "d/dx" case.Partials[0] (along 1.0 0.0)
                    yield! compare case "d/dy" case.Partials[1] (along 0.0 1.0)
        ]

[<Fact>]
let ``second partial derivatives of zips meet the golden values`` () =
    report
        [
            for zip, case in cases.Value do
                if case.SecondPartials.Length = 3 then
                    // Tangents (dx, dy) in the inner nesting and (ex, ey) in the outer.
                    let along (dx, dy) (ex, ey) x y =
                        highest (NestedDuals.zip zip (Dual(lift x dx, lift ex 0.0)) (Dual(lift y dy, lift ey 0.0)))

                    yield! compare case "d2/dx2" case.SecondPartials[0] (along (1.0, 0.0) (1.0, 0.0))
                    yield! compare case "d2/dxdy" case.SecondPartials[1] (along (1.0, 0.0) (0.0, 1.0))
                    yield! compare case "d2/dydx" case.SecondPartials[1] (along (0.0, 1.0) (1.0, 0.0))
                    yield! compare case "d2/dy2" case.SecondPartials[2] (along (0.0, 1.0) (0.0, 1.0))
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
                if not case.IsFloat32 then
                    yield! compare case "vector form" case.Output (form zip)
        ]
