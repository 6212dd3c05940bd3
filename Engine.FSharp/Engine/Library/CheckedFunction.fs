// Whether a compiled function would still be the program that it was staged to: it is staged at each call, and compared.
namespace Pipeline.Engine

open System
open System.Reflection
open Pipeline

/// A function that is staged at each call beside its compiled form.
[<Sealed>]
type internal CheckedFunction<'T, 'R>(source: Delegate, arguments: int, f: 'T -> 'R) =
    let compiled = CompiledFunction<'T, 'R>(source, arguments, 0, f)
    let mutable statics: struct (FieldInfo * Snapshot)[] = [||]

    let staticsNow () =
        compiled.Captures.Statics
        |> Array.map (fun field -> struct (field, compiled.Captures.Seen(field.GetValue null)))

    /// The static field that has changed, in words; null for none.
    let changedStatic () =
        statics
        |> Seq.map (fun (struct (field, kept)) ->
            let name = $"the static {field.DeclaringType.Name}.{Snapshots.fieldName field}"

            Snapshots.explain name kept (field.GetValue null))
        |> Seq.tryFind (fun text -> not (isNull text))
        |> Option.toObj

    let sameTensor (a: Tensor) (b: Tensor) =
        obj.ReferenceEquals(a, b) || (isNull a.Trace && isNull b.Trace && Constants.same a.Array b.Array)

    /// What differs between two programs of equal arguments; null for nothing.
    let difference (before: StagedProgram) (now: StagedProgram) : string =
        let old, fresh = Pattern before.Graph, Pattern now.Graph

        if not (old.Equals fresh) then
            let operations (graph: Graph) = graph.Equations |> Array.map (fun e -> Typing.name e.Op)

            let a, b = operations before.Graph, operations now.Graph
            let i = Seq.zip a b |> Seq.takeWhile (fun (x, y) -> x = y) |> Seq.length

            let at (all: string[]) = if i < all.Length then all[i] else "the end"

            $"operation {i + 1} of the program was {at a} and is {at b}"
        else
            let changed = Seq.zip old.Numbers fresh.Numbers |> Seq.tryFind (fun (a, b) -> not (Constants.same a b))

            let text (x: NDArray) = if x.Size <= 8 then (Printing.print x).ReplaceLineEndings " " else "other numbers"

            match changed with
            | Some(a, b) -> $"a constant of the program was {text a} and is {text b}"
            | None ->
                let place = Seq.zip before.Captured now.Captured |> Seq.tryFindIndex (fun (a, b) -> not (sameTensor a b))

                match place with
                | Some i ->
                    let a, b = before.Captured[i], now.Captured[i]

                    if isNull a.Trace && isNull b.Trace then
                        $"a tensor that it captures or makes, of {b.Type}, was {text a.Array} and is {text b.Array}"
                    else
                        $"it captures another tensor of {b.Type}"
                | None -> null

    member _.Invoke(argument: 'T) : 'R =
        let struct (leaves, given) = Tree.flatten argument
        let known = compiled.Known(leaves, given)
        let entry = compiled.Stage(leaves, given)

        if not (isNull known) then
            match difference known.Staged entry.Staged with
            | null -> ()
            | found ->
                let cause =
                    match changedStatic () with
                    | null -> ""
                    | text -> $" The reason may be that {text}."

                raise (
                    StaleProgramException
                        $"CheckCompiled: with the same arguments and captured variables the function is another program than before: {found}.{cause} A compiled function does not see static fields, the time, files or random numbers: pass what changes as an argument, or capture it in a variable or a field of an object."
                )

        statics <- staticsNow ()
        Tree.rebuild<'R> entry.Staged.Result (entry.Call leaves)

    interface IHolder
