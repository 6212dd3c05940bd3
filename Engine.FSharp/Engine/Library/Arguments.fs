// The plain parts of a compiled function's arguments: names for messages, and whether they are what they were.
namespace Pipeline.Engine

open System
open System.Reflection
open System.Runtime.CompilerServices
open Pipeline

/// What was carried unchanged in one place of the arguments.
[<Struct; NoComparison; NoEquality>]
type internal Plain = { Name: string; Value: obj; Kept: Snapshot }

[<RequireQualifiedAccess>]
module internal Arguments =
    /// The parameters' names, where the function is the user's own.
    let names (source: Delegate) (count: int) : string[] =
        let parameters = source.Method.GetParameters()

        if
            not (isNull source.Method.DeclaringType)
            && Instructions.isUsers source.Method.DeclaringType
            && parameters.Length >= count
            && count > 0
        then
            parameters[parameters.Length - count ..]
            |> Array.mapi (fun i p -> if String.IsNullOrEmpty p.Name then $"argument {i + 1}" else p.Name)
        else
            Array.init (max 1 count) (fun i -> if count <= 1 then "the argument" else $"argument {i + 1}")

    /// Several arguments without a tensor among them are one plain tuple.
    let private isTuple (names: string[]) (top: Structure) = names.Length > 1 && top.IsOpaque && top.Note :? ITuple

    /// The plain parts with their names, in order.
    let plain (names: string[]) (top: Structure) : struct (string * obj)[] =
        // Chains of records may be deep: a stack of its own, and names as steps from the last.
        let parts (name: string) (structure: Structure) =
            let found = ResizeArray<struct (string * obj)>()
            let rest = Collections.Generic.Stack<struct (string list * Structure)>()
            rest.Push(struct ([ name ], structure))

            while rest.Count > 0 do
                let struct (steps, structure) = rest.Pop()

                if structure.IsOpaque then
                    if not (isNull structure.Note) then
                        found.Add(struct (String.Concat(List.rev steps), structure.Note))
                elif not structure.IsLeaf then
                    for i in structure.Children.Length - 1 .. -1 .. 0 do
                        let step = structure.Layout.Step(i, structure.Note)
                        rest.Push(struct (step :: steps, structure.Children[i]))

            List.ofSeq found

        if isTuple names top then
            let given = top.Note :?> ITuple
            Array.init given.Length (fun i -> struct (names[i], given[i]))
        elif names.Length > 1 && top.Children.Length = names.Length then
            Array.init names.Length (fun i -> parts names[i] top.Children[i]) |> List.concat |> Array.ofList
        else
            Array.ofList (parts names[0] top)

    let private alike (kept: Plain[]) (a: Structure) (b: Structure) : bool =
        let rest = Collections.Generic.Stack<struct (Structure * Structure)>()
        rest.Push(struct (a, b))
        let mutable next = 0
        let mutable same = true

        while same && rest.Count > 0 do
            let struct (a, b) = rest.Pop()

            if obj.ReferenceEquals(a, b) && a.IsShared then
                ()
            elif a.IsLeaf || b.IsLeaf then
                same <- a.IsLeaf && b.IsLeaf
            elif a.IsOpaque || b.IsOpaque then
                if not (a.IsOpaque && b.IsOpaque) then
                    same <- false
                elif isNull a.Note then
                    same <- isNull b.Note
                else
                    next <- next + 1
                    same <- Snapshots.same kept[next - 1].Kept b.Note
            else
                same <-
                    obj.ReferenceEquals(a.Layout, b.Layout)
                    && a.Children.Length = b.Children.Length
                    && Collections.StructuralComparisons.StructuralEqualityComparer.Equals(a.Note, b.Note)

                if same then
                    for i in a.Children.Length - 1 .. -1 .. 0 do
                        rest.Push(struct (a.Children[i], b.Children[i]))

        same

    /// Those that may change while they are the same objects.
    let changeable (kept: Plain[]) : Plain[] = kept |> Array.filter (fun plain -> not (Snapshots.isFixed plain.Kept))

    /// Whether the arguments have the structure, and plain parts as they were kept; changeable: of the same objects, only these may differ.
    let same (names: string[]) (structure: Structure) (kept: Plain[]) (changeable: Plain[]) (given: Structure) : bool =
        if obj.ReferenceEquals(structure, given) then
            let mutable same = true
            let mutable i = 0

            while same && i < changeable.Length do
                same <- Snapshots.same changeable[i].Kept changeable[i].Value
                i <- i + 1

            same
        elif isTuple names structure then
            match given.Note with
            | :? ITuple as tuple when given.IsOpaque ->
                let mutable same = true

                for i in 0 .. kept.Length - 1 do
                    same <- same && Snapshots.same kept[i].Kept tuple[i]

                same
            | _ -> false
        else
            alike kept structure given

    /// The plain parts that are not what they were, in words; null for none that can be told.
    let explain (names: string[]) (kept: Plain[]) (given: Structure) : string =
        let now = plain names given

        if now.Length <> kept.Length then
            null
        else
            Seq.zip kept now
            |> Seq.map (fun (plain, struct (_, value)) -> Snapshots.explain plain.Name plain.Kept value)
            |> Seq.filter (fun text -> not (isNull text))
            |> String.concat ", "
            |> fun text -> if text = "" then null else text
