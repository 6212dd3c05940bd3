// The hyperbolic sine and cosine as lane expressions.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorHyperbolic =
    /// (sinh r - r) / r^3 in s = r^2, on [0, 0.1645]: relative error 2^-34.12 and 2^-58.96.
    let private sineTail (s: Lane) =
        LaneFloats.polynomial
            [ 0.000199558766; 0.00833319128; 0.166666672 ]
            [
                2.5130492271293723e-08
                2.755717704282197e-06
                0.00019841269958308205
                0.008333333333291294
                0.16666666666666716
            ]
            s

    /// (cosh r - 1) / r^2 in s = r^2, on [0, 0.1645]: relative error 2^-31.42 and 2^-66.85.
    let private cosineTail (s: Lane) =
        LaneFloats.polynomial
            [ 0.00139527139; 0.0416662768; 0.5 ]
            [
                2.0938241503701817e-09
                2.7557193492503383e-07
                2.4801587422872387e-05
                0.0013888888888834608
                0.041666666666666755
                0.5
            ]
            s

    /// For |x| = n log 2 + r: r and what it lost, sinh r - r, cosh r - 1, (2^n + 2^-n) / 2, (2^n - 2^-n) / 2, and a factor that is 2 where 2^n / 2 would
    /// overflow: it is halved there.
    let private parts (x: Lane) =
        let size = Lane.min (Lane.abs x) (LaneFloats.number 89.6 710.6 x)
        let mantissa, half = LaneFloats.mantissaBits x, LaneFloats.bias x - 1
        // Off centre: what cancels in sinh for n = 1 is then small.
        let struct (n, bits) = LaneFloats.nearestInteger VectorExponential.log2e half (size -. x.Number 0.0588915)
        let struct (r, lost) = VectorExponential.remainderInParts n size
        let isLarge = Lane.less (LaneFloats.number 80.0 700.0 x) size
        let power bits = LaneFloats.asFloatLike x (Lane.shiftLeft mantissa bits)
        let growing = power (bits -. Lane.select isLarge (bits.Pattern 1UL) (bits.Pattern 0UL))
        // Below 2^-60 it is no part of the sums.
        let struct (_, inverse) = LaneFloats.nearestInteger -1.0 half (Lane.min n (x.Number 60.0))
        let falling = power inverse
        let s = r *. r
        let sine = (r *. s) *. sineTail s
        let cosine = s *. cosineTail s
        let factor = Lane.select isLarge (x.Number 2.0) (x.Number 1.0)
        struct (struct (r, lost), sine, cosine, growing +. falling, growing -. falling, factor)

    /// sinh(n log 2 + r) = sinh(n log 2) cosh r + cosh(n log 2) sinh r. The sum of the two large terms, sinh(n log 2) + cosh(n log 2) r, keeps what it
    /// loses.
    let sinh (x: Lane) =
        let struct (struct (r, lost), sine, cosine, sum, difference, factor) = parts x
        let product = sum *. r
        let whole = difference +. product
        let lostWhole = (product -. (whole -. difference)) +. Lane.fma sum r (negate product)
        LaneFloats.withSignOf x ((whole +. Lane.fma sum (sine +. lost) (Lane.fma difference cosine lostWhole)) *. factor)

    /// cosh(n log 2 + r) = cosh(n log 2) cosh r + sinh(n log 2) sinh r.
    let cosh (x: Lane) =
        let struct (struct (r, lost), sine, cosine, sum, difference, factor) = parts x
        (sum +. Lane.fma difference r (Lane.fma sum cosine (difference *. (sine +. lost)))) *. factor
