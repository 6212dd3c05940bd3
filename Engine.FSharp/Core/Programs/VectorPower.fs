// Powers as lane expressions, by a logarithm of twice the precision.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

[<RequireQualifiedAccess>]
module internal VectorPower =
    /// (2 atanh r - 2 r - 2 r^3 / 3) / r^5 in s = r^2, on [0, 0.029438]: error relative to 2 atanh r 2^-36.76 and 2^-71.04.
    [<MethodImpl(Inline)>]
    let private tail (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.234196901 |> Lanes.next s 0.285470903 |> Lanes.next s 0.400001526
        else
            Lanes.number 0.12221699649976381
            |> Lanes.next s 0.11647532116581258
            |> Lanes.next s 0.1333760627462533
            |> Lanes.next s 0.1538452569842032
            |> Lanes.next s 0.1818181927332878
            |> Lanes.next s 0.22222222214945472
            |> Lanes.next s 0.2857142857145118
            |> Lanes.next s 0.3999999999999998

    /// For a positive x = 2^k m with m in [sqrt(1/2), sqrt 2): -k in the place of the exponent, and m.
    [<MethodImpl(Inline)>]
    let private split (x: 'L :> ILane<'L>) : struct ('L * 'L) =
        let isTiny = Lanes.less x (Lanes.choose 1.17549435e-38 2.2250738585072014e-308)
        let scaled = Lanes.select isTiny (x *. Lanes.choose 8388608.0 4503599627370496.0) x
        let scale = Lanes.pattern (23UL <<< 23) (52UL <<< 52)
        let bits = Lanes.subtractBits scaled (isTiny &&. scale)
        // The distance from sqrt(1/2), rounded up.
        let top = Lanes.pattern (0x3f3504f3UL + 0x7fffffUL) (0x3fe6a09e667f3bcdUL + 0xfffffffffffffUL)
        let exponent = Lanes.subtractBits top bits &&. Lanes.pattern 0xff800000UL 0xfff0000000000000UL
        struct (exponent, Lanes.addBits bits exponent)

    /// log x for a positive x as a sum of two numbers, the second small; relative error 2^-34 and 2^-64. With s = (m - 1) / (m + 1) in two parts,
    /// log m = 2 atanh s = 2 s + s^3 (2/3 + ...), of which the dots alone have one part.
    [<MethodImpl(Inline)>]
    let logarithm (x: 'L :> ILane<'L>) : struct ('L * 'L) =
        let struct (exponent, m) = split x
        let one = Lanes.number 1.0
        let numerator, denominator = m -. one, m +. one
        let lostDenominator = m -. (denominator -. one)
        let inverse = one /. denominator
        let s = numerator *. inverse
        let lostS = (Lanes.fma (negate s) denominator numerator -. s *. lostDenominator) *. inverse
        let square = s *. s
        let lostSquare = Lanes.fma s s (negate square) +. (s +. s) *. lostS
        let cube = s *. square
        let lostCube = Lanes.fma s square (negate cube) +. Lanes.fma s lostSquare (lostS *. square)
        let dots = square *. tail square
        let third = Lanes.choose 0.666666687 0.6666666666666666
        let factor = third +. dots
        let lostFactor = (dots -. (factor -. third)) +. Lanes.choose -1.98682149e-08 3.700743415417188e-17
        let product = cube *. factor
        let lostProduct = Lanes.fma cube factor (negate product) +. Lanes.fma cube lostFactor (lostCube *. factor)
        let twice = s +. s
        let value = twice +. product
        let lostValue = (product -. (value -. twice)) +. Lanes.fma (Lanes.number 2.0) lostS lostProduct
        // log 2 in two parts, the first so short that its product with k is exact.
        let k = 'L.FromInteger exponent
        let whole = k *. Lanes.choose (-0.693145752 / 8388608.0) (-0.6931471803691238 / 4503599627370496.0)
        let sum = whole +. value

        let rest =
            Lanes.fma k (Lanes.choose (-1.42860682e-06 / 8388608.0) (-1.9082149292705877e-10 / 4503599627370496.0)) lostValue

        struct (sum, (value -. (sum -. whole)) +. rest)

    /// x^z = exp(z log |x|), with the sign of x for an odd z.
    [<MethodImpl(Inline)>]
    let power (x: 'L :> ILane<'L>) (z: 'L) : 'L =
        let size = Lanes.abs x
        let zero, one, infinite = Lanes.number 0.0, Lanes.number 1.0, Lanes.number infinity
        let struct (sum, rest) = logarithm size
        let isOrdinary = Lanes.less zero size &&. Lanes.less size infinite
        // At 0, infinity and NaN the logarithm is -infinity or the argument itself.
        let sum = Lanes.select isOrdinary sum (Lanes.select (Lanes.equal size zero) (negate infinite) size)
        let exponent = z *. sum
        let lost = Lanes.fma z sum (negate exponent) +. z *. rest
        // What is far out of the range may have no lost part.
        let lost = Lanes.select (Lanes.less (Lanes.abs exponent) (Lanes.choose 200.0 1000.0)) lost zero
        let bounded = Lanes.atMost 89.5 710.5 (Lanes.atLeast -105.0 -747.0 exponent)
        let struct (excess, first, second) = VectorExponential.ofSum bounded lost
        let value = (one +. excess) *. first *. second
        let half = z *. Lanes.number 0.5
        let isWhole = Lanes.equal ('L.Round z) z
        let isOdd = isWhole &&. Lanes.not (Lanes.equal ('L.Floor half) half)
        let signed = Lanes.select isOdd (Lanes.withSignOf x value) value
        let hasNone = (Lanes.less x zero &&. Lanes.less (negate infinite) x) &&. Lanes.not isWhole
        let value = Lanes.orNaN z (Lanes.orNaN x (Lanes.select hasNone (Lanes.number nan) signed))
        // x^0 and 1^z are 1 for any other argument, (-1)^z for an infinite z.
        let isOne =
            (Lanes.equal z zero ||. Lanes.equal x one) ||. (Lanes.equal size one &&. Lanes.equal (Lanes.abs z) infinite)

        Lanes.select isOne one value

    /// z x^(z-1): z x^z / x for small z, where x^(z-1) leaves the range first and z - 1 has lost digits of z; but not where x is 0 or infinite.
    [<MethodImpl(Inline)>]
    let slope (x: 'L :> ILane<'L>) (z: 'L) : 'L =
        let isQuotient = Lanes.less z (Lanes.number 0.5) &&. Lanes.not (Lanes.equal x (x +. x))
        let power = power x (Lanes.select isQuotient z (z -. Lanes.number 1.0))
        let product = VectorFunctions.scale z power
        Lanes.select isQuotient (product /. x) product

    /// x^z log x.
    [<MethodImpl(Inline)>]
    let timesLogarithm (x: 'L :> ILane<'L>) (z: 'L) : 'L =
        let zero = Lanes.number 0.0
        let isOne = Lanes.equal x zero &&. Lanes.equal z zero
        VectorFunctions.scale (power x z) (VectorLogarithm.log (Lanes.select isOne (Lanes.number 1.0) x))
