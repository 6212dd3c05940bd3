// The length of a vector of two coordinates, sqrt(x^2 + z^2), whose squares may leave the range.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.ExprOperators

[<RequireQualifiedAccess>]
module internal HypotenuseFunction =
    [<Struct>]
    type private Hypotenuse =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of<'L when 'L :> ILane<'L>>(x: 'L, z: 'L) : 'L =
                let larger = 'L.Maximum('L.Absolute x, 'L.Absolute z)
                let ratio = 'L.Divide('L.Minimum('L.Absolute x, 'L.Absolute z), larger)
                let length = 'L.Multiply(larger, 'L.SquareRoot('L.MultiplyAdd(ratio, ratio, 'L.Number 1.0)))
                // 0 and infinity have no ratio.
                let hasRatio = 'L.And('L.Less('L.Number 0.0, larger), 'L.Less(larger, 'L.Number infinity))
                'L.Select(hasRatio, length, larger)

    /// y has the slopes x / y and z / y.
    let hypotenuse =
        BinaryFunction(
            "Hypotenuse",
            Meaning2<Hypotenuse>(Hypotenuse()),
            lazy struct (Expr.X /. Expr.Y, Expr.Z /. Expr.Y),
            [| struct (1.2, -0.7); struct (-0.6, 0.4); struct (2.1, 1.6); struct (-1.7, -2.3) |],
            commutative = true
        )
