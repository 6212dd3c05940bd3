/// Custom rules as users give them: over trees, with captured tracers, in random nests beside the function they wrap, and with rules of their own.
module Pipeline.Tests.CustomRuleFaceTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private close (expected: float) (actual: Tensor) = Tolerance.assertNear 1e-9 expected (actual.ToDouble())

let private same (expected: Tensor) (actual: Tensor) =
    Array.iter2 (fun (e: float) a -> Tolerance.assertNear 1e-11 e a) (expected.ToArray<float>()) (actual.ToArray<float>())

// f(x, y) = sin(x y) + x^2 y, by itself and with its derivative as a rule of either kind.
let private plain (x: Tensor, y: Tensor) = sin (x * y) + x * x * y

let private partials (x: Tensor, y: Tensor) =
    let c = cos (x * y)
    y * c + 2.0 * x * y, x * c + x * x

let private byForward: Tensor * Tensor -> Tensor =
    customForward plain (fun p (dx, dy) ->
        let px, py = partials p
        plain p, px * dx + py * dy)

let private byReverse: Tensor * Tensor -> Tensor =
    customReverse plain (fun p -> plain p, partials p) (fun (px, py) u -> px * u, py * u)

/// The same functions with the second argument captured instead of passed.
let private capturing kind (x: Tensor, y: Tensor) : Tensor =
    let f (x: Tensor) = plain (x, y)
    let slope (x: Tensor) = fst (partials (x, y))

    if kind then
        customForward f (fun x dx -> f x, slope x * dx) x
    else
        customReverse f (fun x -> f x, x) (fun x u -> slope x * u) x

let private levels: (string * ((Tensor -> Tensor) -> Tensor -> Tensor)) list = [
    "grad", grad
    "diff", diff
    "taylor", (fun f x -> (taylor 2 f x).Coefficients |> Seq.reduce (+))
    "third", (fun f x -> 0.1 * diffn 3 f x)
    "vmap", (fun f x -> sum (vmap f (stack 0 [ x; 0.5 * x; x - 0.3 ])))
    "vmap unmapped", (fun f x -> sum (vmap (fun (a: Tensor) -> a * f x) (vector [ 0.3; -0.2 ])))
    "stage", (fun f x -> jit f x)
    "checkpoint", (fun f x -> checkpoint f x)
    "scan", (fun f x -> fst (scan (fun (c: Tensor) (a: Tensor) -> sin (f (c * a)), ()) x (vector [ 0.5; 0.8 ])))
    "while",
    (fun f x ->
        let _, last =
            whileBounded 3 (fun (i: Tensor, _: Tensor) -> Tensor.op_LessThan (i, scalar 2)) (fun (i, c) -> i + 1, cos (f c)) (scalar 0, x)

        last)
    "cond", (fun f x -> cond (Tensor.op_LessThan (x, scalar 0.0)) (fun x -> f (-x)) f x)
]

[<Fact>]
let ``a rule that wraps a known function cannot be told from it in random nests`` () =
    let random = Random 20261125

    let variants = [
        "forward", byForward
        "reverse", byReverse
        "forward, captured", capturing true
        "reverse, captured", capturing false
    ]

    for nest in 1..60 do
        let chosen = [ for _ in 1 .. random.Next(1, 5) -> levels[random.Next levels.Length] ]

        let at = scalar (Math.Round(random.NextDouble() * 1.2 - 0.4, 3))

        let value (f: Tensor * Tensor -> Tensor) =
            // Each level is a smooth function of its own argument too, so that no level is left without something to do.
            let innermost (x: Tensor) = tanh (f (x, exp (-x)))

            let compose g (_, level) = fun (x: Tensor) -> tanh (level g (x * 0.9)) + 0.1 * x

            (List.fold compose innermost chosen) at

        let expected = float (value plain)

        for name, f in variants do
            let actual = float (value f)
            let text = String.Join(" of ", chosen |> List.rev |> List.map fst)

            Assert.True(Tolerance.near 1e-9 expected actual, $"{nest}: {name}, {text}: {expected} but {actual}")

/// The rules write plain products of the change with a slope, 0 there; the change is infinite (docs/annihilation.md).
[<Fact>]
let ``a rule cannot be told from its function at a singular point`` () =
    let wrapped = fun (x: Tensor) -> x * sin x
    let slope x = sin x + x * cos x

    let rules: (Tensor -> Tensor) list = [
        customForward wrapped (fun x dx -> wrapped x, dx * slope x)
        customReverse wrapped (fun x -> wrapped x, x) (fun x g -> slope x * g)
    ]

    for rule in rules do
        let norm (f: Tensor -> Tensor) (x: Tensor) = sqrt (f x * f x + f x * f x)

        for nest in [ diff; grad; diff << diff; grad << grad; grad << grad << grad; diff << grad << grad ] do
            let expected = nest (norm wrapped) (scalar 0.0)
            let actual = nest (norm rule) (scalar 0.0)
            Assert.Equal(float expected, float actual)
            Assert.Equal(float expected, float (jit (nest (norm rule)) (scalar 0.0)))

[<Fact>]
let ``a rule of one's own is what every transformation uses`` () =
    // The sign with the identity's derivative: y = sign x, y' = x'.
    let straight = customReverse (fun (x: Tensor) -> Tensor.Sign x) (fun x -> Tensor.Sign x, ()) (fun () u -> u)

    let alike = customForward (fun (x: Tensor) -> Tensor.Sign x) (fun x dx -> Tensor.Sign x, dx)

    for f in [ straight; alike ] do
        let square x = f x * f x
        let x = scalar 0.4
        close 1.0 (f x)
        // (y^2)' = 2 y y' = 2, (y^2)'' = 2 y'^2 = 2.
        for first in [ grad; diff; diffn 1; jit >> grad; grad >> jit ] do
            close 2.0 (first square x)

            for second in [ grad; diff; diffn 1 ] do
                close 2.0 (second (first square) x)

        close 2.0 (diffn 2 square x)
        same (vector [ 2.0; -2.0 ]) (vmap (grad square) (vector [ 0.4; -3.0 ]))
        // Along a curve: y' = x', so all orders are those of the curve.
        let series = taylor 4 (fun t -> f (exp t)) (scalar 0.0)
        close 1.0 series.Coefficients[0]
        close 1.0 series.Coefficients[1]
        close 0.5 series.Coefficients[2]
        close (1.0 / 6.0) series.Coefficients[3]
        close (1.0 / 24.0) series.Coefficients[4]

    // A gradient that is clipped backwards, with a limit that is captured.
    let limit = scalar 0.5

    let clipped =
        customReverse (fun (x: Tensor) -> x) (fun x -> x, ()) (fun () u -> maximum (-limit) (minimum limit u))

    close 0.5 (grad (fun x -> 3.0 * clipped x) (scalar 1.0))
    close 0.2 (grad (fun x -> 0.2 * clipped x) (scalar 1.0))
    close 0.5 (jit (grad (fun x -> 3.0 * clipped x)) (scalar 1.0))

[<Fact>]
let ``rules over trees, with parts that have no derivative`` () =
    let f (p: {| W: Tensor; N: Tensor; Name: string |}) = p.W * p.N, p.N + 1
    let mutable runs = 0

    let custom =
        customReverse
            f
            (fun p ->
                runs <- runs + 1
                f p, p.N)
            (fun n (u, _) -> {| W = u * asType DType.Float64 n * 10.0; N = n; Name = "w" |})

    let at = {| W = vector [ 1.0; 2.0 ]; N = scalar 3L; Name = "w" |}

    let g = grad (fun p -> sum (fst (custom p))) at
    same (vector [ 30.0; 30.0 ]) g.W
    Assert.Equal(DType.Int64, g.N.DType)
    Assert.Equal(1, runs)
    let value, n = custom at
    same (vector [ 3.0; 6.0 ]) value
    Assert.Equal(4L, int64 (float n))
    // The function itself runs where nothing is being transformed and the rule is known to fit.
    Assert.Equal(1, runs)

[<Fact>]
let ``a rule that does not fit is named at the first call`` () =
    let refused (action: unit -> obj) = Assert.Throws<CustomRuleException>(fun () -> action () |> ignore).Message

    let x = vector [ 1.0; 2.0 ]
    let square (x: Tensor) = x * x
    let forwardRule rule () = customForward square rule x |> box
    let sum' = sum
    Assert.Contains("[2]", refused (forwardRule (fun x dx -> square x, sum' dx)))
    Assert.Contains("value", refused (forwardRule (fun x dx -> sum' x, dx)))
    Assert.Contains("float32", refused (forwardRule (fun x dx -> square x, asType DType.Float32 dx)))

    let reverseRule back () = customReverse square (fun x -> square x, x) back x |> box

    Assert.Contains("backward", refused (reverseRule (fun _ u -> sum' u)))
    Assert.Contains("AsType", refused (reverseRule (fun _ u -> asType DType.Float32 u)))

    let ofList = customForward (fun (xs: Tensor list) -> xs) (fun xs _ -> xs, [ xs.Head ])

    Assert.Contains("structure", refused (fun () -> ofList [ x; x ] |> box))
    // Inside a transformation too.
    Assert.Contains("[2]", refused (fun () -> grad (fun x -> sum (customForward square (fun x dx -> square x, sum' dx) x)) x |> box))
