// What C# writes for one axis between the brackets of a tensor: a number, a number from the end, or a range.
namespace Pipeline

open System
open System.Runtime.CompilerServices

/// <summary>A place or a range of places along one axis of a tensor: an <c>int</c>, an <see cref="T:System.Index"/> or a <see cref="T:System.Range"/>, by implicit conversion.</summary>
/// <remarks><c>x[^1]</c> is the last entry, <c>x[.., 1..3]</c> two columns of a matrix. The default value is the empty range 0..0.</remarks>
[<Struct; AutoSerializable(false); NullableContext(1uy)>]
type AxisIndex internal (start: Index, limit: Index, isPlace: bool) =
    /// Whether it is one place, whose axis disappears.
    member internal _.IsPlace = isPlace

    /// Start and limit on an axis of a size; they may lie outside.
    member internal _.On(size: int) : struct (int * int) =
        let first = start.GetOffset size

        if isPlace then
            struct (first, first + 1)
        else
            struct (first, limit.GetOffset size)

    override _.ToString() =
        let text (index: Index) =
            if index.IsFromEnd then
                $"^{index.Value}"
            else
                $"{index.Value}"

        if isPlace then
            text start
        else
            $"{text start}..{text limit}"

    /// <summary>One entry; a negative number counts from the end.</summary>
    static member op_Implicit(index: int) : AxisIndex =
        AxisIndex(Index(abs (max index -Int32.MaxValue), index < 0), Index.End, true)

    /// <summary>One entry.</summary>
    static member op_Implicit(index: Index) : AxisIndex = AxisIndex(index, Index.End, true)

    /// <summary>The entries of a range.</summary>
    static member op_Implicit(range: Range) : AxisIndex =
        AxisIndex(range.Start, range.End, false)
