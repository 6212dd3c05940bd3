// Compiled programs at the edges: passed-through outputs, carries that change places, loops that fail, random bits, quotients.
module Pipeline.Engine.Tests.CompiledEdgeTests

open System
open Pipeline
open Pipeline.Engine
open Xunit

let private tensor dtype shape : TensorType = { DType = dtype; Shape = shape }
let private vector n = tensor DType.Float64 [| n |]

/// Interpreted and as machine code of the widest and the narrowest kind.
let private agrees what (graph: Graph) (inputs: NDArray[]) =
    Graphs.check graph
    Agreement.checkGraph what 1e-12 graph inputs
    Agreement.checkCompiled what 1e-12 Emit.defaults.Width graph inputs
    Agreement.checkCompiled what 1e-12 64 graph inputs

let private counted n = NDArray.ofData DType.Float64 [| n |] (Array.init n (fun i -> float i / 8.0 - 3.0))

[<Fact>]
let ``outputs may be inputs, constants, the same value twice, views, or none`` () =
    let b = GraphBuilder [| vector 20 |]
    let constant = b.Add(Op.Constant(counted 30))
    let doubled = b.Add(Op.Zip Zip.Add, 0, 0)
    let turned = b.Add(Op.Transpose [| 1; 0 |], b.Add(Op.Reshape [| 4; 5 |], doubled))
    let flat = b.Add(Op.Reshape [| 20 |], turned)
    agrees "outputs" (b.Graph [| 0; constant; doubled; doubled; turned; flat; 0 |]) [| counted 20 |]
    agrees "no outputs" (b.Graph [||]) [| counted 20 |]

/// (a, b) to (b, f a) in a scan of so many steps, inside a scan of two.
let private exchange n steps =
    let types = [| vector n; vector n |]
    let body = GraphBuilder types

    let half = body.Add(Op.Zip Zip.Multiply, 0, body.Number(DType.Float64, 0.5, [| n |]))

    let inner = Loop.counted steps 0 2 (body.Graph [| 1; half |])

    let outerBody = GraphBuilder types

    let outer = Loop.counted 2 0 2 (outerBody.Graph(outerBody.AddAll(Op.Loop inner, 0, 1)))

    let b = GraphBuilder types
    b.Graph(b.AddAll(Op.Loop outer, 0, 1))

[<Theory>]
[<InlineData(1)>]
[<InlineData(3)>]
[<InlineData(20)>]
[<InlineData(200)>]
let ``carries may change places, an odd or an even number of times`` n =
    for steps in [ 0; 2; 3; 4; 5 ] do
        let a = counted n

        let b = NDArray.ofData DType.Float64 [| n |] (Array.init n (fun i -> 100.0 + float i))

        agrees $"{n} elements, {steps} steps" (exchange n steps) [| a; b |]

[<Theory>]
[<InlineData(5)>]
[<InlineData(300)>]
let ``a carry may depend on all of its elements in another order`` n =
    let body = GraphBuilder [| vector n |]

    let backwards = NDArray.ofData DType.Int32 [| n |] (Array.init n (fun i -> n - 1 - i))

    let turned = body.Add(Op.Gather 0, 0, body.Add(Op.Constant backwards))
    let next = body.Add(Op.Zip Zip.Add, turned, body.Add(Op.CumulativeSum(0, false), 0))

    let scan = { Loop.counted 3 0 1 (body.Graph [| next; 0 |]) with Reverse = true }

    let b = GraphBuilder [| vector n |]
    agrees "turned" (b.Graph(b.AddAll(Op.Loop scan, 0))) [| counted n |]

/// A loop that counts to a limit, with a bound.
let private counting bound =
    let number = tensor DType.Int32 [||]
    let condition = GraphBuilder [| number; number |]
    let body = GraphBuilder [| number; number |]

    let loop =
        Loop.conditional
            bound
            1
            (condition.Graph [| condition.Add(Op.Compare Relation.Less, 1, 0) |])
            (body.Graph [| body.Add(Op.Zip Zip.Add, 1, body.Number(DType.Int32, 1.0, [||])) |])

    let b = GraphBuilder [| number; number |]
    b.Graph(b.AddAll(Op.Loop loop, 0, 1))

[<Fact>]
let ``a loop past its bound is an error, at its bound it is none`` () =
    let scalar (value: int) = NDArray.scalar DType.Int32 (float value)

    agrees "bound" (counting 7) [| scalar 7; scalar 0 |]
    agrees "no step" (counting 7) [| scalar -7; scalar 0 |]
    let program = Compile.graph (counting 7)

    Assert.Throws<LoopException>(fun () -> program.Run [| scalar 8; scalar 0 |] |> ignore) |> ignore

[<Fact>]
let ``a matrix without a factor is the error of the kernel`` () =
    let b = GraphBuilder [| tensor DType.Float64 [| 2; 2 |] |]
    let program = Compile.graph (b.Graph [| b.Add(Op.Routine Cholesky.routine, 0) |])
    let matrix = NDArray.ofData DType.Float64 [| 2; 2 |] [| 1.0; 2.0; 2.0; 1.0 |]

    Assert.Throws<LinearAlgebraException>(fun () -> program.Run [| matrix |] |> ignore) |> ignore

[<Fact>]
let ``random bits are the kernel's in both layouts and all widths`` () =
    let random = Random 5

    for layout in [ KeyLayout.Original; KeyLayout.Partitionable ] do
        for dtype in [ DType.UInt8; DType.UInt16; DType.UInt32; DType.UInt64 ] do
            for shape in [ [||]; [| 0 |]; [| 1 |]; [| 2 |]; [| 3 |]; [| 9 |]; [| 33 |]; [| 5; 7 |]; [| 257 |] ] do
                for keys in [ [| 2 |]; [| 3; 2 |] ] do
                    let b = GraphBuilder [| tensor DType.UInt32 keys |]
                    let graph = b.Graph [| b.Add(Op.RandomBits(dtype, shape, layout), 0) |]

                    let words = Array.init (Shape.size keys) (fun _ -> uint32 (random.NextInt64 4294967296L))

                    let input = NDArray.ofData DType.UInt32 keys words
                    let expected = Evaluate.graph graph [| input |]
                    let actual = (Compile.fresh Emit.defaults graph).Run [| input |]
                    Assert.Equal<uint64[]>(EmitChecked.toBits expected[0], EmitChecked.toBits actual[0])

[<Fact>]
let ``quotients and remainders by a constant are exact`` () =
    let edges d = [|
        0u
        1u
        d - 1u
        d
        d + 1u
        2u * d - 1u
        2u * d
        UInt32.MaxValue / d * d
        UInt32.MaxValue / d * d - 1u
        UInt32.MaxValue
        UInt32.MaxValue - 1u
    |]

    let random = Random 11

    for d in [ 1u; 2u; 3u; 7u; 10u; 1000u; 65535u; 65536u; 999983u; 2147483647u; 2147483648u; 4294967295u ] do
        let values = Array.append (edges d) (Array.init 500 (fun _ -> uint32 (random.NextInt64 4294967296L)))

        let shape = [| values.Length |]
        let b = GraphBuilder [| tensor DType.UInt32 shape |]

        let divisor = b.Add(Op.Broadcast(shape, [||]), b.Add(Op.Constant(NDArray.scalar DType.UInt32 (float d))))

        let graph = b.Graph [| b.Add(Op.Zip Zip.Divide, 0, divisor); b.Add(Op.Zip Zip.Remainder, 0, divisor) |]

        let results = (Compile.fresh Emit.defaults graph).Run [| NDArray.ofData DType.UInt32 shape values |]

        Assert.Equal<uint32[]>(values |> Array.map (fun x -> x / d), results[0].Data :?> uint32[])
        Assert.Equal<uint32[]>(values |> Array.map (fun x -> x % d), results[1].Data :?> uint32[])

[<Fact>]
let ``operations of lanes are the same when they are, not when their hashes are`` () =
    let named = [
        LaneOp.Add
        LaneOp.Subtract
        LaneOp.Multiply
        LaneOp.Divide
        LaneOp.FusedMultiplyAdd
        LaneOp.Negate
        LaneOp.Absolute
        LaneOp.SquareRoot
        LaneOp.Minimum
        LaneOp.Maximum
        LaneOp.Floor
        LaneOp.Round
        LaneOp.Remainder
        LaneOp.And
        LaneOp.Or
        LaneOp.Xor
        LaneOp.Not
        LaneOp.ShiftLeftBy
        LaneOp.ShiftRightBy
        LaneOp.Select
        LaneOp.Convert
        LaneOp.Reinterpret
    ]

    // Hashes fold 64 bits to 32, where -1 and 0, or 1 and 2^32, are one.
    let hashes = [ for op in named -> uint64 (hash op) ]
    let folded = [ for h in hashes -> h <<< 32 ]

    let all =
        named
        @ [
            for bits in [ 0UL; UInt64.MaxValue; 1UL; 1UL <<< 32; 4294967297UL ] @ hashes @ folded |> List.distinct do
                LaneOp.Bits bits
                LaneOp.Constant(BitConverter.UInt64BitsToDouble bits)

            for k in [ 0; 1; 1000; 2000 ] do
                LaneOp.Argument k
                LaneOp.ShiftLeft k
                LaneOp.ShiftRight k
                LaneOp.RotateLeft k

            for relation in [ Relation.Equal; Relation.NotEqual; Relation.Less; Relation.LessEqual ] do
                LaneOp.Compare relation
        ]

    for i, a in List.indexed all do
        for k, b in List.indexed all do
            Assert.Equal((i = k), (a = b))

[<Fact>]
let ``numbers whose hashes are equal stay apart in a program`` () =
    let shape = [| 40 |]
    let input = NDArray.ofData DType.Float64 shape (Array.init 40 (fun i -> float i - 20.0))
    let b = GraphBuilder [| tensor DType.Float64 shape |]
    let zero = b.Number(DType.Float64, 0.0, shape)
    let isPositive = b.Add(Op.Compare Relation.Less, zero, 0)

    let outputs = [|
        for dtype in [ DType.Int64; DType.UInt64 ] do
            let count = b.Add(Op.Convert dtype, isPositive)

            for bits in [| UInt64.MaxValue; 4294967297UL; 1UL <<< 32 |] do
                let number = b.Add(Op.Broadcast(shape, [||]), b.Add(Op.Constant(EmitChecked.ofBits dtype [||] [| bits |])))

                b.Add(Op.Zip Zip.Add, count, number)
                b.Add(Op.Zip Zip.Multiply, count, number)

            b.Add(Op.Map Elementwise.log1p, b.Add(Op.Convert DType.Float64, count))

        // The largest number of all, and constants of the function before.
        b.Add(Op.Zip Zip.Minimum, b.Add(Op.Map Elementwise.asinh, 0), b.Number(DType.Float64, -Double.MaxValue, shape))
    |]

    let graph = b.Graph outputs
    let expected = Evaluate.graph graph [| input |]

    for options in EmitChecked.ways do
        let actual = (Compile.fresh options graph).Run [| input |]

        for k in 0 .. expected.Length - 1 do
            Assert.Equal<uint64[]>(EmitChecked.toBits expected[k], EmitChecked.toBits actual[k])
