/// Every lane operation, on every width, with special values, against the evaluator of lanes.
module Pipeline.Engine.Tests.EmitLaneTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private floats = [ DType.Float32; DType.Float64 ]

let private integers = [ DType.Int32; DType.Int64; DType.UInt8; DType.UInt16; DType.UInt32; DType.UInt64 ]

let private numbers = floats @ integers
let private every = numbers @ [ DType.Bool ]

/// An elementwise program over arrays of 133 elements: two full iterations and a rest with a partial vector.
let private check (random: Random) description op result (operands: DType list) =
    let size = 133
    let lanes = operands |> List.mapi Lane.argument |> Array.ofList

    let value = { Op = op; DType = result; Arguments = lanes }

    let count = operands.Length

    let body =
        nest [ axis 0 size ] 0 [ for k in 0 .. count - 1 -> Source.Load(access k 0 [ 0, 1 ]) ] [
            { Target = access count 0 [ 0, 1 ]; Value = value }
        ] []

    let program = program [ for t in operands -> vectorOf t size ] [ vectorOf result size ] [] [ body ]

    agrees description program [| for t in operands -> randomArray random t size |]

let private binary = [ LaneOp.Add; LaneOp.Subtract; LaneOp.Multiply; LaneOp.Divide; LaneOp.Minimum; LaneOp.Maximum ]

[<Fact>]
let ``arithmetic of two operands`` () =
    let random = Random 1

    for dtype in numbers do
        for op in binary do
            check random $"{op} {dtype}" op dtype [ dtype; dtype ]

    for dtype in integers do
        check random $"remainder {dtype}" LaneOp.Remainder dtype [ dtype; dtype ]

[<Fact>]
let ``arithmetic of one and of three operands`` () =
    let random = Random 2

    for dtype in numbers do
        for op in [ LaneOp.Negate; LaneOp.Absolute ] do
            check random $"{op} {dtype}" op dtype [ dtype ]

        check random $"fma {dtype}" LaneOp.FusedMultiplyAdd dtype [ dtype; dtype; dtype ]

    for dtype in floats do
        for op in [ LaneOp.SquareRoot; LaneOp.Floor; LaneOp.Round ] do
            check random $"{op} {dtype}" op dtype [ dtype ]

[<Fact>]
let ``bits and shifts`` () =
    let random = Random 3

    for dtype in integers do
        for op in [ LaneOp.And; LaneOp.Or; LaneOp.Xor; LaneOp.ShiftLeftBy; LaneOp.ShiftRightBy ] do
            check random $"{op} {dtype}" op dtype [ dtype; dtype ]

        check random $"not {dtype}" LaneOp.Not dtype [ dtype ]

        for n in [ 0; 1; 5; 8 * DType.bytes dtype - 1 ] do
            check random $"<< {n} {dtype}" (LaneOp.ShiftLeft n) dtype [ dtype ]
            check random $">> {n} {dtype}" (LaneOp.ShiftRight n) dtype [ dtype ]

        for n in [ 1; 5; 8 * DType.bytes dtype - 1 ] do
            check random $"rotate {n} {dtype}" (LaneOp.RotateLeft n) dtype [ dtype ]

    for op in [ LaneOp.And; LaneOp.Or; LaneOp.Xor ] do
        check random $"{op} bool" op DType.Bool [ DType.Bool; DType.Bool ]

    check random "not bool" LaneOp.Not DType.Bool [ DType.Bool ]

[<Fact>]
let ``comparison and choice`` () =
    let random = Random 4

    for dtype in every do
        for relation in [ Relation.Equal; Relation.NotEqual; Relation.Less; Relation.LessEqual ] do
            check random $"{relation} {dtype}" (LaneOp.Compare relation) DType.Bool [ dtype; dtype ]

        check random $"select {dtype}" LaneOp.Select dtype [ DType.Bool; dtype; dtype ]

[<Fact>]
let ``conversion from every type to every type`` () =
    let random = Random 5

    for source in every do
        for target in every do
            check random $"{source} to {target}" LaneOp.Convert target [ source ]

[<Fact>]
let ``the same bits as another type`` () =
    let random = Random 6

    for source in every do
        for target in every do
            if source <> DType.Bool && target <> DType.Bool && DType.bytes source = DType.bytes target then
                check random $"{source} as {target}" LaneOp.Reinterpret target [ source ]

[<Fact>]
let ``functions called once a lane`` () =
    let random = Random 7

    for dtype in floats do
        check random $"call1 {dtype}" (LaneOp.Call1("cube", (fun x -> x * x * x), (fun x -> x * x * x))) dtype [ dtype ]
