// The sizes of a tensor's axes as users hold them: a value that is compared, printed and matched like the list it is written as.
namespace Pipeline

open System
open System.Collections
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>The size of each axis of a tensor; empty for a scalar. A value: equal shapes are <c>==</c>, and print as <c>[2, 3]</c>.</summary>
/// <remarks>Written as a collection expression or made from an <c>int[]</c>, which is copied. It can be indexed (<c>shape[^1]</c>, <c>shape[1..]</c>),
/// enumerated, deconstructed and matched by list patterns. Sizes are judged where the shape is used: <c>Reshape</c> takes a -1.</remarks>
/// <example><code>
/// Shape shape = [2, 3];
/// if (x.Shape == shape &amp;&amp; y.Shape is [var rows, 3]) Console.WriteLine(Tensor.Zeros(x.Shape).Shape);  // [2, 3]
/// </code></example>
[<Struct; CustomEquality; NoComparison; CollectionBuilder(typeof<Shape>, "Create"); AutoSerializable(false); NullableContext(1uy)>]
type Shape internal (sizes: int[]) =
    /// The sizes themselves, which nobody changes; the default value is the shape of a scalar.
    member internal _.Sizes: int[] = if isNull sizes then Shape.scalar else sizes

    /// <summary>The shape of these sizes, which are copied: what <c>Shape shape = [2, 3]</c> calls.</summary>
    static member Create(sizes: ReadOnlySpan<int>) : Shape = Shape(sizes.ToArray())

    /// <summary>The number of axes.</summary>
    member this.Rank: int = this.Sizes.Length
    /// <summary>The number of axes, as collections name it.</summary>
    member this.Count: int = this.Sizes.Length

    /// <summary>The number of elements: the product of the sizes, 1 for a scalar.</summary>
    /// <exception cref="T:Pipeline.ShapeException">There are more than 2^63 - 1.</exception>
    member this.Size: int64 =
        if Array.contains 0 this.Sizes then
            0L
        else
            try
                this.Sizes |> Array.fold (fun n size -> Checked.(*) n (int64 size)) 1L
            with :? OverflowException ->
                raise (ShapeException $"Size: the shape {this} has more than 2^63 - 1 elements.")

    /// <summary>The size of an axis, counted from 0; in C# <c>shape[^1]</c> is the last.</summary>
    /// <exception cref="T:Pipeline.ShapeException">There is no such axis.</exception>
    member this.Item
        with get (axis: int): int =
            if axis < 0 || axis >= this.Rank then
                raise (
                    ShapeException $"Shape: there is no axis {string axis} in {this}; its axes count from 0 (and from ^1 at the end in C#)."
                )

            this.Sizes[axis]

    /// <summary>Some axes next to each other: what <c>shape[1..]</c> calls.</summary>
    /// <exception cref="T:Pipeline.ShapeException">They are not among the axes.</exception>
    member this.Slice(start: int, length: int) : Shape =
        if start < 0 || length < 0 || start > this.Rank - length then
            raise (ShapeException $"Shape: there are no axes {string start} to {string (start + length - 1)} in {this}.")

        Shape(Array.sub this.Sizes start length)

    /// <summary>The sizes as an array of one's own.</summary>
    member this.ToArray() : int[] = Array.copy this.Sizes

    /// The sizes, where there are as many as are wanted.
    member private this.Of(count: int) : int[] =
        if this.Rank <> count then
            raise (
                ShapeException
                    $"Shape: {this} is of rank {this.Rank} and does not deconstruct into {count} sizes; write as many as it has axes, or match it (shape is [var rows, var columns])."
            )

        this.Sizes

    /// <summary>The sizes of two axes: <c>var (rows, columns) = x.Shape;</c></summary>
    /// <exception cref="T:Pipeline.ShapeException">There are not two axes.</exception>
    member this.Deconstruct([<Out>] first: byref<int>, [<Out>] second: byref<int>) : unit =
        let sizes = this.Of 2
        first <- sizes[0]
        second <- sizes[1]

    /// <summary>The sizes of three axes.</summary>
    /// <exception cref="T:Pipeline.ShapeException">There are not three axes.</exception>
    member this.Deconstruct([<Out>] first: byref<int>, [<Out>] second: byref<int>, [<Out>] third: byref<int>) : unit =
        let sizes = this.Of 3
        first <- sizes[0]
        second <- sizes[1]
        third <- sizes[2]

    /// <summary>The sizes of four axes.</summary>
    /// <exception cref="T:Pipeline.ShapeException">There are not four axes.</exception>
    member this.Deconstruct
        ([<Out>] first: byref<int>, [<Out>] second: byref<int>, [<Out>] third: byref<int>, [<Out>] fourth: byref<int>)
        : unit =
        let sizes = this.Of 4
        first <- sizes[0]
        second <- sizes[1]
        third <- sizes[2]
        fourth <- sizes[3]

    /// <summary>The sizes in order.</summary>
    member this.GetEnumerator() : IEnumerator<int> = (this.Sizes :> int seq).GetEnumerator()

    /// <summary>The shape of the sizes in an array, which is copied.</summary>
    /// <exception cref="T:System.ArgumentNullException">The array is null.</exception>
    static member op_Implicit(sizes: int[]) : Shape =
        if isNull sizes then
            raise (
                ArgumentNullException(
                    nameof sizes,
                    "Shape: null is no shape. Shapes are values: none is null (x == null asks for the tensor), and that of a scalar is []."
                )
            )

        Shape(Array.copy sizes)

    /// <summary>The shape of the sizes in a span, which is copied.</summary>
    static member op_Implicit(sizes: ReadOnlySpan<int>) : Shape = Shape.Create sizes

    /// <summary>Whether the sizes are the same, in the same order.</summary>
    member this.Equals(other: Shape) : bool = Shape.equal this.Sizes other.Sizes
    /// <summary>Whether the sizes are the same, in the same order.</summary>
    static member op_Equality(a: Shape, b: Shape) : bool = a.Equals b
    /// <summary>Whether the sizes differ in a place or in number.</summary>
    static member op_Inequality(a: Shape, b: Shape) : bool = not (a.Equals b)

    override this.Equals([<Nullable(2uy)>] other: obj) =
        match other with
        | :? Shape as other -> this.Equals other
        | _ -> false

    override this.GetHashCode() =
        let mutable hash = HashCode()

        for size in this.Sizes do
            hash.Add size

        hash.ToHashCode()

    /// <summary>The sizes as a collection expression: <c>[2, 3]</c>.</summary>
    override this.ToString() = Shape.text this.Sizes

    interface IEquatable<Shape> with
        member this.Equals(other: Shape) = this.Equals other

    interface IReadOnlyList<int> with
        member this.Item
            with get axis = this[axis]

        member this.Count = this.Count
        member this.GetEnumerator() : IEnumerator<int> = this.GetEnumerator()
        member this.GetEnumerator() : IEnumerator = this.GetEnumerator() :> IEnumerator
