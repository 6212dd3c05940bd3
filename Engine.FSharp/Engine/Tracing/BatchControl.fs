// Loops, choices and calls over a hidden leading axis, given how a graph is mapped over it.
module internal Pipeline.Engine.BatchControl

open Pipeline
open Pipeline.Engine.BatchLanes

/// The graph over a leading axis of the inputs of the first mask; all results of the second get one.
type internal GraphMap = Graph -> bool[] -> bool[] -> Graph

/// What is stacked with the axis moved from the front, where the batch is, behind the steps, or back.
let private behindSteps source target (mask: Parts<bool>) (items: Parts<Tensor>) : Parts<Tensor> = {
    items with
        Inputs = Array.map2 (fun m a -> if m then Primitive.moveAxis source target a else a) mask.Inputs items.Inputs
}

/// The loop over a hidden leading axis, behind the steps of what is stacked, with the masks of the operands and of the results that have it; and for
/// a predicate that varies, which lanes still run. Such a loop runs while any lane does; a lane that has finished keeps its carries, and its body
/// sees only those.
let private mapLoop (map: GraphMap) (loop: Loop) (batched: bool[]) : struct (Loop * Parts<bool> * bool[] * Graph voption) =
    let mask = Graphs.carriedBy (varies loop.Body) loop batched
    let parts = Loop.parts loop mask

    match loop.Condition with
    | ValueSome condition when (varies condition mask)[0] ->
        let parts = { parts with Carries = Array.map (fun _ -> true) parts.Carries }
        let mask = Parts.join parts
        let running = map condition mask [| true |]
        let step = map loop.Body mask parts.Carries
        let types = Graphs.inputs step

        let condition =
            Record.closed "While" types (fun inputs ->
                let lanes = Primitive.evaluateGraph running inputs
                let any = anyOf lanes[0]
                [| Primitive.compare Relation.Less (Primitive.fillLike any 0.0) any |])

        let body =
            Record.closed "While" types (fun inputs ->
                let lanes = (Primitive.evaluateGraph running inputs)[0]
                // A finished lane stays at the state where it finished: the body sees only that state, and its result is not taken.
                let seen = if Traits.mayFail loop.Body then borrowed lanes mask inputs else inputs

                selectLanes lanes (Primitive.evaluateGraph step seen) (Loop.parts loop inputs).Carries)

        struct ({ loop with Condition = ValueSome condition; Body = body }, parts, parts.Carries, ValueSome running)
    | condition ->
        let wanted = Parts.join { Loop.results loop (varies loop.Body mask) with Carries = parts.Carries }

        struct ({
                    loop with
                        Body = map loop.Body mask wanted
                        Condition = condition |> ValueOption.map (fun test -> map test mask [| false |])
                },
                parts,
                wanted,
                ValueNone)

/// The results of the loop, and which of them have a leading axis.
let throughLoop size map (loop: Loop) (values: Tensor[]) (batched: bool[]) : Tensor[] * bool[] =
    let struct (mapped, mask, wanted, _) = mapLoop map loop batched
    let operands = Loop.parts loop (fill size (Parts.join mask) batched values)
    let results = Primitive.apply (Op.Loop mapped) (Parts.join (behindSteps 0 1 mask operands)) |> Loop.results loop
    let wanted = Loop.results loop wanted
    Parts.join (behindSteps 1 0 wanted results), Parts.join wanted

/// A lane that has finished takes no step back.
let throughRewound size map (rewinding: Rewinding) (values: Tensor[]) (batched: bool[]) =
    let { Loop = loop; Back = back } = rewinding
    let known = loop.Body.InputCount
    let struct (mapped, parts, _, running) = mapLoop map loop batched[.. known - 1]
    let mask = Array.append (Parts.join parts) (Array.create (values.Length - known) true)
    let wanted = Array.create back.Outputs.Length true
    let step = map back mask wanted

    let mappedBack =
        match running with
        | ValueNone -> step
        | ValueSome running ->
            Record.closed "While" (Graphs.inputs step) (fun inputs ->
                let lanes = (Primitive.evaluateGraph running inputs[.. known - 1])[0]

                let seen = if Traits.mayFail back then borrowed lanes mask inputs else inputs

                // A loop with a condition stacks nothing: what comes back is what was given after the known operands.
                selectLanes lanes (Primitive.evaluateGraph step seen) inputs[known..])

    let results =
        fill size mask batched values
        |> Rewind.parts rewinding
        |> behindSteps 0 1 (Rewind.parts rewinding mask)
        |> Rewind.through { rewinding with Loop = mapped; Back = mappedBack }

    Parts.join (behindSteps 1 0 (Rewind.results rewinding wanted) results), wanted

/// The results of a mapped branch where lanes take it, and zeros where none does.
let private ofTakers (lanes: Tensor) (mapped: Graph) (mask: bool[]) (operands: Tensor[]) : Tensor[] =
    let idle =
        Record.closed "Switch" (Graphs.inputs mapped) (fun _ -> Graphs.outputs mapped |> Array.map Primitive.zeros)

    Primitive.apply (Op.Switch [| idle; mapped |]) (Array.append [| anyOf lanes |] (borrowed lanes mask operands))

/// One branch where all lanes agree; where they do not every branch runs, and each lane keeps the results of its own.
let throughSwitch size (map: GraphMap) (branches: Graph[]) (values: Tensor[]) (batched: bool[]) : Tensor[] * bool[] =
    let inner = batched[1..]

    if not batched[0] then
        let wanted = branches |> Array.map (fun b -> varies b inner) |> Array.reduce (Array.map2 (||))

        Primitive.apply (Op.Switch(branches |> Array.map (fun b -> map b inner wanted))) values, wanted
    else
        let last = branches.Length - 1
        let wanted = Array.create branches[0].Outputs.Length true
        let index = values[0]

        let takes k =
            let number = Primitive.fillLike index (float k)

            if k = 0 then Primitive.compare Relation.Less index (Primitive.fillLike index 1.0)
            elif k = last then Primitive.compare Relation.LessEqual number index
            else Primitive.compare Relation.Equal index number

        let results =
            branches
            |> Array.mapi (fun k b ->
                let mapped = map b inner wanted

                if last > 0 && size > 0 && Traits.mayFail b then
                    ofTakers (takes k) mapped inner values[1..]
                else
                    Primitive.evaluateGraph mapped values[1..])

        let pick chosen k = selectLanes (takes k) results[k] chosen

        Seq.fold pick results[0] (seq { 1..last }), wanted

let throughCall size (map: GraphMap) (kind: CallKind) (body: Graph) (values: Tensor[]) (batched: bool[]) : Tensor[] * bool[] =
    match kind with
    | CallKind.Linear(known, transpose) ->
        let wanted = Array.create body.Outputs.Length true
        let linearCount = values.Length - known
        // The linear operands all vary: the transpose sums nothing over the batch.
        let mask = Array.init values.Length (fun i -> i >= known || batched[i])
        let filled = fill size mask batched values

        let given = Array.init transpose.InputCount (fun i -> i >= known || batched[i])
        let transposed = map transpose given (Array.create linearCount true)

        Primitive.apply (Op.Call(CallKind.Linear(known, transposed), map body mask wanted)) filled, wanted
    | CallKind.CustomForward rule ->
        let isFloat = Graphs.inputs body |> Array.map (fun t -> DType.isFloat t.DType)

        let changing = [|
            for i in 0 .. batched.Length - 1 do
                if isFloat[i] then batched[i]
        |]

        let mapped = map rule (Array.append batched changing) (Array.create rule.Outputs.Length true)

        let wanted = Array.create body.Outputs.Length true
        Primitive.apply (Op.Call(CallKind.CustomForward mapped, map body batched wanted)) values, wanted
    | CallKind.CustomReverse(forward, backward) ->
        let wanted = Array.create body.Outputs.Length true

        let mappedForward = map forward batched (Array.create forward.Outputs.Length true)

        let mappedBackward =
            map backward (Array.create backward.InputCount true) (Array.create backward.Outputs.Length true)

        let isFloat = Graphs.inputs body |> Array.map (fun t -> DType.isFloat t.DType)

        let shared = [|
            for i in 0 .. batched.Length - 1 do
                if isFloat[i] then not batched[i]
        |]

        // What every lane shares collects the cotangents of all lanes.
        let summed =
            Record.closed "Vectorized" (Graphs.inputs mappedBackward) (fun inputs ->
                Primitive.evaluateGraph mappedBackward inputs
                |> Array.mapi (fun i ct -> if shared[i] then Primitive.sum [| 0 |] ct else ct))

        Primitive.apply (Op.Call(CallKind.CustomReverse(mappedForward, summed), map body batched wanted)) values, wanted
    | CallKind.Implicit(residual, batch) ->
        let count = body.Outputs.Length
        // The unknowns vary, and so does the starting point, which stands in their place.
        let mask = Array.append batched[.. batched.Length - count - 1] (Array.create count true)

        let mapped = map residual mask (Array.create residual.Outputs.Length true)
        let wanted = Array.create count true

        Primitive.apply (Op.Call(CallKind.Implicit(mapped, batch + 1), map body mask wanted)) (fill size mask batched values), wanted
    | CallKind.Rewound rewinding -> throughRewound size map rewinding values batched
    | CallKind.Compiled
    | CallKind.Checkpoint ->
        let wanted = varies body batched
        Primitive.apply (Op.Call(kind, map body batched wanted)) values, wanted
