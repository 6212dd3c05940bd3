// Dot: products of matrices, of any axes, through one batched matrix product.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsProducts =
    /// The same numbers with room behind them, so that a vector may be read beyond the last row.
    let private withRoom<'T when 'T: unmanaged> (numbers: Span<'T>) : Span<'T> =
        let copy: 'T[] = Array.zeroCreate (numbers.Length + Vector256<'T>.Count)
        numbers.CopyTo(copy.AsSpan())
        copy.AsSpan()

    let private multiplyAs<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (order: SumOrder)
        (isByRows: bool)
        batch
        m
        n
        (left: NDArray)
        (right: NDArray)
        (result: NDArray)
        =
        let elements = KernelsViews.elements<'T> result
        let k = order.Row

        if k = 0 then
            KernelsViews.clear result
        elif elements.Length > 0 then
            // Of rows that end within a vector the smaller matrix is copied, and read again and again.
            let isRagged = order.Lanes > 1 && isByRows && m * n > 1 && k > 4 && k % Vector256<'T>.Count <> 0
            let leftNumbers = KernelsViews.elements<'T> left
            let rightNumbers = KernelsViews.elements<'T> right
            let leftNumbers = if isRagged && m < n then withRoom leftNumbers else leftNumbers
            let rightNumbers = if isRagged && m >= n then withRoom rightNumbers else rightNumbers
            use x = fixed &MemoryMarshal.GetReference leftNumbers
            use y = fixed &MemoryMarshal.GetReference rightNumbers
            use z = fixed &MemoryMarshal.GetReference elements
            let last = KernelsSums.lastLanes<'T> k
            let mutable handled = 0L

            for b in 0 .. batch - 1 do
                let left, right = NativePtr.add x (b * m * k), NativePtr.add y (b * k * n)
                let target = NativePtr.add z (b * m * n)

                if order.Lanes > 1 && not isByRows then
                    KernelsLanes.multiply<'M, 'T> order n left right target
                elif order.Lanes > 1 then
                    let leftSize, rightSize = leftNumbers.Length - b * m * k, rightNumbers.Length - b * n * k

                    for i in 0 .. m - 1 do
                        CancellationScope.CheckAfter(&handled, n * min k CancellationScope.Block)

                        for j in 0 .. n - 1 do
                            let row, column = NativePtr.add left (i * k), NativePtr.add right (j * k)
                            let readable = min (leftSize - i * k) (rightSize - j * k)
                            let terms = Terms.Inner<'M, 'T>(NativePtr.toNativeInt row, NativePtr.toNativeInt column)
                            NativePtr.set target (i * n + j) (KernelsSums.result terms order &last readable 0)
                else
                    KernelsChains.multiply<'M, 'T> order m n left right target

    /// left [batch, m, k] and right [batch, k, n]; where each result has lanes of its own right [batch, n, k] if not by rows, or m is 1.
    let private multiply (order: SumOrder) isByRows batch m n (left: NDArray) (right: NDArray) (result: NDArray) =
        match left.DType with
        | DType.Float32 -> multiplyAs<Terms.Fused32, float32> order isByRows batch m n left right result
        | DType.Float64 -> multiplyAs<Terms.Fused64, float> order isByRows batch m n left right result
        // Integers modulo 2^bits: the sign does not matter.
        | DType.Int32
        | DType.UInt32 -> multiplyAs<Terms.Modular<uint32>, uint32> order isByRows batch m n left right result
        | DType.Int64
        | DType.UInt64 -> multiplyAs<Terms.Modular<uint64>, uint64> order isByRows batch m n left right result
        | DType.UInt16 -> multiplyAs<Terms.Modular<uint16>, uint16> order isByRows batch m n left right result
        | _ -> multiplyAs<Terms.Modular<byte>, byte> order isByRows batch m n left right result

    /// The axes that are neither shared nor summed, in order.
    let private free batch rank (contracted: int[]) =
        let axes = Array.zeroCreate (rank - batch - contracted.Length)
        let mutable next = 0

        for axis in batch .. rank - 1 do
            if Array.IndexOf(contracted, axis) < 0 then
                axes[next] <- axis
                next <- next + 1

        axes

    let private join (a: int[]) (b: int[]) (c: int[]) =
        let joined = Array.zeroCreate (a.Length + b.Length + c.Length)
        a.CopyTo(joined, 0)
        b.CopyTo(joined, a.Length)
        c.CopyTo(joined, a.Length + b.Length)
        joined

    let private resultShape (shared: int[]) (freeLeft: int[]) (freeRight: int[]) (left: int[]) (right: int[]) =
        let shape = join shared freeLeft freeRight

        for i in 0 .. shape.Length - 1 do
            let source = if i < shared.Length + freeLeft.Length then left else right
            shape[i] <- source[shape[i]]

        shape

    let rec dot (axes: DotAxes) (left: NDArray) (right: NDArray) : NDArray =
        if left.DType <> right.DType then
            raise (
                DTypeException
                    $"Dot takes operands of one dtype, not {DType.name left.DType} and {DType.name right.DType}. Convert one of them (AsType)."
            )

        if left.DType = DType.Bool then
            KernelsMap.convert DType.Bool (dot axes (KernelsMap.convert DType.Int32 left) (KernelsMap.convert DType.Int32 right))
        else
            let freeLeft = free axes.Batch left.Rank axes.ContractLeft
            let freeRight = free axes.Batch right.Rank axes.ContractRight
            let shared = if axes.Batch = 0 then [||] else Array.init axes.Batch id
            let sizes = DotAxes.sizes axes left.Shape right.Shape
            let struct (batch, m, n, _) = sizes
            let order = SumOrder.ofProduct left.DType axes left.Shape right.Shape sizes
            let result = NDArray.allocate left.DType (resultShape shared freeLeft freeRight left.Shape right.Shape)

            let turned (x: NDArray) (first: int[]) (second: int[]) = KernelsViews.transpose (join shared first second) x
            let arrange x first second = KernelsViews.contiguous (turned x first second)
            let leftRows () = arrange left freeLeft axes.ContractLeft
            let leftColumns () = arrange left axes.ContractLeft freeLeft
            let rightRows () = arrange right freeRight axes.ContractRight
            let rightColumns () = arrange right axes.ContractRight freeRight
            let isAlong (x: NDArray) contracted = SumOrder.isAlong x.Shape contracted

            if order.Lanes > 1 then
                // A vector by the rows of a matrix that lie so in memory.
                if m = 1 && n >= 4 && (turned right axes.ContractRight freeRight).IsContiguous then
                    multiply order false batch 1 n (leftRows ()) (rightColumns ()) result
                elif n = 1 && m >= 4 && (turned left axes.ContractLeft freeLeft).IsContiguous then
                    multiply order false batch 1 m (rightRows ()) (leftColumns ()) result
                else
                    multiply order true batch m n (leftRows ()) (rightRows ()) result
            // A matrix and a vector in the other order, where the matrix lies better so.
            elif n = 1 && not (isAlong left axes.ContractLeft) || m = 1 && n > 1 && isAlong right axes.ContractRight then
                multiply order true batch n m (rightRows ()) (leftColumns ()) result
            else
                multiply order true batch m n (leftRows ()) (rightColumns ()) result

            result
