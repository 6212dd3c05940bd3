// Sums and products of floats along axes: results that are one lane each are made side by side.
namespace Pipeline.Engine

open System
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsColumns =
    /// A block of results side by side, term t of column c being number first + t * columns + c.
    let private column<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged>
        (f: 'F)
        (target: nativeptr<'T>)
        (columns: int)
        (first: int)
        (terms: int)
        =
        let mutable f = f
        let width = Vector256<'T>.Count
        let identity = Vector256.Create<'T> f.Identity
        let mutable c = 0
        let mutable handled = 0L

        while c <= columns - 4 * width do
            let mutable a0 = identity
            let mutable a1 = identity
            let mutable a2 = identity
            let mutable a3 = identity
            let mutable i = first + c

            for _ in 1..terms do
                a0 <- f.TakeVector(a0, i)
                a1 <- f.TakeVector(a1, i + width)
                a2 <- f.TakeVector(a2, i + 2 * width)
                a3 <- f.TakeVector(a3, i + 3 * width)
                i <- i + columns

            Vector256.Store(a0, NativePtr.add target c)
            Vector256.Store(a1, NativePtr.add target (c + width))
            Vector256.Store(a2, NativePtr.add target (c + 2 * width))
            Vector256.Store(a3, NativePtr.add target (c + 3 * width))
            c <- c + 4 * width
            CancellationScope.CheckAfter(&handled, 4 * width * terms)

        while c <= columns - width do
            let mutable a = identity
            let mutable i = first + c

            for _ in 1..terms do
                a <- f.TakeVector(a, i)
                i <- i + columns

            Vector256.Store(a, NativePtr.add target c)
            c <- c + width

        while c < columns do
            let mutable a = f.Identity
            let mutable i = first + c

            for _ in 1..terms do
                a <- f.Take(a, i)
                i <- i + columns

            NativePtr.set target c a
            c <- c + 1

    /// Of a block of results side by side that have lanes of their own each: lane l of result c is number l * columns + c of the sums, so that the
    /// terms are taken up in the order in which they lie.
    let private lanesBeside<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged>
        (f: 'F)
        (order: SumOrder)
        (target: nativeptr<'T>)
        (columns: int)
        (first: int)
        (terms: int)
        =
        let mutable f = f
        let width = Vector256<'T>.Count
        let size = order.Lanes * columns
        let room: 'T[] = GC.AllocateUninitializedArray size
        Array.Fill(room, f.Identity)
        use sums = fixed room
        let mutable begun = 0

        while begun < terms * columns do
            let count = min size (terms * columns - begun)
            let mutable i = 0

            while i <= count - width do
                let place = NativePtr.add sums i
                Vector256.Store(f.TakeVector(Vector256.Load place, first + begun + i), place)
                i <- i + width

            while i < count do
                NativePtr.set sums i (f.Take(NativePtr.get sums i, first + begun + i))
                i <- i + 1

            begun <- begun + count

        let mutable half = size / 2

        while half >= columns do
            for i in 0 .. half - 1 do
                NativePtr.set sums i (f.Combine(NativePtr.get sums i, NativePtr.get sums (i + half)))

            half <- half / 2

        for c in 0 .. columns - 1 do
            NativePtr.set target c (NativePtr.get sums c)

    /// Blocks from one on.
    let rec private blocks<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged>
        (f: 'F)
        (order: SumOrder)
        (target: nativeptr<'T>)
        (columns: int)
        (first: int)
        (number: int)
        (count: int)
        : unit =
        let mutable f = f
        let isLong = int64 order.Row * int64 order.Rows * int64 columns >= int64 CancellationScope.Block

        if count > 1 then
            let left = SumOrder.left count
            blocks f order target columns first number left
            let rest: 'T[] = Array.zeroCreate columns
            use others = fixed rest
            blocks f order others columns first (number + left) (count - left)

            for c in 0 .. columns - 1 do
                CancellationScope.CheckAt c
                NativePtr.set target c (f.Combine(NativePtr.get target c, rest[c]))
        else
            let struct (from, terms) = KernelsSums.block order number
            if isLong then CancellationScope.Check()

            if order.Lanes = 1 then
                column f target columns (first + from * columns) terms
            else
                lanesBeside f order target columns (first + from * columns) terms

    /// Of an array the kept axes before the last ones, the reduced axes, and the last kept ones where each result is one lane.
    let private arrange (order: SumOrder) (axes: int[]) (x: NDArray) : struct (NDArray * int) =
        let isLast = axes[0] = x.Rank - axes.Length

        if order.Lanes > 1 && isLast then
            struct (KernelsViews.contiguous x, 1)
        // Results that lie side by side already.
        elif
            order.Lanes > 1
            && order.Rows = 1
            && order.Row >= order.Lanes
            && x.IsContiguous
            && axes[axes.Length - 1] - axes[0] = axes.Length - 1
        then
            let mutable columns = 1

            for axis in axes[axes.Length - 1] + 1 .. x.Rank - 1 do
                columns <- columns * x.Shape[axis]

            struct (x, columns)
        else
            let isReduced axis = Array.IndexOf(axes, axis) >= 0
            let mutable last = x.Rank

            if order.Lanes = 1 then
                while last > 0 && (x.Shape[last - 1] = 1 || not (isReduced (last - 1))) do
                    last <- last - 1

            let kept first last = [|
                for axis in first .. last - 1 do
                    if not (isReduced axis) then axis
            |]

            let trailing = kept last x.Rank
            let columns = trailing |> Array.fold (fun n axis -> n * x.Shape[axis]) 1
            let turned = KernelsViews.transpose (Array.concat [ kept 0 last; axes; trailing ]) x
            struct (KernelsViews.contiguous turned, columns)

    let private reduceAs<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged>
        (f: 'F)
        (order: SumOrder)
        (readable: int)
        (columns: int)
        (reduced: NDArray)
        =
        let target = KernelsViews.elements<'T> reduced
        let count = order.Rows * order.Row
        let mutable handled = 0L
        use results = fixed &MemoryMarshal.GetReference target

        if order.Lanes = 1 || columns > 1 then
            for k in 0 .. target.Length / columns - 1 do
                CancellationScope.CheckAfter(&handled, min CancellationScope.Block (count * columns))
                blocks f order (NativePtr.add results (k * columns)) columns (k * count * columns) 0 order.Blocks
        else
            let last = KernelsSums.lastLanes<'T> order.Row

            for i in 0 .. target.Length - 1 do
                CancellationScope.CheckAfter(&handled, count)
                NativePtr.set results i (KernelsSums.result f order &last readable (i * count))

    /// Sums, or products, of floats over axes in ascending order.
    let reduce (isProduct: bool) (axes: int[]) (x: NDArray) : NDArray =
        if axes.Length = 0 then
            KernelsViews.duplicate x
        else
            let isWide = not isProduct && SumOrder.isWide x.DType (Shape.count axes x.Shape)
            let dtype = if isWide then DType.Float64 else x.DType
            let order = SumOrder.ofReduction dtype x.Shape axes
            let reduced = NDArray.allocate dtype (Shape.without axes x.Shape)

            if order.Rows * order.Row = 0 then
                if isProduct then
                    KernelsViews.copy (KernelsViews.broadcast reduced.Shape [||] (NDArray.scalar dtype 1.0)) reduced
                else
                    KernelsViews.clear reduced
            elif reduced.Size > 0 then
                let struct (arranged, columns) = arrange order axes x
                use source = fixed &MemoryMarshal.GetReference(KernelsViews.words<byte> arranged)
                let at = NativePtr.toNativeInt source + nativeint arranged.Offset * nativeint (DType.bytes x.DType)
                let size = arranged.Size

                match x.DType with
                | DType.Float32 when isWide -> reduceAs<Terms.WideSum, float> (Terms.WideSum at) order size columns reduced
                | DType.Float32 when isProduct -> reduceAs<Terms.Product<float32>, float32> (Terms.Product at) order size columns reduced
                | DType.Float32 -> reduceAs<Terms.Sum<float32>, float32> (Terms.Sum at) order size columns reduced
                | _ when isProduct -> reduceAs<Terms.Product<float>, float> (Terms.Product at) order size columns reduced
                | _ -> reduceAs<Terms.Sum<float>, float> (Terms.Sum at) order size columns reduced

            if isWide then KernelsMap.convert x.DType reduced else reduced
