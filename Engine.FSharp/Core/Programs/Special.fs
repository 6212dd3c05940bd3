// Elementary functions in float64 that .NET lacks: the scalar meanings of their table rows, within about one ulp.
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

    // 1/2!, 1/3!, ... down to the lowest power.
    let private exponentialTail =
        let factorial = Array.scan (*) 1.0 [| 1.0 .. 23.0 |]
        Array.init 21 (fun k -> 1.0 / factorial[23 - k])

    /// exp(x) - 1.
    let expm1 (x: float) =
        if x = 0.0 then
            x
        elif x > -0.7 && x < 1.1 then
            // x + x^2/2 + x^3 (...), with the rounding of x^2/2 and of the first sum carried along.
            let half = 0.5 * x
            let square = half * x
            let lost = Math.FusedMultiplyAdd(half, x, -square)
            let head = x + square

            let rest = if abs x > abs square then square - (head - x) else x - (head - square)

            let tail = x * x * x * polynomial exponentialTail x
            head + (rest + lost + tail)
        else
            Math.Exp x - 1.0

    /// 1 / (1 + exp(-x)), with relative accuracy in the left tail.
    let logistic (x: float) =
        if x >= 0.0 then
            1.0 / (1.0 + Math.Exp -x)
        else
            let e = Math.Exp x
            e / (1.0 + e)

    /// log(1 + exp(x)).
    let softplus (x: float) = max x 0.0 + log1p (Math.Exp -(abs x))

    /// log(exp(a) + exp(b)).
    let logAddExp (a: float) (b: float) =
        // Equal infinities have no difference.
        if a = b then a + Math.Log 2.0 else max a b + log1p (Math.Exp -(abs (a - b)))

    /// x^n by exact multiplication: squarings and products only, one division for a negative n.
    let rec power (n: int) (x: float) =
        if n < 0 then
            let denominator = power -n x
            // Beyond the largest number it has no reciprocal, but the power of the reciprocal may be one.
            if Double.IsInfinity denominator then power -n (1.0 / x) else 1.0 / denominator
        else
            let mutable result = 1.0
            let mutable square = x
            let mutable k = n

            while k > 0 do
                if k &&& 1 = 1 then result <- result * square

                k <- k >>> 1

                if k > 0 then square <- square * square

            result
