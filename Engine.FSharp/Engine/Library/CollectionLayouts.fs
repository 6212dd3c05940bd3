// The layouts of collections, and of types that rebuild themselves.
namespace Pipeline.Engine

open System
open System.Collections
open System.Collections.Generic
open System.Globalization
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

    override _.Build(parts, _) = make.Invoke(parts |> Array.map (fun part -> part :?> 'T))

    override _.Step(position, _) = $"[{position}]"

/// An array of several axes, in row-major order; the note is its lengths.
[<Sealed>]
type internal GridLayout(element: Type) =
    inherit Layout()

    override _.Parts(value, note) =
        let items = value :?> Array
        note <- Array.init items.Rank items.GetLength
        [| for item in items -> item |]

    override _.Build(parts, note) =
        let lengths = note :?> int[]
        let items = Array.CreateInstance(element, lengths)
        let place: int[] = Array.zeroCreate lengths.Length

        for part in parts do
            items.SetValue(part, place)
            let mutable axis = lengths.Length - 1
            place[axis] <- place[axis] + 1

            while axis > 0 && place[axis] = lengths[axis] do
                place[axis] <- 0
                axis <- axis - 1
                place[axis] <- place[axis] + 1

        items

    override _.Step(position, note) =
        let lengths = note :?> int[]
        let mutable rest = position

        let places = [|
            for length in Array.rev lengths do
                rest % length
                rest <- rest / length
        |]

        places |> Array.rev |> Array.map string |> String.concat ", " |> sprintf "[%s]"

/// A list to which elements are added one by one, whatever they are.
[<Sealed>]
type internal ListLayout(t: Type) =
    inherit Layout()

    override _.Parts(value, _) = [| for item in (value :?> IList) -> item |]

    override _.Build(parts, _) =
        let list = Activator.CreateInstance t :?> IList

        for part in parts do
            list.Add part |> ignore

        list

    override _.Step(position, _) = $"[{position}]"

/// What tells two dictionaries apart: their keys in order and their comparers, but not the order in which they were filled.
[<Sealed>]
type internal DictionaryNote<'K>(keys: 'K[], places: int[], comparers: obj) =
    member _.Keys = keys
    /// Where each key stands in the dictionary; null where that is their order.
    member _.Places = places
    member _.Comparers = comparers

    override _.GetHashCode() = StructuralComparisons.StructuralEqualityComparer.GetHashCode keys

    override _.Equals other =
        match other with
        | :? DictionaryNote<'K> as other ->
            StructuralComparisons.StructuralEqualityComparer.Equals(keys, other.Keys)
            && Object.Equals(comparers, other.Comparers)
        | _ -> false

/// A dictionary. One without an order of its own goes by the order of its keys.
[<Sealed>]
type internal DictionaryLayout<'K, 'V when 'K: not null>
    (isOrdered: bool, comparers: Func<obj, obj>, make: Func<KeyValuePair<'K, 'V>[], obj, obj>) =
    inherit Layout()

    let order: IComparer<'K> =
        if isOrdered || not (typeof<IComparable>.IsAssignableFrom typeof<'K>) then null
        elif typeof<'K> = typeof<string> then box StringComparer.Ordinal :?> IComparer<'K>
        else Comparer<'K>.Default

    override _.Parts(value, note) =
        let items = value :?> IReadOnlyCollection<KeyValuePair<'K, 'V>>
        let keys = Array.zeroCreate items.Count
        let parts: obj[] = Array.zeroCreate items.Count
        let mutable i = 0

        for item in items do
            keys[i] <- item.Key
            parts[i] <- item.Value
            i <- i + 1

        if isNull order then
            note <- DictionaryNote(keys, null, comparers.Invoke value)
            parts
        else
            let places = Array.init keys.Length id
            Array.Sort(keys, places, order)
            note <- DictionaryNote(keys, places, comparers.Invoke value)
            places |> Array.map (fun place -> parts[place])

    override _.Build(parts, note) =
        let note = note :?> DictionaryNote<'K>
        let items = Array.zeroCreate parts.Length

        for i in 0 .. parts.Length - 1 do
            let place = if isNull note.Places then i else note.Places[i]
            items[place] <- KeyValuePair(note.Keys[i], (parts[i] :?> 'V))

        make.Invoke(items, note.Comparers)

    override _.Step(position, note) =
        match box (note :?> DictionaryNote<'K>).Keys[position] with
        | :? string as key ->
            let quoted = key.Replace("\\", "\\\\").Replace("\"", "\\\"")
            $"[\"{quoted}\"]"
        | key -> "[" + Convert.ToString(key, CultureInfo.InvariantCulture) + "]"

/// One value of a kind that rebuilds itself, to make others from; equal when type and distinction are.
[<Sealed>]
type internal Exemplar(tree: ITensorTree) =
    member _.Tree = tree

    override _.GetHashCode() = HashCode.Combine(tree.GetType(), tree.Distinction)

    override _.Equals other =
        match other with
        | :? Exemplar as other -> other.Tree.GetType() = tree.GetType() && Object.Equals(other.Tree.Distinction, tree.Distinction)
        | _ -> false

/// A type that rebuilds itself; same: whether two parts hold the same tensors.
[<Sealed>]
type internal InterfaceLayout(same: Func<obj, obj, bool>) =
    inherit Layout()

    override _.Parts(value, note) =
        let tree = value :?> ITensorTree
        let parts = tree.Parts

        if isNull parts then
            raise (TreeException $"{tree.GetType().Name}.Parts is null. Return the parts, an empty list where there are none.")

        if parts.Count = 0 then
            [||]
        else
            note <- Exemplar tree
            let taken: obj[] = Array.zeroCreate parts.Count

            for i in 0 .. taken.Length - 1 do
                taken[i] <- parts[i]

            taken

    override _.Build(parts, note) =
        let exemplar = (note :?> Exemplar).Tree
        let built = exemplar.WithParts parts

        let found =
            match built with
            | :? ITensorTree as tree -> tree.Parts
            | _ -> null

        match found with
        | found when not (isNull found) && found.Count = parts.Length ->
            for i in 0 .. parts.Length - 1 do
                if not (same.Invoke(parts[i], found[i])) then
                    raise (
                        TreeException
                            $"{exemplar.GetType().Name}.WithParts: part {i} of the new value is not the one that it was given, so derivatives would be those of another function. Keep the parts as they are, and compute what depends on them when it is asked for."
                    )
        | _ ->
            raise (
                TreeException
                    $"{exemplar.GetType().Name}.WithParts: returns no ITensorTree of {parts.Length} parts. Return a value like this one with the parts that are given."
            )

        built

    override _.Step(position, _) = $"[{position}]"
