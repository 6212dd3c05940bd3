// The slopes of powers: operations of their own, so that their derivatives are products and no terms beyond the range meet.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.ExprOperators

/// y = x^z has the slopes z x^(z-1) and x^z log x. Zero annihilates, so that x^0 at 0 and 0^z for z > 0 have derivative 0; so has 0^z
/// at z = 0, by convention.
[<RequireQualifiedAccess>]
module internal PowerFunction =
    let private scale a b = Expr.Zip(Zip.Scale, a, b)

    let private power z = Expr.Zip(Zip.Power, Expr.X, z)
    let private lower = Expr.Z -. number 1.0

    /// Of y = x^z along x. For z < 0, z y / x, whose product with a change is within the range where the slope is not; the terms of its own
    /// derivative, z^2 y / x^2 and -z y / x^2, then have one sign.
    let partial =
        let slope = Expr.Zip(Zip.PowerSlope, Expr.X, Expr.Z)
        let quotient = Expr.Choose(Relation.Equal, Expr.X, Expr.X +. Expr.X, slope, scale Expr.Z Expr.Y /. Expr.X)
        Expr.Choose(Relation.Less, Expr.Z, number 0.0, quotient, slope)

    /// By the choice of `slope`, factor x^(z-1). The exponents are z less whole numbers, also in derivatives of derivatives: equal ones are shared.
    let private reduced factor =
        let direct = scale factor (power lower)

        let quotient =
            Expr.Choose(Relation.Equal, Expr.X, Expr.X +. Expr.X, direct, scale factor (power Expr.Z) /. Expr.X)

        Expr.Choose(Relation.Less, Expr.Z, number 0.5, quotient, direct)

    /// `slope` and `logarithm` as other operations: compiled programs share the powers with others.
    let slopeExpr = reduced Expr.Z

    let private logarithmOfBase =
        let distance = Expr.Map(Elementwise.abs, Expr.X) +. Expr.Map(Elementwise.abs, Expr.Z)
        Expr.Map(Elementwise.log, Expr.Choose(Relation.Equal, distance, number 0.0, number 1.0, Expr.X))

    let logarithmExpr = scale (power Expr.Z) logarithmOfBase

    /// (1 + z log x) x^(z-1), the derivative of each slope along the other argument.
    let private mixed = reduced (number 1.0 +. Expr.Zip(Zip.XLogY, Expr.Z, Expr.X))

    /// Of y = z x^(z-1): (z - 1) y / x, but z (z - 1) x^(z-2) where y leaves the range first, or x may be 0.
    let slopePartials =
        let first =
            Expr.Choose(
                Relation.Less,
                Expr.Z,
                number 1.0,
                scale lower Expr.Y /. Expr.X,
                scale Expr.Z (Expr.Zip(Zip.PowerSlope, Expr.X, lower))
            )

        struct (first, mixed)

    /// Of y = x^z log x.
    let logarithmPartials = struct (mixed, scale Expr.Y logarithmOfBase)
