// What C# writes for one axis between the brackets of a tensor: a number, a number from the end, a range, or a tensor of numbers.
namespace Pipeline

open System
open System.Runtime.CompilerServices

/// <summary>A place, a range of places, or those that a tensor names, along one axis of a tensor: an <c>int</c>, an <see cref="T:System.Index"/>, a <see cref="T:System.Range"/> or a <see cref="T:Pipeline.Tensor"/>, by implicit conversion.</summary>
/// <remarks><c>x[^1]</c> is the last entry, <c>x[.., 1..3]</c> two columns of a matrix. The default value is the empty range 0..0.</remarks>
[<Struct; AutoSerializable(false); NullableContext(1uy)>]
type AxisIndex internal (start: Index, limit: Index, isPlace: bool, entries: obj) =
    /// The tensor that names entries; null for a place or a range.
    member internal _.Entries = entries

    /// Whether it is one place, whose axis disappears.
    member internal _.IsPlace = isPlace

    /// Start and limit on an axis of a size; they may lie outside.
    member internal _.On(size: int) : struct (int * int) =
        let first = start.GetOffset size

        if isPlace then struct (first, first + 1) else struct (first, limit.GetOffset size)

    override _.ToString() =
        let text (index: Index) = if index.IsFromEnd then $"^{index.Value}" else $"{index.Value}"

        if not (isNull entries) then $"{entries}"
        elif isPlace then text start
        else $"{text start}..{text limit}"

    /// <summary>One entry; a negative number counts from the end.</summary>
    static member op_Implicit(index: int) : AxisIndex = AxisIndex(Index(abs (max index -Int32.MaxValue), index < 0), Index.End, true, null)

    /// <summary>One entry.</summary>
    static member op_Implicit(index: Index) : AxisIndex = AxisIndex(index, Index.End, true, null)

    /// <summary>The entries of a range.</summary>
    static member op_Implicit(range: Range) : AxisIndex = AxisIndex(range.Start, range.End, false, null)
