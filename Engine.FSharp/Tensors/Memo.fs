// What a transformation makes of a graph is made once.
namespace Pipeline.Engine

open System.Collections.Concurrent
open System.Runtime.CompilerServices

/// What is computed once for a graph and a choice of its inputs.
[<Sealed>]
type internal Memo<'Result>() =
    let table = ConditionalWeakTable<Graph, ConcurrentDictionary<string, 'Result>>()

    member _.Get(graph: Graph, mask: bool[], make: unit -> 'Result) =
        let perGraph = table.GetValue(graph, fun _ -> ConcurrentDictionary())
        let key = System.String(mask |> Array.map (fun b -> if b then '1' else '0'))

        match perGraph.TryGetValue key with
        | true, result -> result
        | _ -> perGraph.GetOrAdd(key, make ())
