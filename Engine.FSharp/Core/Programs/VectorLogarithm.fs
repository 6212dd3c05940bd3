// The logarithm family as lane expressions: log, log1p, softplus, log(exp a + exp b) and asinh.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorLogarithm =
    /// (log(1 + f) - f) / f^2 for 3/4 <= 1 + f <= 3/2: minimax in its effect on log1p, relative error 2^-27.4 and 2^-56.7.
    let private tail (f: Lane) =
        LaneFloats.polynomial
            [
                -0.0460411198
                0.105905443
                -0.132084832
                0.14475213
                -0.166425452
                0.199903756
                -0.250001937
                0.333334625
                -0.5
            ]
            [
                0.008056521881153859
                -0.02935364711358749
                0.05074418533092557
                -0.05977285886509364
                0.060872487743212605
                -0.062491845657593
                0.06642297817257055
                -0.07138420187677177
                0.07693478433277334
                -0.08333731947037197
                0.09090889766301555
                -0.09999983769193396
                0.11111110795024212
                -0.1250000034947565
                0.14285714301415633
                -0.16666666662758303
                0.1999999999981593
                -0.25000000000019584
                0.3333333333333395
                -0.4999999999999997
            ]
            f

    /// For the bits of a positive normal m 2^k with m in [3/4, 3/2): -k in the place of the exponent.
    let private negatedExponent (x: Lane) (bits: Lane) =
        // The distance from 3/4, rounded up.
        let top = bits.Pattern(LaneFloats.choose x (0x3f400000UL + 0x7fffffUL) (0x3fe8000000000000UL + 0xfffffffffffffUL))

        (top -. bits) &&. bits.Pattern(LaneFloats.choose x 0xff800000UL 0xfff0000000000000UL)

    /// log 2 / 2^mantissa, negated: a zero exponent then gives -0, which leaves the sign of a zero f alone.
    let private exponentUnit x = LaneFloats.number (-0.693147182 / 8388608.0) (-0.6931471805599453 / 4503599627370496.0) x

    /// k log 2 + log(1 + f), from -k in the place of the exponent.
    let private combine (f: Lane) (exponent: Lane) =
        let value = Lane.fma (tail f) (f *. f) f
        Lane.fma (Lane.convert f.DType exponent) (exponentUnit f) value

    /// x where it is inf or NaN, -inf at the pole, NaN left of it, else the value.
    let private outside (pole: float) (x: Lane) value =
        let pole = x.Number pole
        let right = Lane.select (Lane.less x (x.Number infinity)) value x
        Lane.select (Lane.less pole x) right (Lane.select (Lane.equal x pole) (x.Number -infinity) (x.Number nan))

    let log (x: Lane) =
        // Numbers below the normal range are scaled into it.
        let isTiny = Lane.less x (LaneFloats.number 1.17549435e-38 2.2250738585072014e-308 x)

        let scaled = LaneFloats.asInteger (Lane.select isTiny (x *. LaneFloats.number 8388608.0 4503599627370496.0 x) x)

        let scale = scaled.Pattern(LaneFloats.choose x (23UL <<< 23) (52UL <<< 52))
        let bits = scaled -. Lane.select isTiny scale (scaled.Pattern 0UL)
        let exponent = negatedExponent x bits
        let f = LaneFloats.asFloatLike x (bits +. exponent) -. x.Number 1.0
        outside 0.0 x (combine f exponent)

    /// log(x) + c for a positive normal x and a small c.
    let logOfNormal (x: Lane) (c: Lane) =
        let bits = LaneFloats.asInteger x
        let exponent = negatedExponent x bits
        let f = LaneFloats.asFloatLike x (bits +. exponent) -. x.Number 1.0
        Lane.fma (Lane.convert x.DType exponent) (exponentUnit x) (Lane.fma (tail f) (f *. f) (f +. c))

    /// The exponent of u = 1 + x as combine wants it, 2^-k, and u scaled to [3/4, 3/2).
    let private split (x: Lane) (u: Lane) =
        let bits = LaneFloats.asInteger u
        let exponent = negatedExponent x bits
        let one = bits.Pattern(LaneFloats.choose x (127UL <<< 23) (1023UL <<< 52))
        struct (exponent, LaneFloats.asFloatLike x (one +. exponent), LaneFloats.asFloatLike x (bits +. exponent))

    /// (1 + x) 2^-k - 1 with one rounding: 1 + x itself is never rounded. Negated so that x = -0 stays -0.
    let private scaledExcess (x: Lane) (scale: Lane) = Lane.fma x scale (negate (x.Number 1.0 -. scale))

    /// log(1 + x) for x in (-1, 2^64).
    let private log1pOfModerate (x: Lane) =
        let one = x.Number 1.0
        let struct (exponent, scale, _) = split x (one +. x)
        combine (scaledExcess x scale) exponent

    /// log(1 + x) + k log 2 for x > -1, with one added to k where a condition holds; k counts from the first.
    let private log1pOfAny (x: Lane) (addOne: Lane voption) =
        let one = x.Number 1.0
        let struct (exponent, scale, scaled) = split x (one +. x)
        // For a large x, 2^-k is no normal number and 1 no part of the sum.
        let f = Lane.select (Lane.less x (x.Number 1e9)) (scaledExcess x scale) (scaled -. one)

        match addOne with
        | ValueNone -> combine f exponent
        | ValueSome condition ->
            let unit = exponent.Pattern(LaneFloats.choose x (1UL <<< 23) (1UL <<< 52))
            combine f (exponent -. Lane.select condition unit (exponent.Pattern 0UL))

    let log1p (x: Lane) = outside -1.0 x (log1pOfAny x ValueNone)

    /// log(1 + x) for a float32 x in (-1, 0], nearly always the float32 nearest to it: what sums lose is carried along.
    let private log1pOfMinusSquare32 (x: Lane) =
        let one = x.Number 1.0
        let struct (exponent, scale, _) = split x (one +. x)
        let shift = scale -. one
        let f = Lane.fma x scale shift
        let lostFromF = Lane.fma x scale (shift -. f)
        let k = Lane.convert x.DType exponent
        // log 2 to 16 bits, so that the product is exact, and the rest of it.
        let product = k *. x.Number(-0.693145752 / 8388608.0)
        let head = product +. f
        let lost = (f -. (head -. product)) +. lostFromF

        head +. Lane.fma (tail f) (f *. f) (Lane.fma k (x.Number(-1.42860682e-06 / 8388608.0)) lost)

    /// -log(1 - x^2) for |x| < 1. Float64 rounds 1 - x^2 once; float32 rounds x^2, as JAX has it.
    let minusLog1pOfMinusSquare (x: Lane) =
        match x.DType with
        | DType.Float32 -> negate (log1pOfMinusSquare32 (negate (x *. x)))
        | _ ->
            let one = x.Number 1.0
            let struct (exponent, scale, _) = split x (Lane.fma (negate x) x one)
            negate (combine (Lane.fma (negate x *. scale) x (scale -. one)) exponent)

    /// log(1 + exp(-d)) for d >= 0.
    let private log1pOfExp (d: Lane) = log1pOfModerate (VectorExponential.expOfNegative (negate d))

    let softplus (x: Lane) = Lane.max x (x.Number 0.0) +. log1pOfExp (Lane.abs x)

    /// log(exp a + exp b) = max + log(1 + exp(-|a - b|)); equal infinities have no difference.
    let logAddExp (a: Lane) (b: Lane) =
        let distance = Lane.select (Lane.equal a b) (a.Number 0.0) (Lane.abs (a -. b))
        Lane.max a b +. log1pOfExp distance

    /// log(1 + (a + a^2 / (1 + sqrt(1 + a^2)))) for a = |x|, log(2 a) for a large one, and the sign of x.
    let asinh (x: Lane) =
        let a = Lane.abs x
        let one = x.Number 1.0
        let isLarge = Lane.less (LaneFloats.number 1e9 1e18 x) a
        let square = a *. a
        let excess = a +. square /. (one +. Lane.sqrt (one +. square))
        let value = log1pOfAny (Lane.select isLarge a excess) (ValueSome isLarge)
        LaneFloats.withSignOf x (Lane.select (Lane.less a (x.Number infinity)) value a)
