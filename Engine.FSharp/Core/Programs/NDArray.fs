// A strided view of typed memory: what an eager tensor holds and what kernels read and write.
namespace Pipeline.Engine

open System
open Pipeline

/// Memory (a typed .NET array) with a shape, strides in elements and an offset. Contents never change once published.
[<Sealed; AllowNullLiteral>]
type internal NDArray private (dtype: DType, shape: int[], strides: int[], data: Array, offset: int, size: int, contiguous: bool) =
    static member private CountOf(shape: int[]) =
        let mutable n = 1

        for d in shape do
            n <- n * d

        n

    static member private IsDense(shape: int[], strides: int[]) =
        let mutable step = 1
        let mutable ok = true

        for i = shape.Length - 1 downto 0 do
            if shape[i] <> 1 && strides[i] <> step then ok <- false

            step <- step * shape[i]

        ok

    new(dtype, shape, strides, data, offset) =
        NDArray(dtype, shape, strides, data, offset, NDArray.CountOf shape, NDArray.IsDense(shape, strides))

    /// All of an array's memory, with the strides of the shape.
    static member Dense(dtype, shape, strides, data: Array) = NDArray(dtype, shape, strides, data, 0, data.Length, true)

    member _.DType = dtype
    member _.Shape = shape
    member _.Strides = strides
    /// float32[], float[], int[], int64[], byte[], uint16[], uint32[], uint64[] or bool[] by DType.
    member _.Data = data
    member _.Offset = offset
    member _.Rank = shape.Length
    member _.Size = size
    /// Row-major without gaps from Offset on.
    member _.IsContiguous = contiguous

    /// Scalars are equal when their numbers are, to the bit; larger arrays only when they are the same object.
    override this.Equals other =
        match other with
        | :? NDArray as other ->
            Object.ReferenceEquals(this, other)
            || (shape.Length = 0 && other.Shape.Length = 0 && dtype = other.DType && this.Bits = other.Bits)
        | _ -> false

    override this.GetHashCode() =
        if shape.Length = 0 then
            HashCode.Combine(dtype, this.Bits)
        else
            Runtime.CompilerServices.RuntimeHelpers.GetHashCode this

    /// The bits of the first element.
    member _.Bits =
        match Buffer.ByteLength data / max 1 data.Length with
        | 8 -> Runtime.CompilerServices.Unsafe.As<uint64[]>(data)[offset]
        | 4 -> uint64 (Runtime.CompilerServices.Unsafe.As<uint32[]>(data)[offset])
        | 2 -> uint64 (Runtime.CompilerServices.Unsafe.As<uint16[]>(data)[offset])
        | _ -> uint64 (Runtime.CompilerServices.Unsafe.As<byte[]>(data)[offset])

    /// The elements of a contiguous array.
    member _.Span<'T>() = Span<'T>(data :?> 'T[], offset, size)

[<RequireQualifiedAccess>]
module internal NDArray =
    /// From this many bytes on imported memory is pinned and 64-byte aligned, so that vector loads never straddle cache lines.
    let private alignedFrom = 1024

    let view dtype shape strides (data: Array) offset = NDArray(dtype, shape, strides, data, offset)

    let ofData dtype (shape: int[]) (data: Array) = NDArray(dtype, shape, Shape.strides shape, data, 0)

    /// A number of elements that one array has room for, and to align them.
    let private owned size =
        let most = Array.MaxLength - 64

        if size > most then
            raise (ShapeException $"An array holds at most {most} elements, not {size}; split it along an axis.")

        size

    let private fresh (dtype: DType) (size: int) : Array =
        match dtype with
        | DType.Float32 -> GC.AllocateUninitializedArray<float32> size :> Array
        | DType.Float64 -> GC.AllocateUninitializedArray<float> size
        | DType.Int32 -> GC.AllocateUninitializedArray<int> size
        | DType.Int64 -> GC.AllocateUninitializedArray<int64> size
        | DType.UInt8 -> GC.AllocateUninitializedArray<byte> size
        | DType.UInt16 -> GC.AllocateUninitializedArray<uint16> size
        | DType.UInt32 -> GC.AllocateUninitializedArray<uint32> size
        | DType.UInt64 -> GC.AllocateUninitializedArray<uint64> size
        | DType.Bool -> GC.AllocateUninitializedArray<bool> size
        | _ -> DType.undefined dtype

    let allocateData (dtype: DType) (size: int) : Array =
        let size = owned size

        if int64 size * int64 (DType.bytes dtype) < LargeArray.LeastBytes then
            fresh dtype size
        else
            LargeArray.Allocate(dtype, size, fresh dtype)

    /// A fresh contiguous array with undefined contents.
    let allocate dtype (shape: int[]) = NDArray.Dense(dtype, shape, Shape.strides shape, allocateData dtype (Shape.size shape))

    let private aligned<'T when 'T: unmanaged> dtype (shape: int[]) size =
        let bytes = sizeof<'T>
        let data = GC.AllocateUninitializedArray<'T>(size + 64 / bytes, pinned = true)

        let address = System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(data, 0)

        let misaligned = int (address &&& 63n)
        let offset = if misaligned = 0 then 0 else (64 - misaligned) / bytes
        NDArray(dtype, shape, Shape.strides shape, data, offset)

    /// A fresh contiguous array for data that is to be read often: large ones pinned and aligned.
    let allocateAligned (dtype: DType) (shape: int[]) =
        let size = owned (Shape.size shape)

        if int64 size * int64 (DType.bytes dtype) < int64 alignedFrom then
            allocate dtype shape
        else
            match dtype with
            | DType.Float32 -> aligned<float32> dtype shape size
            | DType.Float64 -> aligned<float> dtype shape size
            | DType.Int32 -> aligned<int> dtype shape size
            | DType.Int64 -> aligned<int64> dtype shape size
            | DType.UInt8 -> aligned<byte> dtype shape size
            | DType.UInt16 -> aligned<uint16> dtype shape size
            | DType.UInt32 -> aligned<uint32> dtype shape size
            | DType.UInt64 -> aligned<uint64> dtype shape size
            | _ -> aligned<bool> dtype shape size

    /// Copies the caller's memory: a later change of it changes nothing here.
    let import<'T> dtype (shape: int[]) (source: ReadOnlySpan<'T>) =
        let array = allocateAligned dtype shape
        source.CopyTo(array.Span<'T>())
        array

    let private ofNumber dtype (data: Array) = NDArray.Dense(dtype, Shape.scalar, Shape.scalar, data)

    let scalar64 (value: float) = ofNumber DType.Float64 [| value |]

    let scalar32 (value: float32) = ofNumber DType.Float32 [| value |]

    /// The memory of a float64 that a type can hold.
    let private number (dtype: DType) (value: float) : Array =
        match dtype with
        | DType.Float32 -> [| float32 value |]
        | DType.Float64 -> [| value |]
        | DType.Int32 -> [| int value |]
        | DType.Int64 -> [| int64 value |]
        | DType.UInt8 -> [| byte value |]
        | DType.UInt16 -> [| uint16 value |]
        | DType.UInt32 -> [| uint32 value |]
        | DType.UInt64 -> [| uint64 value |]
        | DType.Bool -> [| value <> 0.0 |]
        | _ -> DType.undefined dtype

    /// A scalar of any type from a float64 that it can hold.
    let scalar (dtype: DType) (value: float) = ofNumber dtype (number dtype value)

    /// One such number everywhere, in no more memory than its own.
    let repeated (dtype: DType) (shape: int[]) (value: float) =
        if shape.Length = 0 then
            scalar dtype value
        else
            NDArray(dtype, shape, Array.zeroCreate shape.Length, number dtype value, 0)

    /// A scalar of an integer type from a number that it holds.
    let whole (dtype: DType) (value: Int128) =
        match dtype with
        | DType.Int64 -> ofData dtype Shape.scalar [| int64 value |]
        | DType.UInt64 -> ofData dtype Shape.scalar [| uint64 value |]
        | _ -> scalar dtype (float value)

    /// One element as float64, by its position in Data. (By dtype, since .NET lets an int[] pass for a uint32[].)
    let elementAt (array: NDArray) (position: int) : float =
        let inline at (data: 'T[]) = data[position]

        match array.DType with
        | DType.Float32 -> float (at (array.Data :?> float32[]))
        | DType.Float64 -> float (at (array.Data :?> float[]))
        | DType.Int32 -> float (at (array.Data :?> int[]))
        | DType.Int64 -> float (at (array.Data :?> int64[]))
        | DType.UInt8 -> float (at (array.Data :?> byte[]))
        | DType.UInt16 -> float (at (array.Data :?> uint16[]))
        | DType.UInt32 -> float (at (array.Data :?> uint32[]))
        | DType.UInt64 -> float (at (array.Data :?> uint64[]))
        | _ -> if at (array.Data :?> bool[]) then 1.0 else 0.0
