// Graphs to loop programs: nests of fused operations, and statements for what has no elements to fuse.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal Fuse =
    /// The statements of a graph whose loops are numbered from first on, with inputs in memory and outputs to be put where targets say.
    let rec lower (buffers: ProgramBuffers) (first: int) (graph: Graph) (inputs: Stored[]) (targets: Stored voption[]) : Statement[] =
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
                        | Op.Slice(starts, _, strides) -> Stored.slice starts strides types[v].Shape (view definitions[v].Inputs[0])
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
                        | ValueSome kind ->
                            reductions.Add {
                                NestReduction.Kind = kind
                                Order = task.Order
                                Value = lanes[i]
                                Reduced = task.Reduced
                                Target = target
                            }

            if stores.Count + reductions.Count = 0 then
                [||]
            else
                [|
                    Statement.Nest(Nests.build first group.Extents (sources.ToArray()) (stores.ToArray()) (reductions.ToArray()))
                |]

        /// Updates added to x, or an entry written over its place, where the index says; x's memory becomes the result's.
        let scatter number (equation: Equation) axis replaces : Statement[] =
            let x = view equation.Inputs[0]
            let updates = types[equation.Inputs[1]].Shape

            if Array.contains 0 updates then
                [||]
            else
                let extents = updates |> Array.filter (fun extent -> extent <> 1)
                let struct (sources, lane) = elements number extents
                let needs = Tasks.scattered axis types equation
                let struct (_, point) = needs[0]
                let value = lane needs[0]
                let index = lane needs[1]
                let rank = types[equation.Inputs[2]].Shape.Length

                let place = Array.concat [ point[.. axis - 1]; [| Index.constant extents.Length 0 |]; point[axis + rank ..] ]

                [|
                    Statement.Accumulate {
                        Axes = extents |> Array.mapi (fun k extent -> { Variable = first + k; Extent = extent })
                        Sources = sources.ToArray()
                        Target = Stored.access first place x
                        Index = index
                        Count = x.Type.Shape[axis]
                        Stride = x.Strides[axis]
                        Value = value
                        Replaces = replaces
                    }
                |]

        /// The places where a loop's body leaves its new carries; none for those it passes through.
        let freshCarries (loop: Loop) =
            Array.init loop.Carries (fun i ->
                let v = loop.Body.Outputs[i]
                if v = loop.Constants + i then ValueNone else ValueSome(buffers.Workspace loop.Body.Types[v]))

        /// A loop's results are its carries' memory, or copies where that memory was exchanged.
        let results (equation: Equation) (carries: Stored[]) (exchanged: bool[]) : Statement[] = [|
            for struct (i, struct (_, result)) in Demands.carriesOf equation.Op |> Array.mapi (fun i c -> struct (i, c)) do
                let v = equation.Outputs[result]

                match demands.Targets[v] with
                | ValueSome target when exchanged[i] ->
                    storage[v] <- ValueSome target
                    yield! Statements.copy first carries[i] target
                | ValueSome target ->
                    storage[v] <- ValueSome target
                    buffers.Join(carries[i].Buffer, target.Buffer)
                | ValueNone -> storage[v] <- ValueSome carries[i]
        |]

        let repeated (equation: Equation) (loop: Loop) : Statement[] =
            let operands = Loop.parts loop (equation.Inputs |> Array.map view)
            let carries = operands.Carries
            let fresh = freshCarries loop

            /// The body and what it exchanged, its loops numbered from the first on.
            let body first (slices: Stored[]) (stacks: Stored voption[]) =
                let body =
                    lower buffers first loop.Body (Parts.join { operands with Inputs = slices }) (Array.append fresh stacks)

                Carries.settle buffers true first body carries fresh

            match loop.Condition with
            | ValueSome condition ->
                let flag = buffers.Workspace { DType = DType.Bool; Shape = Shape.scalar }
                let test = lower buffers first condition (Parts.join operands) [| ValueSome flag |]
                let struct (body, exchanged) = body first [||] [||]
                let bound = ValueOption.defaultValue 0 loop.Length
                Array.append [| Statement.RepeatWhile(test, Stored.start flag, bound, body) |] (results equation carries exchanged)
            | ValueNone when loop.Length.Value = 0 -> results equation carries (Array.zeroCreate carries.Length)
            | ValueNone ->
                let stacks = (Loop.results loop equation.Outputs).Inputs
                let entry stored = Stored.entry first loop.Reverse stored

                let struct (body, exchanged) =
                    body (first + 1) (Array.map entry operands.Inputs) (stacks |> Array.map (fun v -> ValueSome(entry (view v))))

                Array.append [| Statement.Repeat(first, loop.Length.Value, body) |] (results equation carries exchanged)

        let opaque number (equation: Equation) : Statement[] =
            let isEmpty = equation.Outputs |> Array.forall (fun v -> Array.contains 0 types[v].Shape)

            match equation.Op with
            | Op.Loop loop -> repeated equation loop
            | _ when isEmpty -> [||]
            | Op.Switch branches ->
                let carried = Demands.carriesOf equation.Op
                let operands = equation.Inputs[1..] |> Array.map view
                let carries = carried |> Array.map (fun (struct (i, _)) -> operands[i - 1])
                let index = Stored.start (view equation.Inputs[0])

                let isCarried k = carried |> Array.exists (fun (struct (_, result)) -> result = k)

                let outputs = equation.Outputs |> Array.mapi (fun k v -> if isCarried k then ValueNone else ValueSome(view v))

                let branch (body: Graph) =
                    let targets = Array.copy outputs

                    for struct (i, k) in carried do
                        if body.Outputs[k] <> i - 1 then
                            targets[k] <- ValueSome(buffers.Workspace body.Types[body.Outputs[k]])

                    let fresh = carried |> Array.map (fun (struct (_, k)) -> targets[k])
                    let statements = lower buffers first body operands targets

                    let struct (statements, _) = Carries.settle buffers false first statements carries fresh

                    statements

                let chosen = Statement.Choose(index, Array.map branch branches)
                Array.append [| chosen |] (results equation carries (Array.zeroCreate carries.Length))
            | Op.Dot axes ->
                Opaque.product buffers first axes (view equation.Inputs[0]) (view equation.Inputs[1]) (view equation.Outputs[0])
            | Op.Transpose permutation ->
                let turned = Stored.transpose permutation (view equation.Inputs[0])
                Statements.copy first turned (view equation.Outputs[0])
            | Op.CumulativeSum(axis, reverse) ->
                Opaque.cumulativeSum buffers first axis reverse (view equation.Inputs[0]) (view equation.Outputs[0])
            | Op.Scatter axis
            | Op.Update axis ->
                let replaces = equation.Op.IsUpdate

                Array.append (scatter number equation axis replaces) (results equation [| view equation.Inputs[0] |] [| false |])
            | op ->
                let place v = struct (Stored.start (view v), types[v])

                [| Statement.Kernel(op, Array.map place equation.Inputs, Array.map place equation.Outputs) |]

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

        let inputs = Graphs.inputs graph |> Array.mapi (fun k tensor -> buffers.Input(k, tensor))

        let targets = Graphs.outputs graph |> Array.mapi (fun k tensor -> ValueSome(buffers.Output(k, tensor)))

        let body = lower buffers 0 graph inputs targets
        struct (buffers, body)
