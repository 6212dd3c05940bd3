// The error function and its inverse as lane expressions.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorErrorFunction =
    /// x + x q(x^2) up to 1; beyond, 1 - exp(p(|x| - 1)) with the sign of x.
    let erf (x: Lane) =
        let one = x.Number 1.0
        let a = Lane.abs x

        // Of the same form and interval as the scalar function's coefficients, for float32: relative error 2^-29.4 and 2^-26.7.
        let near =
            LaneFloats.polynomial
                [ 7.80690316e-05; -0.00079978531; 0.0051871622; -0.0268533472; 0.112835787; -0.37612626; 0.128379166 ]
                (List.ofArray ErrorFunction.near)
                (x *. x)

        let far =
            LaneFloats.polynomial
                [
                    -0.000310196308
                    0.0018376545
                    -0.0040364801
                    0.0029763442
                    0.0070275357
                    -0.0406287909
                    -0.843240023
                    -2.63896084
                    -1.84960556
                ]
                (List.ofArray ErrorFunction.far)
                (Lane.min (a -. one) (LaneFloats.number 3.0 5.0 x))

        let tail = LaneFloats.withSignOf x (one -. VectorExponential.expOfNormal far)
        Lane.select (Lane.lessEqual a one) (Lane.fma x near x) tail

    let private wide (coefficients: float32[]) = [ for c in coefficients -> float c ]

    /// Giles' polynomials in w = -log(1 - x^2), as the scalar function has them.
    let erfInverse (x: Lane) =
        let one = x.Number 1.0
        let a = Lane.abs x
        let w = VectorLogarithm.minusLog1pOfMinusSquare x
        let below (limit: float) = Lane.less w (x.Number limit)
        let minus (c: float) (t: Lane) = t -. t.Number c

        let factor =
            match x.DType with
            | DType.Float32 ->
                let centre = Lane.polynomial (wide ErrorFunction.inverseCentre32) (minus 2.5 w)

                let tail = Lane.polynomial (wide ErrorFunction.inverseTail32) (minus 3.0 (Lane.sqrt w))

                Lane.select (below 5.0) centre tail
            | _ ->
                let centre = Lane.polynomial (List.ofArray ErrorFunction.inverseCentre) (minus 3.125 w)

                let root = Lane.sqrt w

                let middle = Lane.polynomial (List.ofArray ErrorFunction.inverseMiddle) (minus 3.25 root)

                let tail = Lane.polynomial (List.ofArray ErrorFunction.inverseTail) (minus 5.0 root)
                Lane.select (below 6.25) centre (Lane.select (below 16.0) middle tail)

        let edge = Lane.select (Lane.equal a one) (x *. x.Number infinity) (x.Number nan)
        Lane.select (Lane.less a one) (factor *. x) edge
