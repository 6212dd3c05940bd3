// The exponential family as lane expressions: exp, expm1, logistic and tanh.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

[<RequireQualifiedAccess>]
module internal VectorExponential =
    [<Literal>]
    let Log2E = 1.4426950408889634

    [<MethodImpl(Inline)>]
    let private minusLog2 () : 'L :> ILane<'L> = Lanes.choose -0.693147182 -0.6931471805599453

    [<MethodImpl(Inline)>]
    let private minusLog2Low () : 'L :> ILane<'L> = Lanes.choose 1.90465421e-09 -2.3190468138462996e-17

    /// x - n log 2 for the integer n near x / log 2. The first difference has no error.
    [<MethodImpl(Inline)>]
    let remainder (n: 'L :> ILane<'L>) (x: 'L) : 'L = Lanes.fma n (minusLog2Low ()) (Lanes.fma n (minusLog2 ()) x)

    /// The same, and what its last step loses.
    [<MethodImpl(Inline)>]
    let remainderInParts (n: 'L :> ILane<'L>) (x: 'L) : struct ('L * 'L) =
        let first = Lanes.fma n (minusLog2 ()) x
        let r = Lanes.fma n (minusLog2Low ()) first
        struct (r, Lanes.fma n (minusLog2Low ()) (first -. r))

    /// x = n log 2 + r with |r| <= log 2 / 2, and the bits of n + offset.
    [<MethodImpl(Inline)>]
    let private reduce single double (x: 'L :> ILane<'L>) : struct ('L * 'L) =
        let struct (n, bits) = Lanes.nearestInteger Log2E single double x
        struct (remainder n x, bits)

    /// (exp(r) - 1 - r) / r^2 for |r| <= log 2 / 2: minimax in its effect on expm1, relative error 2^-26.1 and 2^-55.6.
    [<MethodImpl(Inline)>]
    let private tail (r: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.00138378795
            |> Lanes.next r 0.00836708769
            |> Lanes.next r 0.0416677482
            |> Lanes.next r 0.16666539
            |> Lanes.next r 0.49999997
        else
            Lanes.number 2.5053774637732924e-08
            |> Lanes.next r 2.762609279939323e-07
            |> Lanes.next r 2.7557407689273298e-06
            |> Lanes.next r 2.480150514278752e-05
            |> Lanes.next r 0.0001984126971870762
            |> Lanes.next r 0.0013888888931667023
            |> Lanes.next r 0.008333333333389734
            |> Lanes.next r 0.041666666666576466
            |> Lanes.next r 0.16666666666666588
            |> Lanes.next r 0.5000000000000006

    [<MethodImpl(Inline)>]
    let private reducedExponential (r: 'L :> ILane<'L>) : 'L =
        let one = Lanes.number 1.0
        Lanes.fma (Lanes.fma (tail r) r one) r one

    /// From the bits of n + 2 bias: two powers of two whose product is 2^n, so that results below the normal range round once
    /// and those above overflow.
    [<MethodImpl(Inline)>]
    let private powers (bits: 'L :> ILane<'L>) : struct ('L * 'L) =
        let first = Lanes.toExponent ('L.ShiftRight(bits, 1))
        let second = Lanes.subtractBits (Lanes.toExponent bits) first
        struct (first, second)

    /// exp(high + low) for a low part that is small beside the high one, which is in the range of exp: q and two powers of two of
    /// which exp is (1 + q) times the product.
    [<MethodImpl(Inline)>]
    let ofSum (high: 'L :> ILane<'L>) (low: 'L) : struct ('L * 'L * 'L) =
        let struct (n, bits) = Lanes.nearestInteger Log2E 254 2046 high
        let first = Lanes.fma n (minusLog2 ()) high
        let rest = Lanes.fma n (minusLog2Low ()) low
        let r = first +. rest
        let lost = rest -. (r -. first)
        let struct (power, otherPower) = powers bits
        struct (r +. Lanes.fma (tail r) (r *. r) lost, power, otherPower)

    [<MethodImpl(Inline)>]
    let private core (x: 'L :> ILane<'L>) : 'L =
        let struct (r, bits) = reduce 254 2046 x
        let struct (first, second) = powers bits
        reducedExponential r *. first *. second

    // Below, exp rounds to 0; above, it overflows.
    [<MethodImpl(Inline)>]
    let private aboveLowest (x: 'L :> ILane<'L>) : 'L = Lanes.atLeast -104.0 -746.0 x

    [<MethodImpl(Inline)>]
    let private belowHighest (x: 'L :> ILane<'L>) : 'L = Lanes.atMost 89.0 710.0 x

    [<MethodImpl(Inline)>]
    let exp (x: 'L :> ILane<'L>) : 'L = core (belowHighest (aboveLowest x))

    /// exp for arguments that are not above the overflow.
    [<MethodImpl(Inline)>]
    let expOfNegative (x: 'L :> ILane<'L>) : 'L = core (aboveLowest x)

    /// exp for arguments whose results are normal numbers.
    [<MethodImpl(Inline)>]
    let expOfNormal (x: 'L :> ILane<'L>) : 'L =
        let struct (r, bits) = reduce 127 1023 x
        reducedExponential r *. Lanes.toExponent bits

    /// (exp(r) - 1 - r) / r^2 for -0.2885 <= r <= 0.4067: minimax in its effect on expm1, relative error 2^-26 and 2^-55.4.
    [<MethodImpl(Inline)>]
    let private tailOfExpm1 (r: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.0014523291
            |> Lanes.next r 0.00836190861
            |> Lanes.next r 0.0416601002
            |> Lanes.next r 0.166665658
            |> Lanes.next r 0.500000119
        else
            Lanes.number 2.6431933417800464e-08
            |> Lanes.next r 2.7588398052510356e-07
            |> Lanes.next r 2.7554373188872107e-06
            |> Lanes.next r 2.4801577781121668e-05
            |> Lanes.next r 0.0001984127208059691
            |> Lanes.next r 0.0013888888885835507
            |> Lanes.next r 0.008333333332644351
            |> Lanes.next r 0.041666666666679966
            |> Lanes.next r 0.16666666666667343
            |> Lanes.next r 0.49999999999999994

    [<MethodImpl(Inline)>]
    let expm1 (x: 'L :> ILane<'L>) : 'L =
        // Below the lower bound, expm1 rounds to -1.
        let clamped = belowHighest (Lanes.atLeast -18.0 -38.0 x)
        // Off centre, so that p is between -1/4 and 1/2: then adding 2^n - 1 does not magnify the rounding of p.
        let struct (n, bits) = Lanes.nearestInteger Log2E 254 2046 (clamped -. Lanes.number 0.0588915)

        let r = remainder n clamped
        let p = Lanes.fma (tailOfExpm1 r) (r *. r) r
        // 2^n p + 2^n - 1 = (2^a p + (2^a - 2^-b)) 2^b for n = a + b.
        let struct (first, second) = powers bits
        let inverse = Lanes.subtractBits (Lanes.pattern (254UL <<< 23) (2046UL <<< 52)) second
        let sum = Lanes.fma p first (first -. inverse)
        // The result has the argument's sign; only that of -0 is lost in the sums.
        Lanes.withSignOf x (sum *. second)

    /// 2^m / (2^m + exp(-r)) for x = m log 2 + r.
    [<MethodImpl(Inline)>]
    let logistic (x: 'L :> ILane<'L>) : 'L =
        let struct (r, bits) = reduce 254 2046 (Lanes.atMost 30.0 40.0 (aboveLowest x))
        let struct (first, second) = powers bits
        let r = negate r
        let one = Lanes.number 1.0
        // first * second may underflow: then it is no part of the sum. What 1 + 2^m loses goes to the smaller terms.
        let power = first *. second
        let whole = one +. power
        let lost = power -. (whole -. one)
        first /. (whole +. Lanes.fma (tail r) (r *. r) (r +. lost)) *. second

    /// (tanh x - x) / x^3 in s = x^2, |x| <= 0.55: minimax, relative error of tanh 2^-29.7 and 2^-55.5.
    [<MethodImpl(Inline)>]
    let private hyperbolicTail (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number -0.00624284893
            |> Lanes.next s 0.021050714
            |> Lanes.next s -0.0538475476
            |> Lanes.next s 0.133325443
            |> Lanes.next s -0.333333164
        else
            Lanes.number 5.102148251485077e-05
            |> Lanes.next s -0.00021030240891842085
            |> Lanes.next s 0.0005791370231095995
            |> Lanes.next s -0.0014532167593826217
            |> Lanes.next s 0.003591719697922522
            |> Lanes.next s -0.00886319450409431
            |> Lanes.next s 0.021869485974794208
            |> Lanes.next s -0.05396825387607818
            |> Lanes.next s 0.13333333333168704
            |> Lanes.next s -0.33333333333332316

    /// Near 0 by its polynomial; beyond, 1 - 2 e / (1 + e) for e = exp(-2|x|), and the sign of x.
    [<MethodImpl(Inline)>]
    let tanh (x: 'L :> ILane<'L>) : 'L =
        let a = Lanes.abs x
        let one = Lanes.number 1.0
        let s = x *. x
        let near = Lanes.fma (a *. s) (hyperbolicTail s) a
        // Below the bound, 1 - e rounds to 1.
        let e = expOfNormal (Lanes.atLeast -20.0 -40.0 (Lanes.number -2.0 *. a))

        let far = one -. (e +. e) /. (one +. e)
        Lanes.withSignOf x (Lanes.select (Lanes.less a (Lanes.number 0.55)) near far)
