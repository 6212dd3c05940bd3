// The slopes of powers: operations of their own, so that their derivatives are products and no terms beyond the range meet.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Engine.ExprOperators

/// y = x^z has the slopes z x^(z-1) and x^z log x. Zero annihilates, so that x^0 at 0 and 0^z for z > 0 have derivative 0; so has 0^z
/// at z = 0, by convention.
[<RequireQualifiedAccess>]
module internal PowerFunction =
    let private times a b = if a = 0.0 || b = 0.0 then 0.0 else a * b

    /// z x^(z-1), from x^z where that stays in the range longer and z - 1 would lose the digits of z.
    let slope (x: float) (z: float) =
        if z < 0.5 && x <> 0.0 && Double.IsFinite x then
            times z (Math.Pow(x, z)) / x
        else
            times z (Math.Pow(x, z - 1.0))

    /// x^z log x.
    let logarithm (x: float) (z: float) = times (Math.Pow(x, z)) (if x = 0.0 && z = 0.0 then 0.0 else Math.Log x)

    /// x^z log x as a program of other operations, which share the power with the value.
    let logarithmProgram (apply: Op -> 'v[] -> 'v) (repeated: float -> 'v) (x: 'v) (z: 'v) : 'v =
        let isZero a = apply (Op.Compare Relation.Equal) [| a; repeated 0.0 |]

        let argument = apply Op.Select [| apply (Op.Zip Zip.And) [| isZero x; isZero z |]; repeated 1.0; x |]

        apply (Op.Zip Zip.Scale) [| apply (Op.Zip Zip.Power) [| x; z |]; apply (Op.Map Elementwise.log) [| argument |] |]

    let private scale a b = Expr.Zip(Zip.Scale, a, b)

    /// (1 + z log x) x^(z-1): the derivative of each slope along the other argument.
    let private mixed =
        let sum = number 1.0 +. Expr.Zip(Zip.XLogY, Expr.Z, Expr.X)
        let power z = Expr.Zip(Zip.Power, Expr.X, z)

        // As in `slope`; at x = 0 x^z / x has no value.
        Expr.Choose(
            Relation.Less,
            Expr.Z,
            Expr.Choose(Relation.Equal, Expr.X, number 0.0, number -infinity, number 0.5),
            scale (power Expr.Z) sum /. Expr.X,
            scale (power (Expr.Z -. number 1.0)) sum
        )

    /// Of z x^(z-1): (z - 1) y / x, but z (z - 1) x^(z-2) where y leaves the range first, or x is 0.
    let slopePartials =
        let first =
            Expr.Choose(
                Relation.Less,
                Expr.Z,
                number 1.0,
                scale (Expr.Z -. number 1.0) Expr.Y /. Expr.X,
                scale Expr.Z (Expr.Zip(Zip.PowerSlope, Expr.X, Expr.Z -. number 1.0))
            )

        struct (first, mixed)

    /// Of x^z log x: y log x along z.
    let logarithmPartials =
        let distance = Expr.Map(Elementwise.abs, Expr.X) +. Expr.Map(Elementwise.abs, Expr.Z)

        let argument = Expr.Choose(Relation.Equal, distance, number 0.0, number 1.0, Expr.X)

        struct (mixed, scale Expr.Y (Expr.Map(Elementwise.log, argument)))
