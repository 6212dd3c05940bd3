/// The operation that made the first NaN or infinity is found in values, tangents and backward passes, in loops and compiled functions.
module Pipeline.Tests.CheckNumbersTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private finds (operation: string) (f: Tensor -> 'R) (x: Tensor) =
    let error = Assert.Throws<NonFiniteException>(fun () -> checkNumbers f x |> box |> ignore)

    Assert.StartsWith(operation + ": made the first", error.Message)
    error.Message

let private logOf (x: Tensor) = Tensor.Log x
let private rootOf (x: Tensor) = Tensor.Sqrt x

[<Fact>]
let ``values`` () =
    let message = finds "log" logOf (vector [ 1.0; 0.0; 2.0 ])
    Assert.Contains("-Infinity at [1], from float64[3] [1, 0, 2], at ", message)
    Assert.Contains("CheckNumbersTests.fs:", message)
    Assert.Contains("NaN, from float64[] -1", finds "sqrt" rootOf (scalar -1.0))
    finds "Divide" (fun x -> x / (x - x)) (vector [ 1.0f; 2.0f ]) |> ignore
    finds "Sum" (fun x -> sum x) (vector [ 1e308; 1e308 ]) |> ignore
    finds "Dot" (fun x -> dot (x * x) (x * x)) (vector [ 1e100; 1e60 ]) |> ignore
    // Infinity minus infinity is the first NaN, though not the first that is not finite.
    finds "Subtract" (fun x -> x - x) (scalar Double.PositiveInfinity) |> ignore
    // What was there before is not reported.
    Assert.True(Double.IsNaN((checkNumbers logOf (scalar Double.NaN)).ToDouble()))

[<Fact>]
let ``a NaN that comes from elsewhere`` () =
    let captured = log (scalar -1.0)

    for f in
        [
            (fun (x: Tensor) -> x + captured)
            (fun x -> fst (scan (fun c (_: Tensor) -> c * captured, c) x (vector [ 1.0; 2.0 ])))
        ] do
        let error = Assert.Throws<NonFiniteException>(fun () -> checkNumbers f (scalar 1.0) |> ignore)

        Assert.Contains("not made from the function's argument", error.Message)

    // Not where it is left behind.
    Assert.Equal(2.0, float (checkNumbers (fun x -> where (Tensor.op_GreaterThan (x, scalar 0.0)) (2.0 * x) captured) (scalar 1.0)))

[<Fact>]
let ``tangents and backward passes`` () =
    let zero = scalar 0.0
    Assert.Equal(0.0, (checkNumbers rootOf zero).ToDouble())
    Assert.Contains("Infinity", finds "Divide" (diff rootOf) zero)
    Assert.Contains("Infinity", finds "Divide" (grad rootOf) zero)
    // Only backwards: the coefficient is finite and its product with the cotangent is not.
    let large (x: Tensor) = 1e200 * (x * (0.0 * x + 1e200))
    Assert.Equal(1e300, (checkNumbers large (scalar 1e-100)).ToDouble(), 1e290)
    finds "Scale" (grad large) (scalar 1e-100) |> ignore
    finds "Divide" (grad (grad (fun x -> x * rootOf x))) zero |> ignore

[<Fact>]
let ``compiled functions, loops and branches`` () =
    finds "log" (jit logOf) (scalar 0.0) |> ignore
    finds "Divide" (grad (jit rootOf)) (scalar 0.0) |> ignore
    finds "Divide" (jit (grad rootOf)) (scalar 0.0) |> ignore

    let scanned (x: Tensor) = scan (fun (c: Tensor) (y: Tensor) -> c - 1.0, logOf c + y) x (vector [ 1.0; 2.0; 3.0 ])

    let message = finds "log" scanned (scalar 2.0)
    Assert.Contains("-Infinity, from float64[] 0", message)

    let halving (x: Tensor) = whileLoop (fun (y: Tensor) -> Tensor.op_GreaterThan (y, scalar -3.0)) (fun y -> y - 1.0 + 0.0 * rootOf y) x

    Assert.Contains("NaN, from float64[] -1", finds "sqrt" halving (scalar 1.0))

    let branch (x: Tensor) = cond (Tensor.op_GreaterThan (x, scalar 1.0)) (fun y -> y) logOf x

    Assert.Equal(2.0, (checkNumbers branch (scalar 2.0)).ToDouble())
    finds "log" branch (scalar 0.0) |> ignore
    finds "log" (jit branch) (scalar 0.0) |> ignore
    finds "log" (vmap branch) (vector [ 2.0; 0.0 ]) |> ignore

    let roots (x: Tensor) = sum (snd (scan (fun (c: Tensor) (y: Tensor) -> c - 1.0, rootOf c + y) x (vector [ 1.0; 2.0; 3.0 ])))

    Assert.True(Double.IsFinite((checkNumbers roots (scalar 2.0)).ToDouble()))
    finds "Divide" (grad roots) (scalar 2.0) |> ignore

[<Fact>]
let ``clean functions return the same bits`` () =
    let x = vector [ 0.3; -1.7; 2.9 ]

    let f (x: Tensor) =
        let last, steps = scan (fun (c: Tensor) (y: Tensor) -> sin (c * y), c + y) (sum x) x

        let count = whileBounded 9 (fun (y: Tensor) -> Tensor.op_LessThan (y, scalar 5.0)) (fun y -> y * 2.0) (exp last)

        sum (steps * count) + cond (Tensor.op_GreaterThan (last, scalar 0.0)) (fun y -> y * y) (fun y -> -y) last

    let same (g: Tensor -> Tensor) =
        let bits (y: Tensor) = y.ToArray<float>() |> Array.map BitConverter.DoubleToInt64Bits

        Assert.Equal<int64[]>(bits (g x), bits (checkNumbers g x))

    same f
    same (grad f)
    same (jacobian (grad f))
    same (fun x -> vmap (fun (y: Tensor) -> sin y * y) x)
    same (vmap (diff (fun y -> exp y * y)))
    same (grad (checkNumbers f))
    same (vmap (checkNumbers (fun y -> exp y * y)))
    same (checkNumbers (grad f))
    same (jit (checkNumbers (fun x -> sin x * x)))
    // Branches on numbers are allowed as outside.
    same (fun x -> if x[0].ToDouble() > 0.0 then x * 2.0 else x)

[<Fact>]
let ``inside other transformations`` () =
    let refused (f: Tensor -> Tensor) x =
        let error = Assert.Throws<NonFiniteException>(fun () -> f x |> ignore)
        Assert.Contains("CheckNumbersTests.fs:", error.Message)

    refused (grad (checkNumbers logOf)) (scalar 0.0)
    refused (diff (checkNumbers rootOf)) (scalar 0.0)
    refused (vmap (checkNumbers logOf)) (vector [ 1.0; 0.0 ])
    refused (vmap (grad (checkNumbers logOf))) (vector [ 1.0; 0.0 ])
    refused (checkNumbers (vmap (grad rootOf))) (vector [ 1.0; 0.0 ])
    refused (checkNumbers (grad (fun x -> sum (vmap rootOf x)))) (vector [ 1.0; 0.0 ])

[<Fact>]
let ``annihilations are reported, not thrown`` () =
    let masked (x: Tensor) = where (Tensor.op_GreaterThan (x, scalar 0.0)) (logOf x) (scalar 0.0)

    let slope, found = checkAnnihilations (grad masked) (scalar 0.0)
    Assert.Equal(0.0, slope.ToDouble())
    let one = Assert.Single found
    Assert.Equal(1, one.Count)
    Assert.Contains("Infinity", one.Operands)
    Assert.Contains("CheckNumbersTests.fs:", one.Location)
    let _, found = checkAnnihilations (grad (sum << masked)) (vector [ 0.0; 1.0; 0.0 ])
    Assert.Equal(2, (Assert.Single found).Count)
    let _, found = checkAnnihilations (grad (jit masked)) (scalar 0.0)
    Assert.Single found |> ignore
    let _, found = checkAnnihilations (vmap (grad masked)) (vector [ 0.0; 1.0 ])
    Assert.Equal(1, (Assert.Single found).Count)
    Assert.Empty(snd (checkAnnihilations (grad masked) (scalar 1.0)))
