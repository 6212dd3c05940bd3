/// The check of loop programs finds each kind of mistake that it looks for.
module Pipeline.Engine.Tests.LoopCheckTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private f32 = DType.Float32
let private x = Lane.argument 0 f32
let private ten = vectorOf f32 10

/// y[i] = x[i] for i < 10, with one thing changed.
let private copying axes load store value =
    program [ ten ] [ ten ] [] [ nest axes 0 [ Source.Load load ] [ { Target = store; Value = value } ] [] ]

let private mistake (text: string) (program: LoopProgram) =
    let error = Assert.ThrowsAny<Exception>(fun () -> LoopCheck.run program)
    Assert.Contains(text, error.Message)

[<Fact>]
let ``a program without mistakes passes`` () = LoopCheck.run (copying [ axis 0 10 ] (access 0 0 [ 0, 1 ]) (access 1 0 [ 0, 1 ]) x)

[<Fact>]
let ``elements outside a buffer are found`` () =
    copying [ axis 0 11 ] (access 0 0 [ 0, 1 ]) (access 1 0 [ 0, 1 ]) x |> mistake "elements 0 .. 10"
    copying [ axis 0 10 ] (access 0 0 [ 0, 1 ]) (access 1 9 [ 0, -2 ]) x |> mistake "elements -9 .. 9"

[<Fact>]
let ``variables that are not bound, or twice, are found`` () =
    copying [ axis 0 10 ] (access 0 0 [ 3, 1 ]) (access 1 0 [ 0, 1 ]) x |> mistake "variable 3 is not bound"
    copying [ axis 0 2; axis 0 5 ] (access 0 0 [ 0, 1 ]) (access 1 0 [ 0, 1 ]) x |> mistake "bound twice"

[<Fact>]
let ``types that do not fit, sources that are not there and stores to inputs are found`` () =
    let store = access 1 0 [ 0, 1 ]

    copying [ axis 0 10 ] (access 0 0 [ 0, 1 ]) store (Lane.convert DType.Float64 x)
    |> mistake "float64 goes to buffer 1 of float32"

    copying [ axis 0 10 ] (access 0 0 [ 0, 1 ]) store (Lane.argument 0 DType.Int32)
    |> mistake "argument 0 is int32"

    copying [ axis 0 10 ] (access 0 0 [ 0, 1 ]) store (Lane.argument 1 f32) |> mistake "argument 1 of 1 sources"
    copying [ axis 0 10 ] (access 0 0 [ 0, 1 ]) (access 0 0 [ 0, 1 ]) x |> mistake "buffer 0 is read only"

[<Fact>]
let ``an element that one point stores and another reads is found`` () =
    copying [ axis 0 9 ] (access 1 0 [ 0, 1 ]) (access 1 1 [ 0, 1 ]) x
    |> mistake "is read at one point and stored at another"
    // Interleaved elements do not meet.
    LoopCheck.run (copying [ axis 0 5 ] (access 1 0 [ 0, 2 ]) (access 1 1 [ 0, 2 ]) x)

[<Fact>]
let ``sums without an order, or with that of others, are found`` () =
    let summing order =
        let sum = { Kind = Reduction.Sum; Value = x; Axes = 1; Target = access 1 0 []; Order = order }

        program [ ten ] [ vectorOf f32 1 ] [] [ nest [ axis 0 10 ] 0 [ Source.Load(access 0 0 [ 0, 1 ]) ] [] [ sum ] ]

    summing ValueNone |> mistake "without an order"
    summing (ValueSome { Lanes = 64; Row = 9; Rows = 1; Turns = 64 }) |> mistake "of 10 entries"
    LoopCheck.run (summing (ValueSome { Lanes = 64; Row = 10; Rows = 1; Turns = 64 }))

[<Fact>]
let ``buffers that differ are not swapped`` () =
    program [ ten ] [ ten ] [ vectorOf f32 9 ] [ Statement.Swap(1, 2) ] |> mistake "different size"
