// The layouts of collections, and of types that rebuild themselves.
namespace Pipeline.Engine

open System
open System.Collections
open System.Collections.Generic
open Pipeline

/// A sequence of known length that an array of its elements can make again.
[<Sealed>]
type internal SequenceLayout<'T>(make: Func<'T[], obj>) =
    inherit Layout()

    override _.Parts(value, _) =
        match value with
        | :? ICollection as items ->
            let parts = Array.zeroCreate items.Count
            let mutable i = 0

            for item in items do
                parts[i] <- item
                i <- i + 1

            parts
        | _ -> [| for item in (value :?> IEnumerable) -> item |]

    override _.Build(parts, _) =
        make.Invoke(parts |> Array.map (fun part -> part :?> 'T))

/// A dictionary, by the order of its keys; they and the comparer are the note.
[<Sealed>]
type internal DictionaryLayout<'K, 'V when 'K: not null>() =
    inherit Layout()

    override _.Parts(value, note) =
        let items = value :?> Dictionary<'K, 'V>
        let keys = Array.ofSeq items.Keys

        if typeof<IComparable>.IsAssignableFrom typeof<'K> then
            Array.Sort(
                keys,
                (if typeof<'K> = typeof<string> then
                     (box StringComparer.Ordinal :?> IComparer<'K>)
                 else
                     Comparer<'K>.Default)
            )

        note <- box struct (keys, items.Comparer)
        keys |> Array.map (fun key -> box items[key])

    override _.Build(parts, note) =
        let struct (keys, comparer) = note :?> struct ('K[] * IEqualityComparer<'K>)
        let items = Dictionary<'K, 'V>(keys.Length, comparer)
        Array.iter2 (fun key (part: obj) -> items.Add(key, part :?> 'V)) keys parts
        items

/// One value of a kind that rebuilds itself, to make others from; equal when type and distinction are.
[<Sealed>]
type internal Exemplar(tree: ITensorTree) =
    member _.Tree = tree

    override _.GetHashCode() =
        HashCode.Combine(tree.GetType(), tree.Distinction)

    override _.Equals other =
        match other with
        | :? Exemplar as other ->
            other.Tree.GetType() = tree.GetType()
            && Object.Equals(other.Tree.Distinction, tree.Distinction)
        | _ -> false

[<Sealed>]
type internal InterfaceLayout() =
    inherit Layout()

    override _.Parts(value, note) =
        let tree = value :?> ITensorTree
        note <- Exemplar tree
        Array.ofSeq tree.Parts

    override _.Build(parts, note) =
        (note :?> Exemplar).Tree.WithParts parts
