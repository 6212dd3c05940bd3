// Mapping a function over an axis of its arguments as one program.
namespace Pipeline.Engine

open System
open System.Collections.Generic
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

    /// Where the result's tensor number i gets the axis of the applications; null for a tensor that is the same for all.
    let private place size (axis: Nullable<int>) number (value: Tensor) (isBatched: bool) : Tensor =
        if axis.HasValue then
            let value = if isBatched then value else BatchLanes.lead size value
            Primitive.moveAxis 0 (Shape.axis "Vectorized" value.Rank axis.Value) value
        elif isBatched then
            raise (
                ShapeException
                    $"Vectorized: tensor {number} of the result differs between the applications, so it needs an axis; null is for what is the same for all."
            )
        else
            value

    /// f over the mapped axis of each leaf; each leaf of the result gets its axis, from their number.
    let mapLeaves (f: 'T -> 'R) (argument: 'T) (axes: Nullable<int>[]) (outputs: int -> Nullable<int>[]) : 'R =
        let struct (leaves, structure) = Tree.flatten argument

        if axes.Length <> leaves.Length then
            raise (
                ShapeException
                    $"Vectorized: {axes.Length} axes are named for an argument of {leaves.Length} tensors; name one for each, null for those that are not mapped."
            )

        let moved = Array.map2 prepare axes leaves

        let sizes =
            Array.map2 (fun (axis: Nullable<int>) (leaf: Tensor) -> if axis.HasValue then leaf.Dims[0] else -1) axes moved

        let mapped = sizes |> Array.filter (fun size -> size >= 0) |> Array.distinct

        match mapped with
        | [| size |] ->
            let mutable result = Unchecked.defaultof<Structure>

            let run inputs =
                let struct (outputs, structure) = Tree.flattenResult "Vectorized" (f (Tree.rebuild structure inputs))
                result <- structure
                outputs

            let values, hidden = Batch.map size run moved (axes |> Array.map (fun axis -> axis.HasValue))

            let outputs = outputs values.Length

            if outputs.Length <> values.Length then
                raise (
                    ShapeException
                        $"Vectorized: {outputs.Length} axes are named for a result of {values.Length} tensors; name one for each."
                )

            Array.mapi (fun i value -> place size outputs[i] i value hidden[i]) values |> Tree.rebuild<'R> result
        | [||] -> raise (ShapeException "Vectorized: no argument holds a mapped tensor; name an axis for at least one of them.")
        | sizes ->
            raise (
                ShapeException
                    $"Vectorized: the mapped axes have sizes {Shape.text sizes}; they must be equal. Name null as the axis of arguments that are not mapped."
            )

    /// The same axis for every leaf of the result.
    let map (f: 'T -> 'R) (argument: 'T) (axes: Nullable<int>[]) (output: int) : 'R =
        mapLeaves f argument axes (fun count -> Array.create count (Nullable output))

    /// The axes of as many arguments; those that lead where none are named.
    let axes (count: int) (axes: IReadOnlyList<Nullable<int>>) : Nullable<int>[] =
        if isNull axes then
            Array.create count (Nullable 0)
        elif axes.Count <> count then
            raise (
                ArgumentException(
                    $"Vectorized: axes names {axes.Count} for a function of {count} arguments; name one for each, null for an argument that is passed whole.",
                    nameof axes
                )
            )
        else
            Array.ofSeq axes

    let repeat (axis: Nullable<int>) (argument: 'A) = Array.create (Tree.tensors argument).Length axis
