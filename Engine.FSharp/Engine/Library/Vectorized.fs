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
            let value = if isBatched then value else Batch.lead size value
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
                let struct (outputs, structure) = Tree.flatten (f (Tree.rebuild structure inputs))
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

namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>A function applied along an axis of its arguments, as one program over all of them and not as a loop.</summary>
/// <remarks>An axis is that of every tensor of the argument's tree, negative ones counted from the end; null passes the whole argument to each application. A random key that is not mapped gives every application the same draw.</remarks>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Vectorized =
    /// <summary>Over the leading axis of every tensor.</summary>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>(f: Func<'T, 'R>) : Func<'T, 'R> = Vectorized.Of(f, Nullable 0, 0)

    /// <summary>Over the named axis of every tensor; the results get theirs at <paramref name="output"/>.</summary>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (f: Func<'T, 'R>, axis: Nullable<int>, [<Optional; DefaultParameterValue(0)>] output: int)
        : Func<'T, 'R> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Func<_, _>(fun a -> Vectorize.map f.Invoke a (Vectorize.repeat axis a) output)

    /// <summary>Over an axis of each tensor by itself, in the order in which the tree holds them; null for a tensor that is passed whole to each application.</summary>
    /// <param name="f">The function of one application.</param>
    /// <param name="axes">For each tensor of the argument the axis that is mapped; negative axes count from the end.</param>
    /// <param name="outputs">For each tensor of the result the axis of the applications, null for one that is the same for all; the leading one of each if omitted.</param>
    /// <exception cref="T:Pipeline.ShapeException">When called: the numbers of axes and tensors differ, an axis does not exist, the mapped axes differ in
    /// size, or a result with axis null differs between the applications.</exception>
    /// <example><code>
    /// // Rows of a with columns of b:
    /// Vectorized.Of(((Tensor A, Tensor B) p) => p.A * p.B, [0, 1], [0])((a, b))
    /// </code></example>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (
            f: Func<'T, 'R>,
            axes: IReadOnlyList<Nullable<int>>,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<Nullable<int>>); Nullable(2uy)>] outputs: IReadOnlyList<Nullable<int>>
        ) : Func<'T, 'R> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        ArgumentNullException.ThrowIfNull(axes, nameof axes)
        let axes = Array.ofSeq axes

        if isNull outputs then
            Func<_, _>(fun a -> Vectorize.map f.Invoke a axes 0)
        else
            let outputs = Array.ofSeq outputs
            Func<_, _>(fun a -> Vectorize.mapLeaves f.Invoke a axes (fun _ -> outputs))

    /// <summary>Over an axis of each argument, named in one collection, null for an argument that is passed whole; the results get theirs at <paramref name="output"/>.</summary>
    /// <param name="f">The function of one application.</param>
    /// <param name="axes">One for each argument, negative ones counted from the end; the leading axis of each if omitted.</param>
    /// <param name="output">The axis of the applications in each tensor of the result.</param>
    /// <exception cref="T:System.ArgumentException">There are not as many axes as arguments.</exception>
    /// <example><code>
    /// Tensor products = Vectorized.Of((Tensor a, Tensor x) => a.Dot(x), [null, 0])(matrix, vectors);
    /// </code></example>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'R>
        (
            f: Func<'A, 'B, 'R>,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<Nullable<int>>); Nullable(2uy)>] axes: IReadOnlyList<Nullable<int>>,
            [<Optional; DefaultParameterValue(0)>] output: int
        ) : Func<'A, 'B, 'R> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        let axes = Vectorize.axes 2 axes

        Func<_, _, _>(fun a b ->
            let each = Array.append (Vectorize.repeat axes[0] a) (Vectorize.repeat axes[1] b)
            Vectorize.map (fun struct (a, b) -> f.Invoke(a, b)) (struct (a, b)) each output)

    /// <summary>The same of three arguments.</summary>
    /// <param name="f">The function of one application.</param>
    /// <param name="axes">One for each argument, null for one that is passed whole; the leading axis of each if omitted.</param>
    /// <param name="output">The axis of the applications in each tensor of the result.</param>
    /// <exception cref="T:System.ArgumentException">There are not as many axes as arguments.</exception>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'R>
        (
            f: Func<'A, 'B, 'C, 'R>,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<Nullable<int>>); Nullable(2uy)>] axes: IReadOnlyList<Nullable<int>>,
            [<Optional; DefaultParameterValue(0)>] output: int
        ) : Func<'A, 'B, 'C, 'R> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        let axes = Vectorize.axes 3 axes

        Func<_, _, _, _>(fun a b c ->
            let each = Array.concat [ Vectorize.repeat axes[0] a; Vectorize.repeat axes[1] b; Vectorize.repeat axes[2] c ]

            Vectorize.map (fun struct (a, b, c) -> f.Invoke(a, b, c)) (struct (a, b, c)) each output)
