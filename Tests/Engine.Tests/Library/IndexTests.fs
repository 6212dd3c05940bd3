/// Indices are checked in every form: eager, compiled, batched, differentiated and in loops; negative ones count from the end; only TakeClamped clamps.
module Pipeline.Engine.Tests.IndexTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

let private x = vector [ 10.0; 20.0; 30.0 ]
let private whole (i: int) : Tensor = scalar i

/// What programs make of an index, each of an entry of x at it.
let private forms: (string * (Tensor -> Tensor)) list =
    let at (x: Tensor) (i: Tensor) : Tensor = take 0 i x
    let ones (x: Tensor) = x * 0.0 + 1.0

    let forms = [
        "take", at x
        "of a vector", (fun i -> sum (at x (stack 0 [ i ])))
        "int64", (fun i -> at x (Operations.asType DType.Int64 i))
        "index", (fun i -> x[i])
        "index of int64", (fun i -> x[Operations.asType DType.Int64 i])
        "rows", (fun i -> (at (reshape [ 3; 1 ] x) i)[0])
        "columns", (fun i -> sum (take 1 i (stack 0 [ x; x ])) / 2.0)
        "batched over both", (fun i -> sum (vmap (fun (row, j) -> at row j) (stack 0 [ x; x ], stack 0 [ i; i ])) / 2.0)
        "compiled lanes", (fun i -> sum (vmap (jit (at x)) (stack 0 [ i; i ])) / 2.0)
        "checkpoint", (fun i -> sum (grad (fun x -> checkpoint (fun x -> square (at x i) / 2.0) x) x))
        "second derivative", (fun i -> sum (hessianv (fun x -> at x i * square (at x i) / 6.0) x (ones x)))
        "series", (fun i -> (taylor 1 (fun t -> at (t * x) i) (scalar 1.0)).Coefficients[1])
        "gradient of a loop", (fun i -> sum (grad (fun x -> forLoop 0 2 (fun _ s -> s + square (at x i) / 4.0) (scalar 0.0)) x))
        "batched indices", (fun i -> sum (vmap (at x) (stack 0 [ i; i ])) / 2.0)
        "batched tensor", (fun i -> sum (vmap (fun row -> at row i) (stack 0 [ x; x ])) / 2.0)
        "gradient", (fun i -> sum (grad (fun x -> square (at x i) / 2.0) x))
        "tangent", (fun i -> snd (jvp (fun x -> square (at x i) / 2.0) x (ones x)))
        "scan", (fun i -> fst (scan (fun s j -> s + at x j, s) (at x i * 0.0) (stack 0 [ i ])))
        "for", (fun i -> forLoop 0 1 (fun _ s -> s + at x i) (scalar 0.0))
        "while", (fun i -> whileLoop (fun (s: Tensor) -> Tensor.op_LessThan (s, scalar 1.0)) (fun s -> s + at x i) (scalar 0.0))
        "branch", (fun i -> cond (Tensor.op_LessThan (i, whole 100)) (at x) (fun _ -> scalar 0.0) i)
    ]

    forms @ [ for name, f in forms -> $"{name}, compiled", jit f ]

[<Fact>]
let ``take counts negative indices from the end in every form`` () =
    for name, f in forms do
        for i in -3 .. 2 do
            Assert.True(float (f (whole i)) = 10.0 * float ((i + 3) % 3 + 1), $"{name} of {i}")

[<Fact>]
let ``take refuses indices outside the axis in every form, compiled ones at the call`` () =
    for name, f in forms do
        for i in [ 3; -4; 50; Int32.MinValue; 0x7FFFFFF0 ] do
            if not (name.StartsWith "branch" && i > 50) then
                let e = Assert.ThrowsAny<PipelineException>(fun () -> f (whole i) |> ignore)
                Assert.Contains($"no entry {i}", e.Message)
                Assert.Contains("3 entries", e.Message)

[<Fact>]
let ``take names the place of an index outside`` () =
    let indices = tensor [ 2; 2 ] [ 0; 1; 2; -9 ]

    for f in [ take 0 indices; jit (take 0 indices) ] do
        let e = Assert.Throws<ShapeException>(fun () -> f x |> ignore)
        Assert.Contains("-9 at [1, 1]", e.Message)

[<Fact>]
let ``unsigned indices of any size are checked`` () =
    let largest = Operations.asType DType.UInt64 (scalar 1e30)
    let last = Operations.asType DType.UInt8 (scalar 2.0)

    for f in [ (fun i -> take 0 i x); jit (fun i -> take 0 i x); (fun i -> x[i]) ] do
        Assert.Equal(30.0, float (f last))
        Assert.Throws<ShapeException>(fun () -> f largest |> ignore) |> ignore

[<Fact>]
let ``only TakeClamped clamps`` () =
    let indices = vector [ -5; -1; 0; 1; 2; 3; 9 ]

    for f in [ takeClamped 0 indices; jit (takeClamped 0 indices) ] do
        Assert.Equal<float>([| 10.0; 10.0; 10.0; 20.0; 30.0; 30.0; 30.0 |], (f x).ToArray<float>())

[<Fact>]
let ``lanes that a batched loop or branch does not run have no indices to check`` () =
    let sumTo (n: Tensor) =
        whileLoop (fun (i: Tensor, _) -> Tensor.op_LessThan (i, n)) (fun (i, s) -> i + 1, s + take 0 i x) (whole 0, scalar 0.0)
        |> snd

    let guarded (i: Tensor) = cond (Tensor.op_LessThan (i, whole 3)) (fun i -> take 0 i x) (fun _ -> scalar -1.0) i

    for sums in [ vmap sumTo; jit (vmap sumTo) ] do
        Assert.Equal<float>([| 0.0; 60.0; 10.0 |], (sums (vector [ 0; 3; 1 ])).ToArray<float>())

    for entries in [ vmap guarded; jit (vmap guarded) ] do
        Assert.Equal<float>([| 10.0; -1.0; 30.0 |], (entries (vector [ 0; 7; 2 ])).ToArray<float>())

/// The checks of indices that the compiled program still makes.
let private checksLeft (f: Tensor -> Tensor) =
    let staged, _ = Record.stage "checks" [| x.Type |] (fun inputs -> [| f inputs[0] |])

    let rec count (graph: Graph) =
        graph.Equations
        |> Array.sumBy (fun e -> (if e.Op.IsPlaces then 1 else 0) + Array.sumBy count (Graphs.bodies e.Op))

    count (Rewrite.graph staged)

[<Fact>]
let ``indices of known range need no check`` () =
    let number: int -> Tensor = Tensor.op_Implicit
    let less (n: int) (i: Tensor, _) = Tensor.op_LessThan (i, number n)
    let forward (x: Tensor) (i: Tensor, s) = i + 1, s + take 0 i x

    let loop n start x = snd (whileLoop (less n) (forward x) (number start, scalar 0.0))

    let twice n x = forLoop 0 n (fun i s -> s + take 0 i x) (scalar 0.0)

    let largest x = ReductionOperations.argReduce "ArgMax" Reduction.ArgMax (System.Nullable 0) x

    let free, checked' =
        [
            "constants", take 0 (vector [ 0; -1; 2 ])
            "for", twice 3
            "for, downwards", (fun x -> forLoop 0 3 (fun i s -> s + take 0 (2 - i) x) (scalar 0.0))
            "for, from the end", (fun x -> forLoop -3 3 (fun i s -> s + take 0 i x) (scalar 0.0))
            "gradient", (fun x -> grad (fun x -> forLoop 0 3 (fun i s -> s + square (take 0 i x)) (scalar 0.0)) x)
            "while", loop 3 0
            "argmax", (fun x -> take 0 (largest x) x)
            "order", (fun x -> take 0 (Operations.argSort 0 x) x)
            "remainder", (fun x -> take 0 (Operations.asType DType.Int32 x % number 3) x)
        ],
        [
            "for too long", twice 4
            "while too long", loop 4 0
            "while from before", loop 3 -4
            "data", (fun x -> take 0 (Operations.asType DType.Int32 x) x)
            "wrapped", (fun x -> take 0 (largest x + number Int32.MaxValue) x)
        ]

    for name, f in free do
        Assert.True(checksLeft f = 0, name)
        Assert.Equal<float>((f x).ToArray<float>(), (jit f x).ToArray<float>())

    for name, f in checked' do
        Assert.True(checksLeft f > 0, name)
        Assert.Throws<ShapeException>(fun () -> jit f x |> ignore) |> ignore
