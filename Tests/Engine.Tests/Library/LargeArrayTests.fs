/// Arrays of more elements than there can be are refused by name, before anything is computed; offsets past 2^31 bytes are right.
module Pipeline.Engine.Tests.LargeArrayTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

let private byte' = asType DType.UInt8 (scalar 1.0)
let private bytes count = broadcastTo [ count ] byte'
let private most = Int32.MaxValue

/// What asks for more than 2^31 - 1 elements, or for more than one array holds.
let private refused: (string * (Tensor -> Tensor)) list = [
    "a sum over repeated rows", (fun x -> broadcastTo [ 50_000; 50_000 ] x + x)
    "an outer product", (fun x -> broadcastTo [ 50_000; 1 ] x * broadcastTo [ 1; 50_000 ] x)
    "a product of matrices", (fun x -> dot (broadcastTo [ 50_000; 2 ] x) (broadcastTo [ 2; 50_000 ] x))
    "joined parts", (fun x -> concatenate 0 [ broadcastTo [ 1_500_000_000 ] x; broadcastTo [ 1_500_000_000 ] x ])
    "stacked parts", (fun x -> stack 0 [ for _ in 1..3 -> broadcastTo [ 1_500_000_000 ] x ])
    "more than one array holds", (fun x -> broadcastTo [ most ] x + x)
    "whole numbers", (fun x -> asType DType.UInt8 (arange most) * x)
]

let Names: TheoryData<string> = TheoryData<string>(List.map fst refused)

[<Theory; MemberData(nameof Names)>]
let ``more elements than an array can have are a ShapeException, eager and compiled`` (name: string) =
    let f = refused |> List.find (fst >> (=) name) |> snd
    Assert.Throws<ShapeException>(fun () -> f byte' |> ignore) |> ignore
    Assert.Throws<ShapeException>(fun () -> jit f byte' |> ignore) |> ignore

[<Fact>]
let ``a program that needs more than 2^31 bytes beside its results is a ShapeException`` () =
    let n = 20_000
    let needy (x: Tensor) = sum (sqrt (dot (broadcastTo [ n; 40 ] x) (broadcastTo [ 40; n ] x)))
    let error = Assert.Throws<ShapeException>(fun () -> jit needy (scalar 2.0) |> ignore)
    Assert.Contains("intermediate results", error.Message)

[<Fact>]
let ``elements past 2^31 bytes are read where they are`` () =
    // A view: one row of numbers, and offsets into it that are products beyond 32 bits.
    let rows = 300_000_000
    let array = NDArray.view DType.Float64 [| rows; 2 |] [| 0; 1 |] [| 3.0; 5.0 |] 0
    let x = Tensor array
    Assert.Equal(5.0, float (entry 1 (entry (rows - 1) x)))
    Assert.Equal(8.0 * 10.0, float (sum (slice 0 (rows - 10) rows 1 x)))
    Assert.Equal(5.0, float (jit (fun x -> maxOf (x * 1.0)) (slice 0 (rows - 20) rows 1 x)))
