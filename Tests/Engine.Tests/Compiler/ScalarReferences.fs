/// Functions one number at a time, by other means than the lanes of the table: what the lanes are compared with.
module internal Pipeline.Engine.Tests.ScalarReferences

open System
open Pipeline.Engine

/// 1 - erf(x), with relative accuracy until it underflows.
let erfc (x: float) =
    if x < 0.45 then
        1.0 - SpecialFunctions.erf.Meaning.Scalar x
    elif x > 28.0 then
        0.0
    else
        // exp(-x^2) from the rounded square and what the rounding left over.
        let square = x * x
        let lost = Math.FusedMultiplyAdd(x, x, -square)
        let e = Math.Exp -square
        let t = (x - 3.75) / (x + 3.75)
        (e - e * lost) * (Special.polynomial NormalDraws.scaledTailCoefficients t / (1.0 + 2.0 * x))

let private inverseCentre32 = [|
    2.81022636e-08f
    3.43273939e-07f
    -3.5233877e-06f
    -4.39150654e-06f
    0.00021858087f
    -0.00125372503f
    -0.00417768164f
    0.246640727f
    1.50140941f
|]

let private inverseTail32 = [|
    -0.000200214257f
    0.000100950558f
    0.00134934322f
    -0.00367342844f
    0.00573950773f
    -0.0076224613f
    0.00943887047f
    1.00167406f
    2.83297682f
|]

/// In float32 with the roundings of JAX (x^2 rounded, log1p rounded correctly, fused Horner), so that its normal draws are met.
let erfInverse32 (x: float32) =
    if abs x >= 1.0f then
        if abs x = 1.0f then x * infinityf else nanf
    else
        let w = float32 -(Special.log1p (float -(x * x)))

        let struct (coefficients, t) =
            if w < 5.0f then struct (inverseCentre32, w - 2.5f) else struct (inverseTail32, sqrt w - 3.0f)

        let mutable sum = coefficients[0]

        for i in 1 .. coefficients.Length - 1 do
            sum <- MathF.FusedMultiplyAdd(sum, t, coefficients[i])

        sum * x

let private times a b = if a = 0.0 || b = 0.0 then 0.0 else a * b

/// z x^(z-1): z x^z / x for small z, but not where x is 0 or infinite.
let powerSlope (x: float) (z: float) = if z < 0.5 && x <> x + x then times z (Math.Pow(x, z)) / x else times z (Math.Pow(x, z - 1.0))

/// x^z log x.
let powerLogarithm (x: float) (z: float) = times (Math.Pow(x, z)) (if x = 0.0 && z = 0.0 then 0.0 else Math.Log x)

/// The functions of the given rows, in float64.
let ofRow name : float -> float =
    match name with
    | "sinh" -> Math.Sinh
    | "cosh" -> Math.Cosh
    | "erfc" -> erfc
    | "lgamma" -> GammaFunction.lgamma
    | "digamma" -> GammaFunction.polygamma 0
    | "sin" -> Math.Sin
    | "cos" -> Math.Cos
    | "tan" -> Math.Tan
    | _ -> invalidArg (nameof name) $"No reference for {name}."
