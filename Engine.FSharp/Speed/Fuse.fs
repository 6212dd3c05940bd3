// Graphs to loop programs: nests of fused operations, and statements for what has no elements to fuse.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal Fuse =
    /// The statements of a graph whose loops are numbered from first on, with inputs in memory and outputs to be put where targets say.
    let rec lower
        (buffers: ProgramBuffers)
        (first: int)
        (graph: Graph)
        (inputs: Stored[])
        (targets: Stored voption[])
        : Statement[] =
        let demands = Demands.ofGraph graph targets
        let graph = demands.Graph
        let forms = demands.Forms
        let types = graph.Types
        let schedule = Schedule(graph, forms, demands.Forced, demands.Wanted)
        let definitions = schedule.Definitions
        let storage: Stored voption[] = Array.create types.Length ValueNone

        for v in 0 .. inputs.Length - 1 do
            storage[v] <- ValueSome inputs[v]

        let rec view v : Stored =
            match storage[v] with
            | ValueSome stored -> stored
            | ValueNone ->
                let stored =
                    match demands.Targets[v] with
                    | ValueSome target -> target
                    | ValueNone ->
                        match definitions[v].Op with
                        | Op.Constant array -> buffers.Constant array
                        | _ when schedule.HasMemory v || Array.contains 0 types[v].Shape -> buffers.Workspace types[v]
                        | Op.Transpose permutation -> Stored.transpose permutation (view definitions[v].Inputs[0])
                        | Op.Broadcast(shape, axes) -> Stored.broadcast shape axes (view definitions[v].Inputs[0])
                        | Op.Slice(starts, _, strides) ->
                            Stored.slice starts strides types[v].Shape (view definitions[v].Inputs[0])
                        | Op.Reshape shape -> (Stored.reshape shape (view definitions[v].Inputs[0])).Value
                        | op -> invalidOp $"{Typing.name op} has no memory."

                storage[v] <- ValueSome stored
                stored

        /// Lanes of elements in one group's space.
        let elements group (extents: int[]) =
            let sources = NestSources(first, extents.Length, view)
            let known = Dictionary<struct (int * Index), Lane> ElementComparer.Instance

            let rec lane (struct (v, index)) =
                match known.TryGetValue(struct (v, index)) with
                | true, lane -> lane
                | _ ->
                    let definition = definitions[v]

                    let isNumber =
                        not (isNull (box definition))
                        && Index.isFixed index
                        && (match definition.Op with
                            | Op.Constant _ -> true
                            | _ -> false)

                    let lane =
                        if not isNumber && schedule.IsRead(v, group, extents, index) then
                            sources.Load(view v, index)
                        else
                            let step = Elements.step types definition extents.Length index
                            step.Combine sources (Array.map lane step.Needs)

                    known[struct (v, index)] <- lane
                    lane

            struct (sources, lane)

        let nest number (group: Group) : Statement[] =
            let struct (sources, lane) = elements number group.Extents
            let stores = ResizeArray()
            let reductions = ResizeArray()

            for task in group.Tasks do
                if schedule.IsStored task.Variable then
                    let stored = view task.Variable

                    let stored =
                        if Shape.equal task.Shape stored.Type.Shape then
                            stored
                        else
                            (Stored.reshape task.Shape stored).Value

                    let lanes = task.Combine sources (Array.map lane task.Needs)

                    for i in 0 .. lanes.Length - 1 do
                        let target = Stored.access first task.Targets[i] stored

                        match task.Reduction with
                        | ValueNone -> stores.Add { Target = target; Value = lanes[i] }
                        | ValueSome kind -> reductions.Add(struct (kind, lanes[i], task.Reduced, target))

            if stores.Count + reductions.Count = 0 then
                [||]
            else
                [|
                    Statement.Nest(
                        Nests.build first group.Extents (sources.ToArray()) (stores.ToArray()) (reductions.ToArray())
                    )
                |]

        let scatter number (equation: Equation) axis : Statement[] =
            let result = view equation.Outputs[0]
            let updates = types[equation.Inputs[0]].Shape
            let extents = updates |> Array.filter (fun extent -> extent <> 1)
            let whole = Index.running result.Type.Shape
            let loops = result.Type.Shape |> Array.filter (fun extent -> extent <> 1)

            let cleared =
                Nests.build
                    first
                    loops
                    [||]
                    [|
                        {
                            Target = Stored.access first whole result
                            Value = FuseLanes.number result.Type.DType 0.0
                        }
                    |]
                    [||]

            if Array.contains 0 updates then
                [| Statement.Nest cleared |]
            else
                let struct (sources, lane) = elements number extents
                let needs = Tasks.scattered axis types equation
                let struct (_, point) = needs[0]
                let value = lane needs[0]
                let index = lane needs[1]
                let rank = types[equation.Inputs[1]].Shape.Length

                let place =
                    Array.concat
                        [
                            point[.. axis - 1]
                            [| Index.constant extents.Length 0 |]
                            point[axis + rank ..]
                        ]

                [|
                    Statement.Nest cleared
                    Statement.Accumulate
                        {
                            Axes =
                                extents
                                |> Array.mapi (fun k extent ->
                                    {
                                        Variable = first + k
                                        Extent = extent
                                    })
                            Sources = sources.ToArray()
                            Target = Stored.access first place result
                            Index = index
                            Count = result.Type.Shape[axis]
                            Stride = result.Strides[axis]
                            Value = value
                            Replaces = false
                        }
                |]

        /// The entry written over its place in x, whose memory becomes the result's.
        let update number (equation: Equation) axis : Statement[] =
            let x = view equation.Inputs[0]
            let entry = types[equation.Inputs[1]].Shape
            let extents = entry |> Array.filter (fun extent -> extent <> 1)
            let struct (sources, lane) = elements number extents
            let point = Index.running entry
            let value = lane (struct (equation.Inputs[1], point))
            let index = lane (struct (equation.Inputs[2], [||]))

            let place =
                Array.concat [ point[.. axis - 1]; [| Index.constant extents.Length 0 |]; point[axis..] ]

            [|
                Statement.Accumulate
                    {
                        Axes =
                            extents
                            |> Array.mapi (fun k extent ->
                                {
                                    Variable = first + k
                                    Extent = extent
                                })
                        Sources = sources.ToArray()
                        Target = Stored.access first place x
                        Index = index
                        Count = x.Type.Shape[axis]
                        Stride = x.Strides[axis]
                        Value = value
                        Replaces = true
                    }
            |]

        /// The places where a loop's body leaves its new carries; none for those it passes through.
        let freshCarries (body: Graph) constants count =
            Array.init count (fun i ->
                if body.Outputs[i] = constants + i then
                    ValueNone
                else
                    ValueSome(buffers.Workspace body.Types[body.Outputs[i]]))

        /// A loop's results are its carries' memory, or copies where that memory was exchanged.
        let results (equation: Equation) (carries: Stored[]) (exchanged: bool[]) : Statement[] =
            [|
                for i in 0 .. carries.Length - 1 do
                    let v = equation.Outputs[i]

                    match demands.Targets[v] with
                    | ValueSome target when exchanged[i] ->
                        storage[v] <- ValueSome target
                        yield! Statements.copy first carries[i] target
                    | ValueSome target ->
                        storage[v] <- ValueSome target
                        buffers.Join(carries[i].Buffer, target.Buffer)
                    | ValueNone -> storage[v] <- ValueSome carries[i]
            |]

        let scan (equation: Equation) (loop: Scan) : Statement[] =
            let operands = equation.Inputs |> Array.map view
            let firstStacked = loop.Constants + loop.Carries
            let carries = Array.sub operands loop.Constants loop.Carries
            let fresh = freshCarries loop.Body loop.Constants loop.Carries

            if loop.Length = 0 then
                results equation carries (Array.zeroCreate carries.Length)
            else
                let arguments =
                    operands
                    |> Array.mapi (fun i stored ->
                        if i < firstStacked then
                            stored
                        else
                            Stored.entry first loop.Reverse stored)

                let stacked =
                    equation.Outputs[loop.Carries ..]
                    |> Array.map (fun v -> ValueSome(Stored.entry first loop.Reverse (view v)))

                let body =
                    lower buffers (first + 1) loop.Body arguments (Array.append fresh stacked)

                let struct (body, exchanged) = Carries.settle buffers (first + 1) body carries fresh
                Array.append [| Statement.Repeat(first, loop.Length, body) |] (results equation carries exchanged)

        let whileLoop (equation: Equation) (loop: While) : Statement[] =
            let operands = equation.Inputs |> Array.map view
            let carries = operands[loop.Constants ..]

            let flag =
                buffers.Workspace
                    {
                        DType = DType.Bool
                        Shape = Shape.scalar
                    }

            let test = lower buffers first loop.Condition operands [| ValueSome flag |]
            let fresh = freshCarries loop.Body loop.Constants carries.Length
            let body = lower buffers first loop.Body operands fresh
            let struct (body, exchanged) = Carries.settle buffers first body carries fresh

            Array.append
                [| Statement.RepeatWhile(test, Stored.start flag, loop.Bound, body) |]
                (results equation carries exchanged)

        let opaque number (equation: Equation) : Statement[] =
            let isEmpty =
                equation.Outputs |> Array.forall (fun v -> Array.contains 0 types[v].Shape)

            match equation.Op with
            | Op.Scan loop -> scan equation loop
            | Op.While loop -> whileLoop equation loop
            | _ when isEmpty -> [||]
            | Op.Switch branches ->
                let operands = equation.Inputs[1..] |> Array.map view
                let outputs = equation.Outputs |> Array.map (fun v -> ValueSome(view v))
                let index = Stored.start (view equation.Inputs[0])

                [|
                    Statement.Choose(
                        index,
                        branches
                        |> Array.map (fun branch -> lower buffers first branch operands outputs)
                    )
                |]
            | Op.Dot axes ->
                Opaque.product
                    buffers
                    first
                    axes
                    (view equation.Inputs[0])
                    (view equation.Inputs[1])
                    (view equation.Outputs[0])
            | Op.CumulativeSum(axis, reverse) ->
                Opaque.cumulativeSum first axis reverse (view equation.Inputs[0]) (view equation.Outputs[0])
            | Op.Scatter(axis, _) -> scatter number equation axis
            | Op.Update axis ->
                Array.append (update number equation axis) (results equation [| view equation.Inputs[0] |] [| false |])
            | op ->
                let place v =
                    struct (Stored.start (view v), types[v])

                [|
                    Statement.Kernel(op, Array.map place equation.Inputs, Array.map place equation.Outputs)
                |]

        [|
            for number in 0 .. schedule.Groups.Count - 1 do
                let group = schedule.Groups[number]

                match group.Statement with
                | ValueNone -> yield! nest number group
                | ValueSome equation -> yield! opaque number equation
        |]

    /// A rewritten graph as a loop program whose scratch memory is not yet placed.
    let graph (graph: Graph) : struct (ProgramBuffers * Statement[]) =
        let buffers = ProgramBuffers()

        let inputs =
            Typing.graphInputs graph
            |> Array.mapi (fun k tensor -> buffers.Input(k, tensor))

        let targets =
            Typing.graphOutputs graph
            |> Array.mapi (fun k tensor -> ValueSome(buffers.Output(k, tensor)))

        let body = lower buffers 0 graph inputs targets
        struct (buffers, body)
