// Elementary functions in float64 that .NET lacks, for scalar functions, within about one ulp.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal Special =
    /// c0 x^n + ... + cn by Horner's rule with fused multiply-adds, highest power first.
    let polynomial (coefficients: float[]) (x: float) =
        let mutable sum = coefficients[0]

        for i in 1 .. coefficients.Length - 1 do
            sum <- Math.FusedMultiplyAdd(sum, x, coefficients[i])

        sum

    /// log(1 + x).
    let log1p (x: float) =
        if abs x < 1e-5 then
            // x - x^2/2 + x^3/3; the next term is below 3e-16 of x.
            Math.FusedMultiplyAdd(x * x, x / 3.0 - 0.5, x)
        else
            let u = 1.0 + x

            if Double.IsFinite u && u > 0.0 then
                // log(u + c) = log u + c/u, with c what the rounding of u left over.
                let c = if x > 1.0 then 1.0 - (u - x) else x - (u - 1.0)
                Math.Log u + c / u
            else
                Math.Log u
