// The trigonometric family as lane expressions: sin, cos, tan and atan, atan2 and its slope.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open System
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

[<RequireQualifiedAccess>]
module internal VectorTrigonometry =
    let private scalarSin = ScalarFunction("sin", fun x -> LargeAngles.sin x)
    let private scalarCos = ScalarFunction("cos", fun x -> LargeAngles.cos x)
    let private scalarTan = ScalarFunction("tan", fun x -> LargeAngles.tan x)

    /// r and its correction where x = n pi/2 + r - correction, |r| <= pi/4, and an unsigned integer whose low bits are those of n + offset.
    [<MethodImpl(Inline)>]
    let private reduce offset (x: 'L :> ILane<'L>) : struct ('L * 'L * 'L) =
        let struct (n, bits) = Lanes.nearestInteger 0.6366197723675814 offset offset x
        // Cody and Waite: pi/2 in three parts, the first two positive, so that -0 stays -0. The first difference is exact;
        // what the second product and the second difference lost is in the correction.
        let first = Lanes.fma n (Lanes.choose -1.57079625 -1.5707963267948966) x
        let middle = Lanes.choose 7.54979013e-08 6.123233995736766e-17
        let product = n *. middle
        let r = first -. product
        let lost = Lanes.fma n middle (negate product) -. ((first -. r) -. product)
        struct (r, Lanes.fma n (Lanes.choose -1.71512451e-15 -1.4973849048591698e-33) lost, bits)

    /// (r - sin r) / r^3 in s = r^2, |r| <= pi/4: minimax, relative error of sin 2^-27.8 and 2^-57.9.
    [<MethodImpl(Inline)>]
    let private sineTail (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.000195078828 |> Lanes.next s -0.00833210628 |> Lanes.next s 0.166666538
        else
            Lanes.number -1.589557897692255e-10
            |> Lanes.next s 2.5050736836008985e-08
            |> Lanes.next s -2.7557313553678533e-06
            |> Lanes.next s 0.00019841269829400768
            |> Lanes.next s -0.008333333333321891
            |> Lanes.next s 0.1666666666666663

    /// (cos r - 1 + s/2) / s^2 in s = r^2, |r| <= pi/4: minimax, relative error of cos 2^-33 and 2^-63.9.
    [<MethodImpl(Inline)>]
    let private cosineTail (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 2.44321018e-05 |> Lanes.next s -0.00138873083 |> Lanes.next s 0.0416666456
        else
            Lanes.number -1.135808417531141e-11
            |> Lanes.next s 2.087569228911172e-09
            |> Lanes.next s -2.7557314117786086e-07
            |> Lanes.next s 2.4801587288643903e-05
            |> Lanes.next s -0.0013888888888872733
            |> Lanes.next s 0.04166666666666659

    /// (r - c)^2 = r^2 - 2 r c, rounded once.
    [<MethodImpl(Inline)>]
    let private square (r: 'L :> ILane<'L>) (correction: 'L) : 'L = Lanes.fma r r ((r +. r) *. negate correction)

    /// sin and cos of r - correction.
    [<MethodImpl(Inline)>]
    let private both (r: 'L :> ILane<'L>) (correction: 'L) : struct ('L * 'L) =
        let s = square r correction
        let sine = r -. Lanes.fma (r *. s) (sineTail s) correction
        let one = Lanes.number 1.0
        let cosine = Lanes.fma s (Lanes.fma s (cosineTail s) (Lanes.number -0.5)) one
        struct (sine, cosine)

    [<MethodImpl(Inline)>]
    let private isOdd (bits: 'L :> ILane<'L>) : 'L = 'L.EqualBits(bits &&. 'L.Pattern 1UL, 'L.Pattern 1UL)

    /// A float with its sign flipped where bit 1 is set.
    [<MethodImpl(Inline)>]
    let private flip (bits: 'L :> ILane<'L>) (value: 'L) : 'L = value ^^. Lanes.shiftLeft 30 62 (bits &&. 'L.Pattern 2UL)

    /// The form for arguments up to a limit, and the scalar function beyond it.
    [<MethodImpl(Inline)>]
    let private upTo (f: ScalarFunction) (x: 'L :> ILane<'L>) (value: 'L) : 'L =
        let isLarge = Lanes.less (Lanes.choose 1e5 1e9) (Lanes.abs x)
        'L.CallWhere(isLarge, f, x, value)

    /// sin(x + offset pi/2).
    [<MethodImpl(Inline)>]
    let private wave offset (x: 'L :> ILane<'L>) : 'L =
        let struct (r, correction, bits) = reduce offset x
        let struct (sine, cosine) = both r correction
        flip bits (Lanes.select (isOdd bits) cosine sine)

    [<MethodImpl(Inline)>]
    let sin (x: 'L :> ILane<'L>) : 'L = upTo scalarSin x (wave 0 x)

    [<MethodImpl(Inline)>]
    let cos (x: 'L :> ILane<'L>) : 'L = upTo scalarCos x (wave 1 x)

    /// (r - tan r) / r^3 in s = r^2, |r| <= pi/4: minimax, relative error of tan 2^-29.5 and 2^-56.1.
    [<MethodImpl(Inline)>]
    let private tangentTail (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number -0.00438785041
            |> Lanes.next s -6.9776208e-05
            |> Lanes.next s -0.0108477892
            |> Lanes.next s -0.0212793741
            |> Lanes.next s -0.0540599748
            |> Lanes.next s -0.133326694
            |> Lanes.next s -0.333333492
        else
            Lanes.number -2.1045491406351336e-05
            |> Lanes.next s 4.5633053129347684e-05
            |> Lanes.next s -9.085143262734678e-05
            |> Lanes.next s 2.790618062369063e-05
            |> Lanes.next s -0.00013760244314420616
            |> Lanes.next s -0.00022185759603472372
            |> Lanes.next s -0.0005952417322252645
            |> Lanes.next s -0.0014547159111819345
            |> Lanes.next s -0.0035922960024068187
            |> Lanes.next s -0.008863218396536175
            |> Lanes.next s -0.021869489663531555
            |> Lanes.next s -0.053968253924391155
            |> Lanes.next s -0.13333333333419392
            |> Lanes.next s -0.33333333333332743

    [<MethodImpl(Inline)>]
    let tan (x: 'L :> ILane<'L>) : 'L =
        let struct (r, correction, bits) = reduce 0 x
        let s = square r correction
        let tangent = r -. Lanes.fma (r *. s) (tangentTail s) correction
        let value = Lanes.select (isOdd bits) (Lanes.number -1.0 /. tangent) tangent
        upTo scalarTan x value

    /// (atan t - t) / t^3 in s = t^2 for t <= 1: minimax, relative error of atan 2^-27.6 and 2^-57.6.
    [<MethodImpl(Inline)>]
    let private arcTail (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number -0.0018019859
            |> Lanes.next s 0.0109348111
            |> Lanes.next s -0.0311872512
            |> Lanes.next s 0.0579434074
            |> Lanes.next s -0.0840155110
            |> Lanes.next s 0.109512806
            |> Lanes.next s -0.142640427
            |> Lanes.next s 0.199985296
            |> Lanes.next s -0.333332986
        else
            Lanes.number 1.3225199897840513e-05
            |> Lanes.next s -0.00015216220680350256
            |> Lanes.next s 0.0008313285343408461
            |> Lanes.next s -0.002884938892635619
            |> Lanes.next s 0.007196546041215117
            |> Lanes.next s -0.013900625442097816
            |> Lanes.next s 0.021984928297182658
            |> Lanes.next s -0.029903924402507998
            |> Lanes.next s 0.036641955819743846
            |> Lanes.next s -0.04219181334441503
            |> Lanes.next s 0.047223231949307914
            |> Lanes.next s -0.05253518862952655
            |> Lanes.next s 0.058805278894573786
            |> Lanes.next s -0.06666404071065749
            |> Lanes.next s 0.07692279841055963
            |> Lanes.next s -0.09090907003151527
            |> Lanes.next s 0.11111111007035639
            |> Lanes.next s -0.1428571428257544
            |> Lanes.next s 0.19999999999951465
            |> Lanes.next s -0.3333333333333307

    /// pi/2 - atan(1/|x|) beyond 1, and the sign of x.
    [<MethodImpl(Inline)>]
    let atan (x: 'L :> ILane<'L>) : 'L =
        let a = Lanes.abs x
        let zero = Lanes.number 0.0
        let isLarge = Lanes.less (Lanes.number 1.0) a
        let t = Lanes.select isLarge (Lanes.number -1.0 /. a) a

        let low = Lanes.select isLarge (Lanes.choose -4.37113883e-08 6.123233995736766e-17) zero

        let high = Lanes.select isLarge (Lanes.choose 1.57079637 1.5707963267948966) zero

        let s = t *. t
        Lanes.withSignOf x (high +. (t +. Lanes.fma (t *. s) (arcTail s) low))

    /// The angle of (z, y): atan t for the ratio t of the smaller to the larger, from the nearest axis, and the sign of y.
    [<MethodImpl(Inline)>]
    let atan2 (y: 'L :> ILane<'L>) (z: 'L) : 'L =
        let zero, one = Lanes.number 0.0, Lanes.number 1.0
        let height, width = Lanes.abs y, Lanes.abs z
        let larger, smaller = Lanes.max height width, Lanes.min height width
        // Equal infinities have the ratio 1, zeros 0.
        let whole = Lanes.select (Lanes.equal larger zero) zero one
        let t = Lanes.select (Lanes.equal larger smaller) whole (smaller /. larger)
        let isSteep = Lanes.less width height
        let isLeft = Lanes.less (Lanes.withSignOf z one) zero
        // In right angles: 1 for the vertical axis, 2 for the left half of the other.
        let axis = Lanes.select isSteep one (Lanes.select isLeft (Lanes.number 2.0) zero)
        let turned = Lanes.select (Lanes.less zero axis &&. Lanes.not (isSteep &&. isLeft)) (negate t) t
        let s = t *. t
        let low = axis *. Lanes.choose -4.37113883e-08 6.123233995736766e-17
        let high = Lanes.choose 1.57079637 1.5707963267948966
        let angle = Lanes.withSignOf y (Lanes.fma axis high (turned +. Lanes.fma (turned *. s) (arcTail s) low))
        Lanes.orNaN y (Lanes.orNaN z angle)

    /// z / (y^2 + z^2) by the ratio r of the smaller to the larger: 1 / (1 + r^2) over z where z is the larger, r / (1 + r^2) over y elsewhere.
    [<MethodImpl(Inline)>]
    let atan2Slope (y: 'L :> ILane<'L>) (z: 'L) : 'L =
        let isFlat = Lanes.lessEqual (Lanes.abs y) (Lanes.abs z)
        let larger = Lanes.select isFlat z y
        let r = Lanes.select isFlat y z /. larger
        let one = Lanes.number 1.0
        Lanes.select isFlat one r /. (one +. r *. r) /. larger
