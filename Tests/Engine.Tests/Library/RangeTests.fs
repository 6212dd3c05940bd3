/// Norms, means, logarithms of sums and series at the ends of the range, as users call them.
module Pipeline.Tests.RangeTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp

let private near (tolerance: float) (expected: float[]) (actual: Tensor) =
    let actual = actual.ToArray<float>()
    Assert.Equal(expected.Length, actual.Length)

    for i in 0 .. expected.Length - 1 do
        Assert.True(Tolerance.relative tolerance expected[i] actual[i], $"[{i}] is {actual[i]:R} instead of {expected[i]:R}")

let private norm (x: Tensor) = NormOperations.norm null false x

/// Eager and compiled.
let private both (f: Tensor -> Tensor) (x: Tensor) check =
    check (f x)
    check (jit f x)

[<Fact>]
let ``second derivatives of the logarithm of something tiny, in every mode`` () =
    let f (x: Tensor) = log (1e-200 * x)
    let one = scalar 1.0

    for g in [ diff (diff f); grad (grad f); diff (grad f); grad (diff f); diffn 2 f ] do
        both g one (near 1e-14 [| -1.0 |])

    for g in [ diff (diff (diff f)); grad (grad (grad f)); diffn 3 f ] do
        both g one (near 1e-14 [| 2.0 |])

    // The log-density of a normal in float32, ten deviations out.
    let density (m: Tensor) = log (exp (-(m - 10.0) * (m - 10.0) / 2.0))

    for g in [ diff (diff density); grad (grad density); diffn 2 density ] do
        both g (scalar 0.0f) (near 1e-5 [| -1.0 |])

[<Fact>]
let ``norms scale inside, with gradients of unit length`` () =
    for x, size in
        [
            vector [ 3e200; 4e200 ], 5e200
            vector [ 5e-200; 1.2e-199 ], 1.3e-199
            vector [ 3e-23f; 4e-23f ], float (float32 5e-23)
            vector [ 1e20f; 1.0f; 1.0f ], float 1e20f
        ] do
        let entries = x.ToArray<float>()
        let tolerance = if x.DType = DType.Float32 then 2e-7 else 3e-16
        both norm x (near tolerance [| size |])
        both (grad norm) x (near tolerance (entries |> Array.map (fun e -> e / size)))

        both (fun x -> grad (fun x -> sum (grad norm x)) x) x (fun h -> Assert.True(h.ToArray<float>() |> Array.forall Double.IsFinite))

    both (grad norm) (vector [ 0.0; 0.0 ]) (near 0.0 [| 0.0; 0.0 |])

[<Fact>]
let ``norms and deviations along axes scale inside`` () =
    let x = ShapeOperations.reshape [| 2; 2 |] (vector [ 3e200; 4e200; 5e-200; 1.2e-199 ])
    both (NormOperations.norm [| 1 |] false) x (near 3e-16 [| 5e200; 1.3e-199 |])
    both (NormOperations.norm [| -1 |] true) x (near 3e-16 [| 5e200; 1.3e-199 |])
    both (grad (fun x -> sum (NormOperations.norm [| 1 |] false x))) x (near 3e-16 [| 0.6; 0.8; 5.0 / 13.0; 12.0 / 13.0 |])

    let deviation (x: Tensor) = ReductionOperations.standardDeviation "StandardDeviation" null false 0 x

    both deviation (vector [ 1e200; 3e200 ]) (near 3e-16 [| 1e200 |])
    both (grad deviation) (vector [ 1e200; 3e200 ]) (near 3e-16 [| -0.5; 0.5 |])
    both deviation (vector [ 1e-200; 3e-200 ]) (near 3e-16 [| 1e-200 |])
    both deviation (scalar 3.0) (near 0.0 [| 0.0 |])
    both norm (scalar -3.0) (near 0.0 [| 3.0 |])
    both (grad deviation) (vector [ 2.0; 2.0 ]) (near 0.0 [| 0.0; 0.0 |])

[<Fact>]
let ``means of the largest and the smallest numbers, of any count, along any axis`` () =
    let mean (x: Tensor) = ReductionOperations.mean null false x
    let loss (x: Tensor) = mean (square (x + 1.0))
    let columns (x: Tensor) = ReductionOperations.mean [| 0 |] false x
    let mutable compared = 0

    for count in [ 2; 3; 63; 64; 1000; 5000 ] do
        for value in [ Double.Epsilon; 1e-320; 1e-300; 1.0; 1e300; Double.MaxValue ] do
            let x = ShapeOperations.broadcastTo [| count |] (scalar value)
            both mean x (near 1e-15 [| value |])
            let rows = ShapeOperations.broadcastTo [| count; 2 |] (vector [ value; 1.0 ])
            both columns rows (near 1e-15 [| value; 1.0 |])
            compared <- compared + 3

        for value in [ 1e-45f; 1e-40f; 1e-36f; 1.0f; 1e36f; Single.MaxValue ] do
            let x = ShapeOperations.broadcastTo [| count |] (scalar value)
            both mean x (near 6e-7 [| float value |])
            compared <- compared + 1

        // Of what is not stored, and infinite and undefined numbers as they are.
        let x = ShapeOperations.broadcastTo [| count |] (scalar 1.2e154)
        both loss x (near 1e-15 [| 1.44e308 |])
        both (grad loss) x (near 1e-15 (Array.create count (2.4e154 / float count)))

        for value in [ infinity; -infinity; nan ] do
            both mean (ShapeOperations.concatenate 0 [| x; vector [ value ] |]) (fun y ->
                Assert.Equal<float>([| value |], y.ToArray<float>()))

    Assert.Equal(6 * 24, compared)

[<Fact>]
let ``the mean of a loss in a compiled loop, past the largest number and back`` () =
    let x = ShapeOperations.broadcastTo [| 1000; 2 |] (vector [ 1.0; 2.0 ])

    let run (scale: Tensor) =
        scalar 0.0
        |> forLoop 0 3 (fun _ (total: Tensor) -> total / 2.0 + mean (square (dot x (vector [ 1.0; 0.0 ]) * scale)))

    for scale, expected in [ 1.0, 1.75; 1e154, 1.75e308; 1e-154, 1.75e-308 ] do
        both run (scalar scale) (near 1e-15 [| expected |])

[<Fact>]
let ``means of numbers near the largest`` () =
    let mean (x: Tensor) = ReductionOperations.mean null false x
    let most = Double.MaxValue
    both mean (vector [ most; most; most ]) (near 3e-16 [| most |])
    both mean (vector [ Single.MaxValue; Single.MaxValue ]) (near 1e-7 [| float Single.MaxValue |])
    both (grad mean) (vector [ most; most ]) (near 0.0 [| 0.5; 0.5 |])
    both variance (vector [ 1e154; -1e154 ]) (near 3e-16 [| 1e308 |])

/// v and -v by turns, of an even count.
let private alternating (dtype: DType) count (v: float) =
    let signs = vector (Array.init count (fun i -> if i % 2 = 0 then 1.0 else -1.0))
    Operations.asType dtype (v * signs)

/// With NaN before the first and after the last.
let private amidNaN (x: Tensor) =
    let nothing = Operations.fullLike x.[0..0] nan
    ShapeOperations.concatenate 0 [| nothing; x; nothing |]

[<Fact>]
let ``variances, deviations and nan-means of the largest and the smallest numbers, of any count, along any axis, with gradients`` () =
    let variance (x: Tensor) = ReductionOperations.variance "Variance" null false 0 x
    let ofSample (x: Tensor) = ReductionOperations.variance "Variance" null false 1 x
    let nanVariance (x: Tensor) = ReductionOperations.nanVariance "NanVariance" null false 0 x
    let deviation (x: Tensor) = ReductionOperations.standardDeviation "StandardDeviation" null false 0 x
    let nanDeviation (x: Tensor) = ReductionOperations.nanStandardDeviation "NanStandardDeviation" null false 0 x
    let nanMean (x: Tensor) = ReductionOperations.nanMean null false x
    let mutable compared = 0

    let single = [ 1e-45; 1e-40; 3e-23; 1e-20; 1e-18; 1.0; 1e18; 1.5e19; 1e30; float Single.MaxValue ]
    let double = [ Double.Epsilon; 1e-320; 1e-300; 3e-162; 1e-160; 1e-153; 1.0; 1e153; 1.3e154; 1e300; Double.MaxValue ]

    for dtype, values, tolerance, least, greatest in
        [
            DType.Float64, double, Math.ScaleB(16.0, -52), Double.Epsilon, Double.MaxValue
            DType.Float32, single, Math.ScaleB(16.0, -23), float Single.Epsilon, float Single.MaxValue
        ] do
        for count in [ 2; 64; 5000 ] do
            for v in values do
                let x = alternating dtype count v
                let v = abs (x[0].ToDouble())

                // To 16 ulp, as any sum, or to two of the smallest numbers.
                let close what (expected: float[]) (actual: Tensor) =
                    let actual = actual.ToArray<float>()
                    Assert.Equal(expected.Length, actual.Length)

                    for i in 0 .. expected.Length - 1 do
                        compared <- compared + 1
                        let e = if abs expected[i] > greatest then infinity * float (sign expected[i]) else expected[i]

                        let isRight = e = actual[i] || (Double.IsFinite e && abs (actual[i] - e) <= max (tolerance * abs e) (2.0 * least))

                        Assert.True(isRight, $"{what} of {count} {v:R} ({dtype})[{i}] is {actual[i]:R} instead of {e:R}")

                let with' = amidNaN x
                let isNaN = [| 0; count + 1 |]

                let padded (g: float[]) = Array.init (count + 2) (fun i -> if Array.contains i isNaN then 0.0 else g[i - 1])

                let slopes factor = Array.init count (fun i -> (if i % 2 = 0 then v else -v) * factor)
                let n = float count
                both variance x (close "variance" [| v * v |])
                both ofSample x (close "sample variance" [| v * (v * (n / (n - 1.0))) |])
                both nanVariance with' (close "nan-variance" [| v * v |])
                both deviation x (close "deviation" [| v |])
                both nanDeviation with' (close "nan-deviation" [| v |])
                // Without numbers of the other sign, whose sum could leave the range.
                both nanMean (Tensor.Abs with') (close "nan-mean" [| v |])
                // Of two numbers near the largest it is as large as they are, and made of a product twice that.
                if v <= greatest / 4.0 then
                    both (grad variance) x (close "gradient of the variance" (slopes (2.0 / n)))
                    both (grad nanVariance) with' (close "gradient of the nan-variance" (padded (slopes (2.0 / n))))

                both (grad nanMean) with' (close "gradient of the nan-mean" (padded (Array.create count (1.0 / n))))
                let unit = Array.init count (fun i -> (if i % 2 = 0 then 1.0 else -1.0) / n)
                both (grad deviation) x (close "gradient of the deviation" unit)
                both (grad nanDeviation) with' (close "gradient of the nan-deviation" (padded unit))
                // Columns of their own sizes.
                let columns = ShapeOperations.transpose null (Primitive.stack 0 [| x; alternating dtype count 1.0 |])
                both (ReductionOperations.variance "" [| 0 |] false 0) columns (close "variance of columns" [| v * v; 1.0 |])
                both (ReductionOperations.standardDeviation "" [| 0 |] false 0) columns (close "deviation of columns" [| v; 1.0 |])
                both (ReductionOperations.nanMean [| 0 |] false) (Tensor.Abs columns) (close "nan-mean of columns" [| v; 1.0 |])
                both (ReductionOperations.nanVariance "" [| -2 |] true 0) columns (close "nan-variance of columns" [| v * v; 1.0 |])

    Assert.True(compared > 1_000_000, $"{compared} numbers were compared.")

    // The sum, and a deviation, are beyond the largest number; neither variance nor deviation is.
    let most = Double.MaxValue
    both nanDeviation (vector [ most; nan; most; -most ]) (near 3e-16 [| most * Math.Sqrt(8.0 / 9.0) |])
    both deviation (vector [ most; most; -most ]) (near 3e-16 [| most * Math.Sqrt(8.0 / 9.0) |])
    both variance (vector (Array.append [| 1e155 |] (Array.zeroCreate 1023))) (near 1e-15 [| 1e307 / 1.024 * (1023.0 / 1024.0) |])
    both nanMean (vector [ most; nan; most; most ]) (near 3e-16 [| most |])

[<Fact>]
let ``logsumexp with infinities among its entries`` () =
    let f (x: Tensor) = ReductionOperations.logSumExp null false x

    for x, value, slope in
        [
            vector [ infinity; 1.0 ], infinity, [| 1.0; 0.0 |]
            vector [ infinity; 1.0; infinity; -infinity ], infinity, [| 0.5; 0.0; 0.5; 0.0 |]
            vector [ -infinity; 2.0 ], 2.0, [| 0.0; 1.0 |]
            vector [ -infinity; -infinity ], -infinity, [| 0.0; 0.0 |]
        ] do
        both f x (fun y -> Assert.Equal(value, y.ToDouble()))
        both (grad f) x (near 0.0 slope)

[<Fact>]
let ``series through the poles of the gamma functions keep their digits`` () =
    // Order 20 of digamma(exp(t) / 10) at 0, by mpmath at 60 digits.
    let digamma (x: Tensor) = Primitive.map SpecialFunctions.digamma x
    let lgamma (x: Tensor) = Primitive.map SpecialFunctions.lgamma x
    let order20 f = (diffn 20 f (scalar 0.0)).ToDouble()

    let check tolerance (expected: float) (actual: float) =
        Assert.True(Tolerance.relative tolerance expected actual, $"{actual:R} instead of {expected:R}")

    check 1e-12 -1.2220179271300355e+6 (order20 (fun t -> digamma (exp t / 10.0)))
    check 1e-12 3.3332030842321124e+5 (order20 (fun t -> lgamma (exp t / 10.0)))
    // 1 / x^2 is nearly all of it: what a rounding of the coefficients of exp changes it by, 2^20 times (4^20 / 20! for 2^20 / 20!).
    check 1.2e-10 1.0390091564073439e+8 (order20 (fun t -> Primitive.map (SpecialFunctions.polygamma 1) (exp t / 10.0)))

[<Fact>]
let ``second derivatives of logarithms of sums of squares, means and variances over the range, in every mode`` () =
    let spread (s: Tensor) =
        ShapeOperations.concatenate 0 [| ShapeOperations.reshape [| 1 |] s; s * Operations.asType s.DType (vector [ -0.5; 0.25 ]) |]

    let functions: (Tensor -> Tensor) list = [
        fun s -> log (sum (square (spread s)))
        fun s -> log (mean (square (spread s)))
        fun s -> log (variance (spread s))
        fun s -> log (sum (ShapeOperations.transpose null (ShapeOperations.reshape [| 1; 3 |] (square (spread s)))))
        fun s -> 2.0 * log (norm (spread s))
    ]

    let single = [ 1e-18; 1e-15; 1e-12; 1e-6; 1.0; 1e6; 1e12; 1e15; 1e18 ] |> List.map (float32 >> scalar)
    let double = [ 1e-150; 1e-100; 1.0; 1e100; 1e150 ] |> List.map scalar

    for f in functions do
        for s in single @ double do
            let at = s.ToDouble()
            let tolerance = if s.DType = DType.Float32 then 2e-5 else 1e-13

            for g in [ diff (diff f); grad (grad f); diff (grad f); grad (diff f); diffn 2 f ] do
                both g s (near tolerance [| -2.0 / at / at |])
