// A function with the programs that it was staged to, by what it was given and what it holds.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Threading
open Pipeline

[<AutoOpen>]
module internal Searches =
    /// Whether a point is searched for in it.
    let rec searches (graph: Graph) : bool =
        graph.Equations
        |> Array.exists (fun equation ->
            match equation.Op with
            | Op.Call(CallKind.Implicit _, _) -> true
            | op -> Graphs.bodies op |> Array.exists searches)

/// One staging of a compiled function.
[<Sealed; AllowNullLiteral>]
type internal CompiledEntry(structure: Structure, types: LeafType[], plain: Plain[], staged: StagedProgram, bind: unit -> BoundProgram) =
    let op = Op.Call(CallKind.Compiled, staged.Graph)
    let program = Lazy<BoundProgram>(Func<_> bind)
    let changeable = Arguments.changeable plain
    let capturesTraced = staged.Captured |> Array.exists (fun a -> not (isNull a.Trace))

    let isSearch = lazy searches staged.Graph

    /// Those that have gaps copied once, not at each call.
    let captured = lazy (staged.Captured |> Array.map (fun a -> KernelsViews.contiguous a.Array))

    let run (leaves: Tensor[]) : Tensor[] =
        let bound = CancellationScope.Shared program
        let numbers, captured = bound.Numbers, captured.Value

        let inputs: NDArray[] = Array.zeroCreate (numbers.Length + leaves.Length + captured.Length)

        Array.Copy(numbers, inputs, numbers.Length)

        for i in 0 .. leaves.Length - 1 do
            inputs[numbers.Length + i] <- leaves[i].Array

        for i in 0 .. captured.Length - 1 do
            inputs[numbers.Length + leaves.Length + i] <- captured[i]

        let values =
            try
                bound.Program.Run inputs
            with :? LoopException when isSearch.Value ->
                // Step by step it can be told how far a search got.
                Evaluate.graph staged.Graph inputs[numbers.Length ..] |> ignore
                reraise ()

        let types = bound.Program.Program.OutputTypes
        let results = Array.zeroCreate values.Length

        for i in 0 .. values.Length - 1 do
            results[i] <- Tensor(types[i], null, values[i], ValueNone)

        results

    member _.Structure = structure
    member _.Types = types
    member _.Plain = plain
    member _.Staged = staged

    member _.Fits(names: string[], leaves: Tensor[], given: Structure) =
        let mutable fits = leaves.Length = types.Length
        let mutable i = 0

        while fits && i < leaves.Length do
            let leaf = leaves[i]
            let t = types[i]

            fits <- leaf.DType = t.Type.DType && leaf.Weak = t.IsWeak && Shape.equal leaf.Dims t.Type.Shape

            i <- i + 1

        fits && Arguments.same names structure plain changeable given

    /// At once where no operand is traced: the types have been compared already.
    member _.Call(leaves: Tensor[]) : Tensor[] =
        let mutable traced = capturesTraced || not (isNull Branching.OfKnown)

        for leaf in leaves do
            traced <- traced || not (isNull leaf.Trace)

        let results = if traced then Primitive.apply op (Array.append leaves staged.Captured) else run leaves

        for i in 0 .. results.Length - 1 do
            results[i].Weak <- staged.Weak[i]
            results[i].Literal <- false

        results

/// The stagings, latest first, with what the function holds, as long as that stays as it is. Immutable, replaced as a whole.
[<Sealed; AllowNullLiteral>]
type internal CompiledState(held: Snapshot, entries: CompiledEntry[]) =
    member _.Held = held
    member _.Entries = entries

/// A function of so many arguments, as one tree, with its cache. maxPrograms: 0 for any number.
[<Sealed>]
type internal CompiledFunction<'T, 'R>(source: Delegate, arguments: int, maxPrograms: int, f: 'T -> 'R) =
    /// More kinds of arguments than are looked through; what comes later replaces the oldest.
    let most = 64
    let captures = Captures source
    let names = Arguments.names source arguments
    let programs = HashSet<CompiledProgram>(HashIdentity.Reference)
    let mutable state: CompiledState = null

    /// What is other than at the staging before, in words.
    let reason (before: CompiledState) (types: LeafType[]) (given: Structure) : string =
        if isNull before || before.Entries.Length = 0 then
            "the first call"
        else
            let last = before.Entries[0]
            let held = Snapshots.explain "" before.Held source
            let plain = Arguments.explain names last.Plain given

            let text (types: LeafType[]) = types |> Array.map (fun t -> string t.Type) |> String.concat ", "

            if not (isNull held) then
                held
            elif text types <> text last.Types then
                $"tensors of other types: {text types} after {text last.Types}"
            elif not (isNull plain) then
                plain
            else
                "other arguments"

    let admit (reason: string) (bound: BoundProgram) =
        if maxPrograms > 0 then
            lock programs (fun () ->
                if programs.Add bound.Program && programs.Count > maxPrograms then
                    programs.Remove bound.Program |> ignore

                    raise (
                        ProgramLimitException
                            $"Compiled: the function needs more than maxPrograms: {maxPrograms} programs (the last one: {reason}). Pass what changes as a tensor, or allow more."
                    ))

        bound

    let stage (leaves: Tensor[]) (given: Structure) (before: CompiledState) (isCurrent: bool) : CompiledEntry =
        let types = leaves |> Array.map Staging.leafType

        let take () =
            Arguments.plain names given
            |> Array.map (fun (struct (name, value)) -> { Name = name; Value = value; Kept = captures.Given(name, value) })

        let told = reason before types given
        let held = captures.Held()
        let plain = take ()
        let staged = Staging.tree "Compiled" f given types

        let entry =
            CompiledEntry(given, types, plain, staged, fun () -> Compile.graphFor (fun () -> told) staged.Graph |> admit told)

        // What the function itself assigned is no reason to stage it again.
        let after = if Snapshots.same held source then held else captures.Held()

        let isKept =
            Snapshots.isKnown held
            && plain |> Array.forall (fun p -> Snapshots.isKnown p.Kept)
            // A captured tensor of a transformation in progress belongs to this call alone.
            && staged.Captured |> Array.forall (fun a -> isNull a.Trace)
            // What another thread has assigned meanwhile may or may not be in the program.
            && Snapshots.sameButOwn held source

        if isKept then
            lock captures (fun () ->
                let known = Volatile.Read &state

                let others =
                    if isCurrent && obj.ReferenceEquals(known, before) && not (isNull before) then
                        Array.truncate (most - 1) before.Entries
                    elif not (isNull known) && Snapshots.same known.Held source then
                        Array.truncate (most - 1) known.Entries
                    else
                        [||]

                Volatile.Write(&state, CompiledState(after, Array.append [| entry |] others)))

        entry

    let find (known: CompiledState) leaves given : CompiledEntry =
        let entries = known.Entries
        let mutable entry: CompiledEntry = null
        let mutable i = 0

        while isNull entry && i < entries.Length do
            if entries[i].Fits(names, leaves, given) then entry <- entries[i]

            i <- i + 1

        entry

    member _.Captures = captures

    /// The staging for these arguments, if nothing that is looked at has changed since; null for none.
    member _.Known(leaves: Tensor[], given: Structure) : CompiledEntry =
        let known = Volatile.Read &state

        if isNull known || not (Snapshots.same known.Held source) then null else find known leaves given

    /// Stages the function anew, and keeps the staging where it can be told when it is out of date.
    member _.Stage(leaves: Tensor[], given: Structure) : CompiledEntry =
        let before = Volatile.Read &state
        stage leaves given before (not (isNull before) && Snapshots.same before.Held source)

    member compiled.Invoke(argument: 'T) : 'R =
        let known = Volatile.Read &state

        let struct (leaves, given) =
            if isNull known || known.Entries.Length = 0 then
                Tree.flatten argument
            else
                let latest = known.Entries[0]
                Tree.flattenAs latest.Structure latest.Types.Length argument

        let entry =
            match compiled.Known(leaves, given) with
            | null -> compiled.Stage(leaves, given)
            | known -> known

        Tree.rebuild<'R> entry.Staged.Result (entry.Call leaves)

    interface IHolder
