// Programs up to the numbers of their text: what they share when only constants differ, and the same with constants as operands.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Runtime.InteropServices

[<RequireQualifiedAccess>]
module internal Constants =
    let private bytes (array: NDArray) =
        let width = DType.bytes array.DType
        let start = &MemoryMarshal.GetArrayDataReference array.Data

        MemoryMarshal.CreateReadOnlySpan(&start, Buffer.ByteLength array.Data).Slice(array.Offset * width, array.Size * width)

    /// Whether two arrays of one type have the same bits.
    let same (a: NDArray) (b: NDArray) =
        obj.ReferenceEquals(a, b)
        || (if a.Rank = 0 then
                a.Bits = b.Bits
            else
                (bytes (KernelsViews.contiguous a)).SequenceEqual(bytes (KernelsViews.contiguous b)))

    /// All constants in the order of the text.
    let ofGraph (graph: Graph) : NDArray[] =
        let found = ResizeArray()

        let rec collect (graph: Graph) =
            for equation in graph.Equations do
                match equation.Op with
                | Op.Constant array -> found.Add array
                | op -> Graphs.bodies op |> Array.iter collect

        collect graph
        found.ToArray()

    let rec private hashed (hash: byref<HashCode>) (graph: Graph) =
        hash.Add graph.InputCount

        for i in 0 .. graph.InputCount - 1 do
            hash.Add(graph.Types[i].GetHashCode())

        for equation in graph.Equations do
            match equation.Op with
            | Op.Constant array -> hash.Add(struct (array.DType, array.Rank).GetHashCode())
            | op ->
                match Graphs.bodies op with
                | [||] -> hash.Add(op.GetHashCode())
                | bodies ->
                    for body in bodies do
                        hashed &hash body

            for v in equation.Inputs do
                hash.Add v

        for v in graph.Outputs do
            hash.Add v

    let hash (graph: Graph) =
        let mutable hash = HashCode()
        hashed &hash graph
        hash.ToHashCode()

    let rec private sameEquations (a: Equation[]) (b: Equation[]) =
        let mutable same = a.Length = b.Length
        let mutable i = 0

        while same && i < a.Length do
            same <-
                obj.ReferenceEquals(a[i], b[i])
                || (ReadOnlySpan(a[i].Inputs).SequenceEqual(ReadOnlySpan b[i].Inputs)
                    && ReadOnlySpan(a[i].Outputs).SequenceEqual(ReadOnlySpan b[i].Outputs)
                    && sameOp a[i].Op b[i].Op)

            i <- i + 1

        same

    and private sameOp (a: Op) (b: Op) =
        match a, b with
        | Op.Constant x, Op.Constant y -> x.DType = y.DType && Shape.equal x.Shape y.Shape
        | Op.Loop x, Op.Loop y ->
            let first, second = Loop.bodies x, Loop.bodies y

            first.Length = second.Length && Array.forall2 alike first second && Loop.withBodies second x = y
        | Op.Switch x, Op.Switch y -> x.Length = y.Length && Array.forall2 alike x y
        | Op.Call(first, x), Op.Call(second, y) -> first.IsCheckpoint = second.IsCheckpoint && alike x y
        | _ -> a.Equals b

    /// Whether two programs differ in nothing but the numbers of their constants. (What a call means to transformations is no part of what runs.)
    and alike (a: Graph) (b: Graph) : bool =
        obj.ReferenceEquals(a, b)
        || (a.InputCount = b.InputCount
            && ReadOnlySpan(a.Outputs).SequenceEqual(ReadOnlySpan b.Outputs)
            && Seq.forall (fun i -> a.Types[i].Equals b.Types[i]) (seq { 0 .. a.InputCount - 1 })
            && sameEquations a.Equations b.Equations)

    /// A graph that takes the constants of some classes as its first inputs; which ones it needs, and the graph for a choice of them.
    [<NoComparison; NoEquality>]
    type private Lifted = { Needed: int[]; Make: int[] -> Graph }

    let private union (parts: Lifted[]) = parts |> Array.collect _.Needed |> Array.distinct |> Array.sort

    /// The operation with other bodies, which take these operands before theirs.
    let private passed (op: Op) (bodies: Graph[]) (first: int[]) (inputs: int[]) : struct (Op * int[]) =
        match op with
        | Op.Loop loop ->
            let loop = { Loop.withBodies bodies loop with Constants = loop.Constants + first.Length }
            struct (Op.Loop loop, Array.append first inputs)
        | Op.Switch _ -> struct (Op.Switch bodies, Array.concat [ inputs[..0]; first; inputs[1..] ])
        | Op.Call(CallKind.Checkpoint, _) -> struct (Op.Call(CallKind.Checkpoint, bodies[0]), Array.append first inputs)
        | Op.Call _ -> struct (Op.Call(CallKind.Compiled, bodies[0]), Array.append first inputs)
        | _ -> invalidOp $"{Typing.name op} takes no constants as operands."

    /// The program with constants as its first inputs, one for each class; number i of the text belongs to classes[i], or stays (-1).
    let lift (classes: int[]) (graph: Graph) : Graph =
        let types: TensorType[] = Array.zeroCreate (Array.max classes + 1)

        ofGraph graph
        |> Array.iteri (fun i array -> if classes[i] >= 0 then types[classes[i]] <- { DType = array.DType; Shape = array.Shape })

        let next = ref 0

        let rec prepare (graph: Graph) : Lifted =
            let parts =
                graph.Equations
                |> Array.map (fun equation ->
                    match equation.Op with
                    | Op.Constant _ ->
                        next.Value <- next.Value + 1
                        struct (classes[next.Value - 1], [||])
                    | op -> struct (-1, Graphs.bodies op |> Array.map prepare))

            {
                Needed =
                    parts
                    |> Array.collect (fun (struct (own, bodies)) -> if own < 0 then union bodies else [| own |])
                    |> Array.distinct
                    |> Array.sort
                Make = make graph parts
            }

        and make (graph: Graph) (parts: struct (int * Lifted[])[]) (given: int[]) : Graph =
            let place = Dictionary<int, int>()
            given |> Array.iteri (fun i number -> place[number] <- i)
            let replaced = Dictionary<int, int>()

            let moved v =
                match replaced.TryGetValue v with
                | true, input -> input
                | _ -> v + given.Length

            let equations = ResizeArray()

            for i in 0 .. parts.Length - 1 do
                let equation = graph.Equations[i]
                let struct (own, bodies) = parts[i]

                if own >= 0 then
                    replaced[equation.Outputs[0]] <- place[own]
                else
                    let needed = union bodies
                    let first = needed |> Array.map (fun number -> place[number])
                    let inputs = Array.map moved equation.Inputs

                    let struct (op, inputs) =
                        if needed.Length = 0 then
                            struct (equation.Op, inputs)
                        else
                            passed equation.Op (bodies |> Array.map (fun body -> body.Make needed)) first inputs

                    equations.Add { Op = op; Inputs = inputs; Outputs = Array.map moved equation.Outputs }

            {
                InputCount = graph.InputCount + given.Length
                Equations = equations.ToArray()
                Outputs = Array.map moved graph.Outputs
                Types = Array.append (given |> Array.map (fun number -> types[number])) graph.Types
            }

        (prepare graph).Make [| 0 .. types.Length - 1 |]

/// A graph, equal to those that differ in nothing but their constants' numbers.
[<Sealed>]
type internal Pattern(graph: Graph) =
    let hash = Constants.hash graph
    let numbers = Constants.ofGraph graph
    member _.Graph = graph
    member _.Numbers: NDArray[] = numbers
    override _.GetHashCode() = hash

    override this.Equals other =
        match other with
        | :? Pattern as other -> obj.ReferenceEquals(this, other) || (hash = other.GetHashCode() && Constants.alike graph other.Graph)
        | _ -> false
