// Trees of parameters: any value as its tensors and a structure, and back.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal Tree =
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
    and private take
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

    let rec private put (structure: Structure) (tensors: Tensor[]) (next: byref<int>) (depth: int) : obj =
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

    /// The tensors of a value in order, and its structure: the very one that is expected, where it is that one. (Null and any number: none is.)
    let flattenAs (expected: Structure) (count: int) (value: 'T) : struct (Tensor[] * Structure) =
        match box value with
        | null -> struct ([||], Structure.Opaque null)
        | :? Tensor as tensor -> struct ([| tensor |], Structure.Leaf)
        | value ->
            let tensors = Leaves count
            let structure = take value null 0 expected tensors 0 null
            struct (tensors.Take(), structure)

    /// The tensors of a value in order, and its structure.
    let flatten (value: 'T) : struct (Tensor[] * Structure) = flattenAs null 8 value

    let tensors (value: 'T) : Tensor[] =
        let struct (tensors, _) = flatten value
        tensors

    /// The value of the structure with these tensors.
    let rebuild<'T> (structure: Structure) (tensors: Tensor[]) : 'T =
        let mutable next = 0
        unbox<'T>(put structure tensors &next 0)

    /// The same value with each tensor mapped.
    let map (f: Tensor -> Tensor) (value: 'T) : 'T =
        let struct (tensors, structure) = flatten value
        rebuild structure (Array.map f tensors)

    /// How each tensor of a structure is reached from the value, in order: ".Layers[0].W"; the value's own name is empty.
    let paths (structure: Structure) : string[] =
        let waiting = Stack<struct (string * Structure)> [ struct ("", structure) ]

        [|
            while waiting.Count > 0 do
                let struct (path, part) = waiting.Pop()

                if part.IsLeaf then
                    path
                elif not part.IsOpaque then
                    for i in part.Children.Length - 1 .. -1 .. 0 do
                        waiting.Push(struct (path + part.Layout.Step(i, part.Note), part.Children[i]))
        |]

    /// The first place, in the order of the parts, where two structures differ.
    let difference (a: Structure) (b: Structure) : string =
        let waiting = Stack<struct (string * Structure * Structure)> [ struct ("", a, b) ]
        let mutable found = null

        while isNull found && waiting.Count > 0 do
            let struct (path, a, b) = waiting.Pop()

            if not (a.Equals b) then
                if
                    isNull a.Layout
                    || not (obj.ReferenceEquals(a.Layout, b.Layout))
                    || a.Children.Length <> b.Children.Length
                    || Array.forall2 (fun x y -> x.Equals y) a.Children b.Children
                then
                    found <- path
                else
                    for i in a.Children.Length - 1 .. -1 .. 0 do
                        waiting.Push(struct (path + a.Layout.Step(i, a.Note), a.Children[i], b.Children[i]))

        found

    /// The tensors of a value that must have the structure of another.
    let matching (operation: string) (what: string) (other: string) (structure: Structure) (value: 'T) : Tensor[] =
        let struct (tensors, actual) = flatten value

        if not (structure.Equals actual) then
            let place = difference structure actual

            let place = if place = "" then "" else $" (they differ first at {place.TrimStart '.'})"

            raise (
                TreeException
                    $"{operation}: {what} has another structure than {other}: {tensors.Length} tensors in a {typeof<'T>.Name}{place}; give it the same members, lengths and other values."
            )

        tensors

    /// What a function made of a tensor for a tree; operation: for its message.
    let private made operation (structure: Structure) (results: Tensor[]) : Tensor[] =
        match Array.IndexOf(results, null) with
        | -1 -> results
        | place ->
            let found = paths structure
            let path = found[place].TrimStart '.'

            raise (
                TreeException
                    $"{operation}: the function returned null for tensor {place} ({path}); return a tensor for each that it is given."
            )

    /// The same value with each tensor mapped by a user's function.
    let mapOf operation (f: Tensor -> Tensor) (value: 'T) : 'T =
        let struct (tensors, structure) = flatten value
        rebuild structure (made operation structure (Array.map f tensors))

    /// Two values of one structure, tensor by tensor.
    let zipOf operation (f: Tensor -> Tensor -> Tensor) (first: 'T) (second: 'T) : 'T =
        let struct (tensors, structure) = flatten first
        let others = matching operation "the second tree" "the first" structure second
        rebuild structure (made operation structure (Array.map2 f tensors others))

    /// Whether two values have one structure and their tensors agree one by one.
    let forall2 (agree: Tensor -> Tensor -> bool) (first: 'T) (second: 'T) : bool =
        let struct (tensors, structure) = flatten first
        let struct (others, structureOfOther) = flatten second
        structure.Equals structureOfOther && Array.forall2 agree tensors others

    /// The structure with each part that is carried unchanged replaced, by its number.
    let replaceOpaque (f: int -> obj -> obj) (structure: Structure) : Structure =
        let number = ref -1

        let rec walk (s: Structure) depth =
            if s.IsLeaf then
                s
            elif s.IsOpaque then
                number.Value <- number.Value + 1
                Structure.Opaque(f number.Value s.Note)
            elif DeepRecursion.isDue depth then
                DeepRecursion.onThread (fun () -> walkParts s depth)
            else
                walkParts s depth

        and walkParts s depth = Structure(s.Layout, s.Children |> Array.map (fun part -> walk part (depth + 1)), s.Note)

        walk structure 0
