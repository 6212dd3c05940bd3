// Trees of parameters: any value as its tensors and a structure, and back.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal Tree =
    /// Deeper than any tree of parameters: what is nested so deep holds itself.
    let private deepest = 200

    let private layouts = ConcurrentDictionary<Type, Layout>()

    let rec private layoutOf (t: Type) : Layout =
        match layouts.TryGetValue t with
        | true, layout -> layout
        // What C# makes of a collection expression where an interface is wanted is an array when it is rebuilt.
        | _ when t.Name.StartsWith "<>z__" ->
            let elements = t.GetGenericArguments()
            layoutOf (elements[0].MakeArrayType())
        | _ -> layouts.GetOrAdd(t, Layouts.create t (Func<_, _>(fun value -> holds value)))

    /// Adds the tensors of a value, part number position of a value of the parent's layout (null: of none).
    and private take (value: obj) (parent: Layout) (position: int) (tensors: List<Tensor>) (depth: int) : Structure =
        match value with
        | null -> Structure.Opaque null
        | :? Tensor as tensor ->
            tensors.Add tensor
            Structure.Leaf
        | _ ->
            let t = value.GetType()

            let layout =
                if isNull parent then
                    layoutOf t
                else
                    parent.OfPart(position, t, layoutOf)

            if isNull layout then
                Structure.Opaque value
            elif depth > deepest then
                raise (TreeException $"{t.Name} is nested more than {deepest} deep: it seems to hold itself.")
            else
                let mutable note = null
                let parts = layout.Parts(value, &note)
                let last = layout.Last

                let mutable isLast =
                    not (isNull last) && isNull note && last.Children.Length = parts.Length

                let mutable children: Structure[] =
                    if isLast then
                        last.Children
                    else
                        Array.zeroCreate parts.Length

                let mutable unchanged = true

                for i in 0 .. parts.Length - 1 do
                    let child = take parts[i] layout i tensors (depth + 1)

                    if isLast && not (obj.ReferenceEquals(child, children[i])) then
                        children <- Array.copy children
                        isLast <- false

                    if not isLast then
                        children[i] <- child

                    unchanged <-
                        unchanged
                        && child.IsOpaque
                        && (isNull child.Note || not (Layouts.isFunction (child.Note.GetType())))

                if unchanged then Structure.Opaque value
                elif isLast then last
                else layout.Keep(Structure(layout, children, note))

    and private holds (value: obj) =
        let tensors = List<Tensor>()
        take value null 0 tensors 0 |> ignore
        tensors.Count > 0

    let rec private put (structure: Structure) (tensors: Tensor[]) (next: byref<int>) : obj =
        if structure.IsLeaf then
            let tensor = tensors[next]
            next <- next + 1
            tensor
        elif structure.IsOpaque then
            structure.Note
        else
            let parts = Array.zeroCreate structure.Children.Length

            for i in 0 .. parts.Length - 1 do
                parts[i] <- put structure.Children[i] tensors &next

            structure.Layout.Build(parts, structure.Note)

    /// The tensors of a value in order, and its structure.
    let flatten (value: 'T) : struct (Tensor[] * Structure) =
        match box value with
        | :? Tensor as tensor -> struct ([| tensor |], Structure.Leaf)
        | value ->
            let tensors = List<Tensor> 16
            let structure = take value null 0 tensors 0
            struct (tensors.ToArray(), structure)

    let tensors (value: 'T) : Tensor[] =
        let struct (tensors, _) = flatten value
        tensors

    /// The value of the structure with these tensors.
    let rebuild<'T> (structure: Structure) (tensors: Tensor[]) : 'T =
        let mutable next = 0
        unbox<'T>(put structure tensors &next)

    /// The same value with each tensor mapped.
    let map (f: Tensor -> Tensor) (value: 'T) : 'T =
        let struct (tensors, structure) = flatten value
        rebuild structure (Array.map f tensors)

    /// The tensors of a value that must have the structure of another.
    let matching (operation: string) (what: string) (structure: Structure) (value: 'T) : Tensor[] =
        let struct (tensors, actual) = flatten value

        if not (structure.Equals actual) then
            raise (
                TreeException
                    $"{operation}: {what} has another structure than before: {tensors.Length} tensors in a {typeof<'T>.Name}; give it the same members, lengths and other values."
            )

        tensors

    /// The parts of a structure that are carried unchanged, in order.
    let rec opaque (structure: Structure) : obj list =
        if structure.IsLeaf then
            []
        elif structure.IsOpaque then
            [ structure.Note ]
        else
            structure.Children |> List.ofArray |> List.collect opaque

    /// The structure with each part that is carried unchanged replaced, by its number.
    let replaceOpaque (f: int -> obj -> obj) (structure: Structure) : Structure =
        let mutable number = -1

        let rec walk (s: Structure) =
            if s.IsLeaf then
                s
            elif s.IsOpaque then
                number <- number + 1
                Structure.Opaque(f number s.Note)
            else
                Structure(s.Layout, Array.map walk s.Children, s.Note)

        walk structure
