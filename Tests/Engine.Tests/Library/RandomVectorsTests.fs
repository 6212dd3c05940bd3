/// Keys and draws against the values that JAX's documentation and tests print, and against an independent implementation.
module Pipeline.Engine.Tests.RandomVectorsTests

open System
open System.IO
open System.Globalization
open System.Text.RegularExpressions
open Pipeline
open Pipeline.Engine
open Xunit

let private original (seed: int64) = RandomKey(seed, RandomLayout.Original)
let private numbers (a: Tensor) = Golden.numbers a.Array

/// A probability whose uniform is float32, as JAX's default is.
let private float32Of (p: float) = Tensor(NDArray.scalar DType.Float32 p)

let private near digits (expected: float list) (drawn: Tensor) =
    let actual = numbers drawn
    Assert.Equal(expected.Length, actual.Length)

    for e, a in Seq.zip expected actual do
        Assert.True(abs (e - a) <= 0.6 * Math.Pow(10.0, -digits), $"expected {e}, drawn {a}")

let private equal (expected: uint64 list) (drawn: Tensor) = Assert.Equal<uint64[]>(Array.ofList expected, drawn.ToArray<uint64>())

[<Fact>]
let ``bits and keys of the original layout are those of JAX's tests`` () =
    let key = original 1701L
    equal [ 216UL; 115UL; 43UL ] (key.Bits([| 3 |], DType.UInt8))
    equal [ 41682UL; 1300UL; 55017UL ] (key.Bits([| 3 |], DType.UInt16))
    equal [ 56197195UL; 4200222568UL; 961309823UL ] (key.Bits [| 3 |])

    equal [ 3982329540505020460UL; 16822122385914693683UL; 7882654074788531506UL ] (key.Bits([| 3 |], DType.UInt64))

    let key = original 0L

    equal
        [
            2285895361UL
            1501764800UL
            1518642379UL
            4090693311UL
            433833334UL
            4221794875UL
            839183663UL
            3740430601UL
        ]
        (key.SplitBatch 4).Data

    equal [ 2285895361UL; 433833334UL ] (key.FoldIn 4L).Data
    equal [ 2UL; 1UL; 3UL; 6UL; 1UL; 5UL; 6UL; 3UL; 4UL ] (key.Integers([| 3; 3 |], 0L, 8L))
    equal [ 7UL; 2UL; 6UL; 2UL; 1UL; 0UL; 6UL; 7UL; 7UL ] (key.Integers<int64>([| 3; 3 |], 0L, 8L))

/// Adler-32 of a name: JAX's tests seed each distribution with it.
let private seedOf (name: string) =
    let mutable a, b = 1, 0

    for c in name + "threefry2x32" do
        a <- (a + int c) % 65521
        b <- (b + a) % 65521

    int64 b * 65536L + int64 a

[<Fact>]
let ``draws of the original layout are those of JAX's tests`` () =
    let key name = original (seedOf name)
    Assert.Equal(942802475L, seedOf "bits")
    equal [ 1978747883UL; 4134381225UL; 3628107870UL; 689687174UL; 2788938207UL ] ((key "bits").Bits [| 5 |])
    near 6.0 [ 0.298671; 0.073213; 0.873356; 0.260549; 0.412797 ] ((key "uniform").Uniform<float32> [| 5 |])
    near 6.0 [ -1.173234; -1.511662; 0.070593; -0.099764; 1.052845 ] ((key "normal").Normal<float32> [| 5 |])
    equal [ 0UL; 5UL; 7UL; 7UL; 5UL ] ((key "randint").Integers([| 5 |], 0L, 10L))
    equal [ 0UL; 1UL; 1UL; 1UL; 0UL ] ((key "bernoulli").Bernoulli([| 5 |], float32Of 0.5))
    near 6.0 [ 2.06701; 0.911726; 0.145736; 0.185427; -0.00711 ] ((key "gumbel").Gumbel<float32> [| 5 |])
    near 6.0 [ 0.526067; 0.043046; 0.039932; 0.46427; 0.123886 ] ((key "exponential").Exponential<float32> [| 5 |])
    near 6.0 [ 0.578939; -0.204902; 0.555733; 0.911053; -0.96456 ] ((key "laplace").Laplace<float32> [| 5 |])
    // The last digit printed is one off in two of them.
    near 5.7 [ 0.19611; -1.709053; -0.274093; -0.208322; -1.675489 ] ((key "logistic").Logistic<float32> [| 5 |])
    // JAX 0.10.2 draws -10.169687 where its tests, of an older tangent, say -10.169713.
    near 5.0 [ -0.088416; -10.169687; 3.49677; -1.18056; 0.34556 ] ((key "cauchy").Cauchy<float32> [| 5 |])
    near 8.0 [ -0.18471177 ] ((original 42L).Normal<float32>())
    near 6.0 [ -0.1470326; 0.5524756; 1.648498 ] ((original 123L).Normal<float32> [| 3 |])

[<Fact>]
let ``draws of the partitionable layout are those of JAX's documentation`` () =
    let key = RandomKey 0L
    equal [ 1797259609UL; 2579123966UL ] ((key.Split())[0]).Data
    equal [ 928981903UL; 3453687069UL ] (key.FoldIn 1L).Data
    near 6.0 [ 0.947667 ] (key.Uniform<float32>())
    near 8.0 [ 0.00729382 ] ((key.Split()[1]).Uniform<float32>())
    near 7.0 [ 0.947667; 0.9785799; 0.33229148 ] (key.Uniform<float32> [| 3 |])

    near 2.0 [ -0.23; 3.6; 2.33; 1.22; -0.99; 1.72; -8.5; 5.5; 3.98 ] ((RandomKey 42L).Uniform<float32>([| 3; 3 |], -10.0, 10.0))

    let z = key.Normal<float32> [| 3; 100 |]
    let centred = z - ReductionOperations.mean [| 1 |] true z
    let covariance = ProductOperations.dot centred (ShapeOperations.transpose null centred) / 99.0
    near 2.0 [ 0.9; 0.03; 0.1; 0.03; 1.0; 0.01; 0.1; 0.01; 0.85 ] covariance

[<Fact>]
let ``without 64-bit types JAX keeps the low word of a seed, as a seed of 32 bits does`` () =
    let int32Seed = Tensor(NDArray.ofData DType.Int32 [||] [| -1 |])
    let int64Seed = Tensor(NDArray.ofData DType.Int64 [||] [| -1L |])
    equal [ 0UL; 4294967295UL ] (RandomKey(int64 (uint32 -1))).Data
    equal [ 0UL; 4294967295UL ] (RandomKey.FromSeed int32Seed).Data
    equal [ 4294967295UL; 4294967295UL ] (RandomKey -1L).Data
    equal [ 4294967295UL; 4294967295UL ] (RandomKey.FromSeed int64Seed).Data

/// The lists of a line, each with the label before it.
let private labelled (line: string) = [
    for m in Regex.Matches(line, @"([^\[\]]+?) \[([^\[\]]*)\]") do
        let values = m.Groups[2].Value.Replace("'", "").Split(',')
        m.Groups[1].Value.Trim(), [| for v in values -> Double.Parse(v, CultureInfo.InvariantCulture) |]
]

[<Fact>]
let ``draws meet the generated vectors`` () =
    let mutable layout = RandomLayout.Partitionable
    let mutable key = RandomKey 0L
    let mutable first = ""
    let mutable compared = 0

    let weights = Tensor(NDArray.ofData DType.Float32 [| 4 |] [| 0.1f; 0.2f; 0.3f; 0.4f |])

    let logits = Tensor(NDArray.ofData DType.Float32 [| 3 |] [| 0.0f; 1.0f; 2.0f |])

    let draw label : Tensor =
        match label with
        | "uniform f32(5)" -> key.Uniform<float32> [| 5 |]
        | "normal f32(5)" -> key.Normal<float32> [| 5 |]
        | "f64(3)" when first = "uniform f32(5)" -> key.Uniform [| 3 |]
        | "f64(3)" -> key.Normal [| 3 |]
        | "randint(0,100)(5)" -> key.Integers([| 5 |], 0L, 100L)
        | "perm(10)" -> key.Permutation 10
        | "perm(2000)[:5]" -> ShapeOperations.slice 0 0 5 1 (key.Permutation 2000)
        | "bernoulli .3 (8)" -> key.Bernoulli([| 8 |], float32Of 0.3)
        | "shape(8,)" -> key.Categorical([| 8 |], logits)
        | "gumbel(3)" -> key.Gumbel<float32> [| 3 |]
        | "choice(5,(6,))" -> key.Choice([| 6 |], 5)
        | "p" -> key.Choice([| 6 |], 4, weights = weights)
        | "norepl" -> key.Choice([| 4 |], 10, false)
        | _ -> null

    for line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "threefry-vectors.txt")) do
        if line.StartsWith "### original" then layout <- RandomLayout.Original
        elif line.StartsWith "seed" then key <- RandomKey(Int64.Parse(line.Split(' ')[1]), layout)

        // The label of the slice holds brackets itself.
        let line = line.Replace("perm(2000)[:5]", "perm(2000)first5")

        for label, expected in labelled line do
            let label = label.Replace("first5", "[:5]")

            if label.EndsWith "f32(5)" then first <- label

            match draw label with
            | null -> ()
            | drawn ->
                for e, a in Seq.zip expected (numbers drawn) do
                    let spacing =
                        if drawn.DType = DType.Float32 then abs e * 2.4e-7
                        elif drawn.DType = DType.Float64 then abs e * 4.5e-16
                        else 0.0

                    Assert.True(Tolerance.within spacing e a, $"{line}: {label} is {a}, not {e}")

                Assert.Equal(expected.Length, drawn.Size)
                compared <- compared + expected.Length

    // Three seeds in two layouts, 5 + 5 + 3 + 3 + 5 + 10 + 5 + 8 + 8 + 3 + 6 + 6 + 4 numbers each.
    Assert.Equal(6 * 71, compared)
