// Functions that are staged once for each kind of argument and then run as machine code.
namespace Pipeline.Engine

open System
open Pipeline

/// One staging of a compiled function.
[<Sealed; AllowNullLiteral>]
type internal CompiledEntry(structure: Structure, types: LeafType[], staged: StagedProgram, captures: Cell[]) =
    let op = Op.Call(CallKind.Compiled, staged.Graph)
    let program = lazy Compile.graph staged.Graph
    member _.Structure = structure
    member _.Captures = captures
    member _.Staged = staged

    member _.Fits(leaves: Tensor[], given: Structure) =
        let mutable fits = leaves.Length = types.Length
        let mutable i = 0

        while fits && i < leaves.Length do
            let leaf = leaves[i]
            let t = types[i]

            fits <-
                leaf.DType = t.Type.DType
                && leaf.Weak = t.IsWeak
                && Shape.equal leaf.Dims t.Type.Shape

            i <- i + 1

        fits && structure.Equals given

    /// At once where no operand is traced: the types have been compared already.
    member _.Call(leaves: Tensor[]) : Tensor[] =
        let captured = staged.Captured

        let operands =
            if captured.Length = 0 then
                leaves
            else
                Array.append leaves captured

        let arrays: NDArray[] = Array.zeroCreate operands.Length
        let mutable traced = false

        for i in 0 .. operands.Length - 1 do
            if isNull operands[i].Trace then
                arrays[i] <- operands[i].Array
            else
                traced <- true

        let results =
            if traced then
                Tensor.Apply(op, operands)
            else
                let values = program.Value.Run arrays
                let results = Array.zeroCreate values.Length

                for i in 0 .. values.Length - 1 do
                    results[i] <- Tensor(values[i])

                results

        for i in 0 .. results.Length - 1 do
            results[i].Weak <- staged.Weak[i]
            results[i].Literal <- false

        results

/// A function with its cache. The cache is an immutable array, replaced as a whole.
[<Sealed>]
type internal CompiledFunction<'T, 'R>(source: Delegate, f: 'T -> 'R) =
    /// More kinds of arguments than any program has: what comes later replaces the oldest.
    let most = 256
    let mutable entries: CompiledEntry[] = [||]

    let stage (leaves: Tensor[]) structure =
        let types = leaves |> Array.map Staging.leafType
        let staged = Staging.tree "Compiled" f structure types
        // After staging: what the function itself assigned is no reason to stage it again.
        let captures = Captures.cells source
        let entry = CompiledEntry(structure, types, staged, captures)

        // A captured tensor of a transformation in progress belongs to this call alone.
        if entry.Staged.Captured |> Array.forall (fun a -> isNull a.Trace) then
            let others = entries |> Array.filter (fun e -> Captures.unchanged e.Captures)
            entries <- Array.append [| entry |] (Array.truncate (most - 1) others)

        entry

    member _.Invoke(argument: 'T) : 'R =
        let struct (leaves, structure) = Tree.flatten argument
        let known = entries
        let mutable entry: CompiledEntry = null
        let mutable i = 0

        while isNull entry && i < known.Length do
            if known[i].Fits(leaves, structure) && Captures.unchanged known[i].Captures then
                entry <- known[i]

            i <- i + 1

        let entry = if isNull entry then stage leaves structure else entry
        Tree.rebuild<'R> entry.Staged.Result (entry.Call leaves)

namespace Pipeline

open System
open Pipeline.Engine

/// <summary>Compiles functions: staged once for each structure and type of arguments, then run as machine code.</summary>
/// <remarks>Parts of an argument that are no tensors are compared with Equals, and another value is another program. The function runs once per program, with stand-ins
/// that have no numbers: choose with Where, Cond or While. Captured tensors are operands; a captured variable that is assigned later is noticed (what changes inside a captured collection is not).
/// Compiled functions can be differentiated, batched, expanded and compiled again. Safe to call from several threads.</remarks>
[<AbstractClass; Sealed>]
type Compiled =
    /// <summary>The compiled function.</summary>
    static member Of<'T, 'R>(f: Func<'T, 'R>) : Func<'T, 'R> =
        ArgumentNullException.ThrowIfNull f
        let compiled = CompiledFunction<'T, 'R>(f, f.Invoke)
        Func<_, _>(compiled.Invoke)

    /// <summary>The compiled function of two arguments.</summary>
    static member Of<'A, 'B, 'R>(f: Func<'A, 'B, 'R>) : Func<'A, 'B, 'R> =
        ArgumentNullException.ThrowIfNull f

        let compiled =
            CompiledFunction<struct ('A * 'B), 'R>(f, (fun struct (a, b) -> f.Invoke(a, b)))

        Func<_, _, _>(fun a b -> compiled.Invoke(struct (a, b)))

    /// <summary>The compiled function of three arguments.</summary>
    static member Of<'A, 'B, 'C, 'R>(f: Func<'A, 'B, 'C, 'R>) : Func<'A, 'B, 'C, 'R> =
        ArgumentNullException.ThrowIfNull f

        let compiled =
            CompiledFunction<struct ('A * 'B * 'C), 'R>(f, (fun struct (a, b, c) -> f.Invoke(a, b, c)))

        Func<_, _, _, _>(fun a b c -> compiled.Invoke(struct (a, b, c)))

/// <summary>Programs as text.</summary>
[<AbstractClass; Sealed>]
type Staged =
    /// <summary>The program that <paramref name="f"/> is for arguments like the example, one operation a line; captured tensors are its last inputs.</summary>
    static member Print<'T, 'R>(f: Func<'T, 'R>, example: 'T) : string =
        ArgumentNullException.ThrowIfNull f
        let struct (leaves, structure) = Tree.flatten example
        Graphs.print (Staging.tree "Staged" f.Invoke structure (leaves |> Array.map Staging.leafType)).Graph
