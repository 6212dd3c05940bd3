// Elementary functions of one float64, by one lane of their vector forms: the same bits on every platform.
namespace Pipeline.Engine

open System
open Microsoft.FSharp.NativeInterop
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal Special =
    /// c0 x^n + ... + cn by Horner's rule with fused multiply-adds, highest power first.
    let polynomial (coefficients: float[]) (x: float) =
        let mutable sum = coefficients[0]

        for i in 1 .. coefficients.Length - 1 do
            sum <- Math.FusedMultiplyAdd(sum, x, coefficients[i])

        sum

    let private first (lanes: Lanes128<float>) : float =
        let mutable lanes = lanes
        NativePtr.read (NativePtr.ofNativeInt (NativePtr.toNativeInt &&lanes))

    let exp (x: float) = first (VectorExponential.exp (Lanes128<float>.Number x))

    /// By the logarithm in two parts that powers have: nearly always the nearest number.
    let log (x: float) =
        let lanes = Lanes128<float>.Number x

        if 0.0 < x && x < infinity then
            let struct (sum, rest) = VectorPower.logarithm lanes
            first (Lanes128<float>.Add(sum, rest))
        else
            first (VectorLogarithm.log lanes)

    /// log(1 + x).
    let log1p (x: float) = first (VectorLogarithm.log1p (Lanes128<float>.Number x))
