/// Random loop nests on every width against the interpreter: extents around the vector's, strides, broadcasts, gathers, reductions.
module Pipeline.Engine.Tests.EmitNestTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.LaneOperators
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private extents = [| 0; 1; 2; 3; 5; 7; 15; 16; 17; 31; 63; 64; 65; 100; 129; 200 |]

let private strides = [| 0; 1; 1; 1; 2; 3; 5; -1 |]

let private pick (random: Random) (from: 'a[]) = from[random.Next from.Length]

/// An access with random strides over the axes, in a buffer just large enough; returns the access and the buffer's size.
let private randomAccess (random: Random) buffer (axes: Axis list) =
    let terms = [ for a in axes -> a.Variable, pick random strides ]

    let reach sign = terms |> List.sumBy (fun (v, s) -> if sign * s > 0 then s * (axes[v].Extent - 1) else 0)

    let lowest, highest = reach -1, reach 1
    let offset = 1 - min 0 lowest
    access buffer offset terms, offset + max 0 highest + 1

/// Row-major over the axes.
let private dense buffer (axes: Axis list) =
    let mutable step = 1

    let terms = [
        for a in List.rev axes ->
            let s = step
            step <- step * a.Extent
            a.Variable, s
    ]

    access buffer 0 terms, step

let private shapeExtents (random: Random) rank =
    match rank with
    | 1 -> [ pick random [| 0; 1; 7; 63; 64; 65; 128; 1000 |] ]
    | 2 -> [ pick random [| 1; 2; 3; 17; 65 |]; pick random extents ]
    | _ -> [ pick random [| 1; 2; 3 |]; pick random [| 1; 2; 5; 17 |]; pick random [| 1; 3; 16; 33; 65 |] ]

let private expression (random: Random) (dtype: DType) (arguments: Lane list) =
    let mutable known = arguments

    for _ in 1 .. random.Next 5 do
        let a, b = known[random.Next known.Length], known[random.Next known.Length]

        let next =
            match random.Next 8 with
            | 0 -> a +. b
            | 1 -> a -. b
            | 2 -> a *. b
            | 3 -> Lane.fma a b known[random.Next known.Length]
            | 4 -> Lane.max a b
            | 5 -> Lane.select (Lane.less a b) a (a.Number 2.0)
            | 6 -> Lane.abs a
            | _ -> a +. a.Number 0.5

        known <- next :: known

    known

/// Extents whose sums are long: along one axis, or along several that are short.
let private longExtents (random: Random) rank =
    match rank with
    | 1 -> [ pick random [| 2049; 4096; 4097; 8200; 33_000 |] ]
    | 2 -> pick random [| [ 3; 5000 ]; [ 5000; 3 ]; [ 70; 130 ]; [ 200; 65 ]; [ 65; 200 ]; [ 130; 17 ]; [ 2; 4500 ] |]
    | _ ->
        pick random [|
            [ 3; 70; 66 ]
            [ 70; 3; 66 ]
            [ 66; 70; 3 ]
            [ 2; 5; 2100 ]
            [ 5; 2100; 2 ]
            [ 150; 2; 17 ]
            [ 12; 12; 40 ]
        |]

/// The orders that a sum over the last axes may have: lanes or none where the vector axis is kept, rows of one axis or several, that are cut sooner
/// than others, so that blocks are met in short sums too. One for all sums of a nest, since they are cut alike.
let private orders (random: Random) dtype (axes: Axis list) vectorAxis =
    let hasLanes = random.Next 2 = 0
    let turns = pick random [| 1; 2; 5; 64; 64 |]

    fun count ->
        let reduced = List.skip (axes.Length - count) axes |> List.map _.Extent
        let isAcross = vectorAxis >= axes.Length - count
        let rows = random.Next count

        {
            Lanes = if isAcross || hasLanes then SumOrder.lanes dtype else 1
            Row = List.fold (*) 1 reduced[rows..]
            Rows = List.fold (*) 1 reduced[.. rows - 1]
            Turns = turns
        }

let private one (random: Random) shapeExtents isLong number =
    let dtype = pick random [| DType.Float32; DType.Float32; DType.Float64; DType.Int32; DType.Int64; DType.UInt8 |]

    let rank = 1 + random.Next 3
    let axes = shapeExtents random rank |> List.mapi axis
    let vectorAxis = random.Next rank
    let inputs = 1 + random.Next 3
    let accesses = [ for k in 0 .. inputs - 1 -> randomAccess random k axes ]
    let sources = [ for a, _ in accesses -> Source.Load a ]
    // One more source: the counter of an axis.
    let sources = sources @ [ Source.Counter(random.Next rank, 2, -3) ]
    let known = expression random dtype [ for k in 0..inputs -> Lane.argument k dtype ]
    let value () = known[random.Next known.Length]
    let storeCount = random.Next 3
    let reductionCount = if storeCount = 0 then 1 + random.Next 3 else random.Next 3
    let outputs = Collections.Generic.List<TensorType>()
    let order = orders random dtype axes vectorAxis
    let cuts = Collections.Generic.Dictionary<int, int>()

    let stores = [
        for _ in 1..storeCount do
            let target, size = dense (inputs + outputs.Count) axes
            outputs.Add(vectorOf dtype size)
            { Target = target; Value = value () }
    ]

    let reductions = [
        for _ in 1..reductionCount do
            let count = 1 + random.Next rank
            let target, size = dense (inputs + outputs.Count) (List.take (rank - count) axes)

            let kinds = [|
                Reduction.Sum
                Reduction.Sum
                Reduction.Product
                Reduction.Maximum
                Reduction.Minimum
                Reduction.ArgMax
                Reduction.ArgMin
            |]

            let order = order count

            // Where entries of a sum's lanes do not lie along the last axis, or several sums would be cut differently, there is no such sum in a program.
            let isFollowed =
                match SumBlocks.ofReduction (Array.ofList axes) vectorAxis (rank - count) order with
                | ValueNone -> false
                | ValueSome { Kind = BlockKind.Whole | BlockKind.Within } -> true
                | ValueSome blocks -> cuts.TryAdd(blocks.Axis, blocks.Length) || cuts[blocks.Axis] = blocks.Length

            let kind =
                pick
                    random
                    (if isFollowed then
                         kinds
                     else
                         kinds |> Array.filter (fun kind -> not (SumOrder.isOrdered kind dtype)))

            let isIndex = kind = Reduction.ArgMax || kind = Reduction.ArgMin
            outputs.Add(vectorOf (if isIndex then DType.Int32 else dtype) size)

            let value = value ()

            // Some sums take products in without rounding them.
            let value =
                if kind = Reduction.Sum && DType.isFloat dtype && random.Next 3 = 0 then
                    Lane.fma value (known[random.Next known.Length]) (value.Number -0.0)
                else
                    value

            {
                Kind = kind
                Value = value
                Axes = count
                Target = target
                Order = if SumOrder.isOrdered kind dtype then ValueSome order else ValueNone
            }
    ]

    let program =
        program [ for _, size in accesses -> vectorOf dtype size ] (List.ofSeq outputs) [] [
            nest axes vectorAxis sources stores reductions
        ]

    let text = axes |> List.map (fun a -> string a.Extent) |> String.concat "x"

    let kinds = reductions |> List.map (fun r -> $"{r.Kind}/{r.Axes}") |> String.concat " "

    agrees $"nest {number}: {dtype} {text}, vector axis {vectorAxis}, {stores.Length} stores, {kinds}" program [|
        // A long sum with infinities in it says nothing of its order.
        for _, size in accesses ->
            if isLong && DType.isFloat dtype then
                ofBits
                    dtype
                    [| size |]
                    (Array.init size (fun _ -> LaneEvaluate.apply (LaneOp.Constant(random.NextDouble() - 0.4)) dtype [||] [||]))
            else
                randomArray random dtype size
    |]

[<Theory>]
[<InlineData(0)>]
[<InlineData(1)>]
[<InlineData(2)>]
[<InlineData(3)>]
let ``random nests agree with the interpreter`` (seed: int) =
    let random = Random seed

    for number in 0..59 do
        one random shapeExtents false $"{seed}.{number}"

[<Theory>]
[<InlineData(0)>]
[<InlineData(1)>]
[<InlineData(2)>]
[<InlineData(3)>]
let ``random nests with long sums agree with the interpreter`` (seed: int) =
    let random = Random(100 + seed)

    for number in 0..19 do
        one random longExtents true $"long {seed}.{number}"

[<Fact>]
let ``gathers by uniform and by varying indices`` () =
    let random = Random 11

    for dtype in [ DType.Float32; DType.Float64; DType.Bool; DType.UInt8 ] do
        for indexType in [ DType.Int32; DType.Int64 ] do
            for rows, columns in [ 5, 70; 70, 5; 33, 1 ] do
                for vectorAxis in [ 0; 1 ] do
                    let axes = [ axis 0 rows; axis 1 columns ]
                    let table = 11
                    let out, size = dense 2 axes
                    let index = Lane.argument 0 indexType

                    let body =
                        nest axes vectorAxis [ Source.Load(access 1 0 [ 0, 1 ]); Source.LoadAt(access 0 0 [ 1, 1 ], index, table, columns) ] [
                            { Target = out; Value = Lane.argument 1 dtype }
                        ] []

                    let program =
                        program [ vectorOf dtype (table * columns); vectorOf indexType rows ] [ vectorOf dtype size ] [] [ body ]

                    let indices = ofBits indexType [| rows |] (Array.init rows (fun _ -> uint64 (random.Next(-3, 14))))

                    agrees $"{dtype} by {indexType}, {rows}x{columns} along {vectorAxis}" program [|
                        randomArray random dtype (table * columns)
                        indices
                    |]

[<Fact>]
let ``the last turn of a long axis may begin before the one before it has ended, but not where that is read again`` () =
    let random = Random 13
    let x = Lane.argument 0 DType.Float32

    for size in [ 513; 559; 575; 1000; 1023; 4097 ] do
        let along = [ axis 0 size ]
        let value = x *. x +. Lane.convert DType.Float32 (Lane.argument 1 DType.Int32)
        let counter = Source.Counter(0, 3, 1)

        let body source target =
            nest along 0 [ Source.Load(access source 0 [ 0, 1 ]); counter ] [ { Target = access target 0 [ 0, 1 ]; Value = value } ] []

        let types = [ vectorOf DType.Float32 size ]
        // The second nest writes over what it reads.
        agrees $"{size} elements" (program types types [] [ body 0 1; body 1 1 ]) [| randomArray random DType.Float32 size |]

        let apart = (Emit.listing 256 (program types types [] [ body 0 1 ])).Length
        let within = (Emit.listing 256 (program types types types [ body 2 2 ])).Length
        Assert.True(apart < within, $"{size} elements: {apart} and {within} instructions")

[<Fact>]
let ``types of different widths in one nest`` () =
    let random = Random 12
    let size = 77

    let a, b, c = Lane.argument 0 DType.Float32, Lane.argument 1 DType.Float64, Lane.argument 2 DType.UInt8

    let wide = Lane.convert DType.Float64 a *. b
    let narrow = Lane.convert DType.Float32 b +. Lane.convert DType.Float32 c
    let mask = Lane.lessEqual (Lane.convert DType.Int64 c) (Lane.argument 3 DType.Int64)
    let chosen = Lane.select mask a narrow
    let load k = Source.Load(access k 0 [ 0, 1 ])

    let body =
        nest [ axis 0 size ] 0 [ load 0; load 1; load 2; load 3 ] [
            { Target = access 4 0 [ 0, 1 ]; Value = chosen }
            { Target = access 5 0 [ 0, 1 ]; Value = Lane.convert DType.UInt16 wide }
            { Target = access 6 0 [ 0, 1 ]; Value = mask }
        ] [
            reduction Reduction.Sum chosen 1 (access 7 0 []) [ axis 0 size ] 0
            reduction Reduction.Sum wide 1 (access 8 0 []) [ axis 0 size ] 0
            reduction Reduction.ArgMin wide 1 (access 9 0 []) [ axis 0 size ] 0
        ]

    let types = [ DType.Float32; DType.Float64; DType.UInt8; DType.Int64 ]

    let program =
        program
            [ for t in types -> vectorOf t size ]
            [
                vectorOf DType.Float32 size
                vectorOf DType.UInt16 size
                vectorOf DType.Bool size
                vectorOf DType.Float32 1
                vectorOf DType.Float64 1
                vectorOf DType.Int32 1
            ] [] [ body ]

    agrees "mixed" program [| for t in types -> randomArray random t size |]

[<Theory>]
[<InlineData(false)>]
[<InlineData(true)>]
let ``accumulation adds, or replaces, in loop order where points meet`` (replaces: bool) =
    let random = Random 13
    let rows, columns, table = 40, 3, 6

    let body = [
        nest [ axis 0 (table * columns) ] 0 [] [ { Target = access 2 0 [ 0, 1 ]; Value = (Lane.argument 0 DType.Float32).Number 0.25 } ] []
        Statement.Accumulate {
            Axes = [| axis 0 rows; axis 1 columns |]
            Sources = [| Source.Load(access 0 0 [ 0, columns; 1, 1 ]); Source.Load(access 1 0 [ 0, 1 ]) |]
            Target = access 2 0 [ 1, 1 ]
            Index = Lane.argument 1 DType.Int32
            Count = table
            Stride = columns
            Value = Lane.argument 0 DType.Float32
            Replaces = replaces
        }
    ]

    let program =
        program [ vectorOf DType.Float32 (rows * columns); vectorOf DType.Int32 rows ] [ vectorOf DType.Float32 (table * columns) ] [] body

    let indices = ofBits DType.Int32 [| rows |] (Array.init rows (fun _ -> uint64 (random.Next(-1, 8))))

    agrees "accumulate" program [| randomArray random DType.Float32 (rows * columns); indices |]

[<Fact>]
let ``long nests keep virtual lanes in memory where vectors are narrow`` () =
    let random = Random 14

    for size in [ 3; 64; 250; 4500 ] do
        let x = Lane.argument 0 DType.Float32

        let chain first = [ 1..120 ] |> List.fold (fun v i -> Lane.fma v (x.Number 0.5) (x.Number(float i)) +. x) (x +. x.Number first)

        let axes = [ axis 0 2; axis 1 size ]

        let body =
            nest axes 1 [ Source.Load(access 0 0 [ 0, size; 1, 1 ]) ] [] [
                reduction Reduction.Sum (chain 1.0) 1 (access 1 0 [ 0, 1 ]) axes 1
                reduction Reduction.Maximum (chain 2.0) 2 (access 2 0 []) axes 1
                reduction Reduction.ArgMax (chain 2.0) 2 (access 3 0 []) axes 1
            ]

        let program =
            program [ vectorOf DType.Float32 (2 * size) ] [ vectorOf DType.Float32 2; vectorOf DType.Float32 1; vectorOf DType.Int32 1 ] [] [
                body
            ]

        agrees $"long {size}" program [| randomArray random DType.Float32 (2 * size) |]
