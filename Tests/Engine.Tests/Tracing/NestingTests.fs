/// Derivatives inside derivatives: perturbations that must not be confused, and two simulations optimised through nested derivatives.
module Pipeline.Engine.Tests.NestingTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.NestEngine
open Xunit

type private Function = Tensor -> Tensor
type private Mode = Function -> Function

let private forward (f: Function) : Function = fun x -> derivative f x (Primitive.fillLike x 1.0)

let private reverse (f: Function) : Function = gradient f

/// The coefficient of order 1 of a Taylor series.
let private taylor (f: Function) : Function =
    fun x ->
        let series = (Series.expand 1 (fun a -> [| f a[0] |]) [| [| x; Primitive.fillLike x 1.0 |] |])[0]

        Primitive.orZeros x.Type series[1]

let private staged (d: Mode) : Mode = fun f x -> (call CallKind.Compiled (fun a -> [| d f a[0] |]) [| x |])[0]

let private batched (d: Mode) : Mode =
    fun f x ->
        let values, hidden = Batch.map 2 (fun a -> [| d f a[0] |]) [| Primitive.stack 0 [| x + 1.0; x |] |] [| true |]

        if hidden[0] then Primitive.entry 0 1 values[0] else values[0]

let private modes: (string * Mode) list = [
    "forward", forward
    "reverse", reverse
    "taylor", taylor
    "staged forward", staged forward
    "staged reverse", staged reverse
    "batched reverse", batched reverse
]

let private expect (what: string) (expected: float) (actual: Tensor) =
    Assert.True(Tolerance.near 1e-12 expected (float actual), $"{what}: {float actual:R} instead of {expected:R}")

[<Fact>]
let ``perturbations are not confused by any two modes`` () =
    for outer, D in modes do
        for inner, E in modes do
            let what = $"{inner} in {outer}"
            let one x = E (fun y -> x + y) (number 3.0)
            expect what 1.0 (D (fun x -> x * E (fun y -> x + y) (number 1.0)) (number 1.0))
            expect what 2.0 (D (fun x -> x * E (fun y -> x * y) (number 2.0)) (number 1.0))
            expect what 8.0 (D (fun x -> x * E (fun y -> x * y) (number 2.0)) (number 4.0))
            expect what 0.0 (D one (number 2.0))
            expect what 1.0 (D (fun x -> x * one x) (number 2.0))
            expect what 1.0 (D (fun x -> x * one (2.0 * x)) (number 2.0))
            expect what 0.0 (D (fun x -> E (fun _ -> x) x) (number 1.0))
            // E (y -> E (x -> x x y)(3 y))(x) = E (y -> 6 y^2)(x) = 12 x
            expect what 24.0 (D (fun y -> E (fun x -> x * x * y) (3.0 * y)) (number 2.0))

[<Fact>]
let ``three modes inside each other`` () =
    for outer, D in modes do
        for middle, E in modes do
            for inner, F in modes do
                // F gives x y cos(x y z) at z = x + y, E differentiates y times that at y = 2 x, D all of it.
                let f (x: Tensor) = E (fun y -> y * F (fun z -> Tensor.Sin(x * y * z)) (x + y)) (2.0 * x)

                // d/dy x y^2 cos s = 2 x y cos s - x y^2 sin s ds/dy, s = x y (x + y).
                let closed (x: float) =
                    let y, w = 2.0 * x, 3.0 * x
                    let s = x * y * w
                    2.0 * y * x * cos s - y * y * x * sin s * (x * w + x * y)

                let h = 2e-4
                let x = 0.6

                let d h = (closed (x + h) - closed (x - h)) / (2.0 * h)

                let expected = (4.0 * d h - d (2.0 * h)) / 3.0
                let actual = float (D f (number x))

                Assert.True(abs (actual - expected) < 1e-8, $"{inner} in {middle} in {outer}: {actual:R} instead of {expected:R}")

[<Fact>]
let ``a derivative inside a gradient of a vector`` () =
    let norm v = NormOperations.norm null false v
    let v = vector [| 0.3; -0.8; 0.5 |]

    for _, E in modes do
        let nested = gradient (fun v -> sum v * E (fun y -> y * norm v) (number 1.0)) v
        let plain = gradient (fun v -> sum v * norm v) v
        Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 1e-14)) (plain.ToArray<float>()) (nested.ToArray<float>())

[<Fact>]
let ``the jacobian of the gradient of a bilinear form is its matrix`` () =
    let rows = [| [| 1.0; -2.0; 0.5 |]; [| 3.0; 0.25; -1.0 |]; [| 0.0; 4.0; 2.0 |] |]
    let a = matrix rows
    let y = vector [| 0.7; 0.1; -0.4 |]

    let gradientInY x = gradient (fun y -> ProductOperations.dot y (ProductOperations.dot a x)) y

    let x = vector [| 0.2; -0.3; 0.9 |]

    let basis = matrix [| [| 1.0; 0.0; 0.0 |]; [| 0.0; 1.0; 0.0 |]; [| 0.0; 0.0; 1.0 |] |]
    // Columns by a batch of forward modes, rows by a batch of reverse modes.
    let columns, _ = Batch.map 3 (fun e -> [| derivative gradientInY x e[0] |]) [| basis |] [| true |]

    let rowsOf, _ =
        Batch.map 3 (fun e -> [| gradient (fun x -> ProductOperations.dot e[0] (gradientInY x)) x |]) [| basis |] [| true |]

    Assert.Equal<float[]>(Array.concat rows, (ShapeOperations.transpose null columns[0]).ToArray<float>())
    Assert.Equal<float[]>(Array.concat rows, rowsOf[0].ToArray<float>())

[<Fact>]
let ``tanh to order 6 in every path of two modes`` () =
    // Derivatives of tanh are polynomials in y = tanh x: p -> p' (1 - y^2).
    let step (p: float[]) =
        let derivative = Array.init (p.Length - 1) (fun i -> float (i + 1) * p[i + 1])

        Array.init (derivative.Length + 2) (fun i ->
            (if i < derivative.Length then derivative[i] else 0.0) - (if i >= 2 then derivative[i - 2] else 0.0))

    let x = 0.4

    let value p = Array.foldBack (fun c total -> c + total * tanh x) p 0.0

    let expected = List.init 6 id |> List.scan (fun p _ -> step p) [| 0.0; 1.0 |] |> List.map value

    for path in 0..63 do
        let mutable f: Function = Tensor.Tanh

        for order in 1..6 do
            let below = f

            f <- if (path >>> (order - 1)) &&& 1 = 0 then forward below else reverse below

            if order = 6 || path < 2 then expect $"order {order} by path {path}" expected[order] (f (number x))

[<Fact>]
let ``x^0.5 to order 8`` () =
    let expected = [ 0.5; -0.25; 0.375; -0.9375; 3.28125; -14.765625; 81.2109375; -527.87109375 ]

    for path in [ 0; 255; 0b01010101; 0b00110011 ] do
        let mutable f: Function = fun x -> Tensor.Pow(x, number 0.5)

        for order in 1..8 do
            let below = f

            f <- if (path >>> (order - 1)) &&& 1 = 0 then forward below else reverse below

            expect $"order {order} by path {path}" expected[order - 1] (f (number 1.0))

/// The vectors of the two simulations, as tensors; their branches look at numbers.
type private Gradient = Function -> Function

let private reverseGradient: Gradient = fun f x -> gradient f x

let private forwardGradient: Gradient =
    fun f x ->
        let n = x.Dims[0]

        Primitive.stack 0 (Array.init n (fun i -> derivative f x (vector (Array.init n (fun j -> if i = j then 1.0 else 0.0)))))

/// From x along the gradient with a rate that doubles after ten successes and halves at a failure.
let private descend (gradientOf: Gradient) (f: Function) (start: Tensor) : Tensor =
    let norm (a: Tensor) = float (Operations.stopGradient (NormOperations.norm null false a))

    let mutable x = start
    let mutable value = f x
    let mutable slope = gradientOf f x
    let mutable rate = 1e-5
    let mutable successes = 0
    let mutable finished = false

    while not finished do
        if norm slope <= 1e-5 then
            finished <- true
        elif successes = 10 then
            rate <- 2.0 * rate
            successes <- 0
        else
            let next = x - rate * slope

            if norm (x - next) <= 1e-5 then
                finished <- true
            else
                let nextValue = f next

                if Tensor.op_True (Tensor.op_LessThan (nextValue, value)) then
                    x <- next
                    value <- nextValue
                    slope <- gradientOf f next
                    successes <- successes + 1
                else
                    rate <- 0.5 * rate
                    successes <- 0

    x

let private gradients = [ "forward", forwardGradient; "reverse", reverseGradient ]

let pairs () : TheoryData<string, string> =
    let data = TheoryData<string, string>()

    for outer, _ in gradients do
        for inner, _ in gradients do
            data.Add(outer, inner)

    data

let private named name = gradients |> List.find (fun (n, _) -> n = name) |> snd

[<Theory; MemberData(nameof pairs)>]
let ``a charged particle is aimed through a simulation that differentiates`` (outer: string, inner: string) =
    let outer, inner = named outer, named inner

    let crossing (w: Tensor) =
        // The rows (10, 10 - w) and (10, 0).
        let charges =
            matrix [| [| 10.0; 10.0 |]; [| 10.0; 0.0 |] |]
            - Primitive.reshape [| 1; 1 |] w * matrix [| [| 0.0; 1.0 |]; [| 0.0; 0.0 |] |]

        let potential (x: Tensor) =
            let distance = NormOperations.norm [| 1 |] false (x - charges)
            sum (Primitive.map Elementwise.reciprocal distance)

        let mutable x = vector [| 0.0; 8.0 |]
        let mutable v = vector [| 0.75; 0.0 |]
        let second (a: Tensor) = Primitive.entry 0 1 a
        let mutable next = x + 0.1 * v

        while Tensor.op_True (Tensor.op_GreaterThan (second next, number 0.0)) do
            v <- v - 0.1 * inner potential x
            x <- next
            next <- x + 0.1 * v

        let time = -(second x) / second v
        let first = Primitive.entry 0 0 (x + time * v)
        first * first

    let w = descend outer crossing (vector [| 0.0 |])
    Assert.Equal(0.2071918746486116, float w, 1e-10)

[<Theory; MemberData(nameof pairs)>]
let ``a saddle point is found by a descent inside a descent`` (outer: string, inner: string) =
    let outer, inner = named outer, named inner
    let square (x: Tensor) = sum (x * x)

    let best (x1: Tensor) (f: Tensor -> Tensor -> Tensor) = descend inner (fun x2 -> -(f x1 x2)) (vector [| 1.0; 1.0 |])

    let f (x1: Tensor) (x2: Tensor) = square x1 - square x2
    let x1 = descend outer (fun x1 -> f x1 (best x1 f)) (vector [| 1.0; 1.0 |])
    let x2 = best x1 f

    for value in Array.append (x1.ToArray<float>()) (x2.ToArray<float>()) do
        Assert.Equal(8.246324826140356e-06, value, 1e-12)
