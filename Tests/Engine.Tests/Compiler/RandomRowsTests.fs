/// Random programs over rows, and their gradients, have the same bits at once, on views, on blocks and as machine code, whole or in tiles of any
/// size: a hundred and fifty in every run; PIPELINE_ROWS asks for another number of them, PIPELINE_SEED for another first one.
module Pipeline.Engine.Tests.RandomRowsTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

/// Not a number is one number.
let private bits (array: NDArray) =
    let bits = toBits array

    if DType.isFloat array.DType then
        bits |> Array.map (fun x -> if Double.IsNaN(LaneEvaluate.toFloat array.DType x) then UInt64.MaxValue else x)
    else
        bits

let private apply op (x: NDArray) = (Kernels.apply op [| x |])[0]

/// Transposed in memory, with gaps, or every row the first; or as it is.
let private view (random: Random) (x: NDArray) : NDArray =
    match random.Next 4 with
    | 0 when x.Rank = 2 ->
        let turned = Op.Transpose [| 1; 0 |]
        apply turned (KernelsViews.contiguous (apply turned x))
    | 1 ->
        let all number = Array.create x.Rank number
        let spread = KernelsViews.contiguous (apply (Op.Pad(all 1, all 2, all 1)) x)
        apply (Op.Slice(all 1, x.Shape |> Array.map (fun extent -> 2 * extent), all 2)) spread
    | 2 when x.Rank = 2 -> apply (Op.Broadcast(x.Shape, [| 1 |])) (KernelsViews.entry 0 x)
    | _ -> x

let private input (random: Random) hasSpecials (t: TensorType) : NDArray =
    let size = Shape.size t.Shape

    if t.DType = DType.Int32 then
        // A place before the first and one behind the last are clamped.
        NDArray.ofData DType.Int32 t.Shape (Array.init size (fun _ -> random.Next(-1, size + 1)))
    elif hasSpecials then
        ofBits t.DType t.Shape (Array.init size (fun _ -> randomBits random t.DType))
    else
        NDArray.ofData DType.Float64 t.Shape (Array.init size (fun _ -> random.NextDouble() * 4.0 - 2.0))
        |> apply (Op.Convert t.DType)

let private gradient (program: RandomRows) (a: Tensor[]) : Tensor[] =
    let floats, places = a[..3], a[4..]
    let value, pull = Linearize.pullback "Gradient" (fun x -> [| program.Total(Array.append x places) |]) floats

    pull [| Primitive.fillLike value[0] 1.0 |]
    |> Array.map2 (fun (x: Tensor) g -> Primitive.orZeros x.Type g) floats

/// The ways of one program whose bits are others than those at once.
let private differences (seed: int) : string list =
    let random = Random(seed + 77)
    let dtype = if seed % 2 = 0 then DType.Float32 else DType.Float64
    let isGradient = seed % 3 = 1
    let program = RandomRows(seed, dtype, isGradient)
    let inputs = program.Types |> Array.map (input random (not isGradient && random.Next 4 = 0))
    let inputs = if random.Next 2 = 0 then inputs else inputs |> Array.map (view random)
    let f = if isGradient then gradient program else program.Run
    let graph = Record.closed "Rows" program.Types f
    let expected = f (inputs |> Array.map Tensor) |> Array.map (fun t -> bits t.Array)
    let found = ResizeArray<string>()

    let compare way (actual: NDArray[]) =
        for k in 0 .. expected.Length - 1 do
            let actual = bits actual[k]

            if expected[k] <> actual then
                let dtype = graph.Types[graph.Outputs[k]].DType
                let at, (e, a) = Array.zip expected[k] actual |> Array.indexed |> Array.find (fun (_, (e, a)) -> e <> a)
                found.Add $"{way}, output {k}, element {at} of {expected[k].Length}: {text dtype a} for {text dtype e}"

    compare "recorded" (Evaluate.graph graph inputs)
    let width = widths[random.Next widths.Length]
    let bytes = 16L <<< random.Next 12

    let ways = [
        Emit.blocks (max 128 width)
        if random.Next 4 = 0 then Emit.machineCode width
        if random.Next 6 = 0 then Emit.changesOver (max 128 width) (fun number -> number * 7 % 4)
    ]

    for way in ways do
        for tileBytes, leastBytes in [ bytes, 0L; bytes, Int64.MaxValue ] do
            if leastBytes = 0L || random.Next 3 = 0 then
                let loops = Compile.tiled tileBytes leastBytes graph
                if random.Next 4 = 0 then LoopCheck.run loops
                let program = Emit.compile way Kernels.apply loops

                for run in 1..2 do
                    compare $"{name way}, tiles of {tileBytes} bytes from {leastBytes} on, run {run}" (program.Run inputs)

    List.ofSeq found

[<Fact>]
let ``random programs over rows and their gradients have the same bits in every way`` () =
    let asked = Environment.GetEnvironmentVariable "PIPELINE_ROWS"
    let count = if isNull asked then 150 else int asked

    // The other seeds follow.
    let first =
        match Environment.GetEnvironmentVariable "PIPELINE_SEED" with
        | null -> 0
        | first -> int first

    let failures = ResizeArray<string>()

    for seed in first .. first + count - 1 do
        match differences seed with
        | [] -> ()
        | found -> failures.Add $"seed {seed}: {found.Head}"

    let summary = $"{count} random programs over rows from seed {first}: {failures.Count} with other bits"
    if not (isNull asked) then Console.WriteLine summary
    Assert.True((failures.Count = 0), summary + "\n" + String.Join("\n", failures))
