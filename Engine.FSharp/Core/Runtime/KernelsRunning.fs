// Running sums along an axis, in the order that belongs to them (SumOrder.fs).
namespace Pipeline.Engine

open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsRunning =
    /// The first entry, then each entry added to the sum before it. Integers modulo 2^bits.
    let cumulativeSum (axis: int) (reverse: bool) (x: NDArray) : NDArray =
        let x = KernelsViews.contiguous x
        let result = KernelsViews.allocateLike x.DType x

        if x.Size > 0 then
            let n = x.Shape[axis]
            let mutable inner = 1

            for k in axis + 1 .. x.Rank - 1 do
                inner <- inner * x.Shape[k]

            let outer = x.Size / (n * inner)
            let isCompensated = DType.isFloat x.DType && SumOrder.isCompensated n
            let start, step = if reverse then (n - 1) * inner, -inner else 0, inner
            // Rows that lie side by side, or one after the other.
            let struct (groups, rows, apart) = if inner = 1 then struct (1, outer, n) else struct (outer, inner, 1)
            let source = &MemoryMarshal.GetArrayDataReference x.Data
            let target = &MemoryMarshal.GetArrayDataReference result.Data
            use source = fixed &source
            use target = fixed &target
            let from, into = NativePtr.toNativeInt source + KernelsLoops.bytesTo x, NativePtr.toNativeInt target
            let flag = NativePtr.ofNativeInt<int> CancellationScope.Flag

            let mutable handled = 0L

            for group in 0 .. groups - 1 do
                let first = nativeint (group * n * inner + start) * nativeint (DType.bytes x.DType)

                let isDone =
                    RunningSums.Sum(
                        BlockArithmetic.typeOf x.DType,
                        isCompensated,
                        NativePtr.ofNativeInt (from + first),
                        NativePtr.ofNativeInt (into + first),
                        nativeint n,
                        nativeint step,
                        nativeint rows,
                        nativeint apart,
                        flag
                    )

                if not isDone then raise (CancellationScope.Error())
                CancellationScope.CheckAfter(&handled, n * rows)

        result
