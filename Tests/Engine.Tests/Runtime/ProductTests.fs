/// Products of matrices have the bits of their order at every vector width, wherever and however their operands lie, eager and compiled.
module Pipeline.Engine.Tests.ProductTests

open System
open System.Diagnostics
open System.Threading
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private fused (dtype: DType) : float -> float -> float -> float =
    if dtype = DType.Float32 then
        fun a b c -> float (MathF.FusedMultiplyAdd(float32 a, float32 b, float32 c))
    else
        fun a b c -> Math.FusedMultiplyAdd(a, b, c)

let private add (dtype: DType) (a: float) (b: float) = if dtype = DType.Float32 then float (float32 a + float32 b) else a + b

/// Chains over blocks of 4,096 terms, in the tree whose left part is the largest power of two below their number.
let private chain dtype (x: float[]) (y: float[]) =
    let fused = fused dtype

    let rec tree (blocks: float[]) =
        if blocks.Length = 1 then
            blocks[0]
        else
            let mutable left = 1

            while left * 2 < blocks.Length do
                left <- left * 2

            add dtype (tree blocks[.. left - 1]) (tree blocks[left..])

    if x.Length = 0 then
        0.0
    else
        tree [|
            for first in 0..4096 .. x.Length - 1 do
                let mutable sum = -0.0

                for p in first .. min x.Length (first + 4096) - 1 do
                    sum <- fused x[p] y[p] sum

                sum
        |]

/// [batch, rows, columns] with its axes in another order in memory, every step-th element from an offset on.
let private stored (dtype: DType) (numbers: float[,,]) (order: int[]) step offset =
    let shape = [| for axis in 0..2 -> numbers.GetLength axis |]
    let strides = Array.zeroCreate 3
    let mutable next = step

    for axis in Array.rev order do
        strides[axis] <- next
        next <- next * shape[axis]

    let memory = Array.create (offset + next + 1) nan

    numbers
    |> Array3D.iteri (fun b i j x -> memory[offset + b * strides[0] + i * strides[1] + j * strides[2]] <- x)

    let memory: Array =
        match dtype with
        | DType.Float32 -> Array.map float32 memory
        | DType.Float64 -> memory
        | DType.Int32 -> Array.map (fun x -> if Double.IsNaN x then 77 else int x) memory
        | _ -> Array.map (fun x -> if Double.IsNaN x then 77uy else byte x) memory

    NDArray.view dtype shape strides memory offset

let private same (dtype: DType) (what: string) (expected: float[]) (actual: NDArray) =
    let canonical (bits: uint64) = if Double.IsNaN(LaneEvaluate.toFloat dtype bits) then 1UL else bits
    let actual = toBits actual
    Assert.Equal(expected.Length, actual.Length)

    for i in 0 .. expected.Length - 1 do
        if canonical (LaneEvaluate.ofFloat dtype expected[i]) <> canonical actual[i] then
            Assert.Fail $"{what}, result {i}: {text dtype actual[i]} for {expected[i]:R}."

let private random = Random 31

/// With signed zeros, and if special infinities and NaN now and then.
let private numbers isSpecial batch m n =
    Array3D.init batch m n (fun _ _ _ ->
        match random.Next(if isSpecial then 200 else 40) with
        | 0 -> -0.0
        | 1 -> 0.0
        | 41 -> infinity
        | 42 -> -infinity
        | 43 -> nan
        | 44 -> 1e-42
        | 45 -> -1e-312
        | _ -> float (float32 ((random.NextDouble() - 0.4) * Math.ScaleB(1.0, random.Next(-12, 12)))))

let private axes = { Batch = 1; ContractLeft = [| 2 |]; ContractRight = [| 1 |] }

let private rows = [| 0; 1; 2 |]
let private columns = [| 0; 2; 1 |]
let private spread = [| 1; 0; 2 |]

/// Of more than 32 results, and not of a matrix's rows and a vector, which SumOrderTests have: each result one chain.
let private isChain (batch: int) m n k (left: NDArray) (right: NDArray) =
    (SumOrder.ofProduct left.DType axes left.Shape right.Shape (struct (batch, m, n, k))).Lanes = 1

let private holds dtype isSpecial batch m n k layouts =
    let x, y = numbers isSpecial batch m k, numbers isSpecial batch k n

    let expected = [|
        for b in 0 .. batch - 1 do
            let lines = Array.init m (fun i -> Array.init k (fun p -> x[b, i, p]))
            let columns = Array.init n (fun j -> Array.init k (fun p -> y[b, p, j]))

            for i in 0 .. m - 1 do
                for j in 0 .. n - 1 do
                    chain dtype lines[i] columns[j]
    |]

    for struct (left, right, step, offset) in layouts do
        let a, b = stored dtype x left step offset, stored dtype y right step (offset / 2)

        if isChain batch m n k a b then
            for width in widths do
                let what =
                    $"{dtype} {batch} of [{m}, {k}] . [{k}, {n}], axes %A{left} %A{right}, every {step} from {offset}, width {width}"

                same dtype what expected (KernelsProducts.dotIn width axes a b)

let private lying = [
    struct (rows, rows, 1, 0)
    struct (columns, rows, 1, 1)
    struct (rows, columns, 1, 3)
    struct (columns, columns, 1, 7)
    struct (rows, rows, 2, 5)
    struct (spread, spread, 1, 0)
]

let private extents = [ 1; 7; 8; 9; 31; 32; 33; 47; 48; 49; 63; 64; 65 ]

[<Fact>]
let ``a product has the bits of its order at every width, offset, stride and transposition`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        for m in extents do
            for n in extents do
                holds dtype (random.Next 2 = 0) 1 m n extents[random.Next extents.Length] (List.randomSample 3 lying)

[<Fact>]
let ``products of few columns by a left matrix whose columns lie along memory have the bits of their order`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        for m, n, k in [ 33, 2, 32; 64, 10, 500; 70, 16, 40; 300, 7, 33; 2048, 3, 35; 2049, 5, 40; 5000, 3, 32; 40, 3, 4099 ] do
            holds dtype (k < 100) 1 m n k [ struct (columns, rows, 1, 1); struct (columns, columns, 1, 7); struct (columns, rows, 2, 5) ]

[<Fact>]
let ``long products are chains over blocks of 4,096`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        for k in [ 0; 1023; 1025; 1535; 1537; 4095; 4096; 4097; 8192; 12_289; 28_673 ] do
            for m, n in [ 9, 9; 3, 49 ] do
                holds dtype false 1 m n k lying

    // More rows than are taken at once, more columns than are packed at once.
    holds DType.Float32 false 1 300 200 70 lying
    holds DType.Float32 false 1 9 1700 40 lying
    holds DType.Float64 false 1 140 100 4200 lying

    // Rows of the right matrix 2 KB apart and more, columns of the left one 4 KB, which are packed.
    for dtype, n in [ DType.Float32, 530; DType.Float64, 270 ] do
        holds dtype false 1 45 n 40 lying
        holds dtype false 1 (2 * n - 20) 50 40 lying

[<Fact>]
let ``batches of small products have the bits of their order`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        for batch, m, n, k in
            [
                40, 1, 2, 3
                9, 3, 3, 3
                11, 4, 4, 4
                300, 4, 4, 4
                70, 3, 2, 9
                20, 11, 13, 7
                9, 17, 8, 5
                10, 5, 5, 5
                9, 7, 9, 4
                3, 8, 8, 8
                3, 16, 16, 16
                3, 12, 20, 5
                5, 13, 3, 8
                3, 33, 17, 65
                2, 70, 48, 100
                0, 4, 4, 4
            ] do
            holds dtype true batch m n k lying

[<Fact>]
let ``whole numbers are multiplied modulo 2^bits`` () =
    for dtype, bound in [ DType.Int32, 1 <<< 20; DType.UInt8, 256 ] do
        for batch, m, n, k in [ 1, 9, 33, 65; 5, 3, 3, 3; 1, 70, 17, 5; 2, 8, 49, 31 ] do
            let whole b i j = Array3D.init b i j (fun _ _ _ -> float (random.Next bound))
            let x, y = whole batch m k, whole batch k n

            let expected = [|
                for b in 0 .. batch - 1 do
                    for i in 0 .. m - 1 do
                        for j in 0 .. n - 1 do
                            let sum = Seq.sum (Seq.init k (fun p -> int64 x[b, i, p] * int64 y[b, p, j]))
                            float (if dtype = DType.Int32 then int64 (int32 sum) else sum &&& 255L)
            |]

            for struct (left, right, step, offset) in lying do
                for width in widths do
                    let product =
                        KernelsProducts.dotIn width axes (stored dtype x left step offset) (stored dtype y right step offset)

                    same dtype $"{dtype} {batch} of [{m}, {k}] . [{k}, {n}], width {width}" expected product

[<Fact>]
let ``a matrix by itself, by its transpose, and one matrix by a batch`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        let x = numbers true 1 33 33
        let a = stored dtype x rows 1 3
        let turned = KernelsViews.transpose columns a
        let line i = Array.init 33 (fun p -> x[0, i, p])
        let column j = Array.init 33 (fun p -> x[0, p, j])

        let all f = [|
            for i in 0..32 do
                for j in 0..32 -> f i j
        |]

        let y = numbers true 4 33 33
        let batch = stored dtype y rows 1 0
        let repeated = NDArray.view dtype [| 4; 33; 33 |] [| 0; 33; 1 |] a.Data a.Offset

        let batched = [|
            for b in 0..3 do
                for i in 0..32 do
                    for j in 0..32 do
                        chain dtype (Array.init 33 (fun p -> y[b, i, p])) (column j)
        |]

        for width in widths do
            let dot = KernelsProducts.dotIn width axes
            same dtype $"x x, {width}" (all (fun i j -> chain dtype (line i) (column j))) (dot a a)
            same dtype $"x x', {width}" (all (fun i j -> chain dtype (line i) (line j))) (dot a turned)
            same dtype $"x' x, {width}" (all (fun i j -> chain dtype (column i) (column j))) (dot turned a)
            same dtype $"batch, {width}" batched (dot batch repeated)

[<Fact>]
let ``batches of small products by one and the same matrix have the bits of their order`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        for batch, m, n, k in [ 300, 4, 4, 4; 60, 3, 2, 9; 20, 11, 13, 7; 9, 17, 8, 5; 12, 16, 16, 16 ] do
            for order in [ rows; columns ] do
                let x, y = numbers true batch m k, numbers true batch k n

                let results (left: int -> int) (right: int -> int) = [|
                    for b in 0 .. batch - 1 do
                        for i in 0 .. m - 1 do
                            for j in 0 .. n - 1 do
                                chain dtype (Array.init k (fun p -> x[left b, i, p])) (Array.init k (fun p -> y[right b, p, j]))
                |]

                let repeated (a: NDArray) = NDArray.view dtype a.Shape [| 0; a.Strides[1]; a.Strides[2] |] a.Data a.Offset

                let a, b = stored dtype x order 1 3, stored dtype y order 1 1

                for width in widths do
                    let dot = KernelsProducts.dotIn width axes
                    let what = $"{dtype} {batch} of [{m}, {k}] . [{k}, {n}], axes %A{order}, width {width}"
                    same dtype $"left, {what}" (results (fun _ -> 0) id) (dot (repeated a) b)
                    same dtype $"right, {what}" (results id (fun _ -> 0)) (dot a (repeated b))
                    same dtype $"both, {what}" (results (fun _ -> 0) (fun _ -> 0)) (dot (repeated a) (repeated b))

/// A product of two arguments as a program.
let private program (dtype: DType) (axes: DotAxes) (left: int[]) (right: int[]) =
    let graph = GraphBuilder [| { DType = dtype; Shape = left }; { DType = dtype; Shape = right } |]
    graph.Graph [| graph.Add(Op.Dot axes, 0, 1) |]

[<Fact>]
let ``a compiled product of matrices has the bits of the eager one`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        for batch, m, n, k in
            [
                1, 9, 33, 65
                1, 64, 64, 64
                1, 100, 10, 784
                1, 33, 65, 4097
                40, 5, 9, 33
                3, 40, 1, 70
                3, 1, 40, 70
                50, 40, 1, 7
                2, 8, 48, 100
                40, 4, 4, 4
                60, 2, 3, 2
                20, 11, 13, 7
            ] do
            let x, y = numbers true batch m k, numbers true batch k n

            for left, right in [ rows, rows; columns, rows; rows, columns; columns, columns ] do
                let a, b = stored dtype x rows 1 0, stored dtype y rows 1 0
                // As the arguments lie, with the axes of the transposed ones named in their places.
                let turned order (array: NDArray) = KernelsViews.contiguous (KernelsViews.transpose order array)
                let axes = { Batch = 1; ContractLeft = [| left[2] |]; ContractRight = [| right[1] |] }
                let a, b = turned left a, turned right b
                let expected = toBits (KernelsProducts.dot axes a b)

                for width in widths do
                    let actual = (Compile.fresh (Emit.machineCode width) (program dtype axes a.Shape b.Shape)).Run [| a; b |]
                    let what = $"{dtype} {batch} of [{m}, {k}] . [{k}, {n}], %A{axes}, width {width}"
                    Assert.True((expected = toBits actual[0]), what)

/// 10 s and more of work on few numbers, which are repeated along the axes that are not named.
let private long (axes: DotAxes) n (left: int[], leftAxis: int) (right: int[], rightAxis: int) =
    let graph = GraphBuilder [| { DType = DType.Float64; Shape = [| n |] } |]
    let left = graph.Add(Op.Broadcast(left, [| leftAxis |]), 0)
    let right = graph.Add(Op.Broadcast(right, [| rightAxis |]), 0)
    graph.Graph [| graph.Add(Op.Dot axes, left, right) |]

let private plain = { Batch = 0; ContractLeft = [| 1 |]; ContractRight = [| 0 |] }
let private batched = { Batch = 1; ContractLeft = [| 2 |]; ContractRight = [| 1 |] }
let private turned = { Batch = 0; ContractLeft = [| 0 |]; ContractRight = [| 1 |] }

[<Theory>]
[<InlineData("plain", 2000)>]
[<InlineData("transposed", 2000)>]
[<InlineData("a batch", 2000)>]
[<InlineData("a batch of small ones", 32)>]
[<InlineData("a long sum of few", 4)>]
let ``a product of many seconds is left within 100 ms of its cancellation, eager and compiled`` (kind: string) (n: int) =
    let graph =
        match kind with
        | "plain" -> long plain n ([| n; 200_000 |], 0) ([| 200_000; n |], 1)
        | "transposed" -> long turned n ([| 200_000; n |], 1) ([| n; 200_000 |], 0)
        | "a long sum of few" -> long plain n ([| n; 500_000_000 |], 0) ([| 500_000_000; n |], 1)
        | "a batch" -> long batched n ([| 4; n; 200_000 |], 1) ([| 4; 200_000; n |], 2)
        | _ -> long batched n ([| 60_000; n; 1_000 |], 1) ([| 60_000; 1_000; n |], 2)

    let x = [| NDArray.ofData DType.Float64 [| n |] (Array.create n 1.0) |]
    let compiled = Compile.fresh Emit.defaults graph

    for name, run in [ "eager", (fun () -> Evaluate.graph graph x); "compiled", (fun () -> compiled.Run x) ] do
        let late _ =
            use source = new CancellationTokenSource()
            use _ = CancellationScope.Begin source.Token
            let cancelled = [| 0L |]
            use _ = source.Token.Register(fun () -> Volatile.Write(&cancelled[0], Stopwatch.GetTimestamp()))
            source.CancelAfter 100
            Assert.ThrowsAny<OperationCanceledException>(fun () -> run () |> ignore) |> ignore
            Stopwatch.GetElapsedTime(cancelled[0]).TotalMilliseconds

        // One of three, since other work may hold up any of them.
        let late = Seq.map late [ 1..3 ] |> Seq.cache
        Assert.True(Seq.exists (fun ms -> ms < 100.0) late, $"{name}: %A{List.ofSeq late} ms")
