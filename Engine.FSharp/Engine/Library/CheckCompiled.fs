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

namespace Pipeline

open System
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>Finds what a compiled function would not notice: stages the function at each call and compares.</summary>
/// <remarks>The results are those of the function, compiled. Where a call has the same arguments and captured state as one before, but the function is another program now, a
/// compiled function would have used the old one. Use it in tests and while looking for a mistake: each call stages, which costs much more than a compiled call.</remarks>
/// <exception cref="T:Pipeline.StaleProgramException">When called: the function reads something that changed and that compiled functions do not see; the message names the difference, and the static field where there is one.</exception>
/// <example><code>
/// static double rate = 0.1;
/// var f = CheckCompiled.Of((Tensor x) => x * rate);
/// f(1.0); rate = 0.2; f(1.0);        // throws: the static Program.rate changed from 0.1 to 0.2
/// </code></example>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type CheckCompiled =
    static member private Make<'T, 'R>(source: Delegate, arguments: int, f: 'T -> 'R) : CheckedFunction<'T, 'R> =
        ArgumentNullException.ThrowIfNull(source, "f")
        CheckedFunction<'T, 'R>(source, arguments, f)

    /// <summary>The function of no arguments, staged at each call and compared with what its compiled form would run.</summary>
    static member Of<[<Nullable(2uy)>] 'R>(f: Func<'R>) : Func<'R> =
        let watched = CheckCompiled.Make(f, 0, (fun () -> f.Invoke()))
        Func<_>(fun () -> watched.Invoke())

    /// <summary>The function, staged at each call and compared with what its compiled form would run.</summary>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>(f: Func<'T, 'R>) : Func<'T, 'R> =
        let watched = CheckCompiled.Make(f, 1, (fun x -> f.Invoke x))
        Func<_, _>(watched.Invoke)

    /// <summary>The function of two arguments, staged at each call and compared with what its compiled form would run.</summary>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'R>(f: Func<'A, 'B, 'R>) : Func<'A, 'B, 'R> =
        let watched = CheckCompiled.Make(f, 2, (fun (struct (a, b)) -> f.Invoke(a, b)))

        Func<_, _, _>(fun a b -> watched.Invoke(struct (a, b)))

    /// <summary>The function of three arguments, staged at each call and compared with what its compiled form would run.</summary>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'C, 'R>)
        : Func<'A, 'B, 'C, 'R> =
        let watched = CheckCompiled.Make(f, 3, (fun (struct (a, b, c)) -> f.Invoke(a, b, c)))

        Func<_, _, _, _>(fun a b c -> watched.Invoke(struct (a, b, c)))

    /// <summary>The function of four arguments, staged at each call and compared with what its compiled form would run.</summary>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'D, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'C, 'D, 'R>)
        : Func<'A, 'B, 'C, 'D, 'R> =
        let watched = CheckCompiled.Make(f, 4, (fun (struct (a, b, c, d)) -> f.Invoke(a, b, c, d)))

        Func<_, _, _, _, _>(fun a b c d -> watched.Invoke(struct (a, b, c, d)))

    /// <summary>The function of five arguments, staged at each call and compared with what its compiled form would run.</summary>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'D, [<Nullable(2uy)>] 'E, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'C, 'D, 'E, 'R>)
        : Func<'A, 'B, 'C, 'D, 'E, 'R> =
        let watched = CheckCompiled.Make(f, 5, (fun (struct (a, b, c, d, e)) -> f.Invoke(a, b, c, d, e)))

        Func<_, _, _, _, _, _>(fun a b c d e -> watched.Invoke(struct (a, b, c, d, e)))

    /// <summary>The function of six arguments, staged at each call and compared with what its compiled form would run.</summary>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'D, [<Nullable(2uy)>] 'E, [<Nullable(2uy)>] 'F, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'C, 'D, 'E, 'F, 'R>)
        : Func<'A, 'B, 'C, 'D, 'E, 'F, 'R> =
        let watched = CheckCompiled.Make(f, 6, (fun (struct (a, b, c, d, e, g)) -> f.Invoke(a, b, c, d, e, g)))

        Func<_, _, _, _, _, _, _>(fun a b c d e g -> watched.Invoke(struct (a, b, c, d, e, g)))
