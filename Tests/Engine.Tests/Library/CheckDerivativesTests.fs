/// The checker of derivatives: right ones pass to any order, a wrong rule or constant is found in every mode.
module Pipeline.Tests.CheckDerivativesTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private point = {| W = vector [ 0.3; -0.7; 1.1 ]; B = scalar 0.4; N = scalar 2L |}

let private smooth (p: {| W: Tensor; B: Tensor; N: Tensor |}) =
    let total, steps = scan (fun (c: Tensor) (w: Tensor) -> sin (c * w) + p.B, c * w) p.B p.W

    total * p.N, exp (-p.W) * steps, p.N

[<Fact>]
let ``right derivatives agree on every path`` () =
    let check = checkDerivatives 3 smooth point
    Assert.True(check.Agrees, string check)
    Assert.Equal(14, check.Paths.Count)
    Assert.Equal("forward", check.Paths[0].Path)
    Assert.Contains(check.Paths, fun p -> p.Path = "reverse over forward over reverse")
    Assert.Same(check, check.ThrowIfWrong())
    Assert.Contains("agrees", string check)
    let single (x: Tensor) = sum (Tensor.Tanh x * x)

    (checkDerivatives 2 single (vector [ 0.3f; -0.7f; 1.1f ])).ThrowIfWrong() |> ignore

    (checkDerivatives 2 (jit smooth) point).ThrowIfWrong() |> ignore
    // Every order of a right custom rule.
    let cube = customForward (fun (x: Tensor) -> x * x * x) (fun x dx -> x * x * x, 3.0 * x * x * dx)

    (checkDerivatives 3 cube (vector [ 0.5; -2.0 ])).ThrowIfWrong() |> ignore

[<Fact>]
let ``wrong rules and wrong constants are found`` () =
    let wrong f =
        let check = checkDerivatives 2 f (vector [ 0.5; -2.0 ])
        Assert.False(check.Agrees, string check)

        let error = Assert.Throws<WrongDerivativeException>(fun () -> check.ThrowIfWrong() |> ignore)

        Assert.Contains("WRONG", error.Message)
        check

    let square (x: Tensor) = x * x
    let byForward = wrong (customForward square (fun x dx -> square x, 2.001 * x * dx))
    Assert.False byForward.Paths[0].Agrees
    // Forward and reverse mode of the wrong rule agree with each other.
    Assert.True byForward.Paths[1].Agrees

    let byReverse = wrong (customReverse square (fun x -> square x, x) (fun x u -> 1.999 * x * u))

    Assert.False byReverse.Paths[0].Agrees
    // Right at first order, wrong at second: the rule's own coefficient is stopped.
    let stopped = wrong (customForward square (fun x dx -> square x, 2.0 * stopGradient x * dx))

    Assert.True stopped.Paths[0].Agrees
    // A change that is not linear in the direction has no transpose that fits it.
    wrong (customForward square (fun x dx -> square x, 2.0 * x * dx + 0.1 * dx * dx)) |> ignore

[<Fact>]
let ``what cannot be checked is refused`` () =
    let refused f at = Assert.Throws<DifferentiationException>(fun () -> checkDerivatives 1 f at |> ignore).Message

    Assert.Contains("int64", refused (fun (x: Tensor) -> x) (scalar 3L))
    Assert.Contains("no float", refused (fun (x: Tensor) -> asType DType.Int64 x) (scalar 3.0))

    Assert.Throws<ArgumentOutOfRangeException>(fun () -> checkDerivatives 0 sum (vector [ 1.0 ]) |> ignore)
    |> ignore

[<Fact>]
let ``an infinite or NaN derivative agrees with nothing but itself`` () =
    for slope in [ infinity; -infinity; nan ] do
        let rule = customForward (fun (x: Tensor) -> x * x) (fun x dx -> x * x, dx * slope)

        for order in 1..2 do
            let check = checkDerivatives order rule (scalar 3.0)
            Assert.False(check.Agrees, string check)
            Assert.False check.Paths[0].Agrees
            Assert.True(check.Paths |> Seq.forall (fun p -> Double.IsFinite p.Tolerance), string check)

            Assert.Throws<WrongDerivativeException>(fun () -> check.ThrowIfWrong() |> ignore) |> ignore

        let reverse = customReverse (fun (x: Tensor) -> x * x) (fun x -> x * x, x) (fun _ u -> u * slope)

        Assert.False((checkDerivatives 1 reverse (scalar 3.0)).Agrees)

        // Nor does another mode's infinity make it right.
        let both = checkDerivatives 1 rule (scalar 3.0)
        Assert.False(both.Paths[1].Agrees, string both)
        Assert.DoesNotContain("agrees", string both)

    // One of several entries is enough.
    let partly = customForward (fun (x: Tensor) -> x * x) (fun x dx -> x * x, dx * vector [ 2.0; infinity ])

    Assert.False((checkDerivatives 1 partly (vector [ 1.0; -2.0 ])).Agrees)

[<Fact>]
let ``the tolerance does not grow with a wrong derivative`` () =
    for factor in [ 1e3; 1e8; 1e300 ] do
        let rule = customForward (fun (x: Tensor) -> x * x) (fun x dx -> x * x, dx * (factor * x))

        let check = checkDerivatives 1 rule (scalar 3.0)
        Assert.False(check.Agrees, string check)
        Assert.InRange(check.Paths[0].Tolerance, 0.0, 1e-3)
