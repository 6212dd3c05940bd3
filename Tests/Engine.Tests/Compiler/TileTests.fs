/// Loops in tiles of rows: the same bits as without, in every way a program runs, and memory for a tile instead of the whole.
module Pipeline.Engine.Tests.TileTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let rec private repeats (body: Statement[]) =
    body
    |> Array.sumBy (fun s ->
        match s with
        | Statement.Repeat(_, _, body) -> 1 + repeats body
        | Statement.RepeatWhile(test, _, _, body) -> repeats test + repeats body
        | Statement.Choose(_, branches) -> Array.sumBy repeats branches
        | Statement.Nest _
        | Statement.Accumulate _
        | Statement.Product _
        | Statement.Swap _
        | Statement.Kernel _ -> 0)

/// Whether the program was cut at all; its tiles are checked against the program without.
let private agrees (description: string) (tileBytes: int64) (graph: Graph) (inputs: NDArray[]) =
    let whole = Compile.tiled Int64.MaxValue Int64.MaxValue graph
    let tiled = Compile.tiled tileBytes 0L graph
    let isCut = repeats tiled.Body > repeats whole.Body

    if isCut then
        LoopCheck.run tiled
        let expected = LoopInterpreter.run whole inputs |> Array.map toBits
        let actual = LoopInterpreter.run tiled inputs |> Array.map toBits

        for k in 0 .. expected.Length - 1 do
            Assert.True(expected[k] = actual[k], $"{description}: output {k}")

        EmitChecked.agrees description tiled inputs

    isCut

let private closed name (types: TensorType[]) (f: Tensor[] -> Tensor) = Record.closed name types (fun a -> [| f a |])

let private column (x: Tensor) = reshape [| -1; 1 |] x

let private gradient (f: Tensor -> Tensor) (x: Tensor) = grad f x

/// Functions of a matrix, a matrix of its shape and indices of its rows.
let private programs: (string * (Tensor -> Tensor -> Tensor -> Tensor)) list = [
    "softmax of rows", (fun x _ _ -> softmaxAlong 1 x)
    "softmax of columns", (fun x _ _ -> softmaxAlong 0 x)
    "gradient of softmax", (fun x y _ -> gradient (fun x -> sum (softmaxAlong 1 x * y)) x)
    "gradient of softmax of columns", (fun x y _ -> gradient (fun x -> sum (softmaxAlong 0 x * y)) x)
    "of a transpose", (fun x y _ -> logSoftmaxAlong 0 (transpose x) + transpose y)
    "of rows backwards", (fun x y _ -> softmaxAlong 1 (x.Flip 0) * y)
    "of rows by index", (fun x y i -> softmaxAlong 1 (take 0 i x) * y)
    "added at the end", (fun x y _ -> sumOver [ 1 ] (softmaxAlong 1 x * y))
    "places of the largest", (fun x y _ -> column (argMaxAlong 1 (x * y)) * exp (x - column (maxOver [ 1 ] x)))
    "of rows and columns", (fun x _ _ -> softmaxAlong 0 (softmaxAlong 1 x))
    "of blocks", (fun x y _ -> softmaxAlong 1 (stack 0 [ x; y; x * y ]))
]

let private shapes = [ [| 6; 5 |]; [| 7; 33 |]; [| 13; 8 |]; [| 66; 3 |]; [| 31; 65 |] ]

[<Theory>]
[<InlineData("float32")>]
[<InlineData("float64")>]
let ``loops over the same rows run tile by tile with the same bits`` (name: string) =
    let dtype = if name = "float32" then DType.Float32 else DType.Float64
    let random = Random 11

    for description, f in programs do
        let mutable cut = 0

        for shape in shapes do
            let types = [| Typing.tensor dtype shape; Typing.tensor dtype shape; Typing.tensor DType.Int32 [| shape[0] |] |]
            let graph = closed description types (fun a -> f a[0] a[1] a[2])

            let number () = random.NextDouble() * 8.0 - 4.0

            let inputs = [|
                for t in types[..1] ->
                    Kernels.apply (Op.Convert dtype) [|
                        NDArray.ofData DType.Float64 shape (Array.init (Shape.size t.Shape) (fun _ -> number ()))
                    |]
                    |> Array.head
                yield NDArray.ofData DType.Int32 [| shape[0] |] (Array.init shape[0] (fun _ -> random.Next shape[0]))
            |]

            let bytes = int64 (Shape.size shape * DType.bytes dtype)

            for tileBytes in [ bytes / 2L; 2L * bytes ] do
                if agrees $"{description} of %A{shape}, {tileBytes} bytes" tileBytes graph inputs then
                    cut <- cut + 1

        Assert.True(cut >= 2, $"{description}: only {cut} programs were cut into tiles.")

[<Fact>]
let ``random programs run tile by tile with the same bits`` () =
    let mutable cut = 0

    for seed in 1..400 do
        let random = RandomGraphs(Random seed, (if seed % 2 = 0 then DType.Float32 else DType.Float64))
        let graph = random.Graph 14
        let inputs = Graphs.inputs graph |> Array.map random.Array
        if agrees $"graph {seed}" (64L <<< seed % 5) graph inputs then cut <- cut + 1

    Assert.True(cut >= 10, $"Only {cut} programs were cut into tiles.")

[<Fact>]
let ``what only a tile uses has the memory of a tile`` () =
    let program =
        closed "softmax" [| Typing.tensor DType.Float32 [| 10_000; 100 |] |] (fun a -> softmaxAlong 1 a[0])
        |> Compile.lower

    Assert.True(program.WorkspaceBytes < 32_768, $"{program.WorkspaceBytes} bytes")
