// Arrays that share another array's memory, and the one strided copy that every other movement of data is made of.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsViews =
    /// All elements of an array's memory; T is as wide as the array's dtype (bool may be read as byte).
    let words<'T when 'T: unmanaged> (array: NDArray) : Span<'T> =
        MemoryMarshal.CreateSpan(&Unsafe.As<byte, 'T>(&MemoryMarshal.GetArrayDataReference array.Data), array.Data.Length)

    /// The elements of a contiguous array, in the sense of words.
    let elements<'T when 'T: unmanaged> (array: NDArray) : Span<'T> = (words<'T> array).Slice(array.Offset, array.Size)

    /// True if every index reads the same element.
    let isRepeated (array: NDArray) =
        let mutable repeated = true

        for i in 0 .. array.Rank - 1 do
            if array.Strides[i] <> 0 && array.Shape[i] <> 1 then repeated <- false

        repeated && array.Size > 0

    /// A fresh contiguous array of the same shape, which shares shape and strides where it can.
    let allocateLike dtype (array: NDArray) =
        if array.IsContiguous then
            NDArray.Dense(dtype, array.Shape, array.Strides, NDArray.allocateData dtype array.Size)
        else
            NDArray.allocate dtype array.Shape

    /// Copies so many elements, a look at cancellation after every megabyte or so.
    let copyElements (source: ReadOnlySpan<'T>) (target: Span<'T>) : unit =
        let mutable first = 0

        while first < source.Length do
            let count = min (8 * CancellationScope.Block) (source.Length - first)
            source.Slice(first, count).CopyTo(target.Slice(first, count))
            first <- CancellationScope.Next(first + count, source.Length)

    /// A fresh array of the same elements.
    let copied (source: ReadOnlySpan<'T>) : 'T[] =
        let fresh = GC.AllocateUninitializedArray<'T> source.Length
        copyElements source (fresh.AsSpan())
        fresh

    /// Zeros in an array's memory, likewise.
    let clear (array: NDArray) : unit =
        let memory = array.Data
        let mutable first = 0

        while first < memory.Length do
            let count = min (8 * CancellationScope.Block) (memory.Length - first)
            Array.Clear(memory, first, count)
            first <- CancellationScope.Next(first + count, memory.Length)

    let private swap (a: byref<int>, b: byref<int>) =
        let old = a
        a <- b
        b <- old

    /// The last two axes in plain loops, the others by recursion. Spans check every index.
    let rec private copyAxes<'T when 'T: unmanaged>
        (
            source: Span<'T>,
            from: int,
            sourceStrides: int[],
            target: Span<'T>,
            into: int,
            targetStrides: int[],
            shape: int[],
            axis: int,
            handled: byref<int64>
        ) : unit =
        let last = shape.Length - 1

        if last < 0 then
            target[into] <- source[from]
        elif axis < last - 1 then
            for i in 0 .. shape[axis] - 1 do
                let from = from + i * sourceStrides[axis]
                let into = into + i * targetStrides[axis]
                copyAxes (source, from, sourceStrides, target, into, targetStrides, shape, axis + 1, &handled)
        else
            let mutable rows, rowFrom, rowInto =
                if last = 0 then 1, 0, 0 else shape[last - 1], sourceStrides[last - 1], targetStrides[last - 1]

            let mutable columns, columnFrom, columnInto = shape[last], sourceStrides[last], targetStrides[last]

            // Many short rows are copied as a few long columns.
            if columns < 8 && rows > columns then
                swap (&rows, &columns)
                swap (&rowFrom, &columnFrom)
                swap (&rowInto, &columnInto)

            // Long rows in pieces, for a look at cancellation between them.
            let piece = 0x40000

            for i in 0 .. rows - 1 do
                let mutable first = 0

                while first < columns do
                    let count = min piece (columns - first)
                    CancellationScope.CheckAfter(&handled, count)
                    let mutable from = from + i * rowFrom + first * columnFrom
                    let mutable into = into + i * rowInto + first * columnInto

                    if columns >= 8 && columnFrom = 1 && columnInto = 1 then
                        source.Slice(from, count).CopyTo(target.Slice(into, count))
                    elif columns >= 8 && columnFrom = 0 && columnInto = 1 then
                        target.Slice(into, count).Fill source[from]
                    else
                        for _ in 1..count do
                            target[into] <- source[from]
                            from <- from + columnFrom
                            into <- into + columnInto

                    first <- first + count

    let private copyWords<'T when 'T: unmanaged> (source: NDArray) (target: NDArray) =
        let mutable handled = 0L

        copyAxes (
            words<'T> source,
            source.Offset,
            source.Strides,
            words<'T> target,
            target.Offset,
            target.Strides,
            source.Shape,
            0,
            &handled
        )

    /// Writes a source's elements to a target of the same shape and width, either of any strides.
    let copy (source: NDArray) (target: NDArray) =
        if not (Shape.equal source.Shape target.Shape) then
            raise (ShapeException $"A copy keeps the shape: {Shape.text source.Shape} does not fit {Shape.text target.Shape}.")

        if source.Size > 0 then
            match DType.bytes source.DType with
            | 1 -> copyWords<byte> source target
            | 2 -> copyWords<uint16> source target
            | 4 -> copyWords<uint32> source target
            | _ -> copyWords<uint64> source target

    /// A fresh array with the same elements in row-major order.
    let duplicate (array: NDArray) =
        let fresh = NDArray.allocate array.DType array.Shape
        copy array fresh
        fresh

    /// The array itself, or a fresh one with its elements in row-major order.
    let contiguous (array: NDArray) = if array.IsContiguous then array else duplicate array

    let private strided (array: NDArray) shape strides = NDArray.view array.DType shape strides array.Data array.Offset

    let broadcast (shape: int[]) (axes: int[]) (array: NDArray) =
        let strides = Array.zeroCreate shape.Length

        for i in 0 .. axes.Length - 1 do
            strides[axes[i]] <- array.Strides[i]

        strided array shape strides

    let transpose (permutation: int[]) (array: NDArray) =
        let mutable identity = true

        for i in 0 .. permutation.Length - 1 do
            identity <- identity && permutation[i] = i

        if identity then
            array
        else
            let shape = Array.zeroCreate permutation.Length
            let strides = Array.zeroCreate permutation.Length

            for i in 0 .. permutation.Length - 1 do
                shape[i] <- array.Shape[permutation[i]]
                strides[i] <- array.Strides[permutation[i]]

            strided array shape strides

    let reshape (shape: int[]) (array: NDArray) =
        let size = Shape.size shape

        if size <> array.Size then
            raise (ShapeException $"A reshape keeps the number of elements: {Shape.text array.Shape} does not fit {Shape.text shape}.")

        if array.IsContiguous then strided array shape (Shape.strides shape)
        elif isRepeated array then strided array shape (Array.zeroCreate shape.Length)
        else NDArray.ofData array.DType shape (contiguous array).Data

    let slice (starts: int[]) (limits: int[]) (steps: int[]) (array: NDArray) =
        let shape = Array.zeroCreate starts.Length
        let strides = Array.zeroCreate starts.Length
        let mutable offset = array.Offset
        let mutable empty = false

        for i in 0 .. starts.Length - 1 do
            shape[i] <- (limits[i] - starts[i] + steps[i] - 1) / steps[i]
            strides[i] <- array.Strides[i] * steps[i]
            offset <- offset + array.Strides[i] * starts[i]
            empty <- empty || shape[i] = 0

        // An empty slice may begin behind the memory's end.
        NDArray.view array.DType shape strides array.Data (if empty then array.Offset else offset)

    /// The entry at an index of the first axis, without that axis.
    let entry (index: int) (array: NDArray) =
        if uint index >= uint array.Shape[0] then
            raise (ShapeException $"There is no entry {string index} along the first axis of {Shape.text array.Shape}.")

        let offset = if array.Size = 0 then array.Offset else array.Offset + index * array.Strides[0]

        NDArray.view array.DType array.Shape[1..] array.Strides[1..] array.Data offset
