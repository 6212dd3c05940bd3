/// Draws under every transformation: lanes draw what loops draw, staged and compiled draws are the eager ones, parameters are differentiated.
module Pipeline.Engine.Tests.RandomTransformTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.RandomDraws
open Xunit

[<Fact>]
let ``law 7: a batch of keys draws what a loop over the keys draws, bit for bit`` () =
    for layout in layouts do
        let keys = RandomKey(5L, layout).SplitBatch 4

        for name, draw in draws do
            let batch = vectorized 4 (fun data -> draw (RandomKey(data, layout))) keys.Data

            for lane in 0..3 do
                let key = RandomKey(Primitive.entry 0 lane keys.Data, layout)
                same $"{name}, {layout}, lane {lane}" (draw key) (Primitive.entry 0 lane batch)

[<Fact>]
let ``law 7: batches within batches of keys draw what loops draw, bit for bit`` () =
    let keys = ShapeOperations.reshape [| 2; 3; 2 |] ((RandomKey 6L).SplitBatch 6).Data

    for name, draw in draws do
        let batch = vectorized 2 (vectorized 3 (fun data -> draw (RandomKey(data, RandomLayout.Partitionable)))) keys

        for i in 0..1 do
            for j in 0..2 do
                let key = RandomKey(Primitive.entry 0 j (Primitive.entry 0 i keys), RandomLayout.Partitionable)

                same $"{name}, lane {i}, {j}" (draw key) (Primitive.entry 0 j (Primitive.entry 0 i batch))

[<Fact>]
let ``law 7: a key from outside draws the same in every lane, bit for bit`` () =
    let lanes = tensor DType.Float32 [| 3 |] [| 1.0f; 2.0f; 3.0f |]

    for layout in layouts do
        let key = RandomKey(3L, layout)

        for name, draw in draws do
            let expected = draw key
            // Beside a number of the lane, so that there is a result for each.
            let beside (x: Tensor) = struct (x, draw key)
            let struct (_, batch) = Vectorized.Of(beside).Invoke lanes

            for lane in 0..2 do
                same $"{name}, {layout}, lane {lane}" expected (Primitive.entry 0 lane batch)

    let key = RandomKey 3L
    let batch = vectorized 3 (fun x -> x + key.Normal [| 2 |]) lanes

    for lane in 0..2 do
        same $"lane {lane}" (Primitive.entry 0 lane lanes + key.Normal [| 2 |]) (Primitive.entry 0 lane batch)

[<Fact>]
let ``law 7: loops over keys, mapped and not, draw what plain loops draw, bit for bit`` () =
    let key = RandomKey 12L
    let keys = key.SplitBatch 3

    let one lane (keys: RandomKey) = RandomKey(Primitive.entry 0 lane keys.Data, keys.Layout)

    for name, draw in draws do
        // A scan over keys inside a batch, and a batch inside a scan over keys.
        let over (key: RandomKey) =
            let body (step: Tensor) (key: RandomKey) = struct (step, draw key)

            let struct (_, outputs) = Loop.Scan<Tensor, RandomKey, Tensor>(Func<_, _, _> body, real 0.0, key.SplitBatch 2)

            outputs

        let batch = Vectorized.Of(over).Invoke keys

        let body (step: Tensor) (each: RandomKey) = struct (step, Vectorized.Of(draw).Invoke(each.SplitBatch 2))

        let struct (_, outputs) = Loop.Scan<Tensor, RandomKey, Tensor>(Func<_, _, _> body, real 0.0, keys)

        for lane in 0..2 do
            for step in 0..1 do
                let expected = draw (one step ((one lane keys).SplitBatch 2))

                same $"{name}, lane {lane}, step {step}" expected (Primitive.entry 0 step (Primitive.entry 0 lane batch))

                same $"{name}, step {lane}, lane {step}" expected (Primitive.entry 0 step (Primitive.entry 0 lane outputs))

[<Fact>]
let ``probabilities, ranges and numbers to fold in are batched`` () =
    let key = RandomKey 4L
    let p = tensor DType.Float64 [| 3 |] [| 0.2; 0.5; 0.9 |]
    let high = tensor DType.Int32 [| 3 |] [| 2; 100; -1 |]
    let low = tensor DType.Int32 [||] [| 0 |]

    for name, draw, over in
        [
            "bernoulli", (fun (x: Tensor) -> key.Bernoulli([| 8 |], x)), p
            "uniform", (fun x -> key.Uniform([| 8 |], real 0.0, x)), p
            "truncated normal", (fun x -> key.TruncatedNormal([| 8 |], real -1.0, x)), p
            "integers", (fun x -> key.Integers([| 8 |], low, x)), high
            "fold in", (fun x -> key.FoldIn(x).Data), high
            "seed", (fun x -> RandomKey.FromSeed(x).Data), high
            "seed 64", (fun x -> RandomKey.FromSeed(Operations.asType DType.Int64 x).Data), high
            "weights", (fun x -> key.Choice([| 8 |], 2, weights = ShapeOperations.stack 0 [| x; real 1.0 - x |])), p
        ] do
        let batch = vectorized 3 draw over

        for lane in 0..2 do
            same $"{name}, lane {lane}" (draw (Primitive.entry 0 lane over)) (Primitive.entry 0 lane batch)

[<Fact>]
let ``a staged draw is the eager draw, and holds no numbers of the key`` () =
    for layout in layouts do
        let key = RandomKey(8L, layout)

        for name, draw in draws do
            let graph, captured =
                Record.stage "Compiled" [| key.Data.Type |] (fun inputs -> [| draw (RandomKey(inputs[0], layout)) |])

            let staged = Primitive.evaluateGraph graph (Array.append [| key.Data |] captured)
            same $"{name}, {layout}" (draw key) staged[0]

            Assert.True(
                graph.Equations
                |> Array.exists (fun equation ->
                    match equation.Op with
                    | Op.RandomBits _ -> true
                    | _ -> name = "fold in"),
                $"{name} drew at staging"
            )

[<Fact>]
let ``the key of a computed seed is the key of the seed, and folding in a computed number is folding in the number`` () =
    for value in [ 0L; 1L; 42L; 2147483647L; 4294967295L; 4294967296L; -1L; Int64.MinValue ] do
        let seed = tensor DType.Int64 [||] [| value |]

        let staged (f: Tensor -> Tensor) =
            let graph, captured = Record.stage "Compiled" [| seed.Type |] (fun inputs -> [| f inputs[0] |])

            (Primitive.evaluateGraph graph (Array.append [| seed |] captured))[0]

        same "seed" (RandomKey value).Data (RandomKey.FromSeed seed).Data
        same "staged seed" (RandomKey value).Data (staged (fun seed -> RandomKey.FromSeed(seed).Data))
        let key = RandomKey 9L
        let folded = (key.FoldIn(int64 (uint32 value))).Data
        same "number" folded (key.FoldIn seed).Data
        same "staged number" folded (staged (fun number -> key.FoldIn(number).Data))

let private gradient (f: Tensor -> Tensor) (x: Tensor) =
    let y, pull = Linearize.pullback "Gradient" (fun a -> [| f a[0] |]) [| x |]
    (pull [| Primitive.fillLike y[0] 1.0 |])[0]

[<Fact>]
let ``parameters of draws are differentiated, forward and in reverse`` () =
    let key = RandomKey 10L
    let table = tensor DType.Float64 [| 2; 2 |] [| 0.3; -0.2; 0.5; 0.7 |]
    let slope = tensor DType.Float64 [| 4 |] [| 1.0; -2.0; 0.5; 3.0 |]
    let one = real 1.0

    let covariance (x: Tensor) = ShapeOperations.reshape [| 2; 2 |] (ShapeOperations.stack 0 [| 2.0 + x; x; x; 1.5 * one |])

    for name, draw in
        [
            "normal", (fun (x: Tensor) -> x + Tensor.Exp x * key.Normal [| 4 |])
            "uniform", (fun x -> key.Uniform([| 4 |], -x, x * x + 1.0))
            "truncated normal", (fun x -> key.TruncatedNormal([| 4 |], -x, 1.0 + x))
            "multivariate normal",
            (fun x -> ShapeOperations.reshape [| 4 |] (key.MultivariateNormal([| 2 |], ShapeOperations.stack 0 [| x; -x |], covariance x)))
            "permutation", (fun x -> ShapeOperations.reshape [| 4 |] (key.Permutation(x * table, 1, true)))
            "choice", (fun x -> ShapeOperations.reshape [| 4 |] (key.Choice([| 2 |], Tensor.Exp(x * table))))
        ] do
        let f (x: Tensor) = ReductionOperations.sum null false (slope * draw x)

        let x, step = real 0.4, 1e-5

        let difference = (float (f (x + real step)) - float (f (x - real step))) / (2.0 * step)

        let _, tangents = Linearize.pushforward "Derivative" (fun a -> [| f a[0] |]) [| x |] [| one |]

        let reverse = float (gradient f x)
        Assert.True(abs difference > 0.01, $"{name} does not depend on its parameter")
        Tolerance.assertNear 1e-7 difference reverse
        Tolerance.assertNear 1e-12 reverse (float tangents[0])

[<Fact>]
let ``second derivatives and series pass through draws`` () =
    let key = RandomKey 11L

    let f (x: Tensor) = ReductionOperations.sum null false (Tensor.Sin(key.Uniform([| 3 |], -x, x * x)))

    let x = real 0.7

    let series = (Series.expand 2 (fun a -> [| f a[0] |]) [| [| x; real 1.0; null |] |])[0]

    Assert.Equal(float (gradient f x), float series[1], 1e-12)
    Assert.Equal(float (gradient (gradient f) x), 2.0 * float series[2], 1e-12)

/// A function of a key as machine code.
let private compiled layout (draw: RandomKey -> Tensor) (key: RandomKey) =
    let graph, captured =
        Record.stage "Compiled" [| key.Data.Type |] (fun inputs -> [| draw (RandomKey(inputs[0], layout)) |])

    let program = Emit.compile Emit.defaults Kernels.apply (Compile.lower graph)

    Tensor(program.Run(Array.append [| key.Data |] captured |> Array.map _.Array)[0])

[<Fact>]
let ``a compiled draw is the eager draw`` () =
    for layout in layouts do
        let key = RandomKey(14L, layout)

        for name, draw in draws do
            let expected, actual = draw key, compiled layout draw key

            if DType.isFloat expected.DType then
                Agreement.check $"{name}, {layout}" 1e-6 expected.Array actual.Array
            else
                same $"{name}, {layout}" expected actual

[<Fact>]
let ``a compiled uniform draw has the bits of the eager one`` () =
    let key = RandomKey 15L

    for name, draw in draws do
        if name.StartsWith "uniform" || name.StartsWith "range" then
            same name (draw key) (compiled RandomLayout.Partitionable draw key)

type Noisy = { Scale: Tensor; Key: RandomKey }

[<Fact>]
let ``keys are parts of parameter trees`` () =
    let key = RandomKey(16L, RandomLayout.Original)

    let draw (p: Noisy) = ReductionOperations.sum null false (p.Scale * p.Key.Normal<float32> [| 3 |])

    let point = { Scale = tensor DType.Float32 [||] [| 2.0f |]; Key = key }

    let gradient = Gradient.Of(draw).Invoke point
    same "gradient" (ReductionOperations.sum null false (key.Normal<float32> [| 3 |])) gradient.Scale
    Assert.Equal(RandomLayout.Original, gradient.Key.Layout)
    same "compiled" (draw point) (Compiled.Of(draw).Invoke point)
    let keys = key.SplitBatch 4
    let batch = Vectorized.Of(fun (key: RandomKey) -> key.Normal [| 2 |]).Invoke keys
    let children = Vectorized.Of(fun (key: RandomKey) -> (key.Split())[1]).Invoke keys

    for lane in 0..3 do
        let key = RandomKey(Primitive.entry 0 lane keys.Data, RandomLayout.Original)
        same $"lane {lane}" (key.Normal [| 2 |]) (Primitive.entry 0 lane batch)
        same $"child {lane}" (key.Split()[1]).Data (Primitive.entry 0 lane children.Data)
