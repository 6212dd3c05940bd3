// Whether two arrays hold the same numbers, for tests: to a tolerance, or to the bit.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Agreement =
    /// |a - b| &lt;= absolute + relative |b|; infinities of one sign agree, NaN agrees with NaN where they may.
    let private isClose (relative: float) (absolute: float) equalNaN (a: NDArray) i (b: NDArray) k =
        let x, z = Reading.at<float> "AllClose" a i, Reading.at<float> "AllClose" b k

        if Double.IsNaN x || Double.IsNaN z then
            equalNaN && Double.IsNaN x && Double.IsNaN z
        elif DType.isFloat a.DType || DType.isFloat b.DType then
            x = z || (Double.IsFinite(x - z) && abs (x - z) <= absolute + relative * abs z)
        else
            // In full: float64 has 53 bits only.
            let distance = Reading.at<Int128> "AllClose" a i - Reading.at<Int128> "AllClose" b k

            float (Int128.Abs distance) <= absolute + relative * abs z

    /// All pairs; a scalar that may be repeated is compared with each element of the other.
    let allClose relative absolute equalNaN (a: NDArray) (repeatA: bool) (b: NDArray) (repeatB: bool) : bool =
        let isRepeatedA, isRepeatedB = repeatA && a.Rank = 0, repeatB && b.Rank = 0

        (isRepeatedA || isRepeatedB || Shape.equal a.Shape b.Shape)
        && (let a, b = KernelsViews.contiguous a, KernelsViews.contiguous b
            let size = if isRepeatedA then b.Size else a.Size

            Seq.forall
                (fun n -> isClose relative absolute equalNaN a (if isRepeatedA then 0 else n) b (if isRepeatedB then 0 else n))
                (seq { 0 .. size - 1 }))

    let private sameWords<'T when 'T: unmanaged and 'T :> IEquatable<'T>> (a: NDArray) (b: NDArray) =
        MemoryExtensions.SequenceEqual(KernelsViews.elements<'T> a, Span.op_Implicit (KernelsViews.elements<'T> b))

    let sameBits (a: NDArray) (b: NDArray) : bool =
        a.DType = b.DType
        && Shape.equal a.Shape b.Shape
        && (let a, b = KernelsViews.contiguous a, KernelsViews.contiguous b

            match DType.bytes a.DType with
            | 1 -> sameWords<byte> a b
            | 2 -> sameWords<uint16> a b
            | 4 -> sameWords<uint32> a b
            | _ -> sameWords<uint64> a b)
