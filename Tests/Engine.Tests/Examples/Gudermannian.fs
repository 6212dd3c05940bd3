// The Gudermannian function, gd(x) = 2 atan(tanh(x / 2)).
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.ExprOperators

[<RequireQualifiedAccess>]
module internal GudermannianFunction =
    [<Struct>]
    type private Gudermannian =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of<'L when 'L :> ILane<'L>>(x: 'L) : 'L =
                let half = 'L.Multiply('L.Number 0.5, x)
                'L.Multiply('L.Number 2.0, VectorTrigonometry.atan (VectorExponential.tanh half))

    /// gd'(x) = 1 / cosh x = 2 / (e^x + e^-x).
    let gudermannian =
        let derivative () =
            let exp x = Expr.Map(Elementwise.exp, x)
            number 2.0 /. (exp Expr.X +. exp (Expr.Map(Elementwise.negate, Expr.X)))

        Elementwise.row "gudermannian" 0.0 (Gudermannian()) derivative [| -1.5; -0.2; 0.6; 2.0 |]
