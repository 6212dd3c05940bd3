// The exponential family as lane expressions: exp, expm1, logistic and tanh.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorExponential =
    let log2e = 1.4426950408889634

    let private minusLog2 x = LaneFloats.number -0.693147182 -0.6931471805599453 x
    let private minusLog2Low x = LaneFloats.number 1.90465421e-09 -2.3190468138462996e-17 x

    /// x - n log 2 for the integer n near x / log 2. The first difference has no error.
    let remainder (n: Lane) (x: Lane) = Lane.fma n (minusLog2Low x) (Lane.fma n (minusLog2 x) x)

    /// The same, and what its last step loses.
    let remainderInParts (n: Lane) (x: Lane) =
        let first = Lane.fma n (minusLog2 x) x
        let r = Lane.fma n (minusLog2Low x) first
        struct (r, Lane.fma n (minusLog2Low x) (first -. r))

    /// x = n log 2 + r with |r| <= log 2 / 2, and the bits of n + offset.
    let private reduce offset (x: Lane) =
        let struct (n, bits) = LaneFloats.nearestInteger log2e offset x
        struct (remainder n x, bits)

    /// (exp(r) - 1 - r) / r^2 for |r| <= log 2 / 2: minimax in its effect on expm1, relative error 2^-26.1 and 2^-55.6.
    let private tail (r: Lane) =
        LaneFloats.polynomial
            [ 0.00138378795; 0.00836708769; 0.0416677482; 0.16666539; 0.49999997 ]
            [
                2.5053774637732924e-08
                2.762609279939323e-07
                2.7557407689273298e-06
                2.480150514278752e-05
                0.0001984126971870762
                0.0013888888931667023
                0.008333333333389734
                0.041666666666576466
                0.16666666666666588
                0.5000000000000006
            ]
            r

    let private reducedExponential (r: Lane) =
        let one = r.Number 1.0
        Lane.fma (Lane.fma (tail r) r one) r one

    /// From the bits of n + 2 bias: two powers of two whose product is 2^n, so that results below the normal range round once
    /// and those above overflow.
    let private powers (x: Lane) (bits: Lane) =
        let mantissa = LaneFloats.mantissaBits x
        let first = Lane.shiftLeft mantissa (Lane.shiftRight 1 bits)
        let second = Lane.shiftLeft mantissa bits -. first
        struct (first, second)

    /// exp(high + low) for a low part that is small beside the high one, which is in the range of exp: q and two powers of two of
    /// which exp is (1 + q) times the product.
    let ofSum (high: Lane) (low: Lane) =
        let struct (n, bits) = LaneFloats.nearestInteger log2e (2 * LaneFloats.bias high) high
        let first = Lane.fma n (minusLog2 high) high
        let rest = Lane.fma n (minusLog2Low high) low
        let r = first +. rest
        let lost = rest -. (r -. first)
        let struct (power, otherPower) = powers high bits
        struct (r +. Lane.fma (tail r) (r *. r) lost, LaneFloats.asFloatLike high power, LaneFloats.asFloatLike high otherPower)

    /// 2^n from the bits of n + bias.
    let private power (x: Lane) (bits: Lane) = LaneFloats.asFloatLike x (Lane.shiftLeft (LaneFloats.mantissaBits x) bits)

    let private clamped low high (x: Lane) = Lane.min (Lane.max x low) high

    let private core (x: Lane) =
        let struct (r, bits) = reduce (2 * LaneFloats.bias x) x
        let struct (first, second) = powers x bits

        reducedExponential r *. LaneFloats.asFloatLike x first *. LaneFloats.asFloatLike x second

    // Below, exp rounds to 0; above, it overflows.
    let private lowest x = LaneFloats.number -104.0 -746.0 x
    let private highest x = LaneFloats.number 89.0 710.0 x

    let exp (x: Lane) = core (clamped (lowest x) (highest x) x)

    /// exp for arguments that are not above the overflow.
    let expOfNegative (x: Lane) = core (Lane.max x (lowest x))

    /// exp for arguments whose results are normal numbers.
    let expOfNormal (x: Lane) =
        let struct (r, bits) = reduce (LaneFloats.bias x) x
        reducedExponential r *. power x bits

    /// (exp(r) - 1 - r) / r^2 for -0.2885 <= r <= 0.4067: minimax in its effect on expm1, relative error 2^-26 and 2^-55.4.
    let private tailOfExpm1 (r: Lane) =
        LaneFloats.polynomial
            [ 0.0014523291; 0.00836190861; 0.0416601002; 0.166665658; 0.500000119 ]
            [
                2.6431933417800464e-08
                2.7588398052510356e-07
                2.7554373188872107e-06
                2.4801577781121668e-05
                0.0001984127208059691
                0.0013888888885835507
                0.008333333332644351
                0.041666666666679966
                0.16666666666667343
                0.49999999999999994
            ]
            r

    let expm1 (x: Lane) =
        // Below the lower bound, expm1 rounds to -1.
        let clamped = clamped (LaneFloats.number -18.0 -38.0 x) (highest x) x
        // Off centre, so that p is between -1/4 and 1/2: then adding 2^n - 1 does not magnify the rounding of p.
        let struct (n, bits) = LaneFloats.nearestInteger log2e (2 * LaneFloats.bias x) (clamped -. x.Number 0.0588915)

        let r = remainder n clamped
        let p = Lane.fma (tailOfExpm1 r) (r *. r) r
        // 2^n p + 2^n - 1 = (2^a p + (2^a - 2^-b)) 2^b for n = a + b.
        let struct (first, second) = powers x bits

        let inverse = second.Pattern(LaneFloats.choose x (254UL <<< 23) (2046UL <<< 52)) -. second

        let first = LaneFloats.asFloatLike x first
        let sum = Lane.fma p first (first -. LaneFloats.asFloatLike x inverse)
        // The result has the argument's sign; only that of -0 is lost in the sums.
        LaneFloats.asFloatLike x (LaneFloats.asUnsigned (sum *. LaneFloats.asFloatLike x second) ||. LaneFloats.signBit x)

    /// 2^m / (2^m + exp(-r)) for x = m log 2 + r.
    let logistic (x: Lane) =
        let struct (r, bits) = reduce (2 * LaneFloats.bias x) (clamped (lowest x) (LaneFloats.number 30.0 40.0 x) x)

        let struct (first, second) = powers x bits
        let first, second = LaneFloats.asFloatLike x first, LaneFloats.asFloatLike x second
        let r = negate r
        let one = x.Number 1.0
        // first * second may underflow: then it is no part of the sum. What 1 + 2^m loses goes to the smaller terms.
        let power = first *. second
        let whole = one +. power
        let lost = power -. (whole -. one)
        first /. (whole +. Lane.fma (tail r) (r *. r) (r +. lost)) *. second

    /// (tanh x - x) / x^3 in s = x^2, |x| <= 0.55: minimax, relative error of tanh 2^-29.7 and 2^-55.5.
    let private hyperbolicTail (s: Lane) =
        LaneFloats.polynomial
            [ -0.00624284893; 0.021050714; -0.0538475476; 0.133325443; -0.333333164 ]
            [
                5.102148251485077e-05
                -0.00021030240891842085
                0.0005791370231095995
                -0.0014532167593826217
                0.003591719697922522
                -0.00886319450409431
                0.021869485974794208
                -0.05396825387607818
                0.13333333333168704
                -0.33333333333332316
            ]
            s

    /// Near 0 by its polynomial; beyond, 1 - 2 e / (1 + e) for e = exp(-2|x|), and the sign of x.
    let tanh (x: Lane) =
        let a = Lane.abs x
        let one = x.Number 1.0
        let s = x *. x
        let near = Lane.fma (a *. s) (hyperbolicTail s) a
        // Below the bound, 1 - e rounds to 1.
        let e = expOfNormal (Lane.max (x.Number -2.0 *. a) (LaneFloats.number -20.0 -40.0 x))

        let far = one -. (e +. e) /. (one +. e)
        LaneFloats.withSignOf x (Lane.select (Lane.less a (x.Number 0.55)) near far)
