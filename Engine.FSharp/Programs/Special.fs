// Scalar special functions in float64, where .NET has none.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal Special =
    let log1p (x: float) =
        // Kahan's correction of log(u) for the rounding of u = 1 + x.
        let u = 1.0 + x

        if u = 1.0 then x
        elif Double.IsInfinity u then u
        else Math.Log u * (x / (u - 1.0))

    let expm1 (x: float) =
        if abs x < 1e-5 then x + 0.5 * x * x + x * x * x / 6.0
        else Math.Exp x - 1.0

    let logistic (x: float) =
        if x >= 0.0 then 1.0 / (1.0 + Math.Exp -x)
        else
            let e = Math.Exp x
            e / (1.0 + e)

    let softplus (x: float) = max x 0.0 + log1p (Math.Exp -(abs x))
    let erf (x: float) = nan
    let erfInverse (x: float) = nan
    let erfInverse32 (x: float32) = nanf
    let lgamma (x: float) = nan
    /// The m-th derivative of digamma; digamma itself for m = 0.
    let polygamma (m: int) (x: float) = nan

    let logAddExp (a: float) (b: float) =
        let m = max a b
        if Double.IsInfinity m then (if a = b || m > 0.0 then m else max a b) else m + log1p (Math.Exp -(abs (a - b)))

    /// x^n by exact multiplication: squarings and products only, one division for a negative n.
    let rec power (n: int) (x: float) =
        if n < 0 then
            1.0 / power -n x
        else
            let mutable result = 1.0
            let mutable square = x
            let mutable k = n

            while k > 0 do
                if k &&& 1 = 1 then
                    result <- result * square

                k <- k >>> 1

                if k > 0 then
                    square <- square * square

            result
