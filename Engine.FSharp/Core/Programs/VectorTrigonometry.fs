// The trigonometric family as lane expressions: sin, cos, tan, atan and atan2.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorTrigonometry =
    /// r and its correction where x = n pi/2 + r - correction, |r| <= pi/4, and an unsigned integer whose low bits are those of n + offset.
    let private reduce offset (x: Lane) =
        let struct (n, bits) = LaneFloats.nearestInteger 0.6366197723675814 offset x
        // Cody and Waite: pi/2 in three parts, the first two positive, so that -0 stays -0. The first difference is exact;
        // what the second product and the second difference lost is in the correction.
        let first = Lane.fma n (LaneFloats.number -1.57079625 -1.5707963267948966 x) x
        let middle = LaneFloats.number 7.54979013e-08 6.123233995736766e-17 x
        let product = n *. middle
        let r = first -. product
        let lost = Lane.fma n middle (negate product) -. ((first -. r) -. product)
        struct (r, Lane.fma n (LaneFloats.number -1.71512451e-15 -1.4973849048591698e-33 x) lost, bits)

    /// (r - sin r) / r^3 in s = r^2, |r| <= pi/4: minimax, relative error of sin 2^-27.8 and 2^-57.9.
    let private sineTail (s: Lane) =
        LaneFloats.polynomial
            [ 0.000195078828; -0.00833210628; 0.166666538 ]
            [
                -1.589557897692255e-10
                2.5050736836008985e-08
                -2.7557313553678533e-06
                0.00019841269829400768
                -0.008333333333321891
                0.1666666666666663
            ]
            s

    /// (cos r - 1 + s/2) / s^2 in s = r^2, |r| <= pi/4: minimax, relative error of cos 2^-33 and 2^-63.9.
    let private cosineTail (s: Lane) =
        LaneFloats.polynomial
            [ 2.44321018e-05; -0.00138873083; 0.0416666456 ]
            [
                -1.135808417531141e-11
                2.087569228911172e-09
                -2.7557314117786086e-07
                2.4801587288643903e-05
                -0.0013888888888872733
                0.04166666666666659
            ]
            s

    /// (r - c)^2 = r^2 - 2 r c, rounded once.
    let private square (r: Lane) (correction: Lane) = Lane.fma r r ((r +. r) *. negate correction)

    /// sin and cos of r - correction.
    let private both (r: Lane) (correction: Lane) =
        let s = square r correction
        let sine = r -. Lane.fma (r *. s) (sineTail s) correction
        let one = r.Number 1.0
        let cosine = Lane.fma s (Lane.fma s (cosineTail s) (r.Number -0.5)) one
        struct (sine, cosine)

    let private isOdd (bits: Lane) = Lane.equal (bits &&. bits.Pattern 1UL) (bits.Pattern 1UL)

    /// A float with its sign flipped where the given bit of an integer lane is set.
    let private flipWhere bit (bits: Lane) (value: Lane) =
        let sign = 8 * DType.bytes value.DType - 1
        let mask = bits &&. bits.Pattern(1UL <<< bit)
        LaneFloats.asFloatLike value (LaneFloats.asUnsigned value ^^. Lane.shiftLeft (sign - bit) mask)

    /// The form for arguments up to a limit, and the scalar function beyond it.
    let private upTo name (f: float -> float) (x: Lane) value =
        let isLarge = Lane.less (LaneFloats.number 1e5 1e9 x) (Lane.abs x)
        Lane.callWhere isLarge name f (fun x -> float32 (f (float x))) x value

    /// sin(x + offset pi/2).
    let private wave offset x =
        let struct (r, correction, bits) = reduce offset x
        let struct (sine, cosine) = both r correction
        flipWhere 1 bits (Lane.select (isOdd bits) cosine sine)

    let sin (x: Lane) = upTo "sin" Math.Sin x (wave 0 x)
    let cos (x: Lane) = upTo "cos" Math.Cos x (wave 1 x)

    /// (r - tan r) / r^3 in s = r^2, |r| <= pi/4: minimax, relative error of tan 2^-29.5 and 2^-56.1.
    let private tangentTail (s: Lane) =
        LaneFloats.polynomial
            [ -0.00438785041; -6.9776208e-05; -0.0108477892; -0.0212793741; -0.0540599748; -0.133326694; -0.333333492 ]
            [
                -2.1045491406351336e-05
                4.5633053129347684e-05
                -9.085143262734678e-05
                2.790618062369063e-05
                -0.00013760244314420616
                -0.00022185759603472372
                -0.0005952417322252645
                -0.0014547159111819345
                -0.0035922960024068187
                -0.008863218396536175
                -0.021869489663531555
                -0.053968253924391155
                -0.13333333333419392
                -0.33333333333332743
            ]
            s

    let tan (x: Lane) =
        let struct (r, correction, bits) = reduce 0 x
        let s = square r correction
        let tangent = r -. Lane.fma (r *. s) (tangentTail s) correction
        let value = Lane.select (isOdd bits) (x.Number -1.0 /. tangent) tangent
        upTo "tan" Math.Tan x value

    /// (atan t - t) / t^3 in s = t^2 for t <= 1: minimax, relative error of atan 2^-27.6 and 2^-57.6.
    let private arcTail (s: Lane) =
        LaneFloats.polynomial
            [
                -0.0018019859
                0.0109348111
                -0.0311872512
                0.0579434074
                -0.0840155110
                0.109512806
                -0.142640427
                0.199985296
                -0.333332986
            ]
            [
                1.3225199897840513e-05
                -0.00015216220680350256
                0.0008313285343408461
                -0.002884938892635619
                0.007196546041215117
                -0.013900625442097816
                0.021984928297182658
                -0.029903924402507998
                0.036641955819743846
                -0.04219181334441503
                0.047223231949307914
                -0.05253518862952655
                0.058805278894573786
                -0.06666404071065749
                0.07692279841055963
                -0.09090907003151527
                0.11111111007035639
                -0.1428571428257544
                0.19999999999951465
                -0.3333333333333307
            ]
            s

    /// pi/2 - atan(1/|x|) beyond 1, and the sign of x.
    let atan (x: Lane) =
        let a = Lane.abs x
        let zero = x.Number 0.0
        let isLarge = Lane.less (x.Number 1.0) a
        let t = Lane.select isLarge (x.Number -1.0 /. a) a

        let low = Lane.select isLarge (LaneFloats.number -4.37113883e-08 6.123233995736766e-17 x) zero

        let high = Lane.select isLarge (LaneFloats.number 1.57079637 1.5707963267948966 x) zero

        let s = t *. t
        LaneFloats.withSignOf x (high +. (t +. Lane.fma (t *. s) (arcTail s) low))

    /// The angle of (z, y): atan t for the ratio t of the smaller to the larger, from the nearest axis, and the sign of y.
    let atan2 (y: Lane) (z: Lane) =
        let zero, one = y.Number 0.0, y.Number 1.0
        let height, width = Lane.abs y, Lane.abs z
        let larger, smaller = Lane.max height width, Lane.min height width
        // Equal infinities have the ratio 1, zeros 0.
        let whole = Lane.select (Lane.equal larger zero) zero one
        let t = Lane.select (Lane.equal larger smaller) whole (smaller /. larger)
        let isSteep = Lane.less width height
        let isLeft = Lane.less (LaneFloats.asInteger z) ((LaneFloats.asInteger z).Pattern 0UL)
        // In right angles: 1 for the vertical axis, 2 for the left half of the other.
        let axis = Lane.select isSteep one (Lane.select isLeft (y.Number 2.0) zero)
        let turned = Lane.select (Lane.compare Relation.NotEqual axis zero &&. Lane.not (isSteep &&. isLeft)) (negate t) t
        let s = t *. t
        let low = axis *. LaneFloats.number -4.37113883e-08 6.123233995736766e-17 y
        let high = LaneFloats.number 1.57079637 1.5707963267948966 y
        let angle = LaneFloats.withSignOf y (Lane.fma axis high (turned +. Lane.fma (turned *. s) (arcTail s) low))
        LaneFloats.orNaN y (LaneFloats.orNaN z angle)
