/// Serial loops over a small state: random ones with everything that may stand in their way, and which of their numbers they hold in locals.
module Pipeline.Engine.Tests.LoopRegistersTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.LaneOperators
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private straight sources stores = nest [] -1 sources stores []

/// Inputs: 0 and 1. Outputs: 2 and 3, an entry a turn, and 4 to 8, the state at the end. Workspaces: 9 to 13, the state; 14 a flag, 15 a counter a loop.
let private states = [ DType.Float64, 4; DType.Float32, 3; DType.Int32, 2; DType.UInt8, 2; DType.Bool, 2 ]
let private turns = 6
let private counters = 8

type private RandomLoops(random: Random) =
    let mutable variable = 100
    let mutable counter = 0
    let chance p = random.NextDouble() < p

    /// (buffer, dtype, size)
    let state () =
        let k = random.Next states.Length
        struct (9 + k, fst states[k], snd states[k])

    let number dtype value = (Lane.argument 0 dtype).Number value

    /// An expression over sources, which it adds; what it reads is anywhere.
    let expression (sources: ResizeArray<Source>) (open': int list) dtype =
        let read () =
            let struct (buffer, own, size) = state ()

            let struct (source, own) =
                match random.Next 12 with
                | 0 when not open'.IsEmpty -> struct (Source.Load(access 0 0 [ open'[random.Next open'.Length], 1 ]), DType.Float64)
                | 1 when not open'.IsEmpty -> struct (Source.Load(access 1 0 [ open'[random.Next open'.Length], 1 ]), DType.Float32)
                | 2 when not open'.IsEmpty -> struct (Source.Counter(open'[random.Next open'.Length], 3, 1), DType.Int32)
                | 3 when chance 0.3 ->
                    // A place that is computed: this buffer cannot be held.
                    sources.Add(Source.Load(access 11 0 []))
                    let index = Lane.argument (sources.Count - 1) DType.Int32
                    struct (Source.LoadAt(access buffer 0 [], index, size, 1), own)
                | _ -> struct (Source.Load(access buffer (random.Next size) []), own)

            sources.Add source
            let lane = Lane.argument (sources.Count - 1) own

            if own = dtype then
                lane
            elif DType.isFloat own && not (DType.isFloat dtype) && dtype <> DType.Bool then
                // In range of every integer.
                Lane.convert dtype (Lane.min (lane.Number 100.0) (Lane.max (lane.Number 0.0) lane))
            else
                Lane.convert dtype lane

        let x, y = read (), read ()

        match dtype with
        | DType.Bool -> [| x; x &&. y; x ||. y; Lane.not x |][random.Next 4]
        | _ when DType.isFloat dtype ->
            [| x; x +. y; x -. y; x *. x.Number 0.5; Lane.select (Lane.less x y) x (y *. y.Number 0.25); Lane.max x y |][random.Next 6]
        | _ -> [| x; x +. y; x ^^. y; Lane.max x y |][random.Next 4]

    let step open' =
        let sources = ResizeArray()
        let count = 1 + random.Next 3

        let stores = [
            for _ in 1..count do
                let struct (buffer, dtype, size) = state ()

                if chance 0.1 && not (List.isEmpty open') then
                    { Target = access 2 0 [ List.head open', 1 ]; Value = expression sources open' DType.Float64 }
                else
                    { Target = access buffer (random.Next size) []; Value = expression sources open' dtype }
        ]

        let apart = stores |> List.distinctBy (fun s -> s.Target.Buffer, s.Target.Offset)
        straight (List.ofSeq sources) apart

    /// Loops, choices and other statements, nested so deep.
    member me.Body (open': int list) depth : Statement[] = [|
        for _ in 1 .. 1 + random.Next 3 do
            match random.Next 10 with
            | 0
            | 1 when depth > 0 ->
                variable <- variable + 1
                let own = variable - 100
                Statement.Repeat(own, (if chance 0.1 then 0 else 1 + random.Next turns), me.Body (own :: open') (depth - 1))
            | 2 when depth > 0 && counter < counters ->
                let k = counter
                counter <- counter + 1
                let n = Lane.argument 0 DType.Int32
                let flag = access 14 0 []
                straight [] [ { Target = access 15 k []; Value = number DType.Int32 0.0 } ]

                Statement.RepeatWhile(
                    [|
                        straight [ Source.Load(access 15 k []) ] [
                            { Target = flag; Value = Lane.less n (n.Number(float (random.Next 4))) }
                        ]
                    |],
                    flag,
                    (if chance 0.5 then 5 else 0),
                    [|
                        yield! me.Body open' (depth - 1)
                        straight [ Source.Load(access 15 k []) ] [ { Target = access 15 k []; Value = n +. n.Number 1.0 } ]
                    |]
                )
            | 3 when depth > 0 ->
                let branches = Array.init (2 + random.Next 2) (fun _ -> me.Body open' (if chance 0.7 then 0 else depth - 1))
                Statement.Choose(access 11 (random.Next 2) [], branches)
            | 4 when chance 0.3 ->
                let struct (buffer, dtype, size) = state ()

                if DType.isFloat dtype then
                    let x = Lane.argument 0 dtype
                    variable <- variable + 1
                    let along = axis (variable - 100) size
                    let places = access buffer 0 [ along.Variable, 1 ]
                    nest [ along ] 0 [ Source.Load places ] [ { Target = places; Value = x *. x.Number 0.75 } ] []
            | _ -> step open'
    |]

    member me.Program() =
        let types = [ for dtype, size in states -> vectorOf dtype size ]

        let fill = [
            for k, (dtype, size) in List.indexed states do
                let value i = (Lane.argument 0 dtype).Number(if dtype = DType.Bool then float (i % 2) else float (i + 1))
                straight [] [ for i in 0 .. size - 1 -> { Target = access (9 + k) i []; Value = value i } ]

            straight [] [ { Target = access 14 0 []; Value = (Lane.argument 0 DType.Bool).Number 0.0 } ]

            for buffer, dtype in [ 2, DType.Float64; 3, DType.Float32 ] do
                nest [ axis 90 turns ] 0 [] [ { Target = access buffer 0 [ 90, 1 ]; Value = number dtype 0.0 } ] []
        ]

        let ends = [
            for k, (dtype, size) in List.indexed states do
                let all = [ 0 .. size - 1 ]

                straight [ for i in all -> Source.Load(access (9 + k) i []) ] [
                    for i in all -> { Target = access (4 + k) i []; Value = Lane.argument i dtype }
                ]
        ]

        program
            [ vectorOf DType.Float64 turns; vectorOf DType.Float32 turns ]
            ([ vectorOf DType.Float64 turns; vectorOf DType.Float32 turns ] @ types)
            (types @ [ vectorOf DType.Bool 1; vectorOf DType.Int32 counters ])
            (fill @ List.ofArray (Array.append (me.Body [] 3) (me.Body [] 3)) @ ends)

[<Fact>]
let ``random loops over a small state`` () =
    let mutable held = 0

    let rec count (program: LoopProgram) (body: Statement[]) =
        for s in body do
            match s with
            | Statement.Repeat(_, _, body) ->
                held <- held + (LoopRegisters.elements program.Buffers [||] body).Length
                count program body
            | Statement.RepeatWhile(_, flag, _, body) ->
                held <- held + (LoopRegisters.elements program.Buffers [| flag |] body).Length
                count program body
            | Statement.Choose(_, branches) -> Array.iter (count program) branches
            | _ -> ()

    for seed in 1..150 do
        let random = Random seed
        let program = RandomLoops(random).Program()
        count program program.Body
        agrees $"seed {seed}" program [| randomArray random DType.Float64 turns; randomArray random DType.Float32 turns |]

    Assert.True(held > 500, $"the loops held {held} numbers")

[<Fact>]
let ``a loop holds what only straight-line code at one place touches`` () =
    let x, n = Lane.argument 0 DType.Float32, Lane.argument 0 DType.Int32

    let buffers =
        (program [ vectorOf DType.Float32 8 ] [ vectorOf DType.Float32 8 ] [ vectorOf DType.Float32 2; vectorOf DType.Int32 1 ] []).Buffers

    let step = straight [ Source.Load(access 2 0 []) ] [ { Target = access 2 1 []; Value = x } ]
    let entry = straight [ Source.Load(access 0 0 [ 5, 1 ]) ] [ { Target = access 1 0 [ 5, 1 ]; Value = x } ]

    let places body =
        LoopRegisters.elements buffers [||] body
        |> Array.map (fun e -> e.Access.Buffer, e.Access.Offset, e.IsWritten)
        |> Array.sort

    Assert.Equal<_[]>([| 2, 0, false; 2, 1, true |], places [| step |])
    // What moves with the loop is read and written in memory.
    Assert.Equal<_[]>([| 2, 0, false; 2, 1, true |], places [| step; entry |])
    // So is what a nest with axes reads, and all of its buffer.
    let array =
        nest [ axis 6 2 ] 0 [ Source.Load(access 2 0 [ 6, 1 ]) ] [ { Target = access 1 0 [ 6, 1 ]; Value = x } ] []

    Assert.Empty(places [| step; array |])
    // A branch that is a method of its own reads memory.
    let choose branch = Statement.Choose(access 3 0 [], [| [| branch |]; [| step |] |])
    let count = straight [ Source.Load(access 3 0 []) ] [ { Target = access 3 0 []; Value = n +. n.Number 1.0 } ]
    Assert.Equal<_[]>([| 2, 0, false; 2, 1, true; 3, 0, true |], places [| choose step; count |])
    Assert.Equal<_[]>([| 3, 0, true |], places [| choose (Statement.Repeat(7, 2, [| step |])); count |])
    Assert.Empty(places [| Statement.Swap(2, 1); step |])
