/// Copies across: each element at its place and nothing else written, for every number of rows and columns around what squares hold.
module Pipeline.Engine.Tests.TranspositionTests

open System
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Pipeline.Kernels
open Xunit

let private sizes = [ 1..18 ] @ [ 31; 32; 33; 64; 65 ]

/// Rows and columns with gaps behind them, in both directions.
let private turned<'T when 'T: unmanaged and 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType and 'T: equality>
    (number: int -> 'T)
    =
    for rows in sizes do
        for columns in sizes do
            let rowFrom, rowInto = columns + 3, rows + 1
            let source = Array.init (rows * rowFrom) number

            let into isAcross =
                let target = Array.create (columns * rowInto) (number -1)
                use source = fixed source
                use into = fixed target
                let bytes = sizeof<'T>

                let from, target' =
                    NativePtr.ofNativeInt (NativePtr.toNativeInt source), NativePtr.ofNativeInt (NativePtr.toNativeInt into)

                if isAcross then
                    Moves.Copy(bytes, from, 1n, nativeint rowFrom, target', nativeint rowInto, 1n, nativeint columns, nativeint rows)
                else
                    Moves.Copy(bytes, from, nativeint rowFrom, 1n, target', 1n, nativeint rowInto, nativeint rows, nativeint columns)

                target

            let expected =
                Array.init (columns * rowInto) (fun k ->
                    let column, row = k / rowInto, k % rowInto
                    if row < rows then source[row * rowFrom + column] else number -1)

            for isAcross in [ true; false ] do
                Assert.True((expected = into isAcross), $"{rows} rows of {columns} elements of {sizeof<'T>} bytes, {isAcross}")

[<Fact>]
let ``rows become columns`` () =
    turned float32
    turned float
    turned int64
    turned uint16
    turned byte

/// Shapes and permutations whose copies run across, alone and under a loop's counter.
let private permutations = [
    [| 17; 33 |], [| 1; 0 |]
    [| 16; 16 |], [| 1; 0 |]
    [| 3; 40; 18 |], [| 0; 2; 1 |]
    [| 20; 3; 17 |], [| 2; 1; 0 |]
    [| 2; 17; 3; 16 |], [| 0; 3; 2; 1 |]
    [| 2; 3; 5; 16; 19 |], [| 1; 0; 2; 4; 3 |]
]

[<Fact>]
let ``transpositions are turned in squares, with the same bits in every way a program runs`` () =
    for dtype in [ DType.Float32; DType.Float64; DType.Int32; DType.UInt64; DType.UInt16; DType.Bool ] do
        for shape, permutation in permutations do
            let text = $"{DType.name dtype} %A{shape} %A{permutation}"
            let program f = Record.closed text [| Typing.tensor dtype shape |] (fun a -> [| f a[0] |]) |> Compile.lower

            let bits =
                Array.init (Shape.size shape) (fun k -> if dtype = DType.Bool then uint64 (k % 3 % 2) else uint64 k * 0x9E3779B97F4A7C15UL)

            let inputs = [| ofBits dtype shape bits |]
            let transposed = program (Primitive.transpose permutation)

            let isTurned =
                transposed.Body
                |> Array.exists (function
                    | Statement.Nest nest -> Nests.turned nest >= 0
                    | _ -> false)

            Assert.Equal(DType.bytes dtype >= 4, isTurned)
            agrees text transposed inputs
            let starts, limits = shape |> Array.map (fun _ -> 0), shape |> Array.map (fun extent -> extent - 1)
            let strides = shape |> Array.map (fun _ -> 1)

            let part x =
                let rows = Primitive.transpose permutation (Primitive.slice starts limits strides x)
                if dtype = DType.Bool then rows else Primitive.add rows rows

            agrees $"{text}, a part" (program part) inputs

[<Fact>]
let ``what lies far apart is turned before it is used`` () =
    for n in [ 250; 256 ] do
        let shape = [| n; n |]
        let types = [| Typing.tensor DType.Float32 shape |]

        let inputs = [|
            ofBits DType.Float32 shape (Array.init (n * n) (fun k -> uint64 (BitConverter.SingleToUInt32Bits(float32 k))))
        |]

        for text, f in
            [
                "sum", (fun x -> Primitive.add x (Primitive.transpose [| 1; 0 |] x))
                "of a function", (fun x -> Primitive.add x (Primitive.transpose [| 1; 0 |] (Tensor.Map(Elementwise.sin, x))))
                "rows", (fun x -> Primitive.sum [| 1 |] (Primitive.multiply x (Primitive.transpose [| 1; 0 |] x)))
                "twice",
                (fun x -> Primitive.add (Primitive.transpose [| 1; 0 |] x) (Primitive.transpose [| 1; 0 |] (Primitive.multiply x x)))
            ] do
            let program = Record.closed text types (fun a -> [| f a[0] |]) |> Compile.lower

            let turned =
                program.Body
                |> Array.filter (function
                    | Statement.Nest nest -> Nests.turned nest >= 0
                    | _ -> false)

            Assert.Equal((if n = 256 then (if text = "twice" then 2 else 1) else 0), turned.Length)
            agrees $"{text} of {n}" program inputs
