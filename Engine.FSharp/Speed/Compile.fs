// Graphs to machine code, each structure once.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Threading

[<RequireQualifiedAccess>]
module internal Compile =
    /// The most programs that are kept; the least recently used goes first.
    let capacity = 1024

    let private kept =
        Dictionary<Graph, LinkedListNode<struct (Graph * Lazy<CompiledProgram>)>>(HashIdentity.Structural)

    let private recent = LinkedList<struct (Graph * Lazy<CompiledProgram>)>()
    let mutable private compilations = 0

    /// How many programs have been compiled so far.
    let count () = Volatile.Read &compilations

    /// The loop program of a graph.
    let lower (graph: Graph) : LoopProgram =
        let rewritten = Rewrite.graph graph
        let struct (buffers, body) = Fuse.graph rewritten
        Plan.program buffers body (Typing.graphInputs graph) (Typing.graphOutputs graph)

    let private kernel op operands = [| Kernels.apply op operands |]

    /// Compiles for a width of vectors, whatever was compiled before.
    let fresh (options: EmitOptions) (graph: Graph) : CompiledProgram =
        Interlocked.Increment &compilations |> ignore
        Emit.compile options kernel (lower graph)

    /// The programs of graphs by identity, without a look at their equations.
    let private identical =
        Runtime.CompilerServices.ConditionalWeakTable<Graph, CompiledProgram>()

    let private equal (graph: Graph) : CompiledProgram =
        let program =
            lock recent (fun () ->
                match kept.TryGetValue graph with
                | true, node ->
                    recent.Remove node
                    recent.AddFirst node
                    let struct (_, program) = node.Value
                    program
                | _ ->
                    if kept.Count >= capacity then
                        let struct (oldest, _) = recent.Last.Value
                        recent.RemoveLast()
                        kept.Remove oldest |> ignore

                    let program = Lazy<CompiledProgram>(fun () -> fresh Emit.defaults graph)
                    kept[graph] <- recent.AddFirst(struct (graph, program))
                    program)

        program.Value

    /// The program of a graph: that of an equal graph, if one was compiled before.
    let graph (graph: Graph) : CompiledProgram =
        match identical.TryGetValue graph with
        | true, program -> program
        | _ ->
            let program = equal graph
            identical.AddOrUpdate(graph, program)
            program
