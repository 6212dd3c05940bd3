// A tree taken apart for its user: its tensors in order, what each is called, and the way back.
namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>A tree taken apart: its tensors in order, the name of each, and the way back to a value of the same structure.</summary>
/// <remarks>Names are the paths that C# writes behind the value, <c>Layers[0].Weights</c>; they depend on the structure alone, so they name tensors in a file.
/// Members come in the order of the constructor, entries of dictionaries in the order of their keys; the name of a tensor that is the whole tree is empty.</remarks>
/// <typeparam name="T">The type of the tree.</typeparam>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type FlatTree<[<Nullable(2uy)>] 'T> internal (tree: 'T) =
    let struct (tensors, structure) = Tree.flatten tree
    let names = lazy (Tree.paths structure |> Array.map _.TrimStart('.'))

    /// <summary>The path of each tensor, in their order: no two are the same.</summary>
    member _.Names: IReadOnlyList<string> = Array.AsReadOnly names.Value

    /// <summary>The tensors in order.</summary>
    member _.Leaves: IReadOnlyList<Tensor> = Array.AsReadOnly tensors

    /// <summary>A value of the same structure, with the same numbers and texts beside them, that holds these tensors.</summary>
    /// <param name="leaves">One tensor for each of <see cref="P:Pipeline.FlatTree`1.Leaves"/>, in their order; of any shape and dtype.</param>
    /// <exception cref="T:Pipeline.TreeException">There are more or fewer, or one is null.</exception>
    /// <example><code>
    /// var flat = Tree.Flatten(network);
    /// Network halved = flat.Rebuild(flat.Leaves.Select(leaf => leaf / 2));
    /// </code></example>
    member _.Rebuild(leaves: IEnumerable<Tensor>) : 'T =
        ArgumentNullException.ThrowIfNull(leaves, nameof leaves)
        let given = Array.ofSeq leaves

        if given.Length <> tensors.Length then
            raise (
                TreeException
                    $"Rebuild: {given.Length} tensors for a {typeof<'T>.Name} of {tensors.Length}; give one for each of Leaves, in their order."
            )

        match Array.FindIndex(given, isNull) with
        | -1 -> Tree.rebuild<'T> structure given
        | place ->
            raise (
                TreeException $"Rebuild: tensor {place} ({names.Value[place]}) is null; give a tensor for each of Leaves, in their order."
            )

    /// <summary>A line for each tensor: its name, dtype and shape.</summary>
    override _.ToString() =
        Array.map2 (fun (name: string) (tensor: Tensor) -> $"{name}: {tensor.Type}") names.Value tensors
        |> String.concat "\n"
