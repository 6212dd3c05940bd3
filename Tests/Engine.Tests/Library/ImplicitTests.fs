/// Implicit functions against closed forms, in every mix of modes, batched, compiled and expanded.
module Pipeline.Tests.ImplicitTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private close (expected: Tensor) (actual: Tensor) =
    Assert.Equal<int>(Seq.toArray expected.Shape, Seq.toArray actual.Shape)

    Array.iter2 (fun (e: float) a -> Tolerance.assertNear 1e-9 e a) (expected.ToArray<float>()) (actual.ToArray<float>())

let private cosine (theta: Tensor) = fixedPoint (fun x (t: Tensor) -> cos (t * x)) (scalar 0.5) theta

/// theta captured, not passed.
let private quintic (theta: Tensor) = root (fun (x: Tensor) () -> x * x * x * x * x + x - theta) (scalar 1.0) ()

let private design = Pipeline.Engine.Primitive.reshape [| 3; 2 |] (vector [ 1.0; 0.5; -0.3; 2.0; 0.7; 1.1 ])

let private target = vector [ 1.0; -2.0; 0.5 ]

let private ridge (penalty: Tensor) =
    minimizer
        (fun w p ->
            let e = matmul design w - target
            0.5 * sum (e * e) + 0.5 * p * sum (w * w))
        (vector [ 0.1; 0.2 ])
        penalty

let private ridgeClosed (penalty: Tensor) =
    let x = design
    let xt = Pipeline.Engine.Primitive.transpose [| 1; 0 |] x

    let eye = Pipeline.Engine.Primitive.reshape [| 2; 2 |] (vector [ 1.0; 0.0; 0.0; 1.0 ])

    solve (matmul xt x + penalty * eye) (matmul xt target)

/// log(1 + exp z)
let private softplus (z: Tensor) = Tensor.Map(Pipeline.Engine.Elementwise.softplus, z)

let private layer (w: Tensor, b: Tensor) = fixedPoint (fun z (w, b) -> Tensor.Tanh(matmul w z + b)) (vector [ 0.0; 0.0 ]) (w, b)

let private weights =
    Pipeline.Engine.Primitive.reshape [| 2; 2 |] (vector [ 0.3; -0.2; 0.1; 0.4 ]), vector [ 0.5; -0.3 ]

[<Fact>]
let ``derivatives of the inverse of a polynomial to the third order by every path`` () =
    // theta = x^5 + x: x' = 1 / p', x'' = -p'' / p'^3, x''' = (3 p''^2 - p' p''') / p'^5, at x = 1.
    let orders = [ 1.0; 1.0 / 6.0; -20.0 / 216.0; (3.0 * 400.0 - 6.0 * 60.0) / 7776.0 ]

    let steps: ((Tensor -> Tensor) -> Tensor -> Tensor) list = [ grad; (fun f x -> snd (jvp f x (scalar 1.0))) ]

    close (scalar orders[0]) (quintic (scalar 2.0))

    for a in steps do
        close (scalar orders[1]) (a quintic (scalar 2.0))

        for b in steps do
            close (scalar orders[2]) (b (a quintic) (scalar 2.0))

            for c in steps do
                close (scalar orders[3]) (c (b (a quintic)) (scalar 2.0))
                close (scalar orders[3]) (jit (c (b (a quintic))) (scalar 2.0))

    for k in 0..3 do
        close (scalar orders[k]) (diffn k quintic (scalar 2.0))

[<Fact>]
let ``right in every mix of modes`` () =
    (checkDerivatives 3 cosine (scalar 0.8)).ThrowIfWrong() |> ignore
    (checkDerivatives 3 ridge (scalar 0.4)).ThrowIfWrong() |> ignore
    (checkDerivatives 2 layer weights).ThrowIfWrong() |> ignore
    (checkDerivatives 2 (jit layer) weights).ThrowIfWrong() |> ignore

[<Fact>]
let ``a ridge regression in its penalty as by its closed form`` () =
    let penalty = scalar 0.4
    close (ridgeClosed penalty) (ridge penalty)
    close (jacobian ridgeClosed penalty) (jacobian ridge penalty)

    for k in 1..5 do
        let entry f (p: Tensor) = sum (f p * vector [ 1.0; -0.5 ])
        close (diffn k (entry ridgeClosed) penalty) (diffn k (entry ridge) penalty)

[<Fact>]
let ``batched and compiled as one by one`` () =
    let points = [ 0.3; 0.6; 0.9 ]

    for f in [ cosine; quintic; (fun p -> sum (ridge p)) ] do
        for g in [ f; grad f; grad (grad f); diffn 2 f ] do
            let expected = points |> List.map (fun p -> g (scalar p)) |> stack 0
            close expected (vmap g (vector points))
            close expected (jit (vmap g) (vector points))

    let total (p: Tensor) = sum (vmap cosine p)
    close (stack 0 (points |> List.map (fun p -> grad cosine (scalar p)))) (grad total (vector points))
    close (vmap (diffn 3 cosine) (vector points)) (diffn 3 (fun t -> vmap cosine (vector points + t)) (scalar 0.0))

[<Fact>]
let ``a solver of one's own`` () =
    let cubeRoot =
        rootBy (fun _ (a: Tensor) -> Tensor.Exp(Tensor.Log a / 3.0)) (fun x a -> x * x * x - a) (scalar 1.0)

    (checkDerivatives 3 cubeRoot (scalar 5.0)).ThrowIfWrong() |> ignore
    close (scalar (5.0 ** (1.0 / 3.0))) (cubeRoot (scalar 5.0))

[<Fact>]
let ``no convergence and no solution are errors`` () =
    let far (t: Tensor) = fixedPoint (fun x (t: Tensor) -> t * x + 1.0) (scalar 0.0) t

    Assert.Throws<LoopException>(fun () -> far (scalar -1.0) |> ignore) |> ignore

    Assert.Throws<LoopException>(fun () -> jit far (scalar -1.0) |> ignore) |> ignore

    Assert.Throws<LoopException>(fun () -> far (scalar nan) |> ignore) |> ignore

    Assert.Throws<LoopException>(fun () -> grad far (scalar -1.0) |> ignore) |> ignore

    // A maximum where the search begins, and one that it leaves without end.
    Assert.Throws<LinearAlgebraException>(fun () -> minimizer (fun (x: Tensor) () -> -x * x) (scalar 0.0) () |> ignore)
    |> ignore

    Assert.Throws<LoopException>(fun () -> minimizer (fun (x: Tensor) () -> -x * x) (scalar 0.3) () |> ignore)
    |> ignore

    Assert.Throws<ShapeException>(fun () -> root (fun (x: Tensor) () -> stack 0 [ x; x ]) (scalar 0.3) () |> ignore)
    |> ignore

    Assert.Throws<ShapeException>(fun () -> fixedPoint (fun (x: Tensor) () -> stack 0 [ x; x ]) (scalar 0.3) () |> ignore)
    |> ignore

/// Where Newton's steps alone lead uphill, to a maximum or away.
[<Fact>]
let ``minima are found from afar`` () =
    let valley a =
        minimizer (fun (x: Tensor, y: Tensor) a -> square (a - x) + 100.0 * square (y - x * x)) (scalar -1.2, scalar 1.0) a

    for a in [ 1.0; 0.5; 3.0 ] do
        let x, y = valley (scalar a)
        close (scalar a) x
        close (scalar (a * a)) y
        close (scalar 1.0) (diff (fst << valley) (scalar a))
        close (scalar (2.0 * a)) (grad (snd << valley) (scalar a))
        close (scalar 2.0) (jit (diff (diff (snd << valley))) (scalar a))

    // A double well, from beside the maximum between them, and a cosine from beside its top.
    close (scalar 0.5) (square (minimizer (fun (x: Tensor) () -> x * x * x * x - x * x) (scalar 0.1) ()))
    close (scalar -1.0) (cos (minimizer (fun (x: Tensor) () -> cos x) (scalar 0.5) ()))
    close (scalar -4.0) (minimizer (fun (x: Tensor) () -> sqrt (1.0 + square (x + 4.0))) (scalar 20.0) ())

    // Logistic regression from a point where Newton's step overshoots: the gradient is zero.
    let x = vector [ -2.0; -1.0; 0.5; 1.0; 3.0 ]
    let y = vector [ 0.0; 1.0; 0.0; 1.0; 1.0 ]

    let loss (w: Tensor, b: Tensor) () =
        let z = w * x + b
        sum (softplus z) - sum (y * z) + 0.005 * w * w

    let w, b = minimizer loss (scalar -8.0, scalar 5.0) ()
    let gw, gb = grad (fun p -> loss p ()) (w, b)
    Assert.Equal(0.0, float gw, 1e-10)
    Assert.Equal(0.0, float gb, 1e-10)

[<Fact>]
let ``curried solvers take a tolerance and a number of steps, and say how far they got`` () =
    let cube (x: Tensor) (c: Tensor) = x * x * x - c

    for solve in
        [
            (fun tolerance steps -> rootWithin tolerance steps cube (scalar 3.0))
            (fun tolerance steps -> minimizerWithin tolerance steps (fun x c -> x ** 4 / 4.0 - c * x) (scalar 3.0))
            (fun tolerance steps -> fixedPointWithin tolerance steps (fun x c -> (2.0 * x + c / (x * x)) / 3.0) (scalar 3.0))
        ] do
        close (scalar 2.0) (solve 1e-12 100 (scalar 8.0))
        close (scalar (1.0 / 12.0)) (grad (solve 1e-12 100) (scalar 8.0))
        let coarse = abs (float (solve 0.1 100 (scalar 8.0)) - 2.0)
        Assert.True(coarse > 1e-12 && coarse < 0.1, $"{coarse}")
        let said = Assert.Throws<LoopException>(fun () -> solve 1e-12 2 (scalar 8.0) |> ignore)
        Assert.Contains("2 steps", said.Message)

        Assert.Throws<ArgumentOutOfRangeException>(fun () -> solve -1.0 100 (scalar 8.0) |> ignore) |> ignore
