/// Small loop programs for tests, and the check that every width computes what the interpreter computes, bit for bit.
module internal Pipeline.Engine.Tests.EmitChecked

open System
open System.Runtime.Intrinsics
open Pipeline
open Pipeline.Engine
open Xunit

/// The widths of this machine; 64 is scalar code.
let widths = [
    64
    if Vector128.IsHardwareAccelerated then 128
    if Vector256.IsHardwareAccelerated then 256
    if Vector512.IsHardwareAccelerated then 512
]

/// Finds by chance that code pays, looks at every turn of a loop, and makes code on the spot.
[<Sealed>]
type internal CodeByChance(random: Random) =
    inherit CodeScheduler()
    override _.Pays(_, _) = lock random (fun () -> random.Next 3 = 0)
    override _.TurnsApart = 1L

    override _.Add(make) =
        make ()
        true

/// All ways in which a program can run here.
let ways = [
    for width in widths do
        Emit.machineCode width

        if width > 64 then
            Emit.blocks width
            // Each instruction at its own turn: at once, or later in a loop or in another run.
            Emit.changesOver width (fun number -> number * 7 % 4)

    // And the whole, or the turns of its loops.
    if Vector128.IsHardwareAccelerated then Emit.tiers VectorType.widest (CodeByChance(Random 1))
]

let name (options: EmitOptions) =
    match options.RunsAs with
    | RunsAs.MachineCode -> $"machine code, {options.Width} bits"
    | RunsAs.Blocks -> $"blocks, {options.Width} bits"
    | RunsAs.ChangesOver _ -> $"changing over, {options.Width} bits"
    | RunsAs.Tiers _ -> $"in tiers, {options.Width} bits"

let toBits (array: NDArray) : uint64[] =
    let array = KernelsViews.contiguous array
    let bytes = DType.bytes array.DType
    let memory = Array.zeroCreate<byte>(array.Size * bytes)
    Buffer.BlockCopy(array.Data, array.Offset * bytes, memory, 0, memory.Length)

    Array.init array.Size (fun i ->
        let element = Array.zeroCreate<byte> 8
        Array.blit memory (i * bytes) element 0 bytes
        BitConverter.ToUInt64(element, 0))

let ofBits (dtype: DType) (shape: int[]) (bits: uint64[]) =
    let array = NDArray.allocate dtype shape
    let bytes = DType.bytes dtype

    let memory = bits |> Array.collect (fun b -> (BitConverter.GetBytes b)[.. bytes - 1])

    Buffer.BlockCopy(memory, 0, array.Data, 0, memory.Length)
    array

let noKernel (_: Op) (_: NDArray[]) : NDArray[] = invalidOp "No kernel is expected here."

let access buffer offset (terms: (int * int) list) = {
    Buffer = buffer
    Offset = offset
    Terms = [| for (v, s) in terms -> struct (v, s) |]
}

let axis variable extent = { Variable = variable; Extent = extent }

let vectorOf dtype size = { DType = dtype; Shape = [| size |] }

/// Buffers 0 .. are the inputs, then come the outputs, then workspaces.
let program (inputs: TensorType list) (outputs: TensorType list) (workspaces: TensorType list) (body: Statement list) =
    let mutable offset = 0

    let workspaces = [
        for t in workspaces do
            let size = Shape.size t.Shape

            yield { DType = t.DType; Size = size; Kind = BufferKind.Workspace offset }

            offset <- offset + ((size * DType.bytes t.DType + 63) &&& ~~~63)
    ]

    {
        Buffers = [|
            for k, t in List.indexed inputs -> { DType = t.DType; Size = Shape.size t.Shape; Kind = BufferKind.Input k }
            for k, t in List.indexed outputs -> { DType = t.DType; Size = Shape.size t.Shape; Kind = BufferKind.Output k }
            yield! workspaces
        |]
        WorkspaceBytes = offset
        Body = Array.ofList body
        InputTypes = Array.ofList inputs
        OutputTypes = Array.ofList outputs
    }

let nest axes vectorAxis sources stores reductions =
    Statement.Nest {
        Axes = Array.ofList axes
        VectorAxis = vectorAxis
        Sources = Array.ofList sources
        Stores = Array.ofList stores
        Reductions = Array.ofList reductions
    }

/// A reduction over the last so many axes, whose sums of floats run in an order that loops over them follow with this vector axis: the last axis is
/// a row, those before it are the rows.
let reduction kind (value: Lane) count target (axes: Axis list) vectorAxis : LoopReduction =
    let reduced = List.skip (axes.Length - count) axes
    let extents = reduced |> List.map _.Extent
    let isAcross = vectorAxis >= axes.Length - count

    {
        Kind = kind
        Value = value
        Axes = count
        Target = target
        Order =
            if SumOrder.isOrdered kind value.DType then
                ValueSome {
                    Lanes = if isAcross then SumOrder.lanes value.DType else 1
                    Row = List.last extents
                    Rows = List.fold (*) 1 extents[.. count - 2]
                    Turns = SumOrder.turns
                }
            else
                ValueNone
    }

let private specials32 = [|
    nanf
    infinityf
    -infinityf
    0.0f
    -0.0f
    1.0f
    -1.0f
    0.5f
    -0.5f
    1.5f
    2.5f
    Single.Epsilon
    -Single.Epsilon
    Single.MaxValue
    Single.MinValue
    1e-40f
    2147483648.0f
    -2147483648.0f
    4294967296.0f
    300.7f
    -300.7f
    8388609.0f
|]

let private specials64 = [|
    nan
    infinity
    -infinity
    0.0
    -0.0
    1.0
    -1.0
    0.5
    -0.5
    1.5
    2.5
    Double.Epsilon
    -Double.Epsilon
    Double.MaxValue
    Double.MinValue
    1e-310
    9.3e18
    -9.3e18
    1.9e19
    300.7
    -300.7
    4503599627370497.0
|]

/// Random elements, every fourth a special value.
let randomBits (random: Random) (dtype: DType) : uint64 =
    let special = random.Next 4 = 0

    match dtype with
    | DType.Float32 ->
        let value =
            if special then
                specials32[random.Next specials32.Length]
            else
                float32 (random.NextDouble() * 20.0 - 10.0)

        uint64 (BitConverter.SingleToUInt32Bits value)
    | DType.Float64 ->
        let value = if special then specials64[random.Next specials64.Length] else random.NextDouble() * 20.0 - 10.0

        BitConverter.DoubleToUInt64Bits value
    | DType.Bool -> uint64 (random.Next 2)
    | _ ->
        let width = 8 * DType.bytes dtype
        let mask = UInt64.MaxValue >>> (64 - width)

        if special then
            let edges = [| 0UL; 1UL; mask; mask >>> 1; (mask >>> 1) + 1UL |]
            edges[random.Next edges.Length]
        else
            uint64 (random.NextInt64(Int64.MinValue, Int64.MaxValue)) &&& (if random.Next 2 = 0 then mask else 63UL)

let randomArray random dtype size = ofBits dtype [| size |] (Array.init size (fun _ -> randomBits random dtype))

let text (dtype: DType) (bits: uint64) =
    match dtype with
    | DType.Float32 -> $"{LaneEvaluate.toFloat DType.Float32 bits} (0x{bits:X})"
    | DType.Float64 -> $"{LaneEvaluate.toFloat DType.Float64 bits} (0x{bits:X})"
    | _ -> $"0x{bits:X}"

/// The JIT optimises every method that the program has so far.
let staysWithinLimits (description: string) (compiled: CompiledProgram) =
    for size in compiled.Methods do
        Assert.True(MethodSize.used size <= 1.0, $"{description}: a method of {size}")

/// Compiles for every width and compares with the interpreter, bit for bit; a description starts the message.
let agrees (description: string) (program: LoopProgram) (inputs: NDArray[]) =
    let expected = LoopInterpreter.run program inputs

    for options in ways do
        let compiled = Emit.compile options Kernels.apply program
        staysWithinLimits $"{description}: {name options}" compiled

        for repetition in 1..3 do
            let actual = compiled.Run inputs

            for k in 0 .. expected.Length - 1 do
                let e, a = toBits expected[k], toBits actual[k]

                let dtype = expected[k].DType

                /// Which of two numbers that are none an operation passes on is the processor's choice.
                let isNaN x = DType.isFloat dtype && Double.IsNaN(LaneEvaluate.toFloat dtype x)

                for i in 0 .. e.Length - 1 do
                    if e[i] <> a[i] && not (isNaN e[i] && isNaN a[i]) then

                        let place = $"{name options}, run {repetition}, output {k}, element {i} of {e.Length}"

                        Assert.Fail $"{description}: {place}: expected {text dtype e[i]}, got {text dtype a[i]}"
