// Trees of parameters: any value as its tensors and a structure, and back.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal Tree =
    /// The tensors of a value in order, and its structure: the very one that is expected, where it is that one. (Null and any number: none is.)
    let flattenAs (expected: Structure) (count: int) (value: 'T) : struct (Tensor[] * Structure) =
        match box value with
        | null -> struct ([||], Structure.Opaque null)
        | :? Tensor as tensor -> struct ([| tensor |], Structure.Leaf)
        | value ->
            let tensors = Leaves count
            let structure = Flattening.take value null 0 expected tensors 0 null
            struct (tensors.Take(), structure)

    /// The tensors of a value in order, and its structure.
    let flatten (value: 'T) : struct (Tensor[] * Structure) = flattenAs null 8 value

    /// The same of what a function returned, which is not null where it is a tensor; operation: for its message.
    let flattenResult operation (value: 'R) : struct (Tensor[] * Structure) =
        if isNull (box value) && typeof<'R> = typeof<Tensor> then
            raise (TreeException $"{operation}: the function returned null; return a tensor.")

        flatten value

    let tensors (value: 'T) : Tensor[] =
        let struct (tensors, _) = flatten value
        tensors

    /// The value of the structure with these tensors.
    let rebuild<'T> (structure: Structure) (tensors: Tensor[]) : 'T =
        let mutable next = 0
        unbox<'T>(Flattening.put structure tensors &next 0)

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
