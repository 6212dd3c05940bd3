/// Softmax and logarithms of sums where one entry outweighs the others: what the changes of all entries have in common cancels before it is multiplied.
module Pipeline.Tests.SaturatedSoftmaxTests

open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp

/// All 2^k ways to take k derivatives, each at once and compiled, and in one series.
let private derivatives k (f: Tensor -> Tensor) : (string * (Tensor -> Tensor)) list =
    let rec paths k =
        if k = 0 then
            [ "", f ]
        else
            [
                for name, below in paths (k - 1) do
                    "f" + name, diff below
                    "r" + name, grad below
            ]

    [
        for name, derivative in ("series", diffn k f) :: paths k do
            name, derivative
            $"{name}, compiled", jit derivative
    ]

let private check tolerance (expected: float) k f (x: float) =
    for name, derivative in derivatives k f do
        let actual = (derivative (scalar x)).ToDouble()
        Assert.True(Tolerance.relative tolerance expected actual, $"order {k} at {x}, {name}: {actual:R} instead of {expected:R}")

let private pair (a: Tensor) (b: Tensor) = Primitive.stack 0 [| a; b |]

[<Fact>]
let ``derivatives of a logarithm of a sum of which one term is all are that term's, to every order`` () =
    // 1 / x beside cos x: the powers of the slope 1 / x^2 are larger than the derivatives k! / x^(k + 1).
    let f (x: Tensor) = logSumExp (pair (1.0 / x) (cos x))

    for x in [ 1e-2; 1e-4; 1e-8 ] do
        let mutable expected = 1.0 / x

        for k in 1..4 do
            expected <- expected * -(float k) / x
            check 1e-13 expected k f x

[<Fact>]
let ``shares of which one is all do not change, to any order`` () =
    // 1 / z with z computed in a loop: entries near 14 and 2900 with derivatives near 1e7, 1e11 and 1e16.
    let step (_: Tensor) (z: Tensor) = sin z + 0.1906 * z
    let shares (t: Tensor) = softmax (1.0 / forLoop 0 1 step (square (t * vector [ 0.2475; 0.017 ])))

    for k in 1..3 do
        check 0.0 0.0 k (fun t -> sum (shares t)) 1.0
        check 0.0 0.0 k (fun t -> sum (vector [ 0.35; 0.949 ] * shares t)) 1.0

[<Fact>]
let ``forward mode and series keep the digits of what the largest share lacks`` () =
    // The share of x beside 0 is the logistic function, y' = y (1 - y), of which 1 - y is 4e-18 at 40.
    let share (x: Tensor) = Primitive.entry 0 0 (softmax (pair x (zerosLike x)))
    let rest = 1.0 / (1.0 + System.Math.Exp 40.0)

    for k, expected in [ 1, rest; 2, -rest; 3, rest ] do
        for name, derivative in derivatives k share do
            if not (name.Contains 'r') || name.StartsWith "series" then
                let actual = (derivative (scalar 40.0)).ToDouble()
                Assert.True(Tolerance.relative 1e-14 expected actual, $"order {k}, {name}: {actual:R} instead of {expected:R}")
