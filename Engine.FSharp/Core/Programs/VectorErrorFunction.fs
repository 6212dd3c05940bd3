// The error function, its complement and its inverse as lane expressions.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorErrorFunction =
    /// erf(x)/x - 1 in x^2, of the same form and interval as the scalar function's coefficients: relative error 2^-29.4 and, for the far one, 2^-26.7 in float32.
    let private near (square: Lane) =
        LaneFloats.polynomial
            [ 7.80690316e-05; -0.00079978531; 0.0051871622; -0.0268533472; 0.112835787; -0.37612626; 0.128379166 ]
            (List.ofArray ErrorFunction.near)
            square

    /// x + x q(x^2) up to 1; beyond, 1 - exp(p(|x| - 1)) with the sign of x.
    let erf (x: Lane) =
        let one = x.Number 1.0
        let a = Lane.abs x

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
        Lane.select (Lane.lessEqual a one) (Lane.fma x (near (x *. x)) x) tail

    /// (f(t) - f(0)) / t for f(t) = (x + 2) exp(x^2) erfc(x), t = (x - 2) / (x + 2), on [-0.42857143, 0.68253968] and [-0.42857143, 0.86666667]: relative error of f 2^-25.79 and 2^-55.52.
    let private scaledTailSlope (t: Lane) =
        LaneFloats.polynomial
            [
                0.000108148583
                -0.000545559218
                -0.000865098322
                0.00304068392
                0.00648438558
                -0.0215008128
                -0.0364427157
                0.279471308
                -0.687160671
            ]
            [
                -2.4099139561178365e-07
                1.1833606091647154e-06
                -1.5588272303749987e-06
                -4.751165985008522e-07
                7.689855677269718e-07
                1.5292337616307635e-06
                3.5428265686361065e-06
                -9.414443777637524e-07
                -1.614655434166639e-05
                -2.1727752622041102e-05
                3.415879073165006e-05
                0.00014447339392787803
                3.437009569783523e-05
                -0.0006630735909551744
                -0.0008372959706865173
                0.003090612057443871
                0.006479185064515695
                -0.021510661889301886
                -0.03644223150682785
                0.2794720925560511
                -0.6871606844138108
            ]
            t

    /// 1 - erf(x), with relative accuracy until it underflows: 1 - x - x q(x^2) up to 0.8, then exp(-x^2) f(t) / (x + 2) with every loss carried along.
    let erfc (x: Lane) =
        let one, two = x.Number 1.0, x.Number 2.0
        let isNear = Lane.lessEqual (Lane.abs x) (x.Number 0.8)
        let a = Lane.min (Lane.abs x) (LaneFloats.number 10.6 28.0 x)
        let square = a *. a
        let centre = Lane.fma (negate x) (near square) (one -. x)
        let sum = a +. two
        let inverse = one /. sum
        let lostInverse = Lane.fma (negate inverse) (a -. (sum -. two)) (Lane.fma (negate inverse) sum one)
        let difference = a -. two
        let t = difference *. inverse
        let lostT = Lane.fma t lostInverse (Lane.fma difference inverse (negate t))
        let slope = scaledTailSlope t
        let constant = LaneFloats.number 1.02158272 1.021582705242023 x
        let f = Lane.fma t slope constant
        let lostF = Lane.fma slope lostT (Lane.fma t slope (constant -. f))
        let quotient = f *. inverse
        let lostQuotient = Lane.fma lostF inverse (Lane.fma f inverse (negate quotient))
        let lostSquare = Lane.fma a a (negate square)
        let struct (excess, first, second) = VectorExponential.ofSum (negate square) (negate lostSquare)
        let lost = Lane.fma quotient lostInverse lostQuotient
        let tail = (quotient +. Lane.fma quotient excess lost) *. first *. second
        let value = Lane.select isNear centre (Lane.select (Lane.less x (x.Number 0.0)) (two -. tail) tail)
        LaneFloats.orNaN x value

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
