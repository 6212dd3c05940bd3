/// Draws under every transformation, and what must hold of them whatever the key.
module Pipeline.Engine.Tests.RandomLawTests

open System
open FsCheck.Xunit
open Pipeline
open Pipeline.Engine
open Xunit

let private layouts = [ RandomLayout.Partitionable; RandomLayout.Original ]
let private numbers (a: Tensor) = Golden.numbers a.Array
let private tensor dtype (shape: int[]) (data: Array) = Tensor(NDArray.ofData dtype shape data)
let private real (x: float) = tensor DType.Float64 [||] [| x |]

let private draws: (string * (RandomKey -> Tensor)) list =
    let float64 (shape: int[]) (data: float[]) = tensor DType.Float64 shape data
    let weights = float64 [| 4 |] [| 0.1; 0.2; 0.3; 0.4 |]
    let table = float64 [| 3; 4 |] [| 1.0 .. 12.0 |]

    let mean, covariance =
        float64 [| 2 |] [| 1.0; -1.0 |], float64 [| 2; 2 |] [| 2.0; 0.5; 0.5; 1.0 |]

    [
        "split", (fun key -> Operations.stack 0 (key.Split 3 |> Array.map _.Data))
        "batch of keys", (fun key -> (key.SplitBatch 3).Data)
        "fold in", (fun key -> (key.FoldIn 7L).Data)
        "bits", (fun key -> key.Bits([| 5 |], DType.UInt16))
        "uniform", (fun key -> key.Uniform [| 5 |])
        "uniform 64", (fun key -> key.Uniform([| 5 |], DType.Float64))
        "range", (fun key -> key.Uniform(-3.0, 1.1, [| 5 |]))
        "range 64", (fun key -> key.Uniform(real -3.0, real 1.1, [| 5 |]))
        "normal", (fun key -> key.Normal [| 2; 3 |])
        "normal 64", (fun key -> key.Normal([| 2; 3 |], DType.Float64))
        "exponential", (fun key -> key.Exponential [| 5 |])
        "gumbel", (fun key -> key.Gumbel [| 5 |])
        "laplace", (fun key -> key.Laplace [| 5 |])
        "logistic", (fun key -> key.Logistic [| 5 |])
        "cauchy", (fun key -> key.Cauchy [| 5 |])
        "truncated normal", (fun key -> key.TruncatedNormal(-1.0, infinity, [| 5 |]))
        "multivariate normal", (fun key -> key.MultivariateNormal(mean, covariance, [| 3 |]))
        "integers", (fun key -> key.Integers(-5L, 1000L, [| 5 |]))
        "integers 64", (fun key -> key.Integers(0L, Int64.MaxValue, [| 5 |], DType.Int64))
        "all bytes", (fun key -> key.Integers(0L, 256L, [| 5 |], DType.UInt8))
        "permutation", (fun key -> key.Permutation 6)
        "long permutation", (fun key -> key.Permutation 1626)
        "slices", (fun key -> key.Permutation(table, 1))
        "lines", (fun key -> key.Permutation(table, 1, true))
        "columns", (fun key -> key.Permutation(table, 0, true))
        "choice", (fun key -> key.Choice(5, [| 6 |]))
        "weighted choice", (fun key -> key.Choice(4, [| 2; 3 |], weights = weights))
        "distinct choice", (fun key -> key.Choice(5, [| 3 |], false))
        "distinct weighted choice", (fun key -> key.Choice(4, [| 3 |], false, weights))
        "entries", (fun key -> key.Choice(table, [| 2 |], axis = 1))
        "bernoulli", (fun key -> key.Bernoulli(weights, [| 3; 4 |]))
        "rademacher", (fun key -> key.Rademacher([| 5 |], DType.Int32))
        "categorical", (fun key -> key.Categorical(table, shape = [| 5; 3 |]))
        "distinct categorical", (fun key -> key.Categorical(table, 0, [| 2; 4 |], false))
    ]

let private same name (expected: Tensor) (actual: Tensor) =
    Assert.True((expected.Type = actual.Type), $"{name}: {actual.Type}, not {expected.Type}")

    Assert.True(
        (Array.map BitConverter.DoubleToInt64Bits (numbers expected) =
            Array.map BitConverter.DoubleToInt64Bits (numbers actual)),
        $"{name}: {actual} is not {expected}"
    )

let private vectorized (lanes: int) (f: Tensor -> Tensor) (a: Tensor) =
    let values, hidden = Batch.map lanes (fun x -> [| f x[0] |]) [| a |] [| true |]
    Assert.True hidden[0]
    values[0]

[<Fact>]
let ``a batch of keys draws what a loop over the keys draws`` () =
    for layout in layouts do
        let keys = RandomKey(5L, layout).SplitBatch 4

        for name, draw in draws do
            let batch = vectorized 4 (fun data -> draw (RandomKey(data, layout))) keys.Data

            for lane in 0..3 do
                let key = RandomKey(Primitive.entry 0 lane keys.Data, layout)
                same $"{name}, {layout}, lane {lane}" (draw key) (Primitive.entry 0 lane batch)

[<Fact>]
let ``batches within batches of keys draw what loops draw`` () =
    let keys = Operations.reshape [| 2; 3; 2 |] ((RandomKey 6L).SplitBatch 6).Data

    for name, draw in draws do
        let batch =
            vectorized 2 (vectorized 3 (fun data -> draw (RandomKey(data, RandomLayout.Partitionable)))) keys

        for i in 0..1 do
            for j in 0..2 do
                let key =
                    RandomKey(Primitive.entry 0 j (Primitive.entry 0 i keys), RandomLayout.Partitionable)

                same $"{name}, lane {i}, {j}" (draw key) (Primitive.entry 0 j (Primitive.entry 0 i batch))

[<Fact>]
let ``a key from outside draws the same in every lane`` () =
    let xs = tensor DType.Float32 [| 3 |] [| 1.0f; 2.0f; 3.0f |]
    let key = RandomKey 3L
    let batch = vectorized 3 (fun x -> x + key.Normal [| 2 |]) xs

    for lane in 0..2 do
        same $"lane {lane}" (Primitive.entry 0 lane xs + key.Normal [| 2 |]) (Primitive.entry 0 lane batch)

[<Fact>]
let ``probabilities, ranges and numbers to fold in are batched`` () =
    let key = RandomKey 4L
    let p = tensor DType.Float64 [| 3 |] [| 0.2; 0.5; 0.9 |]
    let high = tensor DType.Int32 [| 3 |] [| 2; 100; -1 |]
    let low = tensor DType.Int32 [||] [| 0 |]

    for name, draw, over in
        [
            "bernoulli", (fun (x: Tensor) -> key.Bernoulli(x, [| 8 |])), p
            "uniform", (fun x -> key.Uniform(real 0.0, x, [| 8 |])), p
            "truncated normal", (fun x -> key.TruncatedNormal(real -1.0, x, [| 8 |])), p
            "integers", (fun x -> key.Integers(low, x, [| 8 |])), high
            "fold in", (fun x -> key.FoldIn(x).Data), high
            "seed", (fun x -> RandomKey.FromSeed(x).Data), high
            "seed 64", (fun x -> RandomKey.FromSeed(Operations.asType DType.Int64 x).Data), high
            "weights", (fun x -> key.Choice(2, [| 8 |], weights = Operations.stack 0 [| x; real 1.0 - x |])), p
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
let ``the key of a computed seed is the key of the seed, and folding in a computed number is folding in the number``
    ()
    =
    for value in [ 0L; 1L; 42L; 2147483647L; 4294967295L; 4294967296L; -1L; Int64.MinValue ] do
        let seed = tensor DType.Int64 [||] [| value |]

        let staged (f: Tensor -> Tensor) =
            let graph, captured =
                Record.stage "Compiled" [| seed.Type |] (fun inputs -> [| f inputs[0] |])

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

    let covariance (x: Tensor) =
        Operations.reshape [| 2; 2 |] (Operations.stack 0 [| 2.0 + x; x; x; 1.5 * one |])

    for name, draw in
        [
            "normal", (fun (x: Tensor) -> x + Tensor.Exp x * key.Normal([| 4 |], DType.Float64))
            "uniform", (fun x -> key.Uniform(-x, x * x + 1.0, [| 4 |]))
            "truncated normal", (fun x -> key.TruncatedNormal(-x, 1.0 + x, [| 4 |]))
            "multivariate normal",
            (fun x ->
                Operations.reshape
                    [| 4 |]
                    (key.MultivariateNormal(Operations.stack 0 [| x; -x |], covariance x, [| 2 |])))
            "permutation", (fun x -> Operations.reshape [| 4 |] (key.Permutation(x * table, 1, true)))
            "choice", (fun x -> Operations.reshape [| 4 |] (key.Choice(Tensor.Exp(x * table), [| 2 |])))
        ] do
        let f (x: Tensor) =
            Operations.sum null false (slope * draw x)

        let x, step = real 0.4, 1e-5

        let difference =
            (float (f (x + real step)) - float (f (x - real step))) / (2.0 * step)

        let _, tangents =
            Linearize.pushforward "Derivative" (fun a -> [| f a[0] |]) [| x |] [| one |]

        let reverse = float (gradient f x)
        Assert.True(abs difference > 0.01, $"{name} does not depend on its parameter")
        Assert.Equal(difference, reverse, 1e-7 * max 1.0 (abs difference))
        Assert.Equal(reverse, float tangents[0], 1e-12 * max 1.0 (abs reverse))

[<Fact>]
let ``second derivatives and series pass through draws`` () =
    let key = RandomKey 11L

    let f (x: Tensor) =
        Operations.sum null false (Tensor.Sin(key.Uniform(-x, x * x, [| 3 |])))

    let x = real 0.7

    let series =
        (Series.expand 2 (fun a -> [| f a[0] |]) [| [| x; real 1.0; null |] |])[0]

    Assert.Equal(float (gradient f x), float series[1], 1e-12)
    Assert.Equal(float (gradient (gradient f) x), 2.0 * float series[2], 1e-12)

let private keyOf (seed: int64) original =
    RandomKey(
        seed,
        if original then
            RandomLayout.Original
        else
            RandomLayout.Partitionable
    )

[<Property>]
let ``children differ from each other and from their parent``
    (seed: int64)
    (original: bool)
    (FsCheck.PositiveInt count)
    =
    let key = keyOf seed original

    let words =
        Array.append [| key |] (key.Split count) |> Array.map _.Data.ToArray<uint32>()

    (Array.distinct words).Length = count + 1

[<Property>]
let ``keys of a batch are the keys of a split, and in the partitionable layout those folded in``
    (seed: int64)
    (original: bool)
    =
    let key = keyOf seed original
    let children = key.Split 3 |> Array.map _.Data.ToArray<uint32>()
    let folded = [| for i in 0L .. 2L -> (key.FoldIn i).Data.ToArray<uint32>() |]

    Array.concat children = (key.SplitBatch 3).Data.ToArray<uint32>()
    && (original || children = folded)

[<Property>]
let ``a permutation holds every number once`` (seed: int64) (original: bool) (FsCheck.NonNegativeInt n) =
    Array.sort (((keyOf seed original).Permutation n).ToArray<int>()) = [| 0 .. n - 1 |]

[<Property(MaxTest = 20)>]
let ``a permutation of two rounds holds every number once`` (seed: int64) (original: bool) (FsCheck.NonNegativeInt n) =
    let n = 1626 + n
    Array.sort (((keyOf seed original).Permutation n).ToArray<int>()) = [| 0 .. n - 1 |]

[<Property>]
let ``choices without replacement are distinct, and none falls on a weight of zero`` (seed: int64) (original: bool) =
    let key = keyOf seed original
    let weights = tensor DType.Float32 [| 5 |] [| 0.0f; 3.0f; 0.0f; 1e-3f; 2.0f |]
    let distinct = (key.Choice(9, [| 7 |], false)).ToArray<int>()
    let weighted = (key.Choice(5, [| 3 |], false, weights)).ToArray<int>()
    let replaced = (key.Choice(5, [| 20 |], weights = weights)).ToArray<int>()

    (Array.distinct distinct).Length = 7
    && distinct |> Array.forall (fun i -> 0 <= i && i < 9)
    && Array.sort weighted = [| 1; 3; 4 |]
    && replaced |> Array.forall (fun i -> i = 1 || i = 3 || i = 4)

[<Property>]
let ``integers lie in their range, whatever its bounds``
    (seed: int64)
    (original: bool)
    (a: int64)
    (b: int64)
    (extreme: int)
    =
    let key = keyOf seed original

    let low, high =
        match extreme % 4 with
        | 0 -> a, b
        | 1 -> Int64.MinValue, b
        | 2 -> a, Int64.MaxValue
        | _ -> Int64.MinValue, Int64.MaxValue

    DType.table
    |> Array.filter (fun row -> DType.isInteger row.DType)
    |> Array.forall (fun row ->
        let bits = 8 * row.Bytes

        let least =
            if DType.isSigned row.DType then
                -(bigint.Pow(2I, bits - 1))
            else
                0I

        let most = least + bigint.Pow(2I, bits) - 1I
        let clip (x: bigint) = max least (min most x)
        // One past the largest is a bound too.
        let first, last =
            clip (bigint low), max (clip (bigint low)) (min (most + 1I) (bigint high) - 1I)

        let drawn = key.Integers(low, high, [| 4 |], row.DType)

        let values =
            if row.DType = DType.UInt64 then
                drawn.ToArray<uint64>() |> Array.map bigint
            else
                drawn.ToArray<int64>() |> Array.map bigint

        values |> Array.forall (fun x -> first <= x && x <= last))

[<Property>]
let ``integers of 64 bits are the words of two keys modulo their range``
    (seed: int64)
    (original: bool)
    (a: uint64)
    (b: uint64)
    =
    let key = keyOf seed original
    let keys = key.Split()
    let high, low = max a b, min a b
    let unsigned (x: uint64) = tensor DType.UInt64 [||] [| x |]
    let drawn = key.Integers(unsigned low, unsigned high, [| 4 |], DType.UInt64)

    let words (k: RandomKey) =
        k.Bits([| 4 |], DType.UInt64).ToArray<uint64>()

    let span = if high = low then 1UL else high - low
    let root = 4294967296UL % span
    let weight = root * root % span

    let expected =
        Array.map2 (fun h l -> low + ((h % span) * weight + l % span) % span) (words keys[0]) (words keys[1])

    drawn.ToArray<uint64>() = expected

[<Fact>]
let ``the whole range of 64 bits is the lower words`` () =
    let key = RandomKey 12L
    let low = tensor DType.Int64 [||] [| Int64.MinValue |]
    let past = tensor DType.UInt64 [||] [| 9223372036854775808UL |]
    let words = (key.Split()[1]).Bits([| 4 |], DType.UInt64).ToArray<uint64>()
    let drawn = key.Integers(low, past, [| 4 |], DType.Int64)
    Assert.Equal<int64[]>(words |> Array.map (fun w -> Int64.MinValue + int64 w), drawn.ToArray<int64>())

[<Fact>]
let ``truncated draws lie strictly inside their bounds`` () =
    let key = RandomKey 13L

    for dtype in [ DType.Float32; DType.Float64 ] do
        for lower, upper in [ -2.0, 2.0; 0.0, 1e-3; -infinity, 0.0; 5.0, infinity; 9.0, 10.0 ] do
            let drawn = numbers (key.TruncatedNormal(lower, upper, [| 1000 |], dtype))
            Assert.All(drawn, fun x -> Assert.True(lower < x && x < upper, $"{x} in {lower}..{upper}"))

let private fails<'E when 'E :> exn> (f: unit -> obj) (words: string) =
    let error = Assert.ThrowsAny<'E>(fun () -> f () |> ignore)
    Assert.Contains(words, error.Message)

[<Fact>]
let ``mistakes are named`` () =
    let key = RandomKey 0L
    let some = real 0.5
    fails<ShapeException> (fun () -> RandomKey(some, RandomLayout.Original)) "FromSeed"
    fails<ArgumentOutOfRangeException> (fun () -> RandomKey(0L, enum 7)) "layout"
    fails<ShapeException> (fun () -> (key.SplitBatch 3).Normal()) "Vectorize"
    fails<ShapeException> (fun () -> key.Normal [| -1 |]) "negative"
    fails<DTypeException> (fun () -> key.Normal(dtype = DType.Int32)) "float32 or float64"
    fails<DTypeException> (fun () -> key.Bits([| 1 |], DType.Int32)) "uint8"
    fails<DTypeException> (fun () -> key.Integers(0L, 1L, dtype = DType.Float32)) "integers"
    fails<DTypeException> (fun () -> key.Integers(some, some)) "integers"
    fails<DTypeException> (fun () -> key.FoldIn some) "integer"
    fails<DTypeException> (fun () -> RandomKey.FromSeed some) "integer"
    fails<ArgumentOutOfRangeException> (fun () -> key.FoldIn 4294967296L) "number"
    fails<ArgumentOutOfRangeException> (fun () -> key.Split -1) "count"
    fails<ShapeException> (fun () -> key.Choice(3, [| 4 |], false)) "without replacement"
    fails<ShapeException> (fun () -> key.Choice(0, [| 1 |])) "nothing"
    fails<ShapeException> (fun () -> key.Choice(3, [| 4 |], weights = some)) "weights"
    fails<DTypeException> (fun () -> key.Rademacher(dtype = DType.UInt8)) "-1"
    fails<ShapeException> (fun () -> key.Categorical(key.Normal [| 2; 3 |], shape = [| 3 |])) "does not end"
    fails<ShapeException> (fun () -> key.MultivariateNormal(key.Normal [| 2 |], key.Normal [| 3; 3 |])) "covariance"
    fails<ShapeException> (fun () -> key.Uniform(key.Normal [| 2 |], 1.0, [| 3 |])) "broadcast"
    fails<ArgumentNullException> (fun () -> key.Bernoulli null) "probability"
    fails<ArgumentNullException> (fun () -> RandomReals.Normal(null: RandomKey)) "key"
