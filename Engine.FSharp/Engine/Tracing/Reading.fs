// Numbers of arrays as numbers of .NET: each converted from its own value, and refused where the .NET type cannot hold it.
namespace Pipeline.Engine

open System
open System.Globalization
open System.Numerics
open Pipeline

[<RequireQualifiedAccess>]
module internal Reading =
    /// As the number itself, in full.
    let text (array: NDArray) (position: int) : string =
        let inline write (data: 'T[]) = (box data[position] :?> IFormattable).ToString(null, CultureInfo.InvariantCulture)

        match array.DType with
        | DType.Float32 -> write (array.Data :?> float32[])
        | DType.Float64 -> write (array.Data :?> float[])
        | DType.Int32 -> write (array.Data :?> int[])
        | DType.Int64 -> write (array.Data :?> int64[])
        | DType.UInt8 -> write (array.Data :?> byte[])
        | DType.UInt16 -> write (array.Data :?> uint16[])
        | DType.UInt32 -> write (array.Data :?> uint32[])
        | DType.UInt64 -> write (array.Data :?> uint64[])
        | _ -> (array.Data :?> bool[]).[position].ToString()

    /// The indices of the element that is so many from the first in row-major order.
    let private place (shape: int[]) (number: int) : int[] =
        let indices = Array.zeroCreate shape.Length
        let mutable rest = number

        for axis = shape.Length - 1 downto 0 do
            indices[axis] <- rest % shape[axis]
            rest <- rest / shape[axis]

        indices

    /// Element `number` of a contiguous array as a .NET number: floats are truncated towards zero by integers, and rounded by floats.
    let at<'T when 'T :> INumberBase<'T>> operation (array: NDArray) (number: int) : 'T =
        let position = array.Offset + number

        try
            match array.DType with
            | DType.Float32 -> 'T.CreateChecked((array.Data :?> float32[])[position])
            | DType.Float64 -> 'T.CreateChecked((array.Data :?> float[])[position])
            | DType.Int32 -> 'T.CreateChecked((array.Data :?> int[])[position])
            | DType.Int64 -> 'T.CreateChecked((array.Data :?> int64[])[position])
            | DType.UInt8 -> 'T.CreateChecked((array.Data :?> byte[])[position])
            | DType.UInt16 -> 'T.CreateChecked((array.Data :?> uint16[])[position])
            | DType.UInt32 -> 'T.CreateChecked((array.Data :?> uint32[])[position])
            | DType.UInt64 -> 'T.CreateChecked((array.Data :?> uint64[])[position])
            | _ -> if (array.Data :?> bool[])[position] then 'T.One else 'T.Zero
        with :? OverflowException ->
            let place = if array.Rank = 0 then "" else $" at {Shape.text (place array.Shape number)}"

            raise (
                DTypeException
                    $"{operation}: the {DType.name array.DType} {text array position}{place} does not fit {typeof<'T>.Name}; read it as a wider type, or bring it into range first (AsType saturates, Minimum, Maximum)."
            )

    /// The one element of an array.
    let number<'T when 'T :> INumberBase<'T>> operation (array: NDArray) : 'T = at<'T> operation (KernelsViews.contiguous array) 0

    /// Refuses all but one element, which is read as a number.
    let requireNumber operation (shape: int[]) : unit =
        if Shape.size shape <> 1 then
            raise (
                ShapeException
                    $"{operation}: only a tensor of one element is a number, not one of shape {Shape.text shape}; index or reduce it first."
            )

    /// Refuses all but one element, which decides between true and false.
    let requireTruth operation (shape: int[]) : unit =
        if Shape.size shape <> 1 then
            raise (
                ShapeException
                    $"{operation}: a tensor of shape {Shape.text shape} is not one truth value. Ask All() or Any() of its entries, or choose entry by entry with Where."
            )

    let private integers<'T when 'T :> INumberBase<'T>> operation (array: NDArray) : Array = Array.init array.Size (at<'T> operation array)

    let private copied<'T> (array: NDArray) : 'T[] = KernelsViews.copied (Span.op_Implicit ((KernelsViews.contiguous array).Span<'T>()))

    /// The elements in row-major order.
    let toArray<'T> (operation: string) (array: NDArray) : 'T[] =
        let dtype = DType.ofElement<'T> operation

        if dtype = array.DType then
            copied<'T> array
        else
            let array = KernelsViews.contiguous array

            match dtype with
            | DType.Int32 -> integers<int> operation array :?> 'T[]
            | DType.Int64 -> integers<int64> operation array :?> 'T[]
            | DType.UInt8 -> integers<byte> operation array :?> 'T[]
            | DType.UInt16 -> integers<uint16> operation array :?> 'T[]
            | DType.UInt32 -> integers<uint32> operation array :?> 'T[]
            | DType.UInt64 -> integers<uint64> operation array :?> 'T[]
            // Every number has a nearest float, and is 0 or not.
            | wanted -> copied<'T>(KernelsMap.convert wanted array)
