/// A run that fails or is cancelled half way leaves the program as it was: the next call is right, also where buffers had changed places.
module Pipeline.Engine.Tests.FailedRunTests

open System
open System.Threading
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

let private size = 16

/// Two matrices that change places at every turn; one of them loses so much of its diagonal until it has no Cholesky factor.
let private factors (a: Tensor, loss: Tensor, turns: Tensor) =
    let identity = eye size

    let step (i: Tensor, p: Tensor, q: Tensor, total: Tensor) = (i + 1, q, p - loss * identity, total + sum (cholesky p))

    let _, p, q, total =
        whileLoop (fun (i, _, _, _) -> i .< turns) step (Tensor.op_Implicit 0, a, a * 2.0, scalar 0.0)

    p, q, total

/// The same whose branch fails: outside of loops, and with an index that is checked.
let private taken (a: Tensor, loss: Tensor, turns: Tensor) =
    let places = asType DType.Int32 (loss * 1000.0) + arange 4
    let some = take 0 places a
    some, cond (turns .> 3) (fun a -> cholesky (a - loss * eye size)) (fun a -> a) a, sum some

let private arguments loss (turns: int) = [|
    NDArray.ofData DType.Float64 [| size; size |] (Array.init (size * size) (fun i -> if i % (size + 1) = 0 then 4.0 else 0.1))
    NDArray.scalar DType.Float64 loss
    NDArray.scalar DType.Int32 (float turns)
|]

/// The program, and its inputs for arguments: with what it captures.
let private staged f : struct (Graph * (float -> int -> NDArray[])) =
    let struct (leaves, structure) =
        match arguments 0.0 0 |> Array.map (fun a -> Tensor a) with
        | [| a; loss; turns |] -> Engine.Tree.flatten (a, loss, turns)
        | _ -> invalidOp "There are three arguments."

    let staged = Staging.tree "Failing" f structure (leaves |> Array.map Staging.leafType)
    let captured = staged.Captured |> Array.map _.Array
    struct (staged.Graph, (fun loss turns -> Array.append (arguments loss turns) captured))

let rec private exchanges (s: Statement) =
    match s with
    | Statement.Swap _ -> true
    | Statement.Repeat(_, _, body) -> Array.exists exchanges body
    | Statement.RepeatWhile(test, _, _, body) -> Array.exists exchanges (Array.append test body)
    | Statement.Choose(_, branches) -> branches |> Array.exists (Array.exists exchanges)
    | Statement.Nest _
    | Statement.Accumulate _
    | Statement.Product _
    | Statement.Kernel _ -> false

let private bits (results: NDArray[]) = Array.map EmitChecked.toBits results

[<Fact>]
let ``after a matrix without a Cholesky factor, or an index outside its axis, the next call is right`` () =
    for name, struct (graph, inputs) in [ "loop", staged factors; "branch", staged taken ] do
        for options in EmitChecked.ways do
            let program = Emit.compile options Kernels.apply (Compile.lower graph)

            if name = "loop" then
                Assert.True(Array.exists exchanges program.Program.Body, "No buffers change places.")

            // An even and an odd number of turns before it fails.
            for loss in [ 0.9; 1.7; 0.4; 3.9 ] do
                let good, what = inputs 0.001 5, $"{name}, {EmitChecked.name options}, {loss}"
                let expected = bits (Evaluate.graph graph good)
                Assert.True((expected = bits (program.Run good)), what + ", before")
                Assert.ThrowsAny<PipelineException>(fun () -> program.Run(inputs loss 40) |> ignore) |> ignore
                Assert.True((expected = bits (program.Run good)), what + ", after")

[<Fact>]
let ``after a loop that was cancelled the next call is right`` () =
    let struct (graph, inputs) = staged factors
    let good = inputs 0.001 5
    let expected = bits (Evaluate.graph graph good)

    for options in EmitChecked.ways do
        let program = Emit.compile options Kernels.apply (Compile.lower graph)
        program.Run good |> ignore

        for milliseconds in [ 1; 7 ] do
            use source = new CancellationTokenSource()
            use _ = CancellationScope.Begin source.Token
            source.CancelAfter milliseconds

            Assert.ThrowsAny<OperationCanceledException>(fun () -> program.Run(inputs 0.0 2_000_000_000) |> ignore)
            |> ignore

        Assert.True((expected = bits (program.Run good)), EmitChecked.name options)
