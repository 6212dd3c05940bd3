/// Sums of any length are right to 16 ulp of the sum of magnitudes, compiled and eager: totals, means, products, norms, variances, along any axes.
module Pipeline.Engine.Tests.SumAccuracyTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

let private float64 (x: Tensor) = Operations.asType DType.Float64 x
let private numbers (x: Tensor) = (float64 x).ToArray<float>()

/// Every element of what a function makes of float32 data, against the same function of the data in float64: the eager evaluator adds
/// float64 numbers pairwise. What the function makes of magnitudes is its sum of magnitudes.
let private isRight (what: string) (ulps: float) (f: Tensor -> Tensor) (x: Tensor) =
    let expected, scale = numbers (f (float64 x)), numbers (f (abs (float64 x)))

    for kind, actual in [ "eager", f x; "compiled", jit f x ] do
        Assert.Equal(DType.Float32, actual.DType)
        let actual = numbers actual

        for i in 0 .. expected.Length - 1 do
            let error = abs (actual[i] - expected[i]) / scale[i] * 8388608.0

            if not (error <= ulps) then
                Assert.Fail $"{what}, {kind}: {actual[i]} for {expected[i]}, which is {error} ulp of the sum of magnitudes."

let private random = Random 5

let private data: (string * (int -> Tensor)) list = [
    "0.1", (fun n -> vector (Array.create n 0.1f))
    "uniform", (fun n -> vector (Array.init n (fun _ -> random.NextSingle())))
    "signed", (fun n -> vector (Array.init n (fun _ -> random.NextSingle() - 0.5f)))
]

[<Fact>]
let ``2^24 times 0.1f sums to 1677721.6, compiled and eager, to 16 ulp`` () =
    let x = vector (Array.create (1 <<< 24) 0.1f)

    for total in [ sum x; jit sum x ] do
        Assert.Equal(1677721.6, total.ToDouble(), 16.0 * 0.125)

[<Fact>]
let ``sums of 10^7 and 10^8 numbers are right to 16 ulp of the sum of magnitudes`` () =
    for name, make in data do
        let x = make 10_000_000
        isRight $"sum of {name}" 16.0 sum x
        isRight $"product of {name}" 16.0 (fun x -> dot x x) x

    let x = vector (Array.create 100_000_000 0.1f)

    for total in [ sum x; jit sum x; jit (fun x -> dot x x * 10.0) x ] do
        Assert.InRange(total.ToDouble() / 10_000_000.0 - 1.0, -16.0 / 8388608.0, 16.0 / 8388608.0)

/// Sums of n numbers in all forms that programs take; n is a multiple of 2,400.
let private forms: (string * (int -> Tensor -> Tensor)) list =
    let over shape axes n (x: Tensor) =
        let given = shape |> List.map (fun d -> if d = 0 then n / List.reduce (*) (List.map (max 1) shape) else d)

        sumOver axes (reshape given x)

    [
        "sum", (fun _ -> sum)
        "mean", (fun _ -> mean)
        "dot", (fun _ x -> dot x x)
        "norm", (fun _ -> norm)
        "variance", (fun _ x -> variance (concatenate 0 [ abs x; 0.5 * abs x ]))
        "fused", (fun _ x -> sum (0.5 * x * x + 0.25 * abs x))
        "two sums of one pass", (fun _ x -> stack 0 [ sum x; dot x x; sum (abs x) ])
        "leading axis", over [ 0; 5 ] [ 0 ]
        "leading axis of many columns", over [ 0; 240 ] [ 0 ]
        "last axis", over [ 5; 0 ] [ 1 ]
        "last axis of many rows", over [ 240; 0 ] [ 1 ]
        "middle axis", over [ 3; 0; 4 ] [ 1 ]
        "outer axes", over [ 0; 5; 40 ] [ 0; 2 ]
        "transposed", (fun n x -> sumOver [ 1 ] (transpose (reshape [ n / 24; 24 ] x)))
        "rows and all at once",
        (fun n x ->
            let m = reshape [ n / 40; 40 ] x
            stack 0 [ sum (sumOver [ 0 ] m * 2.0); sum m; sum (sumOver [ 1 ] m) ])
        "columns and all at once",
        (fun n x ->
            let m = transpose (reshape [ 2400; n / 2400 ] x)
            stack 0 [ sum m; sum (square (m + 1.0)) ])
        "gathered", (fun n x -> sum (take 0 (vector (Array.init n (fun i -> i * 7 % n))) x))
        "matrix and vector", (fun n x -> matmul (reshape [ 4; n / 4 ] x) (reshape [ n / 4; 4 ] x).[*, 1])
        "thin matrices", (fun n x -> matmul (transpose (reshape [ n / 5; 5 ] x)) (reshape [ n / 5; 5 ] x))
        "two rows and many columns", (fun n x -> matmul (reshape [ 2; n / 16 ] x.[.. n / 8 - 1]) (reshape [ n / 16; 16 ] x))
        "in a loop", (fun _ x -> fst (scan (fun (s: Tensor) w -> s * 0.5 + w * sum x, s) (sum x * 0.0) (x.[..3])))
        "gradient", (fun _ x -> grad (fun (w: Tensor) -> sum (w * x)) (abs x.[0..0]).[0])
        "gradient of a product",
        (fun n x ->
            let m = reshape [ n / 8; 8 ] x
            grad (fun (w: Tensor) -> sum (square (matmul m w))) (abs m.[0, *]))
    ]

[<Fact>]
let ``sums in every form are right to 16 ulp of the sum of magnitudes`` () =
    for name, make in data do
        let x = make 1_200_000

        for form, f in forms do
            // A product of sums has the errors of both.
            isRight $"{form} of {name}" (if form.Contains "gradient of" || form.Contains "loop" then 32.0 else 16.0) (f 1_200_000) x

[<Fact>]
let ``matrix products over long axes are as good as chains of 4,096 terms`` () =
    for k in [ 4096; 4097; 12_288; 100_000 ] do
        for name, make in data do
            let product (x: Tensor) = matmul (reshape [ 9; k ] x) (transpose (reshape [ 9; k ] x))

            // A chain of n additions is off by n / 8 ulp at worst where all terms are equal.
            isRight $"{k} of {name}" (4096.0 / 8.0 + 8.0) product (make (9 * k))

/// The sum and what of it is too small for a float64.
let private compensated (x: float[]) =
    let mutable total, rest = 0.0, 0.0

    for v in x do
        let next = total + v
        let back = next - total
        rest <- rest + ((total - (next - back)) + (v - back))
        total <- next

    total + rest

[<Fact>]
let ``float64 sums are right to 16 ulp of the sum of magnitudes`` () =
    let n = 4_000_000

    for values in [ Array.create n 0.1; Array.init n (fun _ -> random.NextDouble() - 0.25) ] do
        let x = vector values
        let scale = Array.sumBy abs values

        for name, f in [ "sum", sum; "dot", (fun x -> dot x (Tensor.Exp(0.0 * x))) ] do
            for kind, actual in [ "eager", f x; "compiled", jit f x ] do
                let error = abs (actual.ToDouble() - compensated values) / scale * 4503599627370496.0

                Assert.True(error <= 16.0, $"{name}, {kind}: {error} ulp.")

[<Fact>]
let ``running sums do not gather the errors of their additions`` () =
    let n = 4_000_000
    let values = Array.create n 0.1
    let x = vector values

    for running in [ ReductionOperations.cumulativeSum 0 false x; jit (ReductionOperations.cumulativeSum 0 false) x ] do
        let last = running[n - 1].ToDouble()
        Assert.Equal(compensated values, last, 1e-9)

    for name, make in data do
        isRight $"running sums of {name}" 16.0 (ReductionOperations.cumulativeSum 0 false) (make n)
        let columns x = reshape [ 4; n / 8; 2 ] x
        isRight $"running sums of {name}, from the end" 16.0 (columns >> ReductionOperations.cumulativeSum 1 true) (make n)

    for length in [ 4; 100 ] do
        let values =
            Array.init length (fun i ->
                if i = 1 then infinity
                elif i = 3 then -infinity
                else 1.0)

        let expected =
            Array.init length (fun i ->
                if i = 0 then 1.0
                elif i < 3 then infinity
                else nan)

        for running in [ ReductionOperations.cumulativeSum 0 false; jit (ReductionOperations.cumulativeSum 0 false) ] do
            Assert.Equal<float>(expected, (running (vector values)).ToArray<float>())

[<Fact>]
let ``long sums keep infinities and NaN`` () =
    let n = 100_000

    for at in [ 0; 4095; 50_000; n - 1 ] do
        for value in [ infinityf; -infinityf; nanf ] do
            let x = vector (Array.init n (fun i -> if i = at then value else 1.0f))

            for total in [ sum x; jit sum x; jit (fun x -> dot x x) x ] do
                let expected = if total.ToDouble() > 0.0 && value < 0.0f then -value else value

                Assert.Equal(float expected, total.ToDouble())
