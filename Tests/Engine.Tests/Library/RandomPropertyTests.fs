/// What holds of keys and draws whatever the seed, and how mistakes are named.
module Pipeline.Engine.Tests.RandomPropertyTests

open System
open FsCheck.Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests.RandomDraws
open Xunit

let private keyOf (seed: int64) original = RandomKey(seed, if original then RandomLayout.Original else RandomLayout.Partitionable)

[<Property>]
let ``children differ from each other and from their parent`` (seed: int64) (original: bool) (FsCheck.PositiveInt count) =
    let key = keyOf seed original

    let words = Array.append [| key |] (key.Split count) |> Array.map _.Data.ToArray<uint32>()

    (Array.distinct words).Length = count + 1

[<Property>]
let ``keys of a batch are the keys of a split, and in the partitionable layout those folded in`` (seed: int64) (original: bool) =
    let key = keyOf seed original
    let children = key.Split 3 |> Array.map _.Data.ToArray<uint32>()
    let folded = [| for i in 0L .. 2L -> (key.FoldIn i).Data.ToArray<uint32>() |]

    Array.concat children = (key.SplitBatch 3).Data.ToArray<uint32>() && (original || children = folded)

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
    let distinct = (key.Choice([| 7 |], 9, false)).ToArray<int>()
    let weighted = (key.Choice([| 3 |], 5, false, weights)).ToArray<int>()
    let replaced = (key.Choice([| 20 |], 5, weights = weights)).ToArray<int>()

    (Array.distinct distinct).Length = 7
    && distinct |> Array.forall (fun i -> 0 <= i && i < 9)
    && Array.sort weighted = [| 1; 3; 4 |]
    && replaced |> Array.forall (fun i -> i = 1 || i = 3 || i = 4)

[<Property>]
let ``integers lie in their range, whatever its bounds`` (seed: int64) (original: bool) (a: int64) (b: int64) (extreme: int) =
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

        let least = if DType.isSigned row.DType then -(bigint.Pow(2I, bits - 1)) else 0I

        let most = least + bigint.Pow(2I, bits) - 1I
        let clip (x: bigint) = max least (min most x)
        // One past the largest is a bound too.
        let first, last = clip (bigint low), max (clip (bigint low)) (min (most + 1I) (bigint high) - 1I)

        let drawn = key.Integers([| 4 |], low, high, row.DType)

        let values =
            if row.DType = DType.UInt64 then
                drawn.ToArray<uint64>() |> Array.map bigint
            else
                drawn.ToArray<int64>() |> Array.map bigint

        values |> Array.forall (fun x -> first <= x && x <= last))

[<Property>]
let ``integers of 64 bits are the words of two keys modulo their range`` (seed: int64) (original: bool) (a: uint64) (b: uint64) =
    let key = keyOf seed original
    let keys = key.Split()
    let high, low = max a b, min a b
    let unsigned (x: uint64) = tensor DType.UInt64 [||] [| x |]
    let drawn = key.Integers([| 4 |], unsigned low, unsigned high)

    let words (k: RandomKey) = k.Bits([| 4 |], DType.UInt64).ToArray<uint64>()

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

    // A plain number, which takes the other bound's type.
    let past = Tensor(NDArray.ofData DType.UInt64 [||] [| 9223372036854775808UL |], Weak = true)

    let words = (key.Split()[1]).Bits([| 4 |], DType.UInt64).ToArray<uint64>()
    let drawn = key.Integers([| 4 |], low, past)
    Assert.Equal<int64[]>(words |> Array.map (fun w -> Int64.MinValue + int64 w), drawn.ToArray<int64>())

[<Fact>]
let ``truncated draws lie strictly inside their bounds`` () =
    let key = RandomKey 13L

    for dtype in [ DType.Float32; DType.Float64 ] do
        for lower, upper in [ -2.0, 2.0; 0.0, 1e-3; -infinity, 0.0; 5.0, infinity; 9.0, 10.0 ] do
            let drawn = numbers (key.TruncatedNormal([| 1000 |], lower, upper, dtype))
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
    fails<DTypeException> (fun () -> key.Integers([||], 0L, 1L, DType.Float32)) "integers"
    fails<DTypeException> (fun () -> key.Integers(some, some)) "integers"
    fails<DTypeException> (fun () -> key.FoldIn some) "integer"
    fails<DTypeException> (fun () -> RandomKey.FromSeed some) "integer"
    fails<ArgumentOutOfRangeException> (fun () -> key.FoldIn 4294967296L) "number"
    fails<ArgumentOutOfRangeException> (fun () -> key.Split -1) "count"
    fails<ShapeException> (fun () -> key.Choice([| 4 |], 3, false)) "without replacement"
    fails<ShapeException> (fun () -> key.Choice([| 1 |], 0)) "nothing"
    fails<ShapeException> (fun () -> key.Choice([| 4 |], 3, weights = some)) "weights"
    fails<DTypeException> (fun () -> key.Rademacher(dtype = DType.UInt8)) "-1"
    fails<ShapeException> (fun () -> key.Categorical([| 3 |], key.Normal [| 2; 3 |])) "does not end"
    fails<ShapeException> (fun () -> key.MultivariateNormal(key.Normal [| 2 |], key.Normal [| 3; 3 |])) "covariance"
    fails<ShapeException> (fun () -> key.Uniform([| 3 |], key.Normal [| 2 |], 1.0)) "broadcast"
    fails<ArgumentNullException> (fun () -> key.Bernoulli null) "probability"
    fails<ArgumentNullException> (fun () -> RandomNormals.Normal(null: RandomKey)) "key"

[<Fact>]
let ``in F# too what is not said is float64, a type argument says another, and so does another tensor`` () =
    let key = RandomKey 0L
    let like = zerosOf<float32> [ 2; 3 ]

    for made, right in
        [
            zeros [ 2 ], DType.Float64
            ones [ 2 ], DType.Float64
            full [ 2 ] 0.5, DType.Float64
            full [ 2 ] 5, DType.Int32
            key.Normal [| 2 |], DType.Float64
            key.Uniform([| 2 |], -1.0, 1.0), DType.Float64
            like, DType.Float32
            onesOf<float32> [ 2 ], DType.Float32
            zerosLike like, DType.Float32
            onesLike like, DType.Float32
            fullLike like 2.0, DType.Float32
            key.Normal<float32> [| 2 |], DType.Float32
            key.Uniform<float32>([| 2 |], -1.0, 1.0), DType.Float32
            key.Integers<int64>([| 2 |], 0L, 5L), DType.Int64
        ] do
        Assert.Equal(right, made.DType)

    Assert.Equal<int[]>([| 2; 3 |], (fullLike like 2.0).Dims)
