// The product of a change with a coefficient that is itself a quotient, t n / d: within the range wherever its value is.
namespace Pipeline.Engine

open System
open Pipeline
open System.Runtime.CompilerServices
open Microsoft.FSharp.NativeInterop
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

/// n / d is formed first where it is a normal number: then its product with t leaves the range only where the value does, and one
/// coefficient serves every change. Where it is none, n and 1 / d are both above 1, or both below, but for digits that a number below
/// the normal range has lost: then t n lies between t and the value, and (t n) / d leaves the range only where the value does.
[<Struct>]
type internal QuotientLanes =
    interface IFunction3 with
        /// t n / d; 0 where t or n is 0 or d is infinite.
        [<MethodImpl(Inline)>]
        member _.Of(t, n, d) =
            let zero = Lanes.number 0.0
            let beyond = Lanes.number infinity
            let c = n /. d
            let size = Lanes.abs c

            let isNormal =
                Lanes.lessEqual (Lanes.choose (Math.ScaleB(1.0, -126)) (Math.ScaleB(1.0, -1022))) size
                &&. Lanes.less size beyond

            let isNothing = Lanes.equal t zero ||. Lanes.equal n zero ||. Lanes.equal (Lanes.abs d) beyond
            Lanes.select isNothing zero (Lanes.select (isNormal ||. Lanes.equal d zero) (t *. c) (t *. n /. d))

[<RequireQualifiedAccess>]
module internal QuotientFunction =
    let private one<'T when 'T: unmanaged and 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType> (t: 'T) (n: 'T) (d: 'T) =
        let mutable t = t
        let mutable n = n
        let mutable d = d
        let mutable r = Unchecked.defaultof<'T>
        BlockLoops.Map<QuotientLanes, 'T>(128, QuotientLanes(), &&t, 0, &&n, 0, &&d, 0, &&r, 1n)
        r

    /// The product with the coefficient n / d that others share, but where that is no number.
    let lanes (t: Lane) (n: Lane) (d: Lane) (product: Lane) = Lane.callWhereNaN "quotient" one<float> one<float32> t n d product
