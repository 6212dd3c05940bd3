// What a transformation makes of a graph is made once.
namespace Pipeline.Engine

open System.Collections.Concurrent
open System.Runtime.CompilerServices

/// What is computed once for a graph and a choice of its inputs.
[<Sealed>]
type internal Memo<'Result>() =
    let table = ConditionalWeakTable<Graph, ConcurrentDictionary<string, 'Result>>()

    /// For a number besides: an order, a size.
    member _.Get(graph: Graph, number: int, mask: bool[], make: unit -> 'Result) =
        let perGraph = table.GetValue(graph, fun _ -> ConcurrentDictionary())

        let key = number.ToString() + System.String(mask |> Array.map (fun b -> if b then 't' else 'f'))

        match perGraph.TryGetValue key with
        | true, result -> result
        | _ ->
            let made: 'Result = Pipeline.Untaken.Within(null, make)
            perGraph.GetOrAdd(key, made)

    member this.Get(graph, mask, make) = this.Get(graph, 0, mask, make)
