// The angle of a point, and its slope as a function of its own, so that its derivatives are products and no terms beyond the range meet.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline
open Pipeline.Kernels
open Pipeline.Engine.ExprOperators

[<RequireQualifiedAccess>]
module internal Atan2Function =
    [<Struct>]
    type private Atan2 =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorTrigonometry.atan2 x z

    [<Struct>]
    type private Slope =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorTrigonometry.atan2Slope x z

    let private points = [| struct (1.2, -0.7); struct (-0.6, 0.4); struct (2.1, 1.6); struct (-1.7, -2.3) |]

    /// f(x, z) = z / (x^2 + z^2) by the ratio r of the smaller to the larger argument: 1 / (1 + r^2) over z where z is the larger,
    /// r / (1 + r^2) over x elsewhere.
    let slope =
        // f_x = -2 x z / (x^2 + z^2)^2 and f_z = (x^2 - z^2) / (x^2 + z^2)^2, each one product over the larger argument: the differences
        // of the rules of quotients would be of terms as large as 1 / (x^2 + z^2).
        let partials () =
            let where isFlat isSteep =
                Expr.Choose(Relation.LessEqual, Expr.Map(Elementwise.abs, Expr.X), Expr.Map(Elementwise.abs, Expr.Z), isFlat, isSteep)

            let larger = where Expr.Z Expr.X
            let r = where Expr.X Expr.Z /. larger
            let share = Expr.Map(Elementwise.reciprocal, number 1.0 +. (r *. r))
            let over factor = Expr.Zip(Zip.Scale, factor *. share, share /. larger) /. larger

            struct (over (number -2.0 *. r), over (where (number -1.0) (number 1.0) *. ((number 1.0 -. r) *. (number 1.0 +. r))))

        Elementwise.binary "Atan2Slope" (Slope()) partials points

    /// y = atan2(x, z) has the slopes f(x, z) and -f(z, x).
    let atan2 =
        let along a b = Expr.Zip(slope.Zip, a, b)

        Elementwise.binary
            "Atan2"
            (Atan2())
            (fun () -> struct (along Expr.X Expr.Z, Expr.Map(Elementwise.negate, along Expr.Z Expr.X)))
            points
