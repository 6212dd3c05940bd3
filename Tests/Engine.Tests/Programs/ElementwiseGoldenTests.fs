/// The table's scalar meanings and derivative column against reference values from arbitrary precision.
module Pipeline.Engine.Tests.ElementwiseGoldenTests

open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Xunit

let private cases = lazy (GoldenScalars.read "elementwise.json")

/// The rows whose name in the golden files is another.
let private goldenName (row: Row) =
    match row.Text with
    | "erf_inv" -> "erfinv"
    | "polygamma[1]" -> "trigamma"
    | name -> name

let private report (failures: string list) =
    Assert.True(failures.IsEmpty, String.concat "\n" failures)

let private text (case: GoldenScalars.Case) what mismatches =
    [
        for i, expected, actual in mismatches ->
            $"{case.Id} {what} at {case.Inputs[0][i]:R}: expected {expected:R}, computed {actual:R}"
    ]

let private rowsWithCases =
    lazy
        (let byName = cases.Value |> Array.groupBy _.Operation |> Map.ofArray

         [|
             for row in Elementwise.table do
                 match byName.TryFind(goldenName row) with
                 | Some cases -> row, cases
                 | None -> ()
         |])

[<Fact>]
let ``every row but the parameterised ones has golden cases`` () =
    let without =
        Elementwise.table
        |> Array.filter (fun row -> not (rowsWithCases.Value |> Array.exists (fun (r, _) -> r = row)))

    Assert.Equal<string[]>([| "polygamma[2]"; "power[3]"; "power[-2]" |], without |> Array.map _.Text)

[<Fact>]
let ``scalar meanings meet the golden values in float64`` () =
    report
        [
            for row, cases in rowsWithCases.Value do
                for case in cases do
                    if not case.IsFloat32 then
                        yield!
                            text
                                case
                                "value"
                                (GoldenScalars.mismatches
                                    false
                                    case.SignedZero
                                    case.Tolerance
                                    case.Output
                                    (Array.map row.Scalar case.Inputs[0]))
        ]

[<Fact>]
let ``scalar meanings meet the golden values in float32`` () =
    report
        [
            for row, cases in rowsWithCases.Value do
                for case in cases do
                    match case.Tolerance32 with
                    | ValueSome tolerance when case.Derivatives.Length = 0 ->
                        let computed =
                            case.Inputs[0] |> Array.map (fun x -> float (row.Scalar32(float32 x)))

                        yield!
                            text
                                case
                                "float32 value"
                                (GoldenScalars.mismatches
                                    true
                                    case.SignedZero
                                    tolerance
                                    (case.Output |> Array.map (fun y -> float (float32 y)))
                                    computed)
                    | _ -> ()
        ]

[<Fact>]
let ``the derivative column meets the golden derivatives of every order`` () =
    report
        [
            for row, cases in rowsWithCases.Value do
                for case in cases do
                    for order in 1 .. case.Derivatives.Length do
                        let computed =
                            case.Inputs[0]
                            |> Array.map (fun x ->
                                NestedDuals.highest (NestedDuals.map row (NestedDuals.variable order x)))

                        yield!
                            text
                                case
                                $"derivative {order}"
                                (GoldenScalars.mismatches
                                    false
                                    false
                                    case.Tolerance
                                    case.Derivatives[order - 1]
                                    computed)
        ]

/// The vector form's value for one lane.
let private lane (row: Row) dtype =
    let form = row.Lanes(Lane.argument 0 dtype)
    fun (x: float) -> LaneEvaluate.toFloat dtype (LaneEvaluate.bits [| LaneEvaluate.ofFloat dtype x |] form)

[<Fact>]
let ``vector forms meet the golden values in float64`` () =
    report
        [
            for row, cases in rowsWithCases.Value do
                for case in cases do
                    if not case.IsFloat32 then
                        let computed = Array.map (lane row DType.Float64) case.Inputs[0]

                        yield!
                            text
                                case
                                "vector form"
                                (GoldenScalars.mismatches false case.SignedZero case.Tolerance case.Output computed)
        ]

[<Fact>]
let ``vector forms meet the golden values in float32`` () =
    report
        [
            for row, cases in rowsWithCases.Value do
                for case in cases do
                    match case.Tolerance32 with
                    | ValueSome tolerance when case.Derivatives.Length = 0 ->
                        let computed = Array.map (lane row DType.Float32) case.Inputs[0]
                        let expected = case.Output |> Array.map (fun y -> float (float32 y))

                        yield!
                            text
                                case
                                "float32 vector form"
                                (GoldenScalars.mismatches true case.SignedZero tolerance expected computed)
                    | _ -> ()
        ]
