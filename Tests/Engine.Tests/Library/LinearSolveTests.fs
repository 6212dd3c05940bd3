// General linear systems as users meet them: closed forms, every kind of derivative, and singular matrices by name.
module Pipeline.Tests.LinearSolveTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp

let private matrix = stack 0 [ vector [ 0.0; 2.0 ]; vector [ 3.0; 1.0 ] ]
let private right = vector [ 4.0; 5.0 ]

/// The second entry of the solution of [[x, 2], [3, 1]] s = [4, 5]: (5x - 12) / (x - 6).
let private second (x: Tensor) =
    let a = stack 0 [ stack 0 [ x; scalar 2.0 ]; vector [ 3.0; 1.0 ] ]
    (solve a right)[1]

let private close (expected: float) (actual: Tensor) = Tolerance.assertNear 1e-12 expected (actual.ToDouble())

[<Fact>]
let ``a solve exchanges rows where the pivot is zero`` () =
    let solution = solve matrix right
    close 1.0 solution[0]
    close 2.0 solution[1]
    let product = matmul matrix (inverse matrix)
    Assert.Equal<float[]>([| 1.0; 0.0; 0.0; 1.0 |], product.ToArray<float>())

// (5x - 12) / (x - 6) = 5 + 18 / (x - 6), whose n-th derivative is 18 (-1)^n n! / (x - 6)^(n + 1).
[<Fact>]
let ``derivatives of a solve meet the closed form in every path of modes`` () =
    let x = scalar 0.5

    let expected n =
        let factorial = List.fold (fun p k -> p * float k) 1.0 [ 1..n ]
        18.0 * (if n % 2 = 0 then 1.0 else -1.0) * factorial / (-5.5 ** float (n + 1))

    let paths = [ diff; grad ] |> List.map (fun d -> d: (Tensor -> Tensor) -> Tensor -> Tensor)

    for first in paths do
        close (expected 1) (first second x)
        close (expected 1) (jit (first second) x)

        for next in paths do
            close (expected 2) (next (first second) x)

            for last in paths do
                close (expected 3) (last (next (first second)) x)

    for n in 1..8 do
        close (expected n) (diffn n second x)

/// How many matrices are factored while f runs.
let private factorings (f: Tensor -> 'R) (x: Tensor) =
    let mutable count = 0

    let inspect (step: WatchedStep) =
        match step.Op with
        | Op.Routine routine when routine.Name = "LU" -> count <- count + 1
        | _ -> ()

    Watch.run "test" inspect f x |> ignore
    count

let rec private factorsOf (graph: Graph) =
    graph.Equations
    |> Array.sumBy (fun equation ->
        match equation.Op with
        | Op.Routine routine when routine.Name = "LU" -> 1
        | Op.Call(_, body) -> factorsOf body
        | _ -> 0)

[<Fact>]
let ``a solve factors once, whatever its derivatives`` () =
    let x, v = vector [ 0.2; -0.4; 0.6 ], vector [ 1.0; 0.5; -2.0 ]

    let twos = tensor [ 3; 3 ] [ 2.0; 0.0; 0.0; 0.0; 2.0; 0.0; 0.0; 0.0; 2.0 ]
    let system (x: Tensor) = reshape [ 3; 1 ] (sin x) * x + twos

    let solution (x: Tensor) = solve (system x) (x * x)
    let f (x: Tensor) = sum (square (solution x))

    let counts = [
        "value", factorings f x
        "value and gradient", factorings (valueAndGrad f) x
        "value, slope and Hessian-vector product", factorings (fun x -> gradhessianv' f x v) x
        "Hessian and gradient", factorings (gradhessian f) x
        "gradient of the gradient", factorings (grad (fun x -> sum (grad f x * v))) x
        "Jacobian by forward mode", factorings (jacobian solution) x
        "Jacobian by reverse mode", factorings (jacobianT solution) x
        "log determinant, gradient and Hessian", factorings (gradhessian (fun x -> logdet (system x))) x
        "series of order 8", factorings (fun x -> (Taylor.Series(Func<_, _>(fun t -> f (x + t * v)), scalar 0.0, 8)).Coefficients[8]) x
        "many right sides", factorings (fun x -> vmap (fun b -> solve (system x) b) (system x)) x
    ]

    for name, count in counts do
        Assert.True((count = 1), $"{name}: {count} factorings")

    // Equal matrices share one in a compiled program.
    let program, _ =
        Record.stage "test" [| x.Type |] (fun inputs ->
            let value, gradient = valueAndGrad f inputs[0]
            let more = solve (system inputs[0]) (value * inputs[0])
            [| gradient; more; Determinants.determinant (system inputs[0]) |])

    Assert.Equal(1, factorsOf (Rewrite.graph program))

[<Fact>]
let ``batches of right sides are solved with one matrix, transposed too`` () =
    let rights = reshape [ 4; 2; 3 ] (vector [ for i in 0..23 -> sin (float i) ])
    let each = vmap (fun b -> solve matrix b) rights

    for lane in 0..3 do
        let expected = (solve matrix rights[lane]).ToArray<float>()
        Assert.Equal<float[]>(expected, each[lane].ToArray<float>())

    let back, one = vmap (fun u -> linearTranspose (solve matrix) rights[0] u) rights, solve (transpose matrix)

    for lane in 0..3 do
        Array.iter2 (fun (e: float) a -> Assert.Equal(e, a, 1e-14)) ((one rights[lane]).ToArray<float>()) (back[lane].ToArray<float>())

[<Fact>]
let ``a singular matrix is a named error, eager and compiled`` () =
    let singular = stack 0 [ vector [ 1.0; 2.0 ]; vector [ 2.0; 4.0 ] ]
    let solveIt (a: Tensor) = solve a right

    for f in [ solveIt; jit solveIt ] do
        let error = Assert.Throws<LinearAlgebraException>(fun () -> f singular |> ignore)
        Assert.Contains("singular", error.Message)

[<Fact>]
let ``a solve refuses shapes that do not fit`` () =
    Assert.Throws<ShapeException>(fun () -> solve (stack 0 [ right ]) right |> ignore) |> ignore

    Assert.Throws<ShapeException>(fun () -> solve matrix (vector [ 1.0; 2.0; 3.0 ]) |> ignore) |> ignore

    Assert.Throws<ShapeException>(fun () -> inverse right |> ignore) |> ignore

[<Fact>]
let ``the identity solves for the inverse`` () =
    let a = stack 0 [ vector [ 4.0; 1.0 ]; vector [ 2.0; 3.0 ] ]
    // 1 / 10 [[3, -1], [-2, 4]]
    let expected = [| 0.3; -0.1; -0.2; 0.4 |]

    Array.iter2 (fun e a -> Assert.Equal(e, a, 1e-15)) expected ((solve a (eye 2)).ToArray<float>())
    Assert.Equal<float[]>((inverse a).ToArray<float>(), (solve a (eye 2)).ToArray<float>())
    Assert.Equal(0, (eye 0).Size)

    Assert.Throws<System.ArgumentOutOfRangeException>(fun () -> eye -1 |> ignore) |> ignore
