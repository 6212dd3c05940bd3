// Running sums along an axis, in the order that belongs to them (SumOrder.fs).
namespace Pipeline.Engine

open System.Numerics
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsRunning =
    /// The first entry, then each entry added to the sum before it.
    let private runningRows<'T when 'T: unmanaged and 'T :> INumber<'T>> (reverse: bool) (x: NDArray) =
        let result = NDArray.allocate x.DType x.Shape
        let n = x.Shape[x.Rank - 1]
        let source = KernelsViews.elements<'T> x
        let target = KernelsViews.elements<'T> result
        let mutable total = 'T.Zero

        for i in 0 .. source.Length - 1 do
            CancellationScope.CheckAt i
            let k = if reverse then i - i % n + (n - 1 - i % n) else i
            total <- if i % n = 0 then source[k] else total + source[k]
            target[k] <- total

        result

    /// The same with what the additions lost beside them.
    let private compensatedRows<'T when 'T: unmanaged and 'T :> INumber<'T>> (reverse: bool) (x: NDArray) =
        let result = NDArray.allocate x.DType x.Shape
        let n = x.Shape[x.Rank - 1]
        let source = KernelsViews.elements<'T> x
        let target = KernelsViews.elements<'T> result
        let mutable total = 'T.Zero
        let mutable lost = 'T.Zero

        for i in 0 .. source.Length - 1 do
            CancellationScope.CheckAt i
            let k = if reverse then i - i % n + (n - 1 - i % n) else i

            if i % n = 0 then
                total <- source[k]
                lost <- 'T.Zero
            else
                let next: 'T = total + source[k]
                let added: 'T = next - total
                let before: 'T = total - (next - added)
                let rest: 'T = source[k] - added
                let missing: 'T = lost + 'T.op_Addition (before, rest)

                // Past an infinity nothing is lost.
                if 'T.IsFinite missing then
                    total <- next + missing
                    lost <- missing - 'T.op_Subtraction (total, next)
                else
                    total <- next
                    lost <- 'T.Zero

            target[k] <- total

        result

    let private running<'T when 'T: unmanaged and 'T :> INumber<'T>> reverse (x: NDArray) =
        if DType.isFloat x.DType && SumOrder.isCompensated x.Shape[x.Rank - 1] then
            compensatedRows<'T> reverse x
        else
            runningRows<'T> reverse x

    /// Integers modulo 2^bits.
    let cumulativeSum (axis: int) (reverse: bool) (x: NDArray) : NDArray =
        let forward, backward = KernelsStructure.axisLast x.Rank axis
        let moved = KernelsViews.contiguous (KernelsViews.transpose forward x)

        let sums =
            match x.DType with
            | DType.Float32 -> running<float32> reverse moved
            | DType.Float64 -> running<float> reverse moved
            | DType.Int32 -> running<int> reverse moved
            | DType.Int64 -> running<int64> reverse moved
            | DType.UInt8 -> running<byte> reverse moved
            | DType.UInt16 -> running<uint16> reverse moved
            | DType.UInt32 -> running<uint32> reverse moved
            | DType.UInt64 -> running<uint64> reverse moved
            | _ -> raise (DTypeException "CumulativeSum does not take bool. Convert the tensor first (AsType).")

        KernelsViews.contiguous (KernelsViews.transpose backward sums)
