/// Sums have one order each, of dtype and extents alone. The definition here is written from the text of the rule, number by number.
module Pipeline.Engine.Tests.SumOrderTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Checked
open Xunit

/// Arithmetic of one dtype, on float64 numbers that hold it exactly.
type private Arithmetic = { Lanes: int; Add: float -> float -> float; Fused: float -> float -> float -> float }

let private arithmetic dtype =
    if dtype = DType.Float32 then
        {
            Lanes = 64
            Add = fun a b -> float (float32 a + float32 b)
            Fused = fun a b c -> float (MathF.FusedMultiplyAdd(float32 a, float32 b, float32 c))
        }
    else
        { Lanes = 32; Add = (+); Fused = (fun a b c -> Math.FusedMultiplyAdd(a, b, c)) }

/// Blocks in a tree whose left part is the largest power of two below their number.
let rec private tree add (blocks: 'a list) : 'a =
    match blocks with
    | [ only ] -> only
    | _ ->
        let mutable left = 1

        while left * 2 < blocks.Length do
            left <- left * 2

        add (tree add (List.take left blocks)) (tree add (List.skip left blocks))

/// Lanes by halves: i with i + 32, then 16, ..
let rec private halves add (lanes: float[]) =
    if lanes.Length = 1 then
        lanes[0]
    else
        let half = lanes.Length / 2
        halves add (Array.init half (fun i -> add lanes[i] lanes[i + half]))

/// Rows of terms, each a step that takes a lane's number to its next: 64 turns of every lane are a block.
let private sumOf (a: Arithmetic) lanes turns (rows: (float -> float)[][]) =
    if Array.sumBy Array.length rows = 0 then
        0.0
    else
        let turnsOfRow = (rows[0].Length + lanes - 1) / lanes

        let blocks: (float -> float)[] list list =
            if turnsOfRow > turns then
                [
                    for row in rows do
                        for part in Array.chunkBySize (turns * lanes) row -> [ part ]
                ]
            else
                rows |> Array.chunkBySize (turns / turnsOfRow) |> Array.map List.ofArray |> List.ofArray

        let ofBlock (rows: (float -> float)[] list) =
            let sums = Array.create lanes -0.0

            for row in rows do
                row |> Array.iteri (fun p take -> sums[p % lanes] <- take sums[p % lanes])

            halves a.Add sums

        blocks |> List.map ofBlock |> tree a.Add

let private indices (shape: int[]) =
    (Seq.singleton [||], shape)
    ||> Array.fold (fun prefixes d -> prefixes |> Seq.collect (fun p -> Seq.init d (fun i -> Array.append p [| i |])))

let private at (x: NDArray) (index: int[]) = NDArray.elementAt x (x.Offset + Array.fold2 (fun sum i s -> sum + i * s) 0 index x.Strides)

/// The sums over axes, in the order of the results. Of float32 numbers, more than 65,536, in float64.
let rec private expected (axes: int[]) (x: NDArray) =
    if x.DType = DType.Float32 && Shape.count axes x.Shape > 65_536 then
        expected axes (apply (Op.Convert DType.Float64) [| x |]) |> Array.map (float32 >> float)
    else
        expectedIn axes x

and private expectedIn (axes: int[]) (x: NDArray) =
    let a = arithmetic x.DType
    let long = [| 0 .. x.Rank - 1 |] |> Array.filter (fun axis -> x.Shape[axis] <> 1)
    let isReduced axis = Array.contains axis axes
    let kept = x.Shape |> Array.indexed |> Array.filter (fun (axis, _) -> not (isReduced axis)) |> Array.map snd
    // The reduced axes behind the last kept one, or, if there are none, the last ones that lie together.
    let innermostReduced = long.Length = 0 || isReduced (Array.last long)
    let lanes = if innermostReduced || Shape.size kept <= 32 then a.Lanes else 1
    let fromBehind = long |> Array.rev |> Array.skipWhile (isReduced >> not) |> Array.takeWhile isReduced |> Array.rev
    let row = fromBehind |> Array.fold (fun n axis -> n * x.Shape[axis]) 1

    [|
        for index in indices kept do
            let terms = [|
                for reduced in indices (axes |> Array.map (fun axis -> x.Shape[axis])) do
                    let mutable k = -1

                    let place =
                        Array.init x.Rank (fun axis ->
                            match Array.IndexOf(axes, axis) with
                            | -1 ->
                                k <- k + 1
                                index[k]
                            | r -> reduced[r])

                    let value = at x place
                    fun sum -> a.Add sum value
            |]

            if terms.Length = 0 then 0.0 else sumOf a lanes 64 (Array.chunkBySize row terms)
    |]

let private bits (dtype: DType) (x: float) =
    if Double.IsNaN x then 1L
    elif dtype = DType.Float32 then int64 (BitConverter.SingleToInt32Bits(float32 x))
    else BitConverter.DoubleToInt64Bits x

let private same (what: string) (dtype: DType) (expected: float[]) (actual: NDArray) =
    let actual = Golden.numbers actual
    Assert.Equal(expected.Length, actual.Length)

    for i in 0 .. expected.Length - 1 do
        if bits dtype expected[i] <> bits dtype actual[i] then
            Assert.Fail $"{what}, result {i}: {actual[i]:R} for {expected[i]:R}."

let private random = Random 11

let private numbers dtype (shape: int[]) =
    let data =
        Array.init (Shape.size shape) (fun _ ->
            match random.Next 40 with
            | 0 -> -0.0
            | 1 -> 0.0
            | _ -> (random.NextDouble() - 0.4) * Math.ScaleB(1.0, random.Next(-12, 12)))

    apply (Op.Convert dtype) [| ofFloat64 shape data |]

/// The same numbers as stored, transposed, every second one, behind an offset.
let private views (x: NDArray) =
    let reversed = Array.init x.Rank (fun i -> x.Rank - 1 - i)
    let turned = KernelsViews.transpose reversed (KernelsViews.contiguous (KernelsViews.transpose reversed x))
    let ones = Array.replicate x.Rank 1
    let spread = KernelsStructure.pad ones (Array.replicate x.Rank 0) ones x
    [ x; turned; KernelsViews.slice ones spread.Shape (Array.replicate x.Rank 2) spread ]

let private extents = [| 0; 1; 2; 3; 5; 31; 32; 33; 63; 64; 65; 127; 129 |]

let internal shapes = [
    for n in [ 0; 1; 2; 3; 7; 16; 17; 31; 32; 33; 63; 64; 65; 2047; 2048; 2049; 4095; 4096; 4097; 12_289 ] do
        [| n |]

    for n in [ 65; 2049; 4097 ] do
        [| 3; n |]
        [| n; 3 |]
        [| n; 33 |]
        [| 2; n; 2 |]
        [| n; 1; 5 |]

    for _ in 1..60 do
        [| for _ in 1 .. 1 + random.Next 4 -> extents[random.Next extents.Length] |]
]

let internal someAxes (shape: int[]) =
    [
        [| 0 |]
        [| shape.Length - 1 |]
        [| 0 .. shape.Length - 1 |]
        [|
            for axis in 0 .. shape.Length - 1 do
                if random.Next 2 = 0 then axis
        |]
    ]
    |> List.distinct
    |> List.filter (fun axes -> axes.Length > 0)

[<Fact>]
let ``a sum has the order of its dtype and extents, whatever the strides`` () =
    for shape in shapes do
        if Shape.size shape < 60_000 then
            for dtype in [ DType.Float32; DType.Float64 ] do
                let x = numbers dtype shape

                for axes in someAxes shape do
                    let expected = expected axes x

                    for view in views x do
                        same $"{dtype}{Shape.text shape} over %A{axes}" dtype expected (apply (Op.Reduce(Reduction.Sum, axes)) [| view |])

[<Fact>]
let ``float32 sums of more than 65,536 numbers are those of float64, rounded once`` () =
    for shape, axes in
        [
            [| 65_536 |], [| 0 |]
            [| 65_537 |], [| 0 |]
            [| 2; 65_540 |], [| 1 |]
            [| 65_600; 2 |], [| 0 |]
            [| 65_537; 33 |], [| 0 |]
            [| 3; 300; 5; 100 |], [| 1; 3 |]
            [| 300; 5; 300 |], [| 0; 2 |]
        ] do
        let x = numbers DType.Float32 shape
        let expected = expected axes x

        for view in views x do
            same $"Float32{Shape.text shape} over %A{axes}" DType.Float32 expected (apply (Op.Reduce(Reduction.Sum, axes)) [| view |])

[<Fact>]
let ``a product has the order of a sum of more than 8 terms where it has at most 32 results or is a matrix's rows by a vector, else it is a chain over blocks of 4,096``
    ()
    =
    for struct (m, k, n) in
        [
            struct (1, 1, 1)
            struct (1, 5, 1)
            struct (1, 16, 2)
            struct (3, 17, 5)
            struct (1, 64, 1)
            struct (4, 65, 8)
            struct (2, 4097, 2)
            struct (1, 12_289, 1)
            struct (4, 33, 9)
            struct (33, 1, 1)
            struct (40, 7, 1)
            struct (1, 7, 40)
            struct (40, 9, 1)
            struct (1, 70, 40)
            struct (33, 4097, 1)
            struct (7, 31, 17)
            struct (5, 33, 24)
            struct (20, 33, 2)
            struct (13, 40, 3)
            struct (11, 5, 5)
            struct (9, 4097, 4)
            struct (3, 8193, 16)
            struct (3, 0, 2)
        ] do
        for dtype in [ DType.Float32; DType.Float64 ] do
            for struct (isLeftTurned, isRightTurned) in
                [ struct (false, false); struct (true, false); struct (false, true); struct (true, true) ] do
                let a = arithmetic dtype
                let left = numbers dtype (if isLeftTurned then [| k; m |] else [| m; k |])
                let right = numbers dtype (if isRightTurned then [| n; k |] else [| k; n |])
                let x i p = at left (if isLeftTurned then [| p; i |] else [| i; p |])
                let y p j = at right (if isRightTurned then [| j; p |] else [| p; j |])

                // Of a matrix and a vector of more than 8 terms; an axis of one entry does not count.
                let isLine = k > 8 && (n = 1 && (not isLeftTurned || m = 1) || m = 1 && (isRightTurned || n = 1))

                let expected = [|
                    for i in 0 .. m - 1 do
                        for j in 0 .. n - 1 do
                            let terms = Array.init k (fun p -> a.Fused (x i p) (y p j))

                            if isLine || m * n <= 32 && k > 8 then
                                sumOf a a.Lanes 64 [| terms |]
                            else
                                sumOf a 1 4096 [| terms |]
                |]

                let axes = {
                    Batch = 0
                    ContractLeft = [| if isLeftTurned then 0 else 1 |]
                    ContractRight = [| if isRightTurned then 1 else 0 |]
                }

                for x in views left do
                    for y in views right do
                        same $"{dtype} [{m}, {k}] . [{k}, {n}], %A{axes}" dtype expected (apply (Op.Dot axes) [| x; y |])

[<Fact>]
let ``a mean is the sum divided by the count, a norm the root of the scaled sum of squares`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        for shape in [ [| 3; 65 |]; [| 4097 |]; [| 5; 1000 |] ] do
            let x = numbers dtype shape
            let axes = [| shape.Length - 1 |]
            let count = apply (Op.Convert dtype) [| NDArray.scalar64 (float shape[shape.Length - 1]) |]

            let mean =
                expected axes x
                |> Array.map (fun sum ->
                    let sum = apply (Op.Convert dtype) [| NDArray.scalar64 sum |]
                    (Golden.numbers (apply (Op.Zip Zip.Divide) [| sum; count |]))[0])

            for view in views x do
                same "mean" dtype mean (apply (Op.Mean axes) [| view |])

            let norms = views x |> List.map (fun view -> Golden.numbers (apply (Op.Norm axes) [| view |]))
            Assert.All(norms, (fun norm -> Assert.Equal<float[]>(norms.Head, norm)))

[<Fact>]
let ``running sums, scattered sums and gradients of gathers have the order of their entries, whatever the strides`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        let a = arithmetic dtype

        for shape in [ [| 5 |]; [| 64 |]; [| 65 |]; [| 3; 200 |]; [| 70; 3 |] ] do
            let x = numbers dtype shape

            for axis in 0 .. shape.Length - 1 do
                for reverse in [ false; true ] do
                    let results = views x |> List.map (fun view -> apply (Op.CumulativeSum(axis, reverse)) [| view |])

                    if shape[axis] <= 64 then
                        let rec running (index: int[]) =
                            let before = index[axis] + (if reverse then 1 else -1)

                            if before < 0 || before = shape[axis] then
                                at x index
                            else
                                a.Add (running (Array.updateAt axis before index)) (at x index)

                        for result in results do
                            same "running sums" dtype (indices shape |> Seq.map running |> Array.ofSeq) result

                    for result in results do
                        same "running sums of views" dtype (Golden.numbers results.Head) result

        let updates = numbers dtype [| 3; 50; 2 |]
        let positions = Array.init 50 (fun _ -> random.Next 7)
        let where = ofInt32 [| 50 |] positions

        let expected = [|
            for i in indices [| 3; 7; 2 |] do
                let mutable sum = 0.0

                for k in 0..49 do
                    if positions[k] = i[1] then sum <- a.Add sum (at updates [| i[0]; k; i[2] |])

                sum
        |]

        for view in views updates do
            let zeros = apply (Op.Convert dtype) [| ofFloat64 [| 3; 7; 2 |] (Array.zeroCreate 42) |]
            same "scattered" dtype expected (apply (Op.Scatter 1) [| zeros; view; where |])
