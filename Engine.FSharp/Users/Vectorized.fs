// Mapping a function over an axis of its arguments as one program.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Vectorize =
    /// One argument's tensors with the axis that is mapped, null where it is not.
    let private prepare (axis: Nullable<int>) (leaf: Tensor) : Tensor =
        if not axis.HasValue then
            leaf
        elif leaf.Rank = 0 then
            raise (
                ShapeException
                    $"Vectorized: a scalar argument has no axis to map over. Name null as its axis to give each call the same value, or BroadcastTo the size."
            )
        else
            Primitive.moveAxis (Shape.axis "Vectorized" leaf.Rank axis.Value) 0 leaf

    /// f over the mapped axis of each leaf; the results get theirs at the output axis.
    let map (f: 'T -> 'R) (argument: 'T) (axes: Nullable<int>[]) (output: int) : 'R =
        let struct (leaves, structure) = Tree.flatten argument
        let moved = Array.map2 prepare axes leaves

        let sizes =
            Array.map2
                (fun (axis: Nullable<int>) (leaf: Tensor) -> if axis.HasValue then leaf.Dims[0] else -1)
                axes
                moved

        let mapped = sizes |> Array.filter (fun size -> size >= 0) |> Array.distinct

        match mapped with
        | [| size |] ->
            let mutable result = Unchecked.defaultof<Structure>

            let run inputs =
                let struct (outputs, structure) = Tree.flatten (f (Tree.rebuild structure inputs))
                result <- structure
                outputs

            let values, hidden =
                Batch.map size run moved (axes |> Array.map (fun axis -> axis.HasValue))

            let placed =
                Array.map2
                    (fun (value: Tensor) isBatched ->
                        let value = if isBatched then value else Batch.lead size value
                        Primitive.moveAxis 0 (Shape.axis "Vectorized" value.Rank output) value)
                    values
                    hidden

            Tree.rebuild<'R> result placed
        | [||] ->
            raise (
                ShapeException "Vectorized: no argument holds a mapped tensor; name an axis for at least one of them."
            )
        | sizes ->
            raise (
                ShapeException
                    $"Vectorized: the mapped axes have sizes {Shape.text sizes}; they must be equal. Name null as the axis of arguments that are not mapped."
            )

    let repeat (axis: Nullable<int>) (argument: 'A) =
        Array.create (Tree.tensors argument).Length axis

namespace Pipeline

open System
open Pipeline.Engine

/// <summary>A function applied along an axis of its arguments, as one program over all of them and not as a loop.</summary>
/// <remarks>An axis is that of every tensor of the argument's tree; null passes the whole argument to each application. A random key that is not mapped gives every application the same draw.</remarks>
[<AbstractClass; Sealed>]
type Vectorized =
    /// <summary>Over the leading axis of every tensor.</summary>
    static member Of<'T, 'R>(f: Func<'T, 'R>) : Func<'T, 'R> = Vectorized.Of(f, Nullable 0, 0)

    /// <summary>Over the named axis of every tensor; the results get theirs at <paramref name="output"/>.</summary>
    static member Of<'T, 'R>(f: Func<'T, 'R>, axis: Nullable<int>, output: int) : Func<'T, 'R> =
        ArgumentNullException.ThrowIfNull f
        Func<_, _>(fun a -> Vectorize.map f.Invoke a (Vectorize.repeat axis a) output)

    /// <summary>Over the leading axis of every tensor of both arguments.</summary>
    static member Of<'A, 'B, 'R>(f: Func<'A, 'B, 'R>) : Func<'A, 'B, 'R> =
        Vectorized.Of(f, Nullable 0, Nullable 0, 0)

    /// <summary>Over the named axes, null for an argument that is not mapped.</summary>
    static member Of<'A, 'B, 'R>(f: Func<'A, 'B, 'R>, first: Nullable<int>, second: Nullable<int>) : Func<'A, 'B, 'R> =
        Vectorized.Of(f, first, second, 0)

    /// <summary>Over the named axes, null for an argument that is not mapped; the results get theirs at <paramref name="output"/>.</summary>
    static member Of<'A, 'B, 'R>
        (f: Func<'A, 'B, 'R>, first: Nullable<int>, second: Nullable<int>, output: int)
        : Func<'A, 'B, 'R> =
        ArgumentNullException.ThrowIfNull f

        Func<_, _, _>(fun a b ->
            let axes = Array.append (Vectorize.repeat first a) (Vectorize.repeat second b)
            Vectorize.map (fun struct (a, b) -> f.Invoke(a, b)) (struct (a, b)) axes output)

    /// <summary>Over the named axes of three arguments, null for one that is not mapped; the results get theirs at <paramref name="output"/>.</summary>
    static member Of<'A, 'B, 'C, 'R>
        (f: Func<'A, 'B, 'C, 'R>, first: Nullable<int>, second: Nullable<int>, third: Nullable<int>, output: int)
        : Func<'A, 'B, 'C, 'R> =
        ArgumentNullException.ThrowIfNull f

        Func<_, _, _, _>(fun a b c ->
            let axes =
                Array.concat
                    [
                        Vectorize.repeat first a
                        Vectorize.repeat second b
                        Vectorize.repeat third c
                    ]

            Vectorize.map (fun struct (a, b, c) -> f.Invoke(a, b, c)) (struct (a, b, c)) axes output)
