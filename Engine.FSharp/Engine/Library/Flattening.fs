// How values are taken apart into their tensors and a structure, and put together again, as deep as they go.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal Flattening =
    /// From this level on the values above are remembered, so that one that holds itself is found.
    let private deep = 100

    /// What makes new values for ever while it is taken apart is stopped here.
    let private deepest = 1_000_000

    let private layouts = ConcurrentDictionary<Type, Layout>()

    let private isFunction (part: Structure) = not (isNull part.Note) && TensorHolders.isFunction (part.Note.GetType())

    let rec private layoutOf (t: Type) : Layout =
        match layouts.TryGetValue t with
        | true, layout -> layout
        // What C# makes of a collection expression where an interface is wanted is an array when it is rebuilt.
        | _ when t.Name.StartsWith "<>z__" ->
            let elements = t.GetGenericArguments()
            layoutOf (elements[0].MakeArrayType())
        | _ -> layouts.GetOrAdd(t, Layouts.create t (Func<_, _, _>(fun given found -> holdsSame given found)))

    /// Adds the tensors of a value, part number position of a value of the parent's layout (null: of none). The structure that it is expected
    /// to have (or null) is what is returned where it has it.
    and take
        (value: obj)
        (parent: Layout)
        (position: int)
        (expected: Structure)
        (tensors: Leaves)
        (depth: int)
        (above: HashSet<obj>)
        : Structure =
        match value with
        | null -> Structure.Opaque null
        | :? Tensor as tensor ->
            tensors.Add tensor
            Structure.Leaf
        | _ ->
            let t = value.GetType()

            let layout = if isNull parent then layoutOf t else parent.OfPart(position, t, layoutOf)

            if isNull layout then
                Structure.Carried(expected, value)
            elif depth < deep then
                takeParts value layout expected tensors depth null
            else
                let above = if isNull above then HashSet<obj>(ReferenceEqualityComparer.Instance) else above

                if depth > deepest || not (above.Add value) then
                    raise (
                        TreeException
                            $"{t.Name} holds itself, so it is no tree: leave references to what is above out of its constructor and setters."
                    )

                let structure =
                    if DeepRecursion.isDue depth then
                        DeepRecursion.onThread (fun () -> takeParts value layout expected tensors depth above)
                    else
                        takeParts value layout expected tensors depth above

                above.Remove value |> ignore
                structure

    and private takeParts value layout expected tensors depth above : Structure =
        let mutable note = null
        let parts = layout.Parts(value, &note)

        if parts.Length = 0 then
            Structure.Carried(expected, value)
        else
            takeEach parts note value layout expected tensors depth above

    and private takeEach (parts: obj[]) note value layout expected tensors depth above : Structure =
        let last =
            if not (isNull expected) && obj.ReferenceEquals(expected.Layout, layout) then
                expected
            else
                layout.Last

        let mutable isLast =
            not (isNull last)
            && last.Children.Length = parts.Length
            && (obj.ReferenceEquals(note, last.Note) || (not (isNull note) && note.Equals last.Note))

        let mutable children: Structure[] = if isLast then last.Children else Array.zeroCreate parts.Length

        let mutable unchanged = true

        for i in 0 .. parts.Length - 1 do
            let known = if isNull last || i >= last.Children.Length then null else last.Children[i]

            let child = take parts[i] layout i known tensors (depth + 1) above

            if isLast && not (obj.ReferenceEquals(child, children[i])) then
                children <- Array.copy children
                isLast <- false

            if not isLast then children[i] <- child

            unchanged <- unchanged && child.IsOpaque && not (isFunction child)

        if unchanged then Structure.Carried(expected, value)
        elif isLast then last
        else layout.Keep(Structure(layout, children, note))

    /// Whether a value holds the tensors that another was given to hold, in their order, and the same plain values among them.
    and private holdsSame (given: obj) (found: obj) : bool =
        let isPlain (value: obj) = value :? ValueType || value :? string

        let isSame (a: obj) (b: obj) = Object.Equals(a, b) || not (isPlain a) && not (isNull a) && not (isNull b)

        match given, found with
        | _ when obj.ReferenceEquals(given, found) -> true
        | null, _
        | _, null -> false
        | :? Tensor, _
        | _, :? Tensor -> false
        | _ ->
            let a, b = Leaves 8, Leaves 8

            let parts, others = opaque (take given null 0 null a 0 null), opaque (take found null 0 null b 0 null)

            let a, b = a.Take(), b.Take()

            a.Length = b.Length
            && Array.forall2 (fun x y -> obj.ReferenceEquals(x, y)) a b
            && parts.Length = others.Length
            && List.forall2 isSame parts others

    /// The parts of a structure that are carried unchanged, in order.
    and opaque (structure: Structure) : obj list =
        let waiting = Stack<Structure> [ structure ]

        [
            while waiting.Count > 0 do
                let part = waiting.Pop()

                if part.IsOpaque then
                    part.Note
                elif not part.IsLeaf then
                    for i in part.Children.Length - 1 .. -1 .. 0 do
                        waiting.Push part.Children[i]
        ]

    /// The value of a structure, with the tensors from the next on.
    let rec put (structure: Structure) (tensors: Tensor[]) (next: byref<int>) (depth: int) : obj =
        if structure.IsLeaf then
            let tensor = tensors[next]
            next <- next + 1
            tensor
        elif structure.IsOpaque then
            structure.Note
        elif DeepRecursion.isDue depth then
            let start = next

            let struct (value, after) =
                DeepRecursion.onThread (fun () ->
                    let mutable next = start
                    let value = putParts structure tensors &next depth
                    struct (value, next))

            next <- after
            value
        else
            putParts structure tensors &next depth

    and private putParts structure tensors (next: byref<int>) depth : obj =
        let parts = Array.zeroCreate structure.Children.Length

        for i in 0 .. parts.Length - 1 do
            parts[i] <- put structure.Children[i] tensors &next (depth + 1)

        structure.Layout.Build(parts, structure.Note)
