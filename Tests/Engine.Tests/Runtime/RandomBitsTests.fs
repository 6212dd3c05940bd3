/// Random bits against published and generated vectors, in both layouts and every width.
module Pipeline.Engine.Tests.RandomBitsTests

open System
open System.IO
open System.Text.RegularExpressions
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Checked
open Xunit

let private key (k0: uint32) (k1: uint32) = NDArray.ofData DType.UInt32 [| 2 |] [| k0; k1 |]

let private widths = Map [ 8, DType.UInt8; 16, DType.UInt16; 32, DType.UInt32; 64, DType.UInt64 ]

let private bits width shape layout key = apply (Op.RandomBits(widths[width], shape, layout)) [| key |]

/// Keys of a shape, by layout: the hash of 0 .. 2n - 1 in pairs, or both words of the hash of each index.
let private split (shape: int[]) layout key =
    match layout with
    | KeyLayout.Original -> bits 32 (Array.append shape [| 2 |]) layout key
    | KeyLayout.Partitionable ->
        let words = (KernelsViews.elements<uint64>(bits 64 shape layout key)).ToArray()
        let halves = words |> Array.collect (fun w -> [| uint32 (w >>> 32); uint32 w |])
        NDArray.ofData DType.UInt32 (Array.append shape [| 2 |]) halves

let private foldIn (data: uint32) (key: NDArray) =
    let words = (KernelsViews.elements<uint32> key).ToArray()
    let struct (x, y) = KernelsRandom.hash words[0] words[1] 0u data
    NDArray.ofData DType.UInt32 [| 2 |] [| x; y |]

[<Fact>]
let ``the hash gives the published known answers`` () =
    let all = UInt32.MaxValue
    Assert.Equal(struct (0x6b200159u, 0x99ba4efeu), KernelsRandom.hash 0u 0u 0u 0u)
    Assert.Equal(struct (0x1cb996fcu, 0xbb002be7u), KernelsRandom.hash all all all all)

    Assert.Equal(struct (0xc4923a9cu, 0x483df7a0u), KernelsRandom.hash 0x13198a2eu 0x03707344u 0x243f6a88u 0x85a308d3u)

let private layout (case: Golden.Case) =
    match (Golden.argument "layout" case).Value.ToString() with
    | "original" -> KeyLayout.Original
    | _ -> KeyLayout.Partitionable

let private draw (case: Golden.Case) =
    let words = [| for w in (Golden.argument "key" case).Value.EnumerateArray() -> w.GetUInt32() |]

    let key = key words[0] words[1]

    let shape () = Golden.integers (Golden.argument "shape" case).Value

    match case.Operation with
    | "random.bits" -> bits ((Golden.argument "width" case).Value.GetInt32()) (shape ()) (layout case) key
    | "random.split" -> split (shape ()) (layout case) key
    | _ -> foldIn ((Golden.argument "data" case).Value.GetUInt32()) key

[<Fact>]
let ``bits, split and fold_in are equal to JAX's`` () =
    let pure' = set [ "random.bits"; "random.split"; "random.fold_in" ]

    let cases = Golden.read "random.json" |> Array.filter (fun case -> pure'.Contains case.Operation)

    Assert.Equal(608, cases.Length)

    for case in cases do
        match Golden.compareOutputs case [| draw case |] with
        | Ok _ -> ()
        | Error message -> Assert.Fail message

/// The numbers of a bracket behind a label of a line, such as 'bits32(5) [1, 2, 3]'.
let private labelled (label: string) (line: string) =
    let found = Regex.Match(line, Regex.Escape label + @" (\[[^\]]*\](?:, \[[^\]]*\])*\]?)")

    if found.Success then
        [| for m in Regex.Matches(found.Groups[1].Value, "[0-9]+") -> UInt64.Parse m.Value |]
    else
        [||]

let private unsigned (array: NDArray) =
    match array.DType with
    | DType.UInt64 -> (KernelsViews.elements<uint64> array).ToArray()
    | _ -> Golden.numbers array |> Array.map uint64

[<Fact>]
let ``bits, split and fold_in meet the generated vectors`` () =
    let mutable layout = KeyLayout.Partitionable
    let mutable seed = key 0u 0u
    let mutable compared = 0

    let expect label line draw =
        let numbers = labelled label line

        if numbers.Length > 0 then
            Assert.Equal<uint64[]>(numbers, unsigned (draw ()))
            compared <- compared + numbers.Length

    for line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "threefry-vectors.txt")) do
        if line.StartsWith "### original" then layout <- KeyLayout.Original
        elif line.StartsWith "seed" then seed <- key 0u (UInt32.Parse(line.Split(' ')[1]))

        expect "split2" line (fun () -> split [| 2 |] layout seed)
        expect "split3" line (fun () -> split [| 3 |] layout seed)
        expect "fold_in(7)" line (fun () -> foldIn 7u seed)
        expect "bits32(5)" line (fun () -> bits 32 [| 5 |] layout seed)
        expect "bits64(3)" line (fun () -> bits 64 [| 3 |] layout seed)
        expect "bits8(5)" line (fun () -> bits 8 [| 5 |] layout seed)
        expect "bits16(5)" line (fun () -> bits 16 [| 5 |] layout seed)

    // Three seeds in two layouts: 4 + 6 + 2 + 5 + 3 + 5 + 5 numbers each.
    Assert.Equal(6 * 30, compared)

[<Fact>]
let ``a batch of keys draws what each key draws alone`` () =
    for layout in [ KeyLayout.Original; KeyLayout.Partitionable ] do
        for width in widths.Keys do
            let keys = split [| 2; 3 |] layout (key 3u 4u)
            let together = bits width [| 5 |] layout keys
            let rows = KernelsViews.reshape [| 6; 2 |] keys

            let alone = [|
                for i in 0..5 do
                    yield! unsigned (bits width [| 5 |] layout (KernelsViews.entry i rows))
            |]

            Assert.Equal<int[]>([| 2; 3; 5 |], together.Shape)
            Assert.Equal<uint64[]>(alone, unsigned together)
