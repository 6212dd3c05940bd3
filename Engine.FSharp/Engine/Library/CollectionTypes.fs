// Which collections are taken apart, and how each is made again.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Collections.Frozen
open System.Collections.Generic
open System.Collections.Immutable
open System.Collections.ObjectModel
open System.Reflection
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline

/// The makers of sequences from arrays of their elements: methods, so that reflection gives them their element type.
[<AbstractClass; Sealed>]
type internal SequenceMakers =
    static member Array<'T>() = Func<'T[], obj>(fun items -> items)

    static member List<'T>() = Func<'T[], obj>(fun items -> List<'T>(items))

    static member FSharpList<'T>() = Func<'T[], obj>(fun items -> List.ofArray items)

    static member ImmutableArray<'T>() = Func<'T[], obj>(fun items -> ImmutableCollectionsMarshal.AsImmutableArray items)

    static member ImmutableList<'T>() = Func<'T[], obj>(fun items -> ImmutableList.Create<'T>(items.AsSpan()))

    static member ImmutableQueue<'T>() = Func<'T[], obj>(fun items -> ImmutableQueue.Create<'T>(items.AsSpan()))

    /// The first element is the top.
    static member ImmutableStack<'T>() = Func<'T[], obj>(fun items -> ImmutableStack.Create<'T>((Array.rev items).AsSpan()))

    static member Queue<'T>() = Func<'T[], obj>(fun items -> Queue<'T>(items))

    static member Stack<'T>() = Func<'T[], obj>(fun items -> Stack<'T>(Array.rev items))

    static member LinkedList<'T>() = Func<'T[], obj>(fun items -> LinkedList<'T>(items))

    static member Collection<'T>() = Func<'T[], obj>(fun items -> Collection<'T>(List<'T>(items)))

    static member ObservableCollection<'T>() = Func<'T[], obj>(fun items -> ObservableCollection<'T>(items))

    static member ReadOnlyCollection<'T>() = Func<'T[], obj>(fun items -> ReadOnlyCollection<'T>(items))

/// The layouts of dictionaries: methods, so that reflection gives them the types of keys and values.
[<AbstractClass; Sealed>]
type internal DictionaryLayouts =
    static member private Of<'C, 'K, 'V when 'K: not null>
        (isOrdered, comparers: 'C -> obj, make: KeyValuePair<'K, 'V>[] -> obj -> obj)
        : Layout =
        DictionaryLayout<'K, 'V>(
            isOrdered,
            Func<_, _>(fun value -> comparers (unbox<'C> value)),
            Func<_, _, _>(fun items comparers -> make items comparers)
        )

    static member Dictionary<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<Dictionary<'K, 'V>, 'K, 'V>(
            false,
            _.Comparer >> box,
            fun items comparer -> Dictionary<'K, 'V>(items, (comparer :?> IEqualityComparer<'K>))
        )

    static member ConcurrentDictionary<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<ConcurrentDictionary<'K, 'V>, 'K, 'V>(
            false,
            _.Comparer >> box,
            fun items comparer -> ConcurrentDictionary<'K, 'V>(items, (comparer :?> IEqualityComparer<'K>))
        )

    static member FrozenDictionary<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<FrozenDictionary<'K, 'V>, 'K, 'V>(
            false,
            _.Comparer >> box,
            fun items comparer -> items.ToFrozenDictionary(comparer :?> IEqualityComparer<'K>)
        )

    static member OrderedDictionary<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<OrderedDictionary<'K, 'V>, 'K, 'V>(
            true,
            _.Comparer >> box,
            fun items comparer -> OrderedDictionary<'K, 'V>(items, (comparer :?> IEqualityComparer<'K>))
        )

    static member ReadOnlyDictionary<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<ReadOnlyDictionary<'K, 'V>, 'K, 'V>(
            false,
            (fun _ -> null),
            fun items _ -> ReadOnlyDictionary<'K, 'V>(Dictionary<'K, 'V>(items, null))
        )

    static member SortedDictionary<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<SortedDictionary<'K, 'V>, 'K, 'V>(
            true,
            _.Comparer >> box,
            fun items comparer ->
                let made = SortedDictionary<'K, 'V>(comparer :?> IComparer<'K>)

                for item in items do
                    made.Add(item.Key, item.Value)

                made
        )

    static member SortedList<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<SortedList<'K, 'V>, 'K, 'V>(
            true,
            _.Comparer >> box,
            fun items comparer ->
                let made = SortedList<'K, 'V>(items.Length, (comparer :?> IComparer<'K>))

                for item in items do
                    made.Add(item.Key, item.Value)

                made
        )

    static member ImmutableDictionary<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<ImmutableDictionary<'K, 'V>, 'K, 'V>(
            false,
            (fun items -> box struct (items.KeyComparer, items.ValueComparer)),
            fun items comparers ->
                let struct (keys, values) = comparers :?> struct (IEqualityComparer<'K> * IEqualityComparer<'V>)

                ImmutableDictionary.CreateRange(keys, values, items)
        )

    static member ImmutableSortedDictionary<'K, 'V when 'K: not null>() =
        DictionaryLayouts.Of<ImmutableSortedDictionary<'K, 'V>, 'K, 'V>(
            true,
            (fun items -> box struct (items.KeyComparer, items.ValueComparer)),
            fun items comparers ->
                let struct (keys, values) = comparers :?> struct (IComparer<'K> * IEqualityComparer<'V>)

                ImmutableSortedDictionary.CreateRange(keys, values, items)
        )

    static member Map<'K, 'V when 'K: comparison and 'K: not null>() =
        DictionaryLayouts.Of<Map<'K, 'V>, 'K, 'V>(
            true,
            (fun _ -> null),
            fun items _ -> items |> Seq.map (fun item -> item.Key, item.Value) |> Map.ofSeq |> box
        )

    /// What code compiled ahead of time is to have for keys that are numbers, as it has all of these for references.
    static member OfNumbers() : Layout[] = [|
        DictionaryLayouts.Dictionary<int, obj>()
        DictionaryLayouts.SortedDictionary<int, obj>()
        DictionaryLayouts.ImmutableDictionary<int, obj>()
        DictionaryLayouts.ImmutableSortedDictionary<int, obj>()
        DictionaryLayouts.Map<int, obj>()
    |]

[<RequireQualifiedAccess>]
module internal CollectionTypes =
    /// Code compiled ahead of time holds our generic methods for references alone, and for what is named.
    let private isAheadOfTime = not RuntimeFeature.IsDynamicCodeSupported

    do if isAheadOfTime then DictionaryLayouts.OfNumbers() |> ignore

    let private sequences =
        dict [
            typedefof<List<_>>, nameof SequenceMakers.List
            typedefof<_ list>, nameof SequenceMakers.FSharpList
            typedefof<ImmutableArray<_>>, nameof SequenceMakers.ImmutableArray
            typedefof<ImmutableList<_>>, nameof SequenceMakers.ImmutableList
            typedefof<ImmutableQueue<_>>, nameof SequenceMakers.ImmutableQueue
            typedefof<ImmutableStack<_>>, nameof SequenceMakers.ImmutableStack
            typedefof<Queue<_>>, nameof SequenceMakers.Queue
            typedefof<Stack<_>>, nameof SequenceMakers.Stack
            typedefof<LinkedList<_>>, nameof SequenceMakers.LinkedList
            typedefof<Collection<_>>, nameof SequenceMakers.Collection
            typedefof<ObservableCollection<_>>, nameof SequenceMakers.ObservableCollection
            typedefof<ReadOnlyCollection<_>>, nameof SequenceMakers.ReadOnlyCollection
        ]

    let private dictionaries =
        dict [
            typedefof<Dictionary<_, _>>, nameof DictionaryLayouts.Dictionary
            typedefof<ConcurrentDictionary<_, _>>, nameof DictionaryLayouts.ConcurrentDictionary
            typedefof<FrozenDictionary<_, _>>, nameof DictionaryLayouts.FrozenDictionary
            typedefof<OrderedDictionary<_, _>>, nameof DictionaryLayouts.OrderedDictionary
            typedefof<ReadOnlyDictionary<_, _>>, nameof DictionaryLayouts.ReadOnlyDictionary
            typedefof<SortedDictionary<_, _>>, nameof DictionaryLayouts.SortedDictionary
            typedefof<SortedList<_, _>>, nameof DictionaryLayouts.SortedList
            typedefof<ImmutableDictionary<_, _>>, nameof DictionaryLayouts.ImmutableDictionary
            typedefof<ImmutableSortedDictionary<_, _>>, nameof DictionaryLayouts.ImmutableSortedDictionary
            typedefof<Map<_, _>>, nameof DictionaryLayouts.Map
        ]

    let private call (owner: Type) (name: string) (arguments: Type[]) =
        owner
            .GetMethod(name, BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic)
            .MakeGenericMethod(arguments)
            .Invoke(null, [||])

    let private sequence (maker: string) (element: Type) : Layout =
        Activator.CreateInstance(
            typedefof<SequenceLayout<_>>.MakeGenericType element,
            [| call typeof<SequenceMakers> maker [| element |] |]
        )
        :?> Layout

    /// The type as one of the collections here, or null. Frozen dictionaries derive from theirs; what users derive is theirs to describe.
    let rec private known (t: Type) (isBase: bool) : Type =
        if isNull t then
            null
        elif not t.IsGenericType then
            known t.BaseType true
        else
            let definition = t.GetGenericTypeDefinition()

            if
                definition = typedefof<FrozenDictionary<_, _>>
                || (not isBase && (sequences.ContainsKey definition || dictionaries.ContainsKey definition))
            then
                t
            else
                known t.BaseType true

    let private canBeFilled (t: Type) =
        typeof<System.Collections.IList>.IsAssignableFrom t
        && not t.IsValueType
        && not (isNull (t.GetConstructor Type.EmptyTypes))

    /// The layout of a collection; null where its elements never hold a tensor, None where the type is no collection known here or its keys hold tensors.
    let tryLayout (declares: Type -> bool) (mayHold: Type -> bool) (t: Type) : Layout option =
        let whereHeld element make = Some(if mayHold element then make () else null)

        if t.IsSZArray then
            let element = t.GetElementType()

            whereHeld element (fun () ->
                if element.IsValueType && isAheadOfTime then
                    GridLayout element
                else
                    sequence (nameof SequenceMakers.Array) element)
        elif t.IsArray then
            let element = t.GetElementType()
            whereHeld element (fun () -> GridLayout element)
        elif t.Name.StartsWith "<>z__" then
            // What C# makes of a collection expression where an interface is wanted.
            let element = t.GetGenericArguments()[0]
            whereHeld element (fun () -> sequence (nameof SequenceMakers.Array) element)
        else
            match known t false with
            | null -> None
            | t ->
                let arguments = t.GetGenericArguments()

                match sequences.TryGetValue(t.GetGenericTypeDefinition()) with
                | true, maker ->
                    whereHeld arguments[0] (fun () ->
                        if arguments[0].IsValueType && isAheadOfTime && canBeFilled t then
                            ListLayout t
                        else
                            sequence maker arguments[0])
                | _ when declares arguments[0] -> None
                | _ ->
                    let name = dictionaries[t.GetGenericTypeDefinition()]

                    whereHeld arguments[1] (fun () -> call typeof<DictionaryLayouts> name arguments :?> Layout)
