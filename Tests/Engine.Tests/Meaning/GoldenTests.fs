/// Kernels against golden values, in float64 and in float32.
module Pipeline.Engine.Tests.GoldenTests

open System
open Pipeline
open Pipeline.Engine
open Xunit

/// Cases that need more than the operations give (modes of padding, descending order): for the layers above.
let private beyond (case: Golden.Case) =
    let text name (value: string) =
        match Golden.argument name case with
        | ValueSome x -> x.ToString() <> value
        | ValueNone -> false

    text "mode" "constant" || text "descending" "False"

let private check (output: ITestOutputHelper) file least (programs: Map<string, GoldenPrograms.Program>) =
    let cases = Golden.read file

    let planned =
        cases
        |> Array.map _.Operation
        |> Array.distinct
        |> Array.filter (programs.ContainsKey >> not)

    output.WriteLine $"""{file}: not yet among the operations: {String.Join(", ", planned)}"""

    let results =
        [|
            for case in cases do
                match programs.TryFind case.Operation with
                | Some program when not case.IsError && not (beyond case) ->
                    for case in Golden.inBothPrecisions case do
                        Golden.compareOutputs case (program case (case.Inputs |> Array.map _.Value))
                | _ -> ()
        |]

    let failures =
        results
        |> Array.choose (function
            | Error message -> Some message
            | Ok _ -> None)

    let compared =
        results
        |> Array.sumBy (function
            | Ok n -> n
            | Error _ -> 0)

    output.WriteLine $"{file}: {compared} values of {results.Length} runs compared"
    Assert.True(failures.Length = 0, String.Join("\n", failures))
    Assert.True(compared >= least, $"only {compared} values were compared")

    for name in programs.Keys do
        Assert.Contains(cases, fun case -> case.Operation = name)

type KernelGolden(output: ITestOutputHelper) =
    [<Fact>]
    member _.``zips meet the golden values``() =
        check output "binary.json" 1000 GoldenPrograms.binary

    [<Fact>]
    member _.``reductions meet the golden values``() =
        check output "reductions.json" 300 GoldenPrograms.reductions

    [<Fact>]
    member _.``structural operations meet the golden values``() =
        check output "structure.json" 1000 GoldenPrograms.structure

    [<Fact>]
    member _.``linear algebra meets the golden values``() =
        check output "linalg.json" 200 GoldenPrograms.linalg

[<Fact>]
let ``linear algebra refuses what it cannot factor`` () =
    for case in Golden.read "linalg.json" do
        match GoldenPrograms.linalg.TryFind case.Operation with
        | Some program when case.IsError ->
            Assert.ThrowsAny<PipelineException>(fun () -> program case (case.Inputs |> Array.map _.Value) |> ignore)
            |> ignore
        | _ -> ()
