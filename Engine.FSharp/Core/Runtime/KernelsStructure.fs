// What moves elements without computing: padding, joining, indexing, counting, ordering.
namespace Pipeline.Engine

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsStructure =
    let private zeros dtype (shape: int[]) =
        let result = NDArray.allocate dtype shape
        KernelsViews.clear result
        result

    let pad (low: int[]) (high: int[]) (interior: int[]) (x: NDArray) : NDArray =
        let shape =
            Array.init x.Rank (fun i ->
                let between = int64 (max 0 (x.Shape[i] - 1)) * int64 interior[i]
                Shape.extent "Pad" i (int64 low[i] + int64 high[i] + int64 x.Shape[i] + between))

        let result = zeros x.DType shape

        if x.Size > 0 then
            let offset = Array.fold2 (fun sum start stride -> sum + start * stride) 0 low result.Strides

            let strides = Array.map2 (fun between stride -> (between + 1) * stride) interior result.Strides

            KernelsViews.copy x (NDArray.view x.DType x.Shape strides result.Data offset)

        result

    let concatenate (axis: int) (operands: NDArray[]) : NDArray =
        let first = operands[0]
        let total = operands |> Array.sumBy (fun x -> int64 x.Shape[axis]) |> Shape.extent "Concatenate" axis
        let result = NDArray.allocate first.DType (Array.updateAt axis total first.Shape)
        let mutable start = 0

        for x in operands do
            if x.DType <> first.DType then
                raise (DTypeException $"Concatenate takes operands of one dtype, not {DType.name first.DType} and {DType.name x.DType}.")

            let offset = if x.Size = 0 then 0 else start * result.Strides[axis]
            KernelsViews.copy x (NDArray.view x.DType x.Shape result.Strides result.Data offset)
            start <- start + x.Shape[axis]

        result

    /// Indices as positions in an axis of the given size: those outside move to its nearest end.
    let private positions (size: int) (indices: NDArray) =
        let indices = KernelsViews.contiguous indices
        let result = GC.AllocateUninitializedArray<int> indices.Size

        match indices.DType with
        | DType.Int32 ->
            let source = KernelsViews.elements<int> indices

            for i in 0 .. result.Length - 1 do
                CancellationScope.CheckAt i
                result[i] <- max 0 (min source[i] (size - 1))
        | DType.Int64 ->
            let source = KernelsViews.elements<int64> indices

            for i in 0 .. result.Length - 1 do
                CancellationScope.CheckAt i
                result[i] <- int (max 0L (min source[i] (int64 (size - 1))))
        | _ -> raise (DTypeException $"Indices are int32 or int64, not {DType.name indices.DType}.")

        result

    let private outside operation (axis: int) (size: int) (shape: int[]) (position: int) (index: Int128) : exn =
        let mutable rest = position
        let place = Array.zeroCreate shape.Length

        for i in shape.Length - 1 .. -1 .. 0 do
            place[i] <- rest % shape[i]
            rest <- rest / shape[i]

        let where = if shape.Length = 0 then "" else $" at {Shape.text place} of the indices"

        ShapeException
            $"{operation}: there is no entry {string index}{where}: axis {axis} has {size} entries, and indices go from {string -size} to {size - 1} (negative ones count from the end). Mend the index, or take the nearest entry there is (TakeClamped)."

    /// Writes where indices lie on an axis.
    let writePlaces operation axis (size: int) (indices: TensorType) (source: nativeint) (target: nativeint) : unit =
        let count = Shape.size indices.Shape

        if indices.DType = DType.Int32 then
            let source = ReadOnlySpan<int>(source.ToPointer(), count)
            let target = Span<int>(target.ToPointer(), count)

            for i in 0 .. count - 1 do
                CancellationScope.CheckAt i
                let place = if source[i] < 0 then source[i] + size else source[i]

                if uint32 place >= uint32 size then
                    raise (outside operation axis size indices.Shape i (Int128.op_Implicit source[i]))

                target[i] <- place
        else
            let source = ReadOnlySpan<int64>(source.ToPointer(), count)
            let target = Span<int64>(target.ToPointer(), count)

            for i in 0 .. count - 1 do
                CancellationScope.CheckAt i
                let isFromEnd = source[i] < 0L && indices.DType = DType.Int64
                let place = if isFromEnd then source[i] + int64 size else source[i]

                if uint64 place >= uint64 size then
                    let index: Int128 =
                        if indices.DType = DType.Int64 then
                            Int128.op_Implicit source[i]
                        else
                            Int128.op_Implicit (uint64 source[i])

                    raise (outside operation axis size indices.Shape i index)

                target[i] <- place

    let places operation axis size (indices: NDArray) : NDArray =
        let indices = KernelsViews.contiguous indices

        let dtype = if indices.DType = DType.UInt64 then DType.Int64 else indices.DType

        let result = NDArray.allocate dtype indices.Shape

        let type' = { DType = indices.DType; Shape = indices.Shape }

        let bytes = DType.bytes indices.DType

        let address (array: NDArray) (memory: Runtime.InteropServices.GCHandle) =
            memory.AddrOfPinnedObject() + nativeint array.Offset * nativeint bytes

        let pin (array: NDArray) = Runtime.InteropServices.GCHandle.Alloc(array.Data, Runtime.InteropServices.GCHandleType.Pinned)

        let source, target = pin indices, pin result

        try
            writePlaces operation axis size type' (address indices source) (address result target)
        finally
            source.Free()
            target.Free()

        result

    let private product (shape: int[]) first count =
        let mutable n = 1

        for i in first .. first + count - 1 do
            n <- n * shape[i]

        n

    /// The entry at a position of an axis, which stays with an extent of 1.
    let private thin axis position (x: NDArray) =
        let starts = Array.zeroCreate x.Rank
        let limits = Array.copy x.Shape
        starts[axis] <- position
        limits[axis] <- position + 1
        KernelsViews.slice starts limits (Array.create x.Rank 1) x

    let private gatherWords<'T when 'T: unmanaged> (x: NDArray) (result: NDArray) (positions: int[]) outer size inner =
        let source = KernelsViews.elements<'T> x
        let target = KernelsViews.elements<'T> result
        let mutable handled = 0L

        for o in 0 .. outer - 1 do
            if inner = 1 then
                let row = source.Slice(o * size, size)
                let into = target.Slice(o * positions.Length, positions.Length)

                for i in 0 .. into.Length - 1 do
                    CancellationScope.CheckAt i
                    into[i] <- row[positions[i]]
            else
                for i in 0 .. positions.Length - 1 do
                    CancellationScope.CheckAfter(&handled, inner)
                    let from = (o * size + positions[i]) * inner
                    let into = (o * positions.Length + i) * inner
                    KernelsViews.copyElements (Span.op_Implicit (source.Slice(from, inner))) (target.Slice(into, inner))

    let gather (axis: int) (x: NDArray) (indices: NDArray) : NDArray =
        let size = x.Shape[axis]

        let result = NDArray.allocate x.DType (Array.concat [ x.Shape[.. axis - 1]; indices.Shape; x.Shape[axis + 1 ..] ])

        let positions = positions size indices

        if not x.IsContiguous && positions.Length < size then
            // A few entries of a view: the rest of it is not copied.
            let entries = KernelsViews.reshape (Array.updateAt axis positions.Length x.Shape) result

            for i in 0 .. positions.Length - 1 do
                CancellationScope.CheckAt i
                KernelsViews.copy (thin axis positions[i] x) (thin axis i entries)
        else
            let x = KernelsViews.contiguous x
            let outer = product x.Shape 0 axis
            let inner = product x.Shape (axis + 1) (x.Rank - axis - 1)

            match DType.bytes x.DType with
            | 1 -> gatherWords<byte> x result positions outer size inner
            | 2 -> gatherWords<uint16> x result positions outer size inner
            | 4 -> gatherWords<uint32> x result positions outer size inner
            | _ -> gatherWords<uint64> x result positions outer size inner

        result

    /// x itself, overwritten at one entry.
    let update (axis: int) (x: NDArray) (entry: NDArray) (index: NDArray) : NDArray =
        let at = (positions x.Shape[axis] index)[0]
        KernelsViews.copy (KernelsViews.reshape (Array.updateAt axis 1 x.Shape) entry) (thin axis at x)
        x

    /// x itself (contiguous), with the updates added to it.
    let scatter (axis: int) (result: NDArray) (updates: NDArray) (indices: NDArray) : NDArray =
        let size = result.Shape[axis]
        let outer = product updates.Shape 0 axis
        let rest = axis + indices.Rank
        let inner = product updates.Shape rest (updates.Rank - rest)
        let updates = KernelsViews.contiguous updates
        let positions = positions size indices
        let bytes = nativeint (DType.bytes result.DType)
        let isBool = result.DType = DType.Bool
        let t = if isBool then TypeCode.Byte else BlockArithmetic.typeOf result.DType
        // Single entries, each with its index; or lines of them with the same.
        let isSingle = inner = 1
        let lines, line = if isSingle then 1, positions.Length else positions.Length, inner

        let move =
            BlockMove(KernelsLoops.at 1 (if isSingle then 1 else 0), nativeint (size - 1), nativeint inner * bytes, not isSingle)

        let access = BlockAccess(2, 0n, [| 1 |], [| (if isSingle then 0n else bytes) |])
        let how = if isBool then BlockScattering.Or else BlockScattering.Add
        let instruction = BlockMovement.Scatter(t, sizeof<int>, access, move, KernelsLoops.at 0 1, how)

        if updates.Size > 0 then
            use source = fixed &MemoryMarshal.GetArrayDataReference updates.Data
            use target = fixed &MemoryMarshal.GetArrayDataReference result.Data
            use at = fixed &MemoryMarshal.GetArrayDataReference positions
            let mutable from = NativePtr.toNativeInt source + KernelsLoops.bytesTo updates
            let mutable into = NativePtr.toNativeInt target + KernelsLoops.bytesTo result
            let mutable handled = 0L

            for _ in 1..outer do
                for l in 0 .. lines - 1 do
                    let mutable first = 0

                    while first < line do
                        let count = min CancellationScope.Block (line - first)
                        CancellationScope.CheckAfter(&handled, count)
                        let index = NativePtr.toNativeInt (NativePtr.add at (if isSingle then first else l))
                        let begun = if isSingle then 0n else nativeint first * bytes
                        KernelsLoops.move instruction from index (into + begun) count
                        from <- from + nativeint count * bytes
                        first <- first + count

                into <- into + nativeint size * nativeint inner * bytes

        result

    let iota (dtype: DType) (shape: int[]) (axis: int) : NDArray =
        if dtype = DType.Bool then raise (DTypeException "Iota counts in numbers, not in bool.")
        let line = NDArray.allocate dtype [| shape[axis] |]
        use target = fixed &MemoryMarshal.GetArrayDataReference line.Data
        let mutable first = 0

        while first < line.Size do
            let count = min CancellationScope.Block (line.Size - first)
            let counted = BlockCount(first, [||], -1, 0L, BlockAxis(1n, 0n, 1L))
            let counter = BlockMovement.Counter(BlockArithmetic.typeOf dtype, counted, KernelsLoops.into)
            let into = NativePtr.toNativeInt target + nativeint first * nativeint (DType.bytes dtype)
            KernelsLoops.run counter 0n 0n 0n into count
            first <- CancellationScope.Next(first + count, line.Size)

        KernelsViews.contiguous (KernelsViews.broadcast shape [| axis |] line)
