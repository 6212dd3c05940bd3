/// Kernels against golden values, in float64 and in float32.
module Pipeline.Engine.Tests.GoldenTests

open Pipeline
open Pipeline.Engine
open Xunit

/// Why a case needs more than the operations give; none for one that they express.
let private beyond (case: Golden.Case) =
    let text name (value: string) =
        match Golden.argument name case with
        | ValueSome x -> x.ToString() <> value
        | ValueNone -> false

    if text "mode" "constant" then ValueSome "modes of padding are made by the layers above"
    elif text "descending" "False" then ValueSome "descending order is made by the layers above"
    elif case.IsError then ValueSome "mistakes are refused by the layers above"
    else ValueNone

let private check file (programs: Map<string, GoldenPrograms.Program>) =
    GoldenReport.forEach file programs (fun report program case ->
        match beyond case with
        | ValueSome reason -> report.LeftOut(case.Operation, reason)
        | ValueNone ->
            for case in Golden.inBothPrecisions case do
                let result = program case (case.Inputs |> Array.map _.Value)
                report.Add(case.Operation, "value", Golden.compareOutputs case result))

[<Fact>]
let ``zips meet the golden values`` () = check "binary.json" GoldenPrograms.binary

[<Fact>]
let ``reductions meet the golden values`` () = check "reductions.json" GoldenPrograms.reductions

[<Fact>]
let ``structural operations meet the golden values`` () = check "structure.json" GoldenPrograms.structure

[<Fact>]
let ``linear algebra meets the golden values`` () = check "linalg.json" GoldenPrograms.linalg

[<Fact>]
let ``linear algebra refuses what it cannot factor`` () =
    for case in Golden.read "linalg.json" do
        match GoldenPrograms.linalg.TryFind case.Operation with
        | Some program when case.IsError ->
            Assert.ThrowsAny<PipelineException>(fun () -> program case (case.Inputs |> Array.map _.Value) |> ignore)
            |> ignore
        | _ -> ()
