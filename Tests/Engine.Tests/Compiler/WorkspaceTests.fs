/// Runs of one program at the same time: each has memory of its own, which is not made anew.
module Pipeline.Engine.Tests.WorkspaceTests

open System
open System.Threading
open Pipeline
open Pipeline.Engine
open Xunit

let private tensor shape : TensorType = { DType = DType.Float64; Shape = shape }
let private size = 40_000

/// A running sum of a running sum in a loop of three turns, which needs two vectors of its size beside argument and result.
let private program =
    lazy
        (let body = GraphBuilder [| tensor [| size |] |]
         let sums = body.Add(Op.CumulativeSum(0, false), 0)
         let scaled = body.Add(Op.Zip Zip.Multiply, sums, body.Number(DType.Float64, 0.001, [| size |]))
         let again = body.Add(Op.CumulativeSum(0, true), scaled)
         let graph = GraphBuilder [| tensor [| size |] |]
         let loop = Loop.counted 3 0 1 (body.Graph [| again |])
         Compile.fresh Emit.defaults (graph.Graph(graph.AddAll(Op.Loop loop, 0))))

let private argument k = NDArray.ofData DType.Float64 [| size |] (Array.init size (fun i -> float ((i + k) % 17) / 16.0))

[<Fact>]
let ``eight threads that call one program make no workspace a call, and compute what one does`` () =
    let program = program.Value
    let threads, calls = 8, 25
    let expected = Array.init threads (fun k -> EmitChecked.toBits (Array.head (program.Run [| argument k |])))
    let wrong = [| 0 |]
    let failed: exn[] = [| null |]
    use together = new Barrier(threads + 1)

    let call k () =
        let input = [| argument k |]
        let output = [| NDArray.allocate DType.Float64 [| size |] |]

        try
            together.SignalAndWait()

            for _ in 1..2 do
                together.SignalAndWait()

                for _ in 1..calls do
                    program.RunInto(input, output)

                together.SignalAndWait()

            together.SignalAndWait()
            if EmitChecked.toBits output[0] <> expected[k] then Interlocked.Increment(&wrong[0]) |> ignore
        with error ->
            failed[0] <- error

    let running = [ for k in 0 .. threads - 1 -> Thread(call k, IsBackground = true) ]

    for thread in running do
        thread.Start()

    let round () =
        let before = program.WorkspacesMade
        together.SignalAndWait()
        together.SignalAndWait()
        program.WorkspacesMade - before

    together.SignalAndWait()

    let first = round ()
    let second = round ()
    together.SignalAndWait()

    for thread in running do
        thread.Join()

    if not (isNull failed[0]) then raise (AggregateException failed[0])
    Assert.Equal(0, wrong[0])
    // Another is made where a thread gives one back just when all others are in use.
    Assert.True(first + second <= threads + 1, $"{first} and {second} workspaces in two times {threads * calls} calls")

[<Fact>]
let ``a program keeps few large workspaces`` () =
    let n = 3_000_000
    let graph = GraphBuilder [| tensor [| n |] |]
    let sums = graph.Add(Op.CumulativeSum(0, false), 0)
    let program = Compile.fresh Emit.defaults (graph.Graph [| graph.Add(Op.CumulativeSum(0, true), sums) |])
    let input = [| NDArray.allocate DType.Float64 [| n |] |]
    KernelsViews.clear input[0]
    let running = [ for _ in 1..8 -> Thread((fun () -> program.Run input |> ignore), IsBackground = true) ]

    for thread in running do
        thread.Start()

    for thread in running do
        thread.Join()

    // The spare ones of one program: 64 MiB of them at most, beside one.
    Assert.True(program.BytesKept >= int64 (8 * n), $"{program.BytesKept} bytes are kept")
    Assert.True(program.BytesKept <= Workspace.MostKeptBytes + int64 (9 * n), $"{program.BytesKept} bytes are kept")
