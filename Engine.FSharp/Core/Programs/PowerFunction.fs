// Powers, and their slopes as functions of their own, so that their derivatives are products and no terms beyond the range meet.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline
open Pipeline.Kernels
open Pipeline.Engine.ExprOperators

/// y = x^z has the slopes z x^(z-1) and x^z log x. Zero annihilates, so that x^0 at 0 and 0^z for z > 0 have derivative 0; so has 0^z
/// at z = 0, by convention.
[<RequireQualifiedAccess>]
module internal PowerFunction =
    [<Struct>]
    type private Power =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorPower.power x z

    [<Struct>]
    type private Slope =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorPower.slope x z

    [<Struct>]
    type private Logarithm =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorPower.timesLogarithm x z

    let private scale a b = Expr.Zip(Zip.Scale, a, b)

    let private lower = Expr.Z -. number 1.0

    let private logarithmOfBase =
        let distance = Expr.Map(Elementwise.abs, Expr.X) +. Expr.Map(Elementwise.abs, Expr.Z)
        Expr.Map(Elementwise.log, Expr.Choose(Relation.Equal, distance, number 0.0, number 1.0, Expr.X))

    let private points = [| struct (1.2, -0.7); struct (0.6, 0.4); struct (2.1, 1.6); struct (1.7, 2.3) |]

    /// x^z, z x^(z-1) and x^z log x.
    let power, slope, logarithm =
        let rec power: Lazy<BinaryFunction> =
            // Along x, for z < 0, z y / x, whose product with a change is within the range where the slope is not; the terms of its own
            // derivative, z^2 y / x^2 and -z y / x^2, then have one sign.
            let partials () =
                let slope = Expr.Zip(slope.Value.Zip, Expr.X, Expr.Z)
                let quotient = Expr.Choose(Relation.Equal, Expr.X, Expr.X +. Expr.X, slope, scale Expr.Z Expr.Y /. Expr.X)

                struct (Expr.Choose(Relation.Less, Expr.Z, number 0.0, quotient, slope), Expr.Zip(logarithm.Value.Zip, Expr.X, Expr.Z))

            lazy Elementwise.binary "Power" (Power()) partials points

        and slope: Lazy<BinaryFunction> =
            // (z - 1) y / x, but z (z - 1) x^(z-2) where y leaves the range first, or x may be 0.
            let partials () =
                let first =
                    Expr.Choose(
                        Relation.Less,
                        Expr.Z,
                        number 1.0,
                        scale lower Expr.Y /. Expr.X,
                        scale Expr.Z (Expr.Zip(slope.Value.Zip, Expr.X, lower))
                    )

                struct (first, mixed.Value)

            let shared () = reduced Expr.Z
            lazy BinaryFunction("PowerSlope", Meaning2<Slope>(Slope()), lazy partials (), points, lazy shared ())

        and logarithm: Lazy<BinaryFunction> =
            let partials () = struct (mixed.Value, scale Expr.Y logarithmOfBase)
            let shared () = scale (Expr.Zip(power.Value.Zip, Expr.X, Expr.Z)) logarithmOfBase
            lazy BinaryFunction("PowerLogarithm", Meaning2<Logarithm>(Logarithm()), lazy partials (), points, lazy shared ())

        // Factor x^(z-1), by the choice of the lanes of the slope. The exponents are z less whole numbers, also in derivatives of derivatives:
        // equal ones are shared.
        and reduced factor =
            let raised z = scale factor (Expr.Zip(power.Value.Zip, Expr.X, z))
            let direct = raised lower
            let quotient = Expr.Choose(Relation.Equal, Expr.X, Expr.X +. Expr.X, direct, raised Expr.Z /. Expr.X)
            Expr.Choose(Relation.Less, Expr.Z, number 0.5, quotient, direct)

        // (1 + z log x) x^(z-1), the derivative of each slope along the other argument.
        and mixed: Lazy<Expr> = lazy reduced (number 1.0 +. Expr.Zip(LogarithmFunctions.xLogY.Zip, Expr.Z, Expr.X))

        power.Value, slope.Value, logarithm.Value
