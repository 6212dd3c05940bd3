// The logarithm family as lane expressions: log, log1p, softplus, log(exp a + exp b) and asinh.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

[<RequireQualifiedAccess>]
module internal VectorLogarithm =
    /// (log(1 + f) - f) / f^2 for 3/4 <= 1 + f <= 3/2: minimax in its effect on log1p, relative error 2^-27.4 and 2^-56.7.
    [<MethodImpl(Inline)>]
    let private tail (f: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number -0.0460411198
            |> Lanes.next f 0.105905443
            |> Lanes.next f -0.132084832
            |> Lanes.next f 0.14475213
            |> Lanes.next f -0.166425452
            |> Lanes.next f 0.199903756
            |> Lanes.next f -0.250001937
            |> Lanes.next f 0.333334625
            |> Lanes.next f -0.5
        else
            Lanes.number 0.008056521881153859
            |> Lanes.next f -0.02935364711358749
            |> Lanes.next f 0.05074418533092557
            |> Lanes.next f -0.05977285886509364
            |> Lanes.next f 0.060872487743212605
            |> Lanes.next f -0.062491845657593
            |> Lanes.next f 0.06642297817257055
            |> Lanes.next f -0.07138420187677177
            |> Lanes.next f 0.07693478433277334
            |> Lanes.next f -0.08333731947037197
            |> Lanes.next f 0.09090889766301555
            |> Lanes.next f -0.09999983769193396
            |> Lanes.next f 0.11111110795024212
            |> Lanes.next f -0.1250000034947565
            |> Lanes.next f 0.14285714301415633
            |> Lanes.next f -0.16666666662758303
            |> Lanes.next f 0.1999999999981593
            |> Lanes.next f -0.25000000000019584
            |> Lanes.next f 0.3333333333333395
            |> Lanes.next f -0.4999999999999997

    /// For the bits of a positive normal m 2^k with m in [3/4, 3/2): -k in the place of the exponent.
    [<MethodImpl(Inline)>]
    let private negatedExponent (bits: 'L :> ILane<'L>) : 'L =
        // The distance from 3/4, rounded up.
        let top = Lanes.pattern (0x3f400000UL + 0x7fffffUL) (0x3fe8000000000000UL + 0xfffffffffffffUL)
        Lanes.subtractBits top bits &&. Lanes.pattern 0xff800000UL 0xfff0000000000000UL

    /// log 2 / 2^mantissa, negated: a zero exponent then gives -0, which leaves the sign of a zero f alone.
    [<MethodImpl(Inline)>]
    let private exponentUnit () : 'L :> ILane<'L> = Lanes.choose (-0.693147182 / 8388608.0) (-0.6931471805599453 / 4503599627370496.0)

    /// k log 2 + log(1 + f), from -k in the place of the exponent.
    [<MethodImpl(Inline)>]
    let private combine (f: 'L :> ILane<'L>) (exponent: 'L) : 'L =
        let value = Lanes.fma (tail f) (f *. f) f
        Lanes.fma ('L.FromInteger exponent) (exponentUnit ()) value

    /// x where it is inf or NaN, -inf at the pole, NaN left of it, else the value.
    [<MethodImpl(Inline)>]
    let private outside (pole: float) (x: 'L :> ILane<'L>) (value: 'L) : 'L =
        let pole = Lanes.number pole
        let right = Lanes.select (Lanes.less x (Lanes.number infinity)) value x
        Lanes.select (Lanes.less pole x) right (Lanes.select (Lanes.equal x pole) (Lanes.number -infinity) (Lanes.number nan))

    [<MethodImpl(Inline)>]
    let log (x: 'L :> ILane<'L>) : 'L =
        // Numbers below the normal range are scaled into it.
        let isTiny = Lanes.less x (Lanes.choose 1.17549435e-38 2.2250738585072014e-308)

        let scaled = Lanes.select isTiny (x *. Lanes.choose 8388608.0 4503599627370496.0) x
        let scale = Lanes.pattern (23UL <<< 23) (52UL <<< 52)
        let bits = Lanes.subtractBits scaled (isTiny &&. scale)
        let exponent = negatedExponent bits
        let f = Lanes.addBits bits exponent -. Lanes.number 1.0
        outside 0.0 x (combine f exponent)

    /// log(x) + c for a positive normal x and a small c.
    [<MethodImpl(Inline)>]
    let logOfNormal (x: 'L :> ILane<'L>) (c: 'L) : 'L =
        let exponent = negatedExponent x
        let f = Lanes.addBits x exponent -. Lanes.number 1.0
        Lanes.fma ('L.FromInteger exponent) (exponentUnit ()) (Lanes.fma (tail f) (f *. f) (f +. c))

    /// The exponent of u = 1 + x as combine wants it, 2^-k, and u scaled to [3/4, 3/2).
    [<MethodImpl(Inline)>]
    let private split (u: 'L :> ILane<'L>) : struct ('L * 'L * 'L) =
        let exponent = negatedExponent u
        let one = Lanes.pattern (127UL <<< 23) (1023UL <<< 52)
        struct (exponent, Lanes.addBits one exponent, Lanes.addBits u exponent)

    /// (1 + x) 2^-k - 1 with one rounding: 1 + x itself is never rounded. Negated so that x = -0 stays -0.
    [<MethodImpl(Inline)>]
    let private scaledExcess (x: 'L :> ILane<'L>) (scale: 'L) : 'L = Lanes.fma x scale (negate (Lanes.number 1.0 -. scale))

    /// log(1 + x) for x in (-1, 2^64).
    [<MethodImpl(Inline)>]
    let private log1pOfModerate (x: 'L :> ILane<'L>) : 'L =
        let one = Lanes.number 1.0
        let struct (exponent, scale, _) = split (one +. x)
        combine (scaledExcess x scale) exponent

    /// log(1 + x) for x > -1, as combine's operands.
    [<MethodImpl(Inline)>]
    let private splitOfAny (x: 'L :> ILane<'L>) : struct ('L * 'L) =
        let one = Lanes.number 1.0
        let struct (exponent, scale, scaled) = split (one +. x)
        // For a large x, 2^-k is no normal number and 1 no part of the sum.
        struct (Lanes.select (Lanes.less x (Lanes.number 1e9)) (scaledExcess x scale) (scaled -. one), exponent)

    [<MethodImpl(Inline)>]
    let log1p (x: 'L :> ILane<'L>) : 'L =
        let struct (f, exponent) = splitOfAny x
        outside -1.0 x (combine f exponent)

    /// log(1 + x) for a float32 x in (-1, 0], nearly always the float32 nearest to it: what sums lose is carried along.
    [<MethodImpl(Inline)>]
    let private log1pOfMinusSquare32 (x: 'L :> ILane<'L>) : 'L =
        let one = Lanes.number 1.0
        let struct (exponent, scale, _) = split (one +. x)
        let shift = scale -. one
        let f = Lanes.fma x scale shift
        let lostFromF = Lanes.fma x scale (shift -. f)
        let k = 'L.FromInteger exponent
        // log 2 to 16 bits, so that the product is exact, and the rest of it.
        let product = k *. Lanes.number (-0.693145752 / 8388608.0)
        let head = product +. f
        let lost = (f -. (head -. product)) +. lostFromF

        head +. Lanes.fma (tail f) (f *. f) (Lanes.fma k (Lanes.number (-1.42860682e-06 / 8388608.0)) lost)

    /// -log(1 - x^2) for |x| < 1. Float64 rounds 1 - x^2 once; float32 rounds x^2, as JAX has it.
    [<MethodImpl(Inline)>]
    let minusLog1pOfMinusSquare (x: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            negate (log1pOfMinusSquare32 (negate (x *. x)))
        else
            let one = Lanes.number 1.0
            let struct (exponent, scale, _) = split (Lanes.fma (negate x) x one)
            negate (combine (Lanes.fma (negate x *. scale) x (scale -. one)) exponent)

    /// log(1 + exp(-d)) for d >= 0.
    [<MethodImpl(Inline)>]
    let private log1pOfExp (d: 'L :> ILane<'L>) : 'L = log1pOfModerate (VectorExponential.expOfNegative (negate d))

    [<MethodImpl(Inline)>]
    let softplus (x: 'L :> ILane<'L>) : 'L = Lanes.max x (Lanes.number 0.0) +. log1pOfExp (Lanes.abs x)

    /// log(exp a + exp b) = max + log(1 + exp(-|a - b|)); equal infinities have no difference.
    [<MethodImpl(Inline)>]
    let logAddExp (a: 'L :> ILane<'L>) (b: 'L) : 'L =
        let distance = Lanes.select (Lanes.equal a b) (Lanes.number 0.0) (Lanes.abs (a -. b))
        Lanes.max a b +. log1pOfExp distance

    /// log(1 + (a + a^2 / (1 + sqrt(1 + a^2)))) for a = |x|, log(2 a) for a large one, and the sign of x.
    [<MethodImpl(Inline)>]
    let asinh (x: 'L :> ILane<'L>) : 'L =
        let a = Lanes.abs x
        let one = Lanes.number 1.0
        let isLarge = Lanes.less (Lanes.choose 1e9 1e18) a
        let square = a *. a
        let excess = a +. square /. (one +. Lanes.sqrt (one +. square))
        let struct (f, exponent) = splitOfAny (Lanes.select isLarge a excess)
        // One more factor of 2 for a large one.
        let unit = Lanes.pattern (1UL <<< 23) (1UL <<< 52)
        let value = combine f (Lanes.subtractBits exponent (isLarge &&. unit))
        Lanes.withSignOf x (Lanes.select (Lanes.less a (Lanes.number infinity)) value a)
