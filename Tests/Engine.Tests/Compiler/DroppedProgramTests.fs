/// Programs that are no longer used leave no memory behind: neither what is kept of their structures nor their code.
module Pipeline.Engine.Tests.DroppedProgramTests

open System
open System.Runtime.CompilerServices
open Pipeline
open Pipeline.Engine
open Xunit

/// A program of its own structure: the binary digits of a number choose its operations.
let private numbered number : Graph =
    let graph = GraphBuilder [| { DType = DType.Float64; Shape = [| 3 |] } |]

    let step v bit =
        if (number >>> bit) &&& 1 = 0 then
            graph.Add(Op.Zip Zip.Add, v, 0)
        else
            graph.Add(Op.Map Elementwise.negate, graph.Add(Op.Zip Zip.Multiply, v, 0))

    graph.Graph [| Seq.fold step 0 [ 0..14 ] |]

[<MethodImpl(MethodImplOptions.NoInlining)>]
let private compiled number : WeakReference =
    let program = Compile.graph (numbered number)
    let x = NDArray.ofData DType.Float64 [| 3 |] [| 1.0; 2.0; 3.0 |]
    let expected = Evaluate.graph (numbered number) [| x |]
    Assert.Equal<uint64[]>(EmitChecked.toBits (Array.head expected), EmitChecked.toBits (Array.head (program.Run [| x |])))
    WeakReference program.Program

let private collect () =
    for _ in 1..2 do
        GC.Collect()
        GC.WaitForPendingFinalizers()

[<Fact>]
let ``programs of more structures than are kept are collected, the longest unused first`` () =
    let first = [ for number in 20_000..20_099 -> compiled number ]

    for number in 21_000 .. 21_000 + Compile.capacity do
        Compile.graph (numbered number) |> ignore

    collect ()
    let kept = first |> List.filter _.IsAlive |> List.length
    Assert.True((kept = 0), $"{kept} of {first.Length} programs are still there")
