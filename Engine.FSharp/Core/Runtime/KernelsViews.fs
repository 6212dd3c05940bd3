// Arrays that share another array's memory, and the one strided copy that every other movement of data is made of.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

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

    /// So many elements are copied between two looks at cancellation.
    let private piece = 0x40000

    /// Rows and columns from one address to another, by strides in elements.
    let private copyMatrix
        (
            bytes: int,
            from: nativeint,
            rowFrom: nativeint,
            columnFrom: nativeint,
            into: nativeint,
            rowInto: nativeint,
            columnInto: nativeint,
            rows: int,
            columns: int,
            handled: byref<int64>
        ) : unit =
        for top in 0 .. max 1 (piece / columns) .. rows - 1 do
            let height = min (max 1 (piece / columns)) (rows - top)

            for left in 0..piece .. columns - 1 do
                let width = min piece (columns - left)
                CancellationScope.CheckAfter(&handled, height * width)

                let at (address: nativeint) row column =
                    NativePtr.ofNativeInt<byte>(address + (nativeint top * row + nativeint left * column) * nativeint bytes)

                let source, target = at from rowFrom columnFrom, at into rowInto columnInto
                Moves.Copy(bytes, source, rowFrom, columnFrom, target, rowInto, columnInto, nativeint height, nativeint width)

    /// The last two axes as matrices, the others by recursion.
    let rec private copyAxes (from: nativeint, source: NDArray, into: nativeint, target: NDArray, axis: int, handled: byref<int64>) : unit =
        let last = source.Rank - 1
        let bytes = DType.bytes source.DType
        let stride (array: NDArray) k = nativeint array.Strides[k]

        if axis < last - 1 then
            for i in 0 .. source.Shape[axis] - 1 do
                let along array = nativeint i * stride array axis * nativeint bytes
                copyAxes (from + along source, source, into + along target, target, axis + 1, &handled)
        else
            let column =
                if last < 0 then
                    struct (1, 0n, 0n)
                else
                    struct (source.Shape[last], stride source last, stride target last)

            let row =
                if last < 1 then
                    struct (1, 0n, 0n)
                else
                    struct (source.Shape[last - 1], stride source (last - 1), stride target (last - 1))

            let struct (columns, columnFrom, columnInto) = column
            let struct (rows, rowFrom, rowInto) = row

            // Many short rows are copied as a few long columns.
            if columns < 4 && rows > columns then
                copyMatrix (bytes, from, columnFrom, rowFrom, into, columnInto, rowInto, columns, rows, &handled)
            else
                copyMatrix (bytes, from, rowFrom, columnFrom, into, rowInto, columnInto, rows, columns, &handled)

    /// Writes a source's elements to a target of the same shape and width, either of any strides.
    let copy (source: NDArray) (target: NDArray) =
        if not (Shape.equal source.Shape target.Shape) then
            raise (ShapeException $"A copy keeps the shape: {Shape.text source.Shape} does not fit {Shape.text target.Shape}.")

        if source.Size > 0 then
            let x = &MemoryMarshal.GetArrayDataReference source.Data
            let r = &MemoryMarshal.GetArrayDataReference target.Data
            use x = fixed &x
            use r = fixed &r
            let bytes = nativeint (DType.bytes source.DType)
            let from = NativePtr.toNativeInt x + nativeint source.Offset * bytes
            let into = NativePtr.toNativeInt r + nativeint target.Offset * bytes

            let mutable handled = 0L

            if source.IsContiguous && target.IsContiguous then
                copyMatrix (int bytes, from, 0n, 1n, into, 0n, 1n, 1, source.Size, &handled)
            else
                copyAxes (from, source, into, target, 0, &handled)

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

        NDArray.view array.DType (array.Shape.AsSpan(1).ToArray()) (array.Strides.AsSpan(1).ToArray()) array.Data offset
