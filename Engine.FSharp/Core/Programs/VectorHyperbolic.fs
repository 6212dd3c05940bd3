// The hyperbolic sine and cosine as lane expressions.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

[<RequireQualifiedAccess>]
module internal VectorHyperbolic =
    /// (sinh r - r) / r^3 in s = r^2, on [0, 0.1645]: relative error 2^-34.12 and 2^-58.96.
    [<MethodImpl(Inline)>]
    let private sineTail (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.000199558766 |> Lanes.next s 0.00833319128 |> Lanes.next s 0.166666672
        else
            Lanes.number 2.5130492271293723e-08
            |> Lanes.next s 2.755717704282197e-06
            |> Lanes.next s 0.00019841269958308205
            |> Lanes.next s 0.008333333333291294
            |> Lanes.next s 0.16666666666666716

    /// (cosh r - 1) / r^2 in s = r^2, on [0, 0.1645]: relative error 2^-31.42 and 2^-66.85.
    [<MethodImpl(Inline)>]
    let private cosineTail (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.00139527139 |> Lanes.next s 0.0416662768 |> Lanes.next s 0.5
        else
            Lanes.number 2.0938241503701817e-09
            |> Lanes.next s 2.7557193492503383e-07
            |> Lanes.next s 2.4801587422872387e-05
            |> Lanes.next s 0.0013888888888834608
            |> Lanes.next s 0.041666666666666755
            |> Lanes.next s 0.5

    /// For |x| = n log 2 + r: r and what it lost, sinh r - r, cosh r - 1, (2^n + 2^-n) / 2, (2^n - 2^-n) / 2, and a factor that is 2 where 2^n / 2 would
    /// overflow: it is halved there.
    [<MethodImpl(Inline)>]
    let private parts (x: 'L :> ILane<'L>) : struct (struct ('L * 'L) * 'L * 'L * 'L * 'L * 'L) =
        let size = Lanes.atMost 89.6 710.6 (Lanes.abs x)
        // Off centre: what cancels in sinh for n = 1 is then small.
        let struct (n, bits) = Lanes.nearestInteger VectorExponential.Log2E 126 1022 (size -. Lanes.number 0.0588915)
        let struct (r, lost) = VectorExponential.remainderInParts n size
        let isLarge = Lanes.less (Lanes.choose 80.0 700.0) size
        let growing = Lanes.toExponent (Lanes.subtractBits bits (isLarge &&. 'L.Pattern 1UL))
        // Below 2^-60 it is no part of the sums.
        let struct (_, inverse) = Lanes.nearestInteger -1.0 126 1022 (Lanes.atMost 60.0 60.0 n)
        let falling = Lanes.toExponent inverse
        let s = r *. r
        let sine = (r *. s) *. sineTail s
        let cosine = s *. cosineTail s
        let factor = Lanes.select isLarge (Lanes.number 2.0) (Lanes.number 1.0)
        struct (struct (r, lost), sine, cosine, growing +. falling, growing -. falling, factor)

    /// sinh(n log 2 + r) = sinh(n log 2) cosh r + cosh(n log 2) sinh r. The sum of the two large terms, sinh(n log 2) + cosh(n log 2) r, keeps what it
    /// loses.
    [<MethodImpl(Inline)>]
    let sinh (x: 'L :> ILane<'L>) : 'L =
        let struct (struct (r, lost), sine, cosine, sum, difference, factor) = parts x
        let product = sum *. r
        let whole = difference +. product
        let lostWhole = (product -. (whole -. difference)) +. Lanes.fma sum r (negate product)
        Lanes.withSignOf x ((whole +. Lanes.fma sum (sine +. lost) (Lanes.fma difference cosine lostWhole)) *. factor)

    /// cosh(n log 2 + r) = cosh(n log 2) cosh r + sinh(n log 2) sinh r.
    [<MethodImpl(Inline)>]
    let cosh (x: 'L :> ILane<'L>) : 'L =
        let struct (struct (r, lost), sine, cosine, sum, difference, factor) = parts x
        (sum +. Lanes.fma difference r (Lanes.fma sum cosine (difference *. (sine +. lost)))) *. factor
