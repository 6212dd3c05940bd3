/// The derivative column far out, where a formula could lose all digits.
module Pipeline.Engine.Tests.DerivativeTailTests

open System
open Pipeline.Engine
open Pipeline.Engine.Tests.NestedDuals
open Xunit

let private derivative order row x = highest (NestedDuals.map row (variable order x))

let private near relative description expected actual =
    if not (Tolerance.relative relative expected actual) then
        Assert.Fail $"{description}: expected {expected:R}, computed {actual:R}"

[<Fact>]
let ``the slope of logistic keeps its relative accuracy in both tails`` () =
    for x in [ 40.0; 200.0; 700.0 ] do
        // e^-x (1 + O(e^-x)) on either side, and every further derivative changes its sign on the right only.
        let e = Math.Exp -x

        for order in 1..4 do
            near 1e-14 $"order {order} at -{x}" e (derivative order Elementwise.logistic -x)

            near 1e-14 $"order {order} at {x}" (if order % 2 = 1 then e else -e) (derivative order Elementwise.logistic x)

[<Fact>]
let ``the slope of softplus keeps its relative accuracy in the left tail`` () =
    for x in [ -40.0; -700.0 ] do
        for order in 1..4 do
            near 1e-14 $"order {order} at {x}" (Math.Exp x) (derivative order Elementwise.softplus x)

[<Fact>]
let ``the slope of asinh is 1/|x| where x^2 overflows`` () =
    for x in [ 1e20; 1e200; -1e200 ] do
        near 1e-15 $"order 1 at {x}" (1.0 / abs x) (derivative 1 Elementwise.asinh x)

    for x in [ 1e12; -1e12; 1e100 ] do
        near 1e-15 $"order 2 at {x}" (-1.0 / (x * abs x)) (derivative 2 Elementwise.asinh x)
        near 1e-15 $"order 3 at {x}" (2.0 / abs (x * x * x)) (derivative 3 Elementwise.asinh x)

[<Fact>]
let ``the slope of atan is 1/x^2 far out, and 0 where that underflows`` () =
    near 1e-15 "order 1 at 1e100" 1e-200 (derivative 1 Elementwise.atan 1e100)
    near 1e-15 "order 2 at 1e50" -2e-150 (derivative 2 Elementwise.atan 1e50)
    Assert.Equal(0.0, derivative 1 Elementwise.atan 1e200)
    Assert.Equal(0.0, derivative 2 Elementwise.atan 1e200)

[<Fact>]
let ``the slope of tanh is right to 1e-15 of 1 and vanishes at infinity`` () =
    for x in [ 1.0; 5.0; 18.0 ] do
        let c = Math.Cosh x
        Assert.Equal(1.0 / (c * c), derivative 1 Elementwise.tanh x, 1e-15)

    for order in 1..4 do
        Assert.Equal(0.0, derivative order Elementwise.tanh infinity)
        Assert.Equal(0.0, derivative order Elementwise.tanh -infinity)
