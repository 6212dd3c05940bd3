/// Law 3: counts of operations, stored numbers, allocations and tracings grow with reads, steps, orders and nesting as they should.
module Pipeline.Tests.CostLawTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Pipeline.FSharp

/// The exponent p of cost = c n^p between two sizes.
let private exponent (cost: int -> float) small large = Math.Log(cost large / cost small) / Math.Log(float large / float small)

/// The sizes of all that a program computes, once for each time it runs; movement counts.
let rec private numbers (graph: Graph) : float seq =
    seq {
        for equation in graph.Equations do
            for v in equation.Outputs do
                yield float (Shape.size graph.Types[v].Shape)

            match equation.Op with
            | Op.Loop loop ->
                for size in numbers loop.Body do
                    yield float loop.Length.Value * size
            | Op.Call(_, body) -> yield! numbers body
            | _ -> ()
    }

let private staged (f: Tensor -> Tensor) (x: Tensor) = fst (Record.stage "count" [| x.Type |] (fun inputs -> [| f inputs[0] |]))

let private noise (shape: int list) = RandomKey(3L).Normal(List.toArray shape)

[<Fact>]
let ``law 3: n reads of an n-vector in a loop cost O(n) in reverse`` () =
    let reads (n: int) (x: Tensor) =
        Seq.fold (fun (total: Tensor) (i: int) -> total + sin (x.[i] * x.[n - 1 - i])) (scalar 0.0) (seq { 0 .. n - 1 })

    let cost n = Seq.sum (numbers (staged (grad (reads n)) (noise [ n ])))

    Assert.InRange(exponent cost 64 512, 0.9, 1.1)
    Assert.InRange(exponent (fun n -> OperationCount.ofFunction (grad (reads n)) (noise [ n ])) 64 512, 0.9, 1.1)

let private recurrence steps (w: Tensor) =
    let last, _ = scan (fun h u -> tanh (dot w h + u), ()) (zeros [ 16 ]) (noise [ steps; 16 ])

    sum (last * last)

[<Fact>]
let ``law 3: T steps of a scan cost O(T), and weights are not stored for every step`` () =
    let cost steps = OperationCount.ofFunction (grad (recurrence steps)) (noise [ 16; 16 ])

    Assert.InRange(exponent cost 50 400, 0.95, 1.05)

    let steps = 400
    let graph = staged (grad (recurrence steps)) (noise [ 16; 16 ])

    let rec sizes (graph: Graph) : int seq =
        seq {
            for equation in graph.Equations do
                for v in equation.Outputs do
                    yield Shape.size graph.Types[v].Shape

                for body in Graphs.bodies equation.Op do
                    yield! sizes body
        }

    // Nothing is as large as the weights of every step; the states of every step are.
    let largest = Seq.max (sizes graph)
    Assert.InRange(largest, steps * 16, steps * 16 * 2)

[<Fact>]
let ``law 3: n orders of a Taylor series cost O(n^2)`` () =
    let functions: (string * (int -> Tensor -> Tensor)) list = [
        "exp(sin x)", (fun n -> diffn n (sin >> exp))
        "sqrt", (fun n -> diffn n sqrt)
        "tanh of a product", (fun n -> diffn n (fun x -> tanh (x * sin x) / (1.0 + x * x)))
        "an equation",
        (fun n y ->
            let series = taylorSolution n (fun y -> sin y * y + exp (-y)) y
            series.Coefficients[n])
    ]

    for name, derivative in functions do
        let cost n = OperationCount.ofFunction (derivative n) (scalar 0.7)

        let found = exponent cost 8 32
        Assert.True(found <= 2.1, $"{name}: exponent {found}")

[<Fact>]
let ``law 3: nested compiled functions are traced once, and their derivatives grow with the depth alone`` () =
    let mutable runs = 0

    let rec nested depth : Tensor -> Tensor =
        if depth = 0 then
            fun x ->
                runs <- runs + 1
                x * cos x
        else
            let inside = nested (depth - 1)
            jit (fun x -> sin (inside x))

    for derive in [ grad; (fun f -> grad (grad f)); diffn 3; (fun f -> jit (grad (jit f))) ] do
        runs <- 0
        derive (nested 5) (scalar 0.3) |> ignore
        Assert.Equal(1, runs)

    let cost depth = OperationCount.ofFunction (grad (grad (nested depth))) (scalar 0.3)

    Assert.InRange(exponent cost 4 16, 0.5, 1.5)

[<Fact>]
let ``law 3: a gradient through n eager operations allocates O(n)`` () =
    let bytes n =
        let f (x: Tensor) = Seq.fold (fun y _ -> sin y * x) x (seq { 1..n })

        grad f (scalar 0.5) |> ignore
        let before = GC.GetAllocatedBytesForCurrentThread()
        grad f (scalar 0.5) |> ignore
        float (GC.GetAllocatedBytesForCurrentThread() - before)

    Assert.InRange(exponent bytes 500 4000, 0.8, 1.1)
