// What a transformation makes of a graph is made once.
namespace Pipeline.Engine

open System.Collections.Concurrent
open System.Runtime.CompilerServices

/// What is computed once for a graph, or what graphs are in, and a choice of its inputs.
[<Sealed>]
type internal Memo<'Key, 'Result when 'Key: not struct>() =
    let table = ConditionalWeakTable<'Key, ConcurrentDictionary<string, 'Result>>()

    /// For a number besides: an order, a size.
    member _.Get(key: 'Key, number: int, mask: bool[], make: unit -> 'Result) =
        let ofKey = table.GetValue(key, fun _ -> ConcurrentDictionary())

        let choice = number.ToString() + System.String(mask |> Array.map (fun b -> if b then 't' else 'f'))

        match ofKey.TryGetValue choice with
        | true, result -> result
        | _ ->
            let made: 'Result = Pipeline.Branching.Outside make
            ofKey.GetOrAdd(choice, made)

    member this.Get(key, mask, make) = this.Get(key, 0, mask, make)
