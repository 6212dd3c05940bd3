/// Kernels against their definitions index by index, on contiguous operands and on strided views of the same numbers.
module Pipeline.Engine.Tests.KernelDefinitionTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Checked
open Xunit

let private indices (shape: int[]) =
    shape
    |> Array.fold
        (fun (prefixes: int[] list) d -> [
            for p in prefixes do
                for i in 0 .. d - 1 -> Array.append p [| i |]
        ])
        [ [||] ]

let private at (x: NDArray) (index: int[]) = NDArray.elementAt x (x.Offset + Array.fold2 (fun sum i s -> sum + i * s) 0 index x.Strides)

let private defined (shape: int[]) (f: int[] -> float) (actual: NDArray) =
    Assert.Equal<int[]>(shape, actual.Shape)

    for index in indices shape do
        Assert.Equal(f index, at actual index)

/// Small integers, so that every order of summation gives the same bits.
let private numbers dtype (shape: int[]) (seed: int) =
    let random = Random seed
    let data = Array.init (Shape.size shape) (fun _ -> float (random.Next(-6, 7)))
    apply (Op.Convert dtype) [| ofFloat64 shape data |]

/// Views with the same numbers: as stored, transposed storage, every second element, behind an offset.
let private views (x: NDArray) =
    let reversed = Array.init x.Rank (fun i -> x.Rank - 1 - i)

    let turned = KernelsViews.transpose reversed (KernelsViews.contiguous (KernelsViews.transpose reversed x))

    let ones, zeros = Array.replicate x.Rank 1, Array.replicate x.Rank 0
    let spread = KernelsStructure.pad ones zeros ones x
    let sparse = KernelsViews.slice ones spread.Shape (Array.replicate x.Rank 2) spread
    [ x; turned; sparse ]

let private shapes: int[] list = [
    [||]
    [| 1 |]
    [| 7 |]
    [| 40 |]
    [| 3; 5 |]
    [| 5; 1; 9 |]
    [| 2; 3; 4; 5 |]
    [| 0; 3 |]
    [| 1000; 2 |]
]

let private dtypes = DType.table |> Array.map _.DType |> Array.filter (fun d -> d <> DType.Bool)

[<Fact>]
let ``zips, comparisons and maps go element by element`` () =
    for shape in shapes do
        for dtype in dtypes do
            for a in views (numbers dtype shape 1) do
                for b in views (numbers dtype shape 2) do
                    let wrapped x =
                        (Golden.numbers (apply (Op.Convert dtype) [| apply (Op.Convert DType.Int64) [| NDArray.scalar64 x |] |]))[0]

                    let exact f = fun i -> if DType.isFloat dtype then f i else wrapped (f i)

                    defined shape (fun i -> max (at a i) (at b i)) (apply (Op.Zip Zip.Maximum) [| a; b |])
                    defined shape (exact (fun i -> at a i - at b i)) (apply (Op.Zip Zip.Subtract) [| a; b |])

                    defined shape (fun i -> if at a i < at b i then 1.0 else 0.0) (apply (Op.Compare Relation.Less) [| a; b |])

                    let less = apply (Op.Compare Relation.Less) [| a; b |]
                    defined shape (fun i -> min (at a i) (at b i)) (apply Op.Select [| less; a; b |])

[<Fact>]
let ``an operand of one repeated element is like its copies`` () =
    for zip in [ Zip.Subtract; Zip.Divide; Zip.Scale; Zip.Maximum ] do
        for n in [ 1; 3; 37 ] do
            let x = numbers DType.Float64 [| n |] 3
            let repeated = apply (Op.Broadcast([| n |], [||])) [| NDArray.scalar64 2.5 |]
            let copies = ofFloat64 [| n |] (Array.replicate n 2.5)

            let both a b = Golden.numbers (apply (Op.Zip zip) [| a; b |])

            Assert.Equal<float[]>(both x copies, both x repeated)
            Assert.Equal<float[]>(both copies x, both repeated x)
            Assert.Equal<float[]>(both copies copies, both repeated repeated)

[<Fact>]
let ``reductions and running sums follow their definition`` () =
    for shape in shapes do
        for axes in [ [||]; [| 0 |]; [| shape.Length - 1 |]; Array.init shape.Length id ] |> List.distinct do
            if axes |> Array.forall (fun a -> a >= 0 && a < shape.Length) then
                for dtype in [ DType.Float32; DType.Float64; DType.Int64 ] do
                    for x in views (numbers dtype shape 4) do
                        let kept = Shape.without axes shape

                        let matching (index: int[]) =
                            indices shape
                            |> List.filter (fun i ->
                                [|
                                    for k in 0 .. i.Length - 1 do
                                        if not (Array.contains k axes) then i[k]
                                |]
                                    =
                                    index)

                        if Shape.size shape <= 60 then
                            defined kept (fun i -> matching i |> List.sumBy (at x)) (apply (Op.Reduce(Reduction.Sum, axes)) [| x |])

                            if x.Size > 0 then
                                defined
                                    kept
                                    (fun i -> matching i |> List.map (at x) |> List.max)
                                    (apply (Op.Reduce(Reduction.Maximum, axes)) [| x |])

    for shape in shapes do
        for axis in 0 .. shape.Length - 1 do
            for x in views (numbers DType.Float32 shape 5) do
                for reverse in [ false; true ] do
                    let before (i: int[]) =
                        let last = if reverse then shape[axis] - 1 else i[axis]
                        let first = if reverse then i[axis] else 0
                        Seq.sum (seq { for k in first..last -> at x (Array.updateAt axis k i) })

                    if x.Size <= 120 then defined shape before (apply (Op.CumulativeSum(axis, reverse)) [| x |])

[<Fact>]
let ``moving elements follows its definition`` () =
    for dtype in dtypes do
        for x in views (numbers dtype [| 4; 3; 5 |] 6) do
            defined [| 5; 4; 3 |] (fun i -> at x [| i[1]; i[2]; i[0] |]) (apply (Op.Transpose [| 2; 0; 1 |]) [| x |])

            defined
                [| 2; 3; 2 |]
                (fun i -> at x [| 1 + 2 * i[0]; i[1]; 3 * i[2] |])
                (apply (Op.Slice([| 1; 0; 0 |], [| 4; 3; 5 |], [| 2; 1; 3 |])) [| x |])

            defined
                [| 4; 2; 3; 5; 2 |]
                (fun i -> at x [| i[0]; i[2]; i[3] |])
                (apply (Op.Broadcast([| 4; 2; 3; 5; 2 |], [| 0; 2; 3 |])) [| x |])

            let flat (i: int[]) = i[0] * 6 + i[1]

            defined [| 10; 6 |] (fun i -> at x [| flat i / 15; flat i / 5 % 3; flat i % 5 |]) (apply (Op.Reshape [| 10; 6 |]) [| x |])

            let low, between = [| 1; 0; 2 |], [| 0; 2; 1 |]

            defined
                [| 6; 8; 11 |]
                (fun i ->
                    let from = Array.map3 (fun i l b -> i - l, b + 1) i low between

                    let inside = Array.forall2 (fun (d, s) n -> d >= 0 && d % s = 0 && d / s < n) from x.Shape

                    if inside then at x (from |> Array.map (fun (d, s) -> d / s)) else 0.0)
                (apply (Op.Pad(low, [| 1; 1; 0 |], between)) [| x |])

            let y = numbers dtype [| 4; 2; 5 |] 7

            defined
                [| 4; 5; 5 |]
                (fun i -> if i[1] < 3 then at x i else at y [| i[0]; i[1] - 3; i[2] |])
                (apply (Op.Concatenate 1) [| x; y |])

            let positions = [| 2; 0; 1; 2; 0; 2 |]
            let where = ofInt32 [| 3; 2 |] positions
            let found (i: int[]) = positions[i[1] * 2 + i[2]]
            defined [| 4; 3; 2; 5 |] (fun i -> at x [| i[0]; found i; i[3] |]) (apply (Op.Gather 1) [| x; where |])
            defined [| 4; 3; 5 |] (fun i -> float i[1]) (apply (Op.Iota(dtype, [| 4; 3; 5 |], 1)) [||])

[<Fact>]
let ``Scatter is the transpose of Gather`` () =
    // <Scatter u, x> = <u, Gather x>, exact in small integers.
    let inner a b = Seq.sum (Seq.map2 (*) (Golden.numbers a) (Golden.numbers b))

    let where = ofInt32 [| 2; 3 |] [| 4; 0; 4; 1; 9; -1 |]

    for dtype in [ DType.Float32; DType.Float64; DType.Int32; DType.Int64 ] do
        for x in views (numbers dtype [| 3; 5; 2 |] 8) do
            for updates in views (numbers dtype [| 3; 2; 3; 2 |] 9) do
                let zeros = apply (Op.Zip Zip.Subtract) [| x; x |]
                let scattered = apply (Op.Scatter 1) [| zeros; updates; where |]
                Assert.Equal(inner scattered x, inner updates (apply (Op.Gather 1) [| x; where |]))

[<Fact>]
let ``Dot sums products over any axes`` () =
    let check dtype (left: int[]) (right: int[]) (axes: DotAxes) =
        for x in views (numbers dtype left 10) do
            for y in views (numbers dtype right 11) do
                let free (shape: int[]) (contracted: int[]) = [|
                    for i in axes.Batch .. shape.Length - 1 do
                        if not (Array.contains i contracted) then i
                |]

                let freeLeft, freeRight = free left axes.ContractLeft, free right axes.ContractRight
                let inner = indices (axes.ContractLeft |> Array.map (fun i -> left[i]))

                let place rank (axesAndIndices: (int * int) seq) =
                    let index = Array.zeroCreate rank

                    for axis, i in axesAndIndices do
                        index[axis] <- i

                    index

                let entry (i: int[]) =
                    let batch = [ for b in 0 .. axes.Batch - 1 -> b, i[b] ]
                    let ofLeft = [ for k in 0 .. freeLeft.Length - 1 -> freeLeft[k], i[axes.Batch + k] ]

                    let ofRight = [ for k in 0 .. freeRight.Length - 1 -> freeRight[k], i[axes.Batch + freeLeft.Length + k] ]

                    inner
                    |> List.sumBy (fun c ->
                        at x (place left.Length (batch @ ofLeft @ List.ofArray (Array.zip axes.ContractLeft c)))
                        * at y (place right.Length (batch @ ofRight @ List.ofArray (Array.zip axes.ContractRight c))))

                defined (Typing.dotShape axes left right) entry (apply (Op.Dot axes) [| x; y |])

    let axes batch left right = { Batch = batch; ContractLeft = left; ContractRight = right }

    for dtype in [ DType.Float32; DType.Float64; DType.Int32; DType.Int64 ] do
        check dtype [| 70 |] [| 70 |] (axes 0 [| 0 |] [| 0 |])
        check dtype [| 5; 7 |] [| 7 |] (axes 0 [| 1 |] [| 0 |])
        check dtype [| 5; 7 |] [| 7; 3 |] (axes 0 [| 1 |] [| 0 |])
        check dtype [| 5; 7 |] [| 7; 21 |] (axes 0 [| 1 |] [| 0 |])
        check dtype [| 7; 5 |] [| 11; 7 |] (axes 0 [| 0 |] [| 1 |])
        check dtype [| 2; 3; 4; 5 |] [| 2; 5; 4; 9 |] (axes 1 [| 2; 3 |] [| 2; 1 |])
        check dtype [| 3 |] [| 4 |] (axes 0 [||] [||])
        check dtype [| 3; 0 |] [| 0; 9 |] (axes 0 [| 1 |] [| 0 |])

[<Fact>]
let ``views share memory`` () =
    let x = numbers DType.Float64 [| 3; 4 |] 12

    for op in
        [
            Op.Transpose [| 1; 0 |]
            Op.Slice([| 1; 0 |], [| 3; 4 |], [| 1; 2 |])
            Op.Broadcast([| 3; 2; 4 |], [| 0; 2 |])
            Op.Reshape [| 12 |]
        ] do
        Assert.Same(x.Data, (apply op [| x |]).Data)
