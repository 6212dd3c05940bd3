// Graphs to programs: one for each structure and its first numbers, and one for all other numbers.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Diagnostics
open System.Runtime.CompilerServices
open System.Threading
open Pipeline

/// Machine code with the numbers that are its first inputs.
[<Sealed; AllowNullLiteral>]
type internal BoundProgram(program: CompiledProgram, numbers: NDArray[]) =
    member _.Program = program

    /// Those numbers: the program's first inputs.
    member _.Numbers = numbers

    /// Runs on the other inputs into fresh arrays.
    member _.Run(inputs: NDArray[]) : NDArray[] =
        if numbers.Length = 0 then program.Run inputs else program.Run(Array.append numbers inputs)

/// A program of a structure: for these numbers alone where a class is -1, for any number that is the same throughout a class elsewhere.
[<Sealed>]
type internal Variant(graph: Graph, numbers: NDArray[], classes: int[], compile: Graph -> CompiledProgram) =
    let first =
        if classes.Length = 0 then
            [||]
        else
            Array.init (Array.max classes + 1) (fun c -> Array.IndexOf(classes, c))

    let program = lazy compile (if first.Length = 0 then graph else Constants.lift classes graph)

    member _.Numbers = numbers
    member _.Classes = classes

    member _.Fits(others: NDArray[]) =
        let mutable fits = true
        let mutable i = 0

        while fits && i < others.Length do
            fits <- Constants.same others[i] (if classes[i] < 0 then numbers[i] else others[first[classes[i]]])

            i <- i + 1

        fits

    member _.Bind(others: NDArray[]) = BoundProgram(CancellationScope.Shared program, first |> Array.map (fun i -> others[i]))

[<RequireQualifiedAccess>]
module internal Compile =
    /// The most structures whose programs are kept; the least recently used goes first.
    let capacity = 1024

    /// The most programs of one structure with numbers that stay: after them all numbers are operands.
    let private variants = 4

    let private kept = Dictionary<Pattern, LinkedListNode<struct (Pattern * Variant list)>>(HashIdentity.Structural)

    let private recent = LinkedList<struct (Pattern * Variant list)>()
    let mutable private compilations = 0

    /// How many programs have been compiled so far.
    let count () = Volatile.Read &compilations

    /// What a graph's program runs as; tests choose other ways.
    let mutable runsAs: Graph -> EmitOptions = fun _ -> Emit.standard

    /// The loop program of a graph, in tiles of so many bytes where loops touch at least so many.
    let tiled (tileBytes: int64) (leastBytes: int64) (graph: Graph) : LoopProgram =
        let struct (buffers, body) = Fuse.graph (Rewrite.graph graph)
        Plan.tiled tileBytes leastBytes buffers body (Graphs.inputs graph) (Graphs.outputs graph)

    /// The loop program of a graph.
    let lower (graph: Graph) : LoopProgram = tiled CostModel.tileBytes CostModel.tiledFrom graph

    /// Compiles for a width of vectors, whatever was compiled before.
    let fresh (options: EmitOptions) (graph: Graph) : CompiledProgram =
        Interlocked.Increment &compilations |> ignore
        Emit.compile options Kernels.apply (lower graph)

    let private told (reason: unit -> string) (graph: Graph) : CompiledProgram =
        let began = Stopwatch.GetTimestamp()
        let program = fresh (runsAs graph) graph

        if CompiledEvents.Log.IsEnabled() then
            let milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds
            CompiledEvents.Log.ProgramCompiled(reason (), graph.Equations.Length, milliseconds)

        program

    /// Which numbers become operands when a program for some numbers meets others: those that changed, now or before.
    /// Numbers that were equal before and are equal now are one operand.
    let private classes (before: Variant) (numbers: NDArray[]) : int[] =
        let found = Dictionary<struct (DType * int * uint64 * uint64), int>()

        numbers
        |> Array.mapi (fun i number ->
            let own = before.Classes[i]
            let old = before.Numbers[i]

            if own < 0 && Constants.same number old then
                -1
            else
                let key =
                    if number.Rank > 0 then
                        struct (number.DType, -2 - i, 0UL, 0UL)
                    else
                        struct (number.DType, own, (if own < 0 then old.Bits else 0UL), number.Bits)

                match found.TryGetValue key with
                | true, c -> c
                | _ ->
                    found[key] <- found.Count
                    found.Count - 1)

    let private add (reason: unit -> string) (pattern: Pattern) (known: Variant list) : Variant =
        let numbers = pattern.Numbers

        let classes =
            match known with
            | [] -> Array.create numbers.Length -1
            | latest :: _ when known.Length < variants -> classes latest numbers
            | _ -> Array.init numbers.Length id

        Variant(pattern.Graph, numbers, classes, told reason)

    let private equal (reason: unit -> string) (graph: Graph) : BoundProgram =
        let pattern = Pattern graph

        let variant =
            lock recent (fun () ->
                let known =
                    match kept.TryGetValue pattern with
                    | true, node ->
                        recent.Remove node
                        let struct (_, variants) = node.Value
                        variants
                    | _ ->
                        if kept.Count >= capacity then
                            let struct (oldest, _) = recent.Last.Value
                            recent.RemoveLast()
                            kept.Remove oldest |> ignore

                        []

                let found = known |> List.tryFind (fun v -> v.Fits pattern.Numbers)

                let variant = found |> Option.defaultWith (fun () -> add reason pattern known)

                let all = if found.IsSome then known else variant :: known
                kept[pattern] <- recent.AddFirst(struct (pattern, all))
                variant)

        variant.Bind pattern.Numbers

    /// The programs of graphs by identity, without a look at their equations.
    let private identical = ConditionalWeakTable<Graph, BoundProgram>()

    /// The program of a graph: that of a graph that differs in nothing but numbers, if one was compiled before for any numbers. The reason is asked for when one is compiled.
    let graphFor (reason: unit -> string) (graph: Graph) : BoundProgram =
        match identical.TryGetValue graph with
        | true, program -> program
        | _ ->
            let program = equal reason graph
            identical.AddOrUpdate(graph, program)
            program

    /// The program of a graph that no compiled function asks for itself.
    let graph (graph: Graph) : BoundProgram = graphFor (fun () -> "a transformation of a compiled function") graph
