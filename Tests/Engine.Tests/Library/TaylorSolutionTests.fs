/// Taylor series of solutions of differential equations: closed forms, and the equation itself in series, through every kind of operation.
module Pipeline.Tests.TaylorSolutionTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp

let private near (tolerance: float) (expected: float[]) (actual: float[]) =
    Assert.Equal(expected.Length, actual.Length)
    Array.iter2 (fun (e: float) a -> Tolerance.assertNear tolerance e a) expected actual

let private numbers (series: TaylorSeries) = series.Coefficients |> Seq.collect (fun c -> c.ToArray<float>()) |> Array.ofSeq

let private factorial k = Seq.fold (*) 1.0 (seq { 1.0 .. float k })

[<Fact>]
let ``closed forms`` () =
    let check slope (start: float) (expected: float list) =
        let found = taylorSolution (expected.Length - 1) slope (scalar start)
        near 1e-14 (Array.ofList expected) (numbers found)

    check id 2.0 [ for k in 0..12 -> 2.0 / factorial k ]
    check (fun y -> 1.0 - y * y) 0.0 [ 0.0; 1.0; 0.0; -1.0 / 3.0; 0.0; 2.0 / 15.0; 0.0; -17.0 / 315.0 ] // tanh
    check (fun y -> 1.0 + y * y) 0.0 [ 0.0; 1.0; 0.0; 1.0 / 3.0; 0.0; 2.0 / 15.0; 0.0; 17.0 / 315.0 ] // tan
    check (fun y -> y * y) 1.0 (List.replicate 10 1.0) // 1 / (1 - t)
    check (fun y -> exp (-y)) 0.0 (0.0 :: [ for k in 1..9 -> (if k % 2 = 0 then -1.0 else 1.0) / float k ]) // log(1 + t)
    check (fun y -> 0.5 / y) 1.0 [ 1.0; 0.5; -0.125; 0.0625; -5.0 / 128.0; 7.0 / 256.0 ] // sqrt(1 + t)
    check (fun _ -> scalar 3.0) 1.0 [ 1.0; 3.0; 0.0; 0.0 ]
    check id 1.0 [ 1.0 ]

[<Fact>]
let ``the exponential of a matrix`` () =
    let a = matrix [ [ 0.3; -1.0 ]; [ 2.0; 0.1 ] ]
    let start = vector [ 1.0; -0.5 ]
    let found = taylorSolution 9 (dot a) start
    let mutable term = start

    for k in 0..9 do
        if k > 0 then term <- dot a term / float k

        near 1e-14 (term.ToArray<float>()) (found.Coefficients[k].ToArray<float>())

    near 1e-15 ((found.Evaluate(scalar 0.0)).ToArray<float>()) (start.ToArray<float>())

/// Slopes with every kind of operation; the state has three entries.
let private slopes: (string * (Tensor -> Tensor)) list =
    let m = matrix [ [ 0.3; -0.2; 0.1 ]; [ 0.4; 0.2; -0.5 ]; [ 0.1; 0.6; 0.2 ] ]

    let maximal = ReductionOperations.reduce "Max" Reduction.Maximum null false

    let rule =
        customReverse (fun (x: Tensor) -> sin x * x) (fun x -> sin x * x, x) (fun x u -> u * (sin x + x * cos x))

    [
        "elementwise", (fun y -> sin (y * y) + exp (-y) / (2.0 + cos y) + atan2 y (1.0 + y * y))
        "movement",
        (fun y ->
            concatenate 0 [ y.[1..]; reshape [ 1 ] (sum (take 0 (vector [ 2; 0 ]) y)) ]
            * ReductionOperations.cumulativeSum 0 false y)
        "order", (fun y -> where (Tensor.op_GreaterThan (y, scalar 0.4)) (y * y) (-y) + maximal y * Operations.sort 0 y)
        "products", (fun y -> dot (dot m (tanh y)) (dot m y) * y + ReductionOperations.reduce "Product" Reduction.Product null false y)
        "solve", (fun y -> solve (m + eye 3 * (3.0 + sum y)) y)
        "cholesky",
        (fun y ->
            let l = cholesky (eye 3 * (2.0 + sum (y * y)) + reshape [ 3; 1 ] y * y)
            dot l y + ProductOperations.triangularSolve true false false l y)
        "scan", (fun y -> scan (fun (c: Tensor) (x: Tensor) -> sin (c * x), c + x) (sum y) y |> fun (c, ys) -> ys * c)
        "while",
        (fun y ->
            whileLoop (fun (i: Tensor, _: Tensor) -> Tensor.op_LessThan (i, scalar 3)) (fun (i, x) -> i + 1, cos (x * y)) (scalar 0, y)
            |> snd)
        "cond", (fun y -> cond (Tensor.op_GreaterThan (sum y, scalar 0.0)) (fun (y: Tensor) -> y * sin y) (fun y -> exp y) y)
        "compiled", jit (fun y -> exp (-y * y) + m.[0] * sum y)
        "checkpoint", checkpoint (fun y -> tanh (dot m y) * y)
        "custom rule", rule
        "fixed point", (fun y -> fixedPoint (fun z (y: Tensor) -> 0.4 * cos (z * y)) (zeros [ 3 ]) y)
        "gradient", (fun y -> -(grad (fun (x: Tensor) -> sum (x * x * x) + sum (dot m x * sin x)) y))
        "expansion", (fun y -> diffn 2 (fun t -> sum (exp (t * y)) * sin t) (scalar 0.5) * y)
        "vectorized", (fun y -> vmap (fun (x: Tensor) -> x * sum (sin (x * y))) y)
    ]

let private start = vector [ 0.5; -0.3; 0.8 ]

[<Fact>]
let ``order k of the slope along the solution is k + 1 times order k + 1 of the solution`` () =
    let order = 7

    for name, slope in slopes do
        let solution = taylorSolution order slope start
        let along = taylor (order - 1) (fun t -> slope (solution.Evaluate t)) (scalar 0.0)
        Assert.True(abs (float solution.Coefficients[order].[0]) > 1e-9, name)

        for k in 0 .. order - 1 do
            let expected = along.Coefficients[k].ToArray<float>()
            let actual = (float (k + 1) * solution.Coefficients[k + 1]).ToArray<float>()

            Array.iter2 (fun e a -> Assert.True(Tolerance.near 1e-10 e a, $"{name}, order {k}: {a:R}, not {e:R}")) expected actual

[<Fact>]
let ``compiled, batched and differentiated as any function`` () =
    let last slope (y: Tensor) = (taylorSolution 5 slope y).Coefficients[5]

    for name, slope in slopes do
        let f = last slope
        let expected = (f start).ToArray<float>()

        let check (actual: Tensor) = near 1e-11 expected (actual.ToArray<float>())

        check (jit f start)
        check (vmap f (stack 0 [ start + 0.1; start ])).[1]

        if name <> "order" then (checkDerivatives 1 (fun y -> sum (f y)) start).ThrowIfWrong() |> ignore

    // y' = a y: order k is a^k y / k!, a captured.
    let fourth (a: Tensor, y: Tensor) = (taylorSolution 4 (fun z -> a * z) y).Coefficients[4]

    let da, dy = grad fourth (scalar 0.7, scalar 2.0)
    near 1e-14 [| 4.0 * 0.7 ** 3 * 2.0 / 24.0; 0.7 ** 4 / 24.0 |] [| float da; float dy |]

    let curvature = diff (fun a -> diff (fun a -> fourth (a, scalar 2.0)) a) (scalar 0.7)

    near 1e-14 [| 12.0 * 0.7 ** 2 * 2.0 / 24.0 |] [| float curvature |]

[<Fact>]
let ``the slope is recorded once, whatever the order, and may be long`` () =
    let mutable runs = 0

    let slope (y: Tensor) =
        runs <- runs + 1
        sin y

    taylorSolution 30 slope (scalar 1.0) |> ignore
    Assert.Equal(1, runs)

    // 2 y, as y and 16,384 times y / 16,384.
    let long (y: Tensor) = Seq.fold (fun (a: Tensor) _ -> a + 6.103515625e-5 * y) y (seq { 1..16_384 })

    near 1e-14 [| 1.0; 2.0; 2.0; 4.0 / 3.0 |] (numbers (taylorSolution 3 long (scalar 1.0)))

[<Fact>]
let ``a series is a tree: it can be returned from any transformed function`` () =
    let expand (x: Tensor) = taylor 2 sin x

    let check (sine: float, cosine: float) (series: TaylorSeries) = near 1e-15 [| sine; cosine; -0.5 * sine |] (numbers series)

    let x = 0.7
    let at = sin x, cos x
    let compiled = jit expand (scalar x)
    check at compiled
    near 1e-15 [| x |] [| float compiled.About |]
    near 1e-15 [| fst at + 0.1 * snd at - 0.005 * fst at |] [| float (compiled.Evaluate(scalar (x + 0.1))) |]
    let value, change = jvp expand (scalar x) (scalar 2.0)
    check at value
    check (2.0 * cos x, -2.0 * sin x) change
    let batch = vmap expand (vector [ 0.1; x ])
    Assert.Equal<int list>([ 2 ], List.ofSeq batch.Coefficients[1].Shape)
    near 1e-15 [| cos 0.1; cos x |] (batch.Coefficients[1].ToArray<float>())

    let sums = scan (fun c t -> c, taylorSolution 2 id (c * t)) (scalar 1.0) (vector [ 1.0; 3.0 ]) |> snd

    near 1e-15 [| 0.5; 1.5 |] (sums.Coefficients[2].ToArray<float>())

[<Fact>]
let ``dtypes and mistakes`` () =
    let single = taylorSolution 3 (fun y -> y * scalar 2f) (scalar 1f)
    Assert.All(single.Coefficients, (fun c -> Assert.Equal(DType.Float32, c.DType)))
    // A plain number takes the dtype of the slope.
    let weak = Taylor.Solution(Func<_, _>(fun y -> y * scalar 2f), Tensor.op_Implicit 1.0, 3)

    Assert.Equal(DType.Float32, weak.Coefficients[0].DType)

    let shape = Assert.Throws<ShapeException>(fun () -> taylorSolution 3 sum (vector [ 1.0; 2.0 ]) |> ignore)

    Assert.Contains("[2]", shape.Message)

    Assert.Throws<DTypeException>(fun () -> taylorSolution 3 (fun y -> y * scalar 2.0) (scalar 1f) |> ignore)
    |> ignore

    Assert.Throws<DifferentiationException>(fun () -> taylorSolution 3 id (scalar 1) |> ignore) |> ignore

    Assert.Throws<TracedValueException>(fun () -> taylorSolution 3 (fun y -> if float y > 0.0 then y else -y) (scalar 1.0) |> ignore)
    |> ignore

    Assert.Throws<ArgumentOutOfRangeException>(fun () -> taylorSolution -1 id (scalar 1.0) |> ignore) |> ignore

    Assert.Throws<ArgumentNullException>(fun () -> Taylor.Solution(null, scalar 1.0, 2) |> ignore) |> ignore
