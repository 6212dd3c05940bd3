// Graphs to loop programs, from rewriting to the plan of memory.
namespace Pipeline.Engine

[<RequireQualifiedAccess>]
module internal Compile =
    /// The loop program of a graph.
    let lower (graph: Graph) : LoopProgram =
        let rewritten = Rewrite.graph graph
        let struct (buffers, body) = Fuse.graph rewritten
        Plan.program buffers body (Typing.graphInputs graph) (Typing.graphOutputs graph)
