/// The table's scalar meanings, vector forms and derivative column against reference values from arbitrary precision.
module Pipeline.Engine.Tests.ElementwiseGoldenTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Xunit

/// The rows whose name in the golden files is another.
let private goldenName (row: Row) =
    match row.Text with
    | "erf_inv" -> "erfinv"
    | "polygamma[1]" -> "trigamma"
    | "bessel_i" -> "i0"
    | "bessel_i[1]" -> "i1"
    | name -> name

let private rowsWithCases =
    lazy
        (let byName = Golden.read "elementwise.json" |> Array.groupBy _.Operation |> Map.ofArray

         [|
             for row in FunctionTable.rows do
                 match byName.TryFind(goldenName row) with
                 | Some cases -> row, cases
                 | None -> ()
         |])

/// A function of one number against a reference for each number of the case's input.
let private compared (case: Golden.Case) (expected: Golden.Reference) dtype (compute: float -> float) =
    let computed = Array.map compute case.Inputs[0].Data

    let data: Array = if dtype = DType.Float32 then Array.map float32 computed else computed

    Golden.compare case [| ValueSome expected |] [| NDArray.ofData dtype expected.Shape data |]

/// Runs over every case of every row; functions without a row are planned, rows without a case are named by a test below.
let private forEachCase run =
    let report = GoldenReport.Report "elementwise.json"

    for row, cases in rowsWithCases.Value do
        for case in cases do
            run report row case

    let operations = rowsWithCases.Value |> Array.map (fst >> goldenName)

    for case in Golden.read "elementwise.json" do
        if not (Array.contains case.Operation operations) then
            report.LeftOut(case.Operation, "the function is planned")

    report.Finish operations

/// Every case of every row in one precision, without the derivatives.
let private values dtype (meaning: Row -> float -> float) =
    forEachCase (fun report row case ->
        let run =
            if case.Inputs[0].DType = dtype then ValueSome case
            elif dtype = DType.Float32 then Golden.inFloat32 case
            else ValueNone

        match run with
        | ValueSome case -> report.Add(case.Operation, "value", compared case case.Outputs[0] dtype (meaning row))
        | ValueNone -> report.LeftOut(case.Operation, $"not for {DType.name dtype}"))

[<Fact>]
let ``every row but the parameterised ones has golden cases`` () =
    let without =
        FunctionTable.rows
        |> Array.filter (fun row -> not (rowsWithCases.Value |> Array.exists (fun (r, _) -> r = row)))

    Assert.Equal<string[]>(
        Array.sort [| "saturate"; "sinc[1]"; "sinc[3]"; "bessel_i[2]"; "polygamma[2]"; "power[3]"; "power[-2]" |],
        without |> Array.map _.Text |> Array.sort
    )

[<Fact>]
let ``scalar meanings meet the golden values in float64`` () = values DType.Float64 _.Meaning.Scalar

[<Fact>]
let ``scalar meanings meet the golden values in float32`` () = values DType.Float32 (fun row x -> float (row.Meaning.Scalar32(float32 x)))

/// The vector form's value for one lane.
let private lane dtype (row: Row) =
    let form = row.Meaning.Lanes(Lane.argument 0 dtype)
    fun (x: float) -> LaneEvaluate.toFloat dtype (LaneEvaluate.bits [| LaneEvaluate.ofFloat dtype x |] form)

[<Fact>]
let ``vector forms meet the golden values in float64`` () = values DType.Float64 (lane DType.Float64)

[<Fact>]
let ``vector forms meet the golden values in float32`` () = values DType.Float32 (lane DType.Float32)

[<Fact>]
let ``the derivative column meets the golden derivatives of every order`` () =
    forEachCase (fun report row case ->
        for index, expected in Array.indexed (Golden.references "derivatives" case.Element) do
            let derivative x = NestedDuals.highest (NestedDuals.map row (NestedDuals.variable (index + 1) x))

            report.Add(case.Operation, $"order {index + 1}", compared case expected DType.Float64 derivative))
