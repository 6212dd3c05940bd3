/// What a branch computes is part of it: of tensors that it captures too, in compiled and vectorized functions.
module Pipeline.Engine.Tests.BranchTests

open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

let private x = vector [ 0.5; 1.0; 1.5 ]

let private program f example =
    let struct (leaves, structure) = Engine.Tree.flatten example
    (Staging.tree "Branches" f structure (leaves |> Array.map Staging.leafType)).Graph

/// How often a function stands in a program, outside of branches and in them.
let private uses (row: Row) (graph: Graph) =
    let rec count isInside (graph: Graph) : struct (int * int) =
        let total = Array.fold (fun (struct (a, b)) (struct (c, d)) -> struct (a + c, b + d)) struct (0, 0)

        graph.Equations
        |> Array.map (fun equation ->
            match equation.Op with
            | Op.Map other when other.Equals row -> if isInside then struct (0, 1) else struct (1, 0)
            | Op.Switch branches -> branches |> Array.map (count true) |> total
            | op -> Graphs.bodies op |> Array.map (count isInside) |> total)
        |> total

    count false graph

[<Fact>]
let ``what a branch makes of captured tensors stands in the branch`` () =
    let of' (f: Tensor * Tensor -> 'R) = uses Elementwise.exp (program f (x, scalar 1.0))
    let branch (x: Tensor) (z: Tensor) = z * exp x

    Assert.Equal(struct (0, 1), of' (fun (x: Tensor, s: Tensor) -> cond (s .> 0.0) (branch x) (fun z -> -z) x))
    Assert.Equal(struct (0, 1), of' (fun (x: Tensor, s: Tensor) -> cond (s .> 0.0) (fun () -> exp x) (fun () -> -x) ()))
    Assert.Equal(struct (1, 0), of' (fun (x: Tensor, s: Tensor) -> (let e = exp x in cond (s .> 0.0) (fun z -> z * e) (fun z -> -z) x)))

    Assert.Equal(
        struct (0, 2),
        of' (fun (x: Tensor, s: Tensor) -> cond (s .> 0.0) (fun z -> cond (s .> 1.0) (branch x) (fun z -> z * exp s) z) (fun z -> -z) x)
    )

    // The branch of a step is part of the step; what does not change in a loop is computed once, and the loop's own branch keeps it.
    let loop (x: Tensor) = fst (scanTimes 3 (fun c -> c * exp x, ()) x)
    Assert.Equal(struct (1, 0), of' (fun (x, _) -> loop x))
    Assert.Equal(struct (0, 1), of' (fun (x: Tensor, s: Tensor) -> cond (s .> 0.0) (fun () -> loop x) (fun () -> -x) ()))

    // Gradients: of the value and of the change.
    let struct (outside, _) =
        of' (grad (fun (x: Tensor, s: Tensor) -> sum (cond (s .> 0.0) (branch x) (fun z -> -z) x)))

    Assert.Equal(0, outside)

    let struct (outside, _) =
        of' (fun (x: Tensor, s: Tensor) -> grad (fun x -> sum (cond (s .> 0.0) (branch x) (fun z -> -z) x)) x)

    Assert.Equal(0, outside)

    // What is known is computed at once.
    Assert.Equal(struct (0, 0), of' (fun (z: Tensor, s: Tensor) -> cond (s .> 0.0) (branch x) (fun z -> -z) z))

[<Fact>]
let ``numbers below derivatives decide in a branch too`` () =
    let lanes = vector [ 1.0; -1.0 ]
    let f inside (x: Tensor) = sum (vmap (fun (s: Tensor) -> cond (s .> 0.0) (fun z -> inside x z) (fun z -> -z) s) lanes)

    let turns (x: Tensor) = Tensor.Convert(x * x, DType.Int32)
    let byTruth (x: Tensor) (z: Tensor) = if isTrue (x * x .> 2.0) then z * x else z
    let byCond (x: Tensor) (z: Tensor) = cond (x * x .> 2.0) (fun z -> z * x) id z
    let byLoop (x: Tensor) (z: Tensor) = forLoopBetween 0 (turns x) (fun _ c -> c * x) z

    let rec times (x: Tensor) (n: Tensor) (z: Tensor) : Tensor = cond (n .> x) (fun z -> times x (n - 1.0) (z * x)) id z

    for inside in [ byTruth; byCond ] do
        Assert.Equal(1.0, (grad (f inside) (scalar 2.0)).ToDouble())
        Assert.Equal(0.0, (grad (f inside) (scalar 1.0)).ToDouble())

    Assert.Equal(4.0 * 8.0, (grad (f byLoop) (scalar 2.0)).ToDouble())
    Assert.Equal(3.0 * 4.0, (grad (f (fun x z -> times x (scalar 4.5) z)) (scalar 2.0)).ToDouble())

[<Fact>]
let ``what fails in a branch that is not taken does not fail`` () =
    let notDefinite = matrix [ [ -1.0; 0.0; 0.0 ]; [ 0.0; 1.0; 0.0 ]; [ 0.0; 0.0; 1.0 ] ]
    let factor (a: Tensor, s: Tensor) = cond (s .> 0.0) (fun (z: Tensor) -> matmul (cholesky a) z) (fun z -> -z) x

    let endless (a: Tensor, s: Tensor) =
        cond (s .> 0.0) (fun (z: Tensor) -> z * whileBounded 3 (fun c -> c .> 0.0) (fun c -> c + 1.0) (sum a)) (fun z -> -z) x

    for name, f in [ "cholesky", factor; "a loop", endless ] do
        let notTaken = (notDefinite, scalar -1.0)
        Assert.Equal<float>((f notTaken).ToArray<float>(), (jit f notTaken).ToArray<float>())
        Assert.Equal<float>([| -0.5; -1.0; -1.5 |], (jit f notTaken).ToArray<float>())

        let ofGradient (a, s) = fst (grad (fun (a, s) -> sum (f (a, s))) (a, s))
        Assert.Equal<float>((ofGradient notTaken).ToArray<float>(), (jit ofGradient notTaken).ToArray<float>())

        let ofLanes (a: Tensor) = vmap (fun s -> f (a, s)) (vector [ -1.0; -2.0 ])
        Assert.Equal<float>([| -0.5; -1.0; -1.5; -0.5; -1.0; -1.5 |], (jit ofLanes notDefinite).ToArray<float>())

        Assert.ThrowsAny<exn>(fun () -> jit f (notDefinite, scalar 1.0) |> ignore)
        |> fun thrown -> Assert.False(isNull thrown.Message, name)
