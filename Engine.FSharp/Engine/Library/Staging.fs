// Staging functions of trees: a closed program, the tensors it captured, and the structure of its result.
namespace Pipeline.Engine

open System.Collections.Generic
open System.Runtime.CompilerServices
open Pipeline

/// A tensor's type as promotion sees it.
[<Struct; NoComparison>]
type internal LeafType = { Type: TensorType; IsWeak: bool }

/// A program on leaves @ captured tensors.
[<NoComparison; NoEquality>]
type internal StagedProgram = {
    Graph: Graph
    Captured: Tensor[]
    Result: Structure
    /// Which results are weakly typed.
    Weak: bool[]
}

[<RequireQualifiedAccess>]
module internal Staging =
    let leafType (a: Tensor) = { Type = a.Type; IsWeak = a.Weak }

    /// A function that is recorded while it is recorded has no end; no stack is long enough for it.
    let private descend name =
        if not (RuntimeHelpers.TryEnsureSufficientExecutionStack()) then
            raise (
                LoopException
                    $"{name}: the function calls itself without end: while it is recorded, both branches of a Cond are. Write the recursion as a loop (Loop.While, Loop.For)."
            )

    let private standIns (trace: Recorder) (types: LeafType[]) =
        types
        |> Array.map (fun t ->
            let leaf = trace.Leaf t.Type
            leaf.Weak <- t.IsWeak
            leaf :> Tensor)

    let private stageOn name (trace: Recorder) (types: LeafType[]) (f: Tensor[] -> struct (Tensor[] * Structure)) : StagedProgram =
        descend name
        let leaves = standIns trace types

        try
            let struct (outputs, result) = f leaves
            let graph, captured = Record.graph trace leaves outputs

            { Graph = graph; Captured = captured; Result = result; Weak = outputs |> Array.map _.Weak }
        finally
            trace.Ended <- true

    /// Runs the function once on stand-ins of the given types.
    let stage name types f : StagedProgram = stageOn name (Recorder(name, false)) types f

    let private ofTree name (f: 'T -> 'R) structure inputs = Tree.flattenResult name (f (Tree.rebuild structure inputs))

    let tree name (f: 'T -> 'R) (structure: Structure) (types: LeafType[]) : StagedProgram = stage name types (ofTree name f structure)

    /// A branch of a choice, as a program on those of its operands that are known and what it captures. It holds what it computes of captured tensors
    /// too, so a traced operand is captured as well: one that is given and captured is one tensor.
    let branch name (f: 'T -> 'R) (structure: Structure) (operands: Tensor[]) : StagedProgram =
        let recordsKnown = not (isNull Branching.OfKnown)
        let trace = Recorder(name, false, IsBranch = not recordsKnown)
        let isKnown = operands |> Array.map _.IsKnown
        let types = Mask.choose isKnown operands |> Array.map leafType

        stageOn name trace types (fun standIns ->
            let given =
                Array.map2 (fun a standIn -> if isNull standIn then a else standIn) operands (Mask.spread isKnown standIns)

            Branching.Within(trace, recordsKnown, fun () -> ofTree name f structure given))

    /// The types and the structure of what the function would return, found without computing anything, of what it captures either.
    let resultTypes name (f: 'T -> 'R) (structure: Structure) (types: LeafType[]) : struct (LeafType[] * Structure) =
        descend name
        let trace = Recorder(name, false)

        try
            Branching.Within(
                trace,
                true,
                fun () ->
                    let struct (outputs, result) = ofTree name f structure (standIns trace types)
                    struct (Array.map leafType outputs, result)
            )
        finally
            trace.Ended <- true

    /// Zeros of the types that the function would return, found without computing anything.
    let zerosOf name (f: System.Func<'T, 'R>) (argument: 'T) : 'R =
        let struct (leaves, structure) = Tree.flatten argument
        let staged = tree name f.Invoke structure (leaves |> Array.map leafType)

        let zeros =
            Array.map2
                (fun t weak ->
                    let zero = Primitive.zeros t
                    zero.Weak <- weak
                    zero)
                (Graphs.outputs staged.Graph)
                staged.Weak

        Tree.rebuild<'R> staged.Result zeros

    /// The program that a function is for arguments like the example, as text.
    let print (f: 'T -> 'R) (example: 'T) : string =
        let struct (leaves, structure) = Tree.flatten example
        Graphs.print (tree "Staged" f structure (leaves |> Array.map leafType)).Graph

    /// The graph with other inputs: old input i becomes input positions[i].
    let withInputs (types: TensorType[]) (positions: int[]) (graph: Graph) : Graph =
        let shift = types.Length - graph.InputCount

        let move v = if v < graph.InputCount then positions[v] else v + shift

        {
            InputCount = types.Length
            Equations =
                graph.Equations
                |> Array.map (fun e -> { e with Inputs = Array.map move e.Inputs; Outputs = Array.map move e.Outputs })
            Outputs = Array.map move graph.Outputs
            Types = Array.append types graph.Types[graph.InputCount ..]
        }

    /// All tensors that any of the programs captured, once each.
    let captured (programs: StagedProgram[]) : Tensor[] =
        HashSet<Tensor>(programs |> Array.collect _.Captured, HashIdentity.Reference) |> Array.ofSeq

    /// Several programs on the same leaves as programs on constants @ leaves, the constants being all that any of them captured.
    let together (leaves: TensorType[]) (programs: StagedProgram[]) : Tensor[] * Graph[] =
        let constants = captured programs
        let types = Array.append (constants |> Array.map _.Type) leaves

        let place (a: Tensor) = System.Array.FindIndex(constants, fun c -> obj.ReferenceEquals(c, a))

        constants,
        programs
        |> Array.map (fun p ->
            let positions =
                Array.append (leaves |> Array.mapi (fun i _ -> constants.Length + i)) (p.Captured |> Array.map place)

            withInputs types positions p.Graph)

    /// Several programs on the same leaves as programs on all tensors that are among these or that any of them captured, each once: what is both is
    /// one operand, and what changes with it adds up in the order in which it was computed.
    let shared (leaves: Tensor[]) (programs: StagedProgram[]) : Tensor[] * Graph[] =
        let operands = HashSet<Tensor>(Array.append (captured programs) leaves, HashIdentity.Reference) |> Array.ofSeq

        let types = operands |> Array.map _.Type
        let place (a: Tensor) = System.Array.FindIndex(operands, fun c -> obj.ReferenceEquals(c, a))
        operands, programs |> Array.map (fun p -> withInputs types (Array.append leaves p.Captured |> Array.map place) p.Graph)

    /// Marks results that came from plain numbers. (They are fresh tensors.)
    let restoreWeak (weak: bool[]) (results: Tensor[]) = Array.iter2 (fun (a: Tensor) w -> if a.Weak <> w then a.Weak <- w) results weak
