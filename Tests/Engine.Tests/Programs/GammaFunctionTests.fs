/// lgamma and polygamma of every order, on both sides of zero, against reference values from arbitrary precision.
module Pipeline.Engine.Tests.GammaFunctionTests

open System
open System.IO
open System.Text.Json
open Pipeline.Engine
open Xunit

let private data =
    lazy JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "gamma.json"))).RootElement

let private numbers (name: string) (element: JsonElement) = [| for x in element.GetProperty(name).EnumerateArray() -> x.GetDouble() |]

let private points = lazy (numbers "x" data.Value)

let private near relative description expected actual =
    if not (Tolerance.relative relative expected actual) then
        Assert.Fail $"{description}: expected {expected:R}, computed {actual:R}"

[<Fact>]
let ``polygamma of orders 0 to 20`` () =
    for order in data.Value.GetProperty("polygamma").EnumerateArray() do
        let m = order.GetProperty("order").GetInt32()
        let compute = GammaFunction.polygamma m

        for x, expected in Array.zip points.Value (numbers "values" order) do
            // A zero is near -7.5 for even orders: relative to the size of the terms that cancel, it is not as near.
            let relative = if x < 0.0 then 1e-12 else 3e-15 * float (m + 5)
            near relative $"polygamma {m} at {x:R}" expected (compute x)

[<Fact>]
let ``lgamma`` () =
    for x, expected in Array.zip points.Value (numbers "lgamma" data.Value) do
        near 1e-14 $"lgamma at {x:R}" expected (GammaFunction.lgamma x)

[<Fact>]
let ``lgamma keeps its relative accuracy at its zeros`` () =
    // Series at 1 and 2: -g e + pi^2/12 e^2 and (1 - g) e + (pi^2/12 - 1/2) e^2, g Euler's constant.
    let g = 0.57721566490153286

    for e in [ 1e-3; -1e-3; 1e-8; -1e-8; Math.ScaleB(1.0, -50) ] do
        let one = (1.0 + e) - 1.0
        let two = (2.0 + e) - 2.0
        let curve = Math.PI * Math.PI / 12.0
        near (abs e * abs e + 1e-14) $"lgamma(1 + {one})" (one * (-g + curve * one)) (GammaFunction.lgamma (1.0 + e))

        near (abs e * abs e + 1e-14) $"lgamma(2 + {two})" (two * (1.0 - g + (curve - 0.5) * two)) (GammaFunction.lgamma (2.0 + e))

[<Fact>]
let ``poles`` () =
    for m in 1..6 do
        let compute = GammaFunction.polygamma m
        let odd = m % 2 = 1
        Assert.Equal((if odd then infinity else -infinity), compute 0.0)
        Assert.Equal(infinity, compute -0.0)
        Assert.Equal((if odd then infinity else nan), compute -3.0)
        Assert.Equal(0.0, compute infinity)
        Assert.Equal(nan, compute -infinity)
        Assert.Equal(nan, compute nan)
