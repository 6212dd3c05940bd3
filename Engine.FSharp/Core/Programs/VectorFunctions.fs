// Products that zero annihilates, and whole powers by multiplication.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics.Arm
open System.Runtime.Intrinsics.X86
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

[<RequireQualifiedAccess>]
module internal VectorFunctions =
    /// a b, but 0 where either is.
    [<MethodImpl(Inline)>]
    let scale (a: 'L :> ILane<'L>) (b: 'L) : 'L =
        let zero = Lanes.number 0.0
        Lanes.select (Lanes.equal a zero ||. Lanes.equal b zero) zero (a *. b)

    /// Without them a fused multiply-add is a call for every lane.
    let private hasFusedMultiplyAdd = Fma.IsSupported || AdvSimd.IsSupported

    /// The same where 0 meets neither infinity nor NaN: a b + 0, rounded once, is 0 for zeros of either sign, and what underflows keeps its sign.
    [<MethodImpl(Inline)>]
    let scaleFinite (a: 'L :> ILane<'L>) (b: 'L) : 'L = if hasFusedMultiplyAdd then Lanes.fma a b (Lanes.number 0.0) else scale a b

    /// x^n for n > 0 by squarings and products.
    [<MethodImpl(Inline)>]
    let private positivePower (n: uint32) (x: 'L :> ILane<'L>) : 'L =
        let mutable k = n
        let mutable square = x

        while k &&& 1u = 0u do
            square <- square *. square
            k <- k >>> 1

        let mutable product = square
        k <- k >>> 1

        while k > 0u do
            square <- square *. square
            if k &&& 1u = 1u then product <- product *. square
            k <- k >>> 1

        product

    /// x^n by exact multiplication: squarings and products only, one division for a negative n.
    let power (n: int) (x: 'L :> ILane<'L>) : 'L =
        let one = Lanes.number 1.0

        if n = 0 then
            one
        elif n > 0 then
            positivePower (uint32 n) x
        elif n = -1 then
            one /. x
        else
            let denominator = positivePower (uint32 -n) x
            // Beyond the largest number it has no reciprocal, but the power of the reciprocal may be one.
            let isBeyond = Lanes.equal (Lanes.abs denominator) (Lanes.number infinity)
            Lanes.select isBeyond (positivePower (uint32 -n) (one /. x)) (one /. denominator)
