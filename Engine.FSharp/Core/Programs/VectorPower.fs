// Powers as lane expressions, by a logarithm of twice the precision.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorPower =
    /// (2 atanh r - 2 r - 2 r^3 / 3) / r^5 in s = r^2, on [0, 0.029438]: error relative to 2 atanh r 2^-36.76 and 2^-71.04.
    let private tail (s: Lane) =
        LaneFloats.polynomial
            [ 0.234196901; 0.285470903; 0.400001526 ]
            [
                0.12221699649976381
                0.11647532116581258
                0.1333760627462533
                0.1538452569842032
                0.1818181927332878
                0.22222222214945472
                0.2857142857145118
                0.3999999999999998
            ]
            s

    /// For a positive x = 2^k m with m in [sqrt(1/2), sqrt 2): -k in the place of the exponent, and m.
    let private split (x: Lane) =
        let isTiny = Lane.less x (LaneFloats.number 1.17549435e-38 2.2250738585072014e-308 x)
        let scaled = LaneFloats.asInteger (Lane.select isTiny (x *. LaneFloats.number 8388608.0 4503599627370496.0 x) x)
        let scale = scaled.Pattern(LaneFloats.choose x (23UL <<< 23) (52UL <<< 52))
        let bits = scaled -. Lane.select isTiny scale (scaled.Pattern 0UL)
        // The distance from sqrt(1/2), rounded up.
        let top = bits.Pattern(LaneFloats.choose x (0x3f3504f3UL + 0x7fffffUL) (0x3fe6a09e667f3bcdUL + 0xfffffffffffffUL))
        let exponent = (top -. bits) &&. bits.Pattern(LaneFloats.choose x 0xff800000UL 0xfff0000000000000UL)
        struct (exponent, LaneFloats.asFloatLike x (bits +. exponent))

    /// log x for a positive x as a sum of two numbers, the second small; relative error 2^-34 and 2^-64. With s = (m - 1) / (m + 1) in two parts,
    /// log m = 2 atanh s = 2 s + s^3 (2/3 + ...), of which the dots alone have one part.
    let logarithm (x: Lane) =
        let struct (exponent, m) = split x
        let one = x.Number 1.0
        let numerator, denominator = m -. one, m +. one
        let lostDenominator = m -. (denominator -. one)
        let inverse = one /. denominator
        let s = numerator *. inverse
        let lostS = (Lane.fma (negate s) denominator numerator -. s *. lostDenominator) *. inverse
        let square = s *. s
        let lostSquare = Lane.fma s s (negate square) +. (s +. s) *. lostS
        let cube = s *. square
        let lostCube = Lane.fma s square (negate cube) +. Lane.fma s lostSquare (lostS *. square)
        let dots = square *. tail square
        let third = LaneFloats.number 0.666666687 0.6666666666666666 x
        let factor = third +. dots
        let lostFactor = (dots -. (factor -. third)) +. LaneFloats.number -1.98682149e-08 3.700743415417188e-17 x
        let product = cube *. factor
        let lostProduct = Lane.fma cube factor (negate product) +. Lane.fma cube lostFactor (lostCube *. factor)
        let twice = s +. s
        let value = twice +. product
        let lostValue = (product -. (value -. twice)) +. Lane.fma (x.Number 2.0) lostS lostProduct
        // log 2 in two parts, the first so short that its product with k is exact.
        let k = Lane.convert x.DType exponent
        let whole = k *. LaneFloats.number (-0.693145752 / 8388608.0) (-0.6931471803691238 / 4503599627370496.0) x
        let sum = whole +. value

        let rest =
            Lane.fma k (LaneFloats.number (-1.42860682e-06 / 8388608.0) (-1.9082149292705877e-10 / 4503599627370496.0) x) lostValue

        struct (sum, (value -. (sum -. whole)) +. rest)

    /// x^z = exp(z log |x|), with the sign of x for an odd z.
    let power (x: Lane) (z: Lane) =
        let size = Lane.abs x
        let zero, one, infinite = x.Number 0.0, x.Number 1.0, x.Number infinity
        let struct (sum, rest) = logarithm size
        let isOrdinary = Lane.less zero size &&. Lane.less size infinite
        // At 0, infinity and NaN the logarithm is -infinity or the argument itself.
        let sum = Lane.select isOrdinary sum (Lane.select (Lane.equal size zero) (negate infinite) size)
        let exponent = z *. sum
        let lost = Lane.fma z sum (negate exponent) +. z *. rest
        // What is far out of the range may have no lost part.
        let lost = Lane.select (Lane.less (Lane.abs exponent) (LaneFloats.number 200.0 1000.0 x)) lost zero
        let bounded = Lane.min (Lane.max exponent (LaneFloats.number -105.0 -747.0 x)) (LaneFloats.number 89.5 710.5 x)
        let struct (excess, first, second) = VectorExponential.ofSum bounded lost
        let value = (one +. excess) *. first *. second
        let half = z *. x.Number 0.5
        let isWhole = Lane.equal (Lane.round z) z
        let isOdd = isWhole &&. Lane.compare Relation.NotEqual (Lane.floor half) half
        let signed = Lane.select isOdd (LaneFloats.withSignOf x value) value
        let hasNone = (Lane.less x zero &&. Lane.less (negate infinite) x) &&. Lane.not isWhole
        let value = LaneFloats.orNaN z (LaneFloats.orNaN x (Lane.select hasNone (x.Number nan) signed))
        // x^0 and 1^z are 1 for any other argument, (-1)^z for an infinite z.
        let isOne =
            (Lane.equal z zero ||. Lane.equal x one) ||. (Lane.equal size one &&. Lane.equal (Lane.abs z) infinite)

        Lane.select isOne one value
