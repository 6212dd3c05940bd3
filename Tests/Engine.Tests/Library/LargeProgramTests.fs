/// 100,000 operations in one program on a thread with 256 KB of stack: nothing that walks a program goes deeper with every operation.
module Pipeline.Engine.Tests.LargeProgramTests

open System
open System.Threading
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

let private stackBytes = 256 <<< 10

/// On a thread of its own, whose stack is small; an overflow ends the process.
let private onSmallStack (work: unit -> unit) =
    let mutable error: exn = null

    let run () =
        try
            work ()
        with e ->
            error <- e

    let thread = Thread(run, stackBytes)
    thread.Start()
    thread.Join()
    if not (isNull error) then raise (AggregateException error)

let private operations = 100_000

/// Each on the result of the one before.
let private chain count (x: Tensor) = Seq.fold (fun (y: Tensor) i -> if i % 2 = 0 then y * 1.0000001 else sqrt y) x [ 1..count ]

/// All on the argument, then added up one by one.
let private wide count (x: Tensor) = Seq.fold (fun total i -> total + x * float i) x [ 1 .. count / 2 ]

/// Each on the result of one of another kind: products, transposes, reshapes, reductions, element by element.
let private mixed count (x: Tensor) =
    let step (y: Tensor) =
        let square = reshape [ 2; 2 ] y
        let flat = reshape [ 4 ] (transpose (dot square square) + square)
        flat / (sum flat + 2.0) + x

    Seq.fold (fun y _ -> step y) x [ 1 .. count / 9 ]

/// Moved about only.
let private moved count (x: Tensor) =
    Seq.fold (fun y i -> (if i % 2 = 0 then transpose else reshape [ 2; 2 ]) (reshape [ 2; 2 ] (reshape [ 4; 1 ] y))) x [ 1 .. count / 3 ]
    |> reshape [ 4 ]

let private programs: (string * (int -> Tensor -> Tensor)) list = [ "chain", chain; "wide", wide; "mixed", mixed; "moved", moved ]

let Names: TheoryData<string> = TheoryData<string>(List.map fst programs)

let private close (expected: Tensor) (actual: Tensor) =
    let expected, actual = expected.ToArray<float>(), actual.ToArray<float>()
    Assert.Equal(expected.Length, actual.Length)
    Array.iter2 (Tolerance.assertNear 1e-9) expected actual

[<Theory; MemberData(nameof Names)>]
let ``100,000 operations run, and are differentiated and batched, on 256 KB of stack`` (name: string) =
    let program = programs |> List.find (fst >> (=) name) |> snd |> (fun program -> program operations)

    onSmallStack (fun () ->
        let x = vector [ 0.3; 0.5; 0.7; 1.1 ]
        let direction = vector [ 1.0; -0.5; 0.25; 2.0 ]
        let value, tangent = jvp program x direction
        close (program x) value
        // <v, J u> = <J' v, u> for v = ones.
        let gradient = grad (program >> sum) x
        close (sum tangent) (dot gradient direction)
        let batch = vmap program (stack 0 [ x; direction * direction ])
        close value (entry 0 batch)
        close (program (direction * direction)) (entry 1 batch))

[<Fact>]
let ``100,000 operations are compiled on 256 KB of stack, inside a loop and outside`` () =
    onSmallStack (fun () ->
        let x = scalar 0.7
        close (chain operations x) (jit (chain operations) x)
        let repeated x = forLoop 0 2 (fun _ y -> chain 10_000 y) x
        close (chain 20_000 x) (jit repeated x)
        close (grad (chain 1_000) x) (jit (grad (chain 1_000)) x)
        let x = vector [ 0.3; 0.5; 0.7; 1.1 ]
        close (moved operations x * x) (jit (fun x -> moved operations x * x) x)
        close (mixed 5_000 x) (jit (mixed 5_000) x))
