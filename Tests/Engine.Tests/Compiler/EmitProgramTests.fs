/// The statements around nests: loops, choices, swaps, kernels, products; and how a compiled program behaves.
module Pipeline.Engine.Tests.EmitProgramTests

open System
open System.Threading.Tasks
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.LaneOperators
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private f32 = DType.Float32
let private scalarNest sources stores = nest [] -1 sources stores []

/// out = a step of x' = x / 2 + 1 in another buffer, swapped until x < limit.
let private halving bound =
    let x = Lane.argument 0 f32
    let next = x *. x.Number 0.5 +. x.Number 1.0

    program [ vectorOf f32 1 ] [ vectorOf f32 1; vectorOf DType.Int32 1 ] [ vectorOf f32 1; vectorOf DType.Bool 1 ] [
        scalarNest [ Source.Load(access 0 0 []) ] [ { Target = access 1 0 []; Value = x } ]
        scalarNest [] [ { Target = access 2 0 []; Value = (Lane.argument 0 DType.Int32).Number 0.0 } ]
        Statement.RepeatWhile(
            [|
                scalarNest [ Source.Load(access 1 0 []) ] [ { Target = access 4 0 []; Value = Lane.less (x.Number 2.25) x } ]
            |],
            access 4 0 [],
            bound,
            [|
                scalarNest [ Source.Load(access 1 0 []) ] [ { Target = access 3 0 []; Value = next } ]
                (let n = Lane.argument 0 DType.Int32

                 scalarNest [ Source.Load(access 2 0 []) ] [ { Target = access 2 0 []; Value = n +. n.Number 1.0 } ])
                Statement.Swap(1, 3)
            |]
        )
    ]

let private single (x: float32) = NDArray.ofData f32 [| 1 |] [| x |]

[<Fact>]
let ``a loop with a test and swapped buffers`` () =
    for start in [ 1.0f; 3.0f; 100.0f; 1e6f ] do
        agrees $"halving from {start}" (halving 0) [| single start |]

[<Fact>]
let ``a loop past its bound is an error, and the program runs again`` () =
    for width in widths do
        let compiled = Emit.compile (Emit.machineCode width) noKernel (halving 5)

        Assert.Throws<LoopException>(fun () -> compiled.Run [| single 1e6f |] |> ignore) |> ignore

        let result = compiled.Run [| single 3.0f |]
        Assert.Equal<float32[]>([| 2.25f |], result[0].Data :?> float32[])

[<Fact>]
let ``loops whose counters move accesses`` () =
    let random = Random 21
    let rows, columns = 4, 37
    // out[row] = row * sum of x[row, :], by a nest inside two counted loops.
    let x = Lane.argument 0 f32

    let body =
        Statement.Repeat(
            5,
            2,
            [|
                Statement.Repeat(
                    6,
                    2,
                    [|
                        nest [ axis 0 columns ] 0 [ Source.Load(access 0 0 [ 0, 1; 5, 2 * columns; 6, columns ]); Source.Counter(6, 3, 1) ] [] [
                            reduction Reduction.Sum (x *. Lane.argument 1 f32) 1 (access 1 0 [ 5, 2; 6, 1 ]) [ axis 0 columns ] 0
                        ]
                    |]
                )
            |]
        )

    agrees "repeat" (program [ vectorOf f32 (rows * columns) ] [ vectorOf f32 rows ] [] [ body ]) [|
        randomArray random f32 (rows * columns)
    |]

[<Fact>]
let ``a branch chosen by a clamped index`` () =
    let write (value: float) = [| scalarNest [] [ { Target = access 1 0 []; Value = (Lane.argument 0 f32).Number value } ] |]

    let body = Statement.Choose(access 0 0 [], [| write 10.0; write 20.0; write 30.0 |])

    for index in [ -5; 0; 1; 2; 7 ] do
        agrees $"choose {index}" (program [ vectorOf DType.Int32 1 ] [ vectorOf f32 1 ] [] [ body ]) [|
            NDArray.ofData DType.Int32 [| 1 |] [| index |]
        |]

[<Fact>]
let ``kernels take and give arrays; their exceptions leave the program usable`` () =
    let t = { DType = f32; Shape = [| 2; 3 |] }

    let body = Statement.Kernel(Op.StopGradient, [| struct (access 0 1 [], t) |], [| struct (access 1 0 [], t) |])

    let kernel (_: Op) (inputs: NDArray[]) =
        let values = inputs[0].Data :?> float32[]

        if values[0] < 0.0f then raise (LinearAlgebraException "negative")

        [| NDArray.ofData f32 [| 2; 3 |] (values |> Array.map (fun x -> 2.0f * x)) |]

    let program = program [ vectorOf f32 7 ] [ vectorOf f32 6 ] [] [ body ]

    let input first = NDArray.ofData f32 [| 7 |] [| 9.0f; first; 2.0f; 3.0f; 4.0f; 5.0f; 6.0f |]

    agrees "kernel" program [| input 1.0f |]
    let compiled = Emit.compile Emit.defaults kernel program

    Assert.Throws<LinearAlgebraException>(fun () -> compiled.Run [| input -1.0f |] |> ignore) |> ignore

    let again = compiled.Run [| input 1.0f |]
    Assert.Equal(2.0f, (again[0].Data :?> float32[])[0])

let private product dtype batch m n k transposeA transposeB = {
    Product.DType = dtype
    Order = { Lanes = 1; Row = k; Rows = 1; Turns = SumOrder.terms }
    Batch = batch
    M = m
    N = n
    K = k
    A = access 0 0 []
    B = access 1 0 []
    C = access 2 0 []
    StridesA = (if transposeA then struct (m * k, 1, m) else struct (m * k, k, 1))
    StridesB = (if transposeB then struct (n * k, 1, k) else struct (n * k, n, 1))
    StridesC = struct (m * n, n)
}

[<Fact>]
let ``matrix products, each result one chain, or chains of 4,096`` () =
    let random = Random 22

    for dtype in [ DType.Float32; DType.Float64 ] do
        for batch, m, n, k in
            [
                1, 1, 1, 1
                1, 17, 50, 9
                2, 8, 48, 5
                1, 9, 101, 3
                3, 5, 7, 11
                1, 4, 4, 0
                1, 9, 33, 4096
                2, 3, 18, 12_289
                1, 3, 0, 2
            ] do
            for transposeA in [ false; true ] do
                for transposeB in [ false; true ] do
                    let types = [ vectorOf dtype (batch * m * k); vectorOf dtype (batch * k * n) ]

                    let program =
                        program types [ vectorOf dtype (batch * m * n) ] [] [
                            Statement.Product(product dtype batch m n k transposeA transposeB)
                        ]

                    let inputs = [| for t in types -> randomArray random dtype t.Shape[0] |]
                    agrees $"{dtype} {batch}x{m}x{n}x{k} {transposeA} {transposeB}" program inputs

[<Fact>]
let ``matrix products of strided, repeated and lane-ordered operands`` () =
    let random = Random 23

    for dtype in [ DType.Float32; DType.Float64 ] do
        for batch, m, n, k in [ 3, 9, 17, 10; 40, 3, 5, 6; 7, 8, 4, 12; 2, 70, 33, 65; 5, 1, 50, 40; 4, 33, 1, 71 ] do
            let every step t = { product dtype batch m n k false false with StridesA = t; StridesB = step }

            for description, statement in
                [
                    "a repeated matrix", { product dtype batch m n k false false with StridesB = struct (0, n, 1) }
                    "a repeated left matrix", { product dtype batch m n k false false with StridesA = struct (0, k, 1) }
                    "every second entry", every (struct (2 * n * k, 2 * n, 2)) (struct (2 * m * k, 2 * k, 2))
                    "rows backwards",
                    { product dtype batch m n k false false with StridesA = struct (m * k, -k, 1); A = access 0 ((m - 1) * k) [] }
                    "lanes",
                    {
                        product dtype batch m n k false true with
                            Order = { Lanes = SumOrder.lanes dtype; Row = k; Rows = 1; Turns = SumOrder.turns }
                    }
                ] do
                let types = [ vectorOf dtype (2 * batch * m * k); vectorOf dtype (2 * batch * k * n) ]
                let program = program types [ vectorOf dtype (batch * m * n) ] [] [ Statement.Product statement ]
                let inputs = [| for t in types -> randomArray random dtype t.Shape[0] |]
                agrees $"{description}: {dtype} {batch}x{m}x{n}x{k}" program inputs

/// y = 2 x + data.
let private affine size data =
    let x = Lane.argument 0 f32

    let body =
        nest [ axis 0 size ] 0 [ Source.Load(access 0 0 [ 0, 1 ]); Source.Load(access 2 0 [ 0, 1 ]) ] [
            { Target = access 1 0 [ 0, 1 ]; Value = x *. x.Number 2.0 +. Lane.argument 1 f32 }
        ] []

    let p = program [ vectorOf f32 size ] [ vectorOf f32 size ] [] [ body ]

    { p with Buffers = Array.append p.Buffers [| { DType = f32; Size = size; Kind = BufferKind.Data data } |] }

[<Fact>]
let ``inputs with gaps and constant data`` () =
    let size = 100
    let memory = Array.init 250 float32
    let everySecond = NDArray.view f32 [| size |] [| 2 |] memory 7
    agrees "views" (affine size (NDArray.view f32 [| size |] [| -1 |] memory 249)) [| everySecond |]

[<Fact>]
let ``programs run concurrently`` () =
    let size = 1000

    let compiled =
        Emit.compile Emit.defaults noKernel (affine size (NDArray.ofData f32 [| size |] (Array.create size 1.0f)))

    Parallel.For(
        0,
        200,
        fun i ->
            let result = compiled.Run [| NDArray.ofData f32 [| size |] (Array.create size (float32 i)) |]

            let expected = 2.0f * float32 i + 1.0f
            Assert.All(result[0].Data :?> float32[], (fun v -> Assert.Equal(expected, v)))
    )
    |> ignore

[<Fact>]
let ``arrays of another type are refused`` () =
    let compiled = Emit.compile Emit.defaults noKernel (affine 4 (NDArray.allocate f32 [| 4 |]))

    Assert.Throws<ShapeException>(fun () -> compiled.Run [| NDArray.allocate f32 [| 5 |] |] |> ignore) |> ignore

    Assert.Throws<ShapeException>(fun () -> compiled.Run [| NDArray.allocate DType.Int32 [| 4 |] |] |> ignore)
    |> ignore

[<Fact>]
let ``a step allocates nothing`` () =
    let run steps =
        let x = Lane.argument 0 f32

        let body = [
            nest [ axis 0 100 ] 0 [ Source.Load(access 0 0 [ 0, 1 ]) ] [ { Target = access 1 0 [ 0, 1 ]; Value = x } ] []
            Statement.Repeat(
                7,
                steps,
                [|
                    nest [ axis 0 100 ] 0 [ Source.Load(access 1 0 [ 0, 1 ]) ] [
                        { Target = access 2 0 [ 0, 1 ]; Value = x *. x.Number 0.99 }
                    ] []
                    Statement.Swap(1, 2)
                |]
            )
        ]

        let compiled =
            Emit.compile Emit.defaults noKernel (program [ vectorOf f32 100 ] [ vectorOf f32 100 ] [ vectorOf f32 100 ] body)

        let input, output = [| NDArray.allocate f32 [| 100 |] |], [| NDArray.allocate f32 [| 100 |] |]

        compiled.RunInto(input, output)
        let before = GC.GetAllocatedBytesForCurrentThread()
        compiled.RunInto(input, output)
        GC.GetAllocatedBytesForCurrentThread() - before

    Assert.Equal(run 1, run 1000)

[<Fact>]
let ``a program too large for one method is split and agrees`` () =
    let random = Random 23
    let size = 70
    let x, y = Lane.argument 0 f32, Lane.argument 1 f32

    let stepNest k =
        let from, into = (if k % 2 = 0 then 1, 2 else 2, 1)

        let value = [ 1..20 ] |> List.fold (fun v i -> Lane.fma v (x.Number 0.5) y +. x.Number(float (i + k))) x

        nest [ axis 0 size ] 0 [ Source.Load(access from 0 [ 0, 1 ]); Source.Load(access 0 0 [ 0, 1 ]) ] [
            { Target = access into 0 [ 0, 1 ]; Value = value }
        ] []

    let first =
        nest [ axis 0 size ] 0 [ Source.Load(access 0 0 [ 0, 1 ]) ] [ { Target = access 1 0 [ 0, 1 ]; Value = x } ] []

    let body = first :: [ for k in 0..59 -> stepNest k ]

    agrees "split" (program [ vectorOf f32 size ] [ vectorOf f32 size ] [ vectorOf f32 size ] body) [| randomArray random f32 size |]
