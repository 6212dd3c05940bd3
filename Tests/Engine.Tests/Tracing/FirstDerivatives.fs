module Pipeline.Tests.FirstDerivatives

open System
open Xunit
open Pipeline
open Pipeline.Engine

let number (x: float) = Tensor(NDArray.scalar64 x)

let forward (f: Tensor -> Tensor) (x: Tensor) =
    let _, t = Linearize.pushforward "Derivative" (fun a -> [| f a[0] |]) [| x |] [| Primitive.fillLike x 1.0 |]

    Primitive.orZeros x.Type t[0]

let reverse (f: Tensor -> Tensor) (x: Tensor) =
    let y, pull = Linearize.pullback "Gradient" (fun a -> [| f a[0] |]) [| x |]
    let cotangents = pull [| Primitive.fillLike y[0] 1.0 |]
    Primitive.orZeros x.Type cotangents[0]

let modes = [ "forward", forward; "reverse", reverse ]

let close (expected: float) (actual: Tensor) = Tolerance.assertNear 1e-12 expected (float actual)

[<Fact>]
let ``powers to order 8 in every mix of modes`` () =
    let expected = [ 0.5; -0.25; 0.375; -0.9375; 3.28125; -14.765625; 81.2109375; -527.87109375 ]

    for pattern in 0..255 do
        let mutable f: Tensor -> Tensor = fun x -> Tensor.Pow(x, number 0.5)

        for order in 1 .. (if pattern < 8 then 8 else 4) do
            let d = if (pattern >>> (order - 1)) &&& 1 = 0 then forward else reverse

            let g = f
            f <- d g
            close expected[order - 1] (f (number 1.0))

[<Fact>]
let ``perturbations are not confused`` () =
    for _, d in modes do
        for _, e in modes do
            close 1.0 (d (fun x -> x * e (fun y -> x + y) (number 1.0)) (number 1.0))
            close 8.0 (d (fun x -> x * e (fun y -> x * y) (number 2.0)) (number 4.0))
            let one x = e (fun y -> x + y) (number 3.0)
            close 0.0 (d one (number 2.0))
            close 1.0 (d (fun x -> x * one x) (number 2.0))
            close 1.0 (d (fun x -> x * one (2.0 * x)) (number 2.0))

            close
                24.0
                (d
                    (fun y -> d (fun x -> e (fun x -> x * x * y) (3.0 * y)) (number 1.0) + 0.0 * y + e (fun x -> x * x * y) (3.0 * y))
                    (number 2.0))

[<Fact>]
let ``series are derivatives`` () =
    let f (x: Tensor) = Tensor.Tanh(Tensor.Sin x * Tensor.Exp x) / (1.0 + x * x)

    let x = number 0.3

    let series = (Series.expand 5 (fun a -> [| f a[0] |]) [| [| x; number 1.0; null; null; null; null |] |])[0]

    let mutable d = f
    let mutable factorial = 1.0

    for k in 0..5 do
        let value = float (d x)
        Assert.True(Tolerance.within (1e-10 * max 1.0 (abs value)) (value / factorial) (float series[k]))
        factorial <- factorial * float (k + 1)
        let g = d
        d <- forward g

[<Fact>]
let ``a gradient of a staged scan`` () =
    let body =
        Record.closed "Scan" [| Typing.tensor DType.Float64 [||]; Typing.tensor DType.Float64 [||] |] (fun a -> [|
            Tensor.Tanh a[1] + 0.3 * a[0] * a[1]
            a[1] * a[0]
        |])

    let f (x: Tensor) =
        let r = Primitive.apply (Op.Loop(Loop.counted 4 1 1 body)) [| Tensor.Sin x; x |]

        r[0] + ReductionOperations.sum null false r[1]

    let g (x: Tensor) =
        let w = Tensor.Sin x
        let mutable c = x
        let mutable total = number 0.0

        for _ in 1..4 do
            total <- total + c * w
            c <- Tensor.Tanh c + 0.3 * w * c

        c + total

    let x = number 0.7

    for _, d in modes do
        for _, e in modes do
            for _, h in modes do
                close (float (d g x)) (d f x)
                close (float (d (e g) x)) (d (e f) x)
                close (float (d (e (h g)) x)) (d (e (h f)) x)

    let s f =
        (Series.expand 4 (fun a -> [| f (a: Tensor[]).[0] |]) [| [| x; number 1.0; null; null; null |] |])[0]
        |> Array.map float

    Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 1e-12)) (s g) (s f)

    let batch f =
        let xs = Tensor(NDArray.ofData DType.Float64 [| 3 |] [| 0.1; 0.7; -0.4 |])

        let values, hidden = Batch.map 3 (fun a -> [| f (a: Tensor[]).[0] |]) [| xs |] [| true |]

        Assert.True hidden[0]
        values[0].ToArray<float>()

    Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 1e-12)) (batch (reverse g)) (batch (reverse f))

    Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 1e-12)) (batch (forward (reverse g))) (batch (forward (reverse f)))
