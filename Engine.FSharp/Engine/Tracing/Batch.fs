// Batching: a leading axis that the function does not see.
module internal rec Pipeline.Engine.Batch

open Pipeline

/// A tensor with a hidden leading axis.
[<Sealed; AllowNullLiteral>]
type internal Batched(trace: Trace, value: Tensor) =
    inherit Tensor(Typing.tensor value.DType (Array.tail value.Dims), trace, null, ValueNone)
    member _.Value = value

/// Batching in progress.
[<Sealed>]
type internal Batching(size: int) =
    inherit Trace()
    override _.Name = "Vectorized"

    override _.Read(tensor, operation) =
        raise (
            TracedValueException
                $"{operation}: a tensor of {DType.name tensor.DType}{Shape.text tensor.Dims} inside a vectorized function stands for {size} of them and has no single number. Choose between values with Where, or between computations with Cond or While."
        )

    override this.Process(op, operands) =
        let batched = operands |> Array.map this.Owns

        let values = operands |> Array.map (fun a -> if this.Owns a then (a :?> Batched).Value else a)

        let results, mask = rule size op values batched

        Array.map2 (fun (value: Tensor) hidden -> if hidden then this.Hide value else value) results mask

    member this.Owns(a: Tensor) = obj.ReferenceEquals(a.Trace, this)
    member this.Hide(value: Tensor) : Tensor = Batched(this, value, Weak = value.Weak)

/// The tensor once for each of the batch.
let internal lead size (a: Tensor) : Tensor = Primitive.broadcast (Array.append [| size |] a.Dims) [| 1 .. a.Rank |] a

/// f over the leading axis of the arguments of the mask; the results' leading axis, and whether they have one.
let internal map size (f: Tensor[] -> Tensor[]) (arguments: Tensor[]) (mask: bool[]) : Tensor[] * bool[] =
    let trace = Batching size

    let outputs = f (Array.map2 (fun a m -> if m then trace.Hide a else a) arguments mask)

    let hidden = outputs |> Array.map trace.Owns

    let values = outputs |> Array.map (fun a -> if trace.Owns a then (a :?> Batched).Value else a)

    trace.Ended <- true
    values, hidden

let private memo = Memo<Graph, Graph>()

/// The graph over a leading axis of the inputs of the mask; all results of wanted get one.
let internal graph size (source: Graph) (mask: bool[]) (wanted: bool[]) : Graph =
    memo.Get(
        source,
        size,
        Array.append mask wanted,
        fun () ->
            let types =
                Array.map2
                    (fun (t: TensorType) m -> if m then Typing.tensor t.DType (Array.append [| size |] t.Shape) else t)
                    (Graphs.inputs source)
                    mask

            Record.closed "Vectorized" types (fun inputs ->
                let values, hidden = map size (Primitive.evaluateGraph source) inputs mask

                Array.mapi (fun i value -> if wanted[i] && not hidden[i] then lead size value else value) values)
    )

/// Which results of a graph vary over the batch when the inputs of the mask do.
let private varies (graph: Graph) (mask: bool[]) : bool[] =
    let varying = Graphs.depends graph mask
    graph.Outputs |> Array.map (fun v -> varying[v])

/// Operands with a leading axis where the mask says so but they lack one.
let private fill size (wanted: bool[]) (batched: bool[]) (values: Tensor[]) =
    Array.mapi (fun i (a: Tensor) -> if wanted[i] && not batched[i] then lead size a else a) values

/// The operands of a program that only the lanes of a mask reach: the others borrow those of the first that does.
let private borrowed (lanes: Tensor) (mask: bool[]) (operands: Tensor[]) : Tensor[] =
    let first = Primitive.apply1 (Op.Reduce(Reduction.ArgMax, [| 0 |])) (Primitive.convert DType.Int32 lanes)

    operands
    |> Array.mapi (fun i a ->
        if mask[i] then
            let other = Primitive.broadcast a.Dims [| 1 .. a.Rank - 1 |] (Primitive.gather 0 a first)

            Primitive.select (Primitive.broadcast a.Dims [| 0 |] lanes) a other
        else
            a)

let private anyOf (lanes: Tensor) : Tensor = Primitive.apply1 (Op.Reduce(Reduction.Maximum, [| 0 |])) (Primitive.convert DType.Int32 lanes)

/// The results of a mapped branch where lanes take it, and zeros where none does.
let private ofTakers (lanes: Tensor) (mapped: Graph) (mask: bool[]) (operands: Tensor[]) : Tensor[] =
    let idle =
        Record.closed "Switch" (Graphs.inputs mapped) (fun _ -> Graphs.outputs mapped |> Array.map Primitive.zeros)

    Primitive.apply (Op.Switch [| idle; mapped |]) (Array.append [| anyOf lanes |] (borrowed lanes mask operands))

let private selectLanes (lanes: Tensor) (yes: Tensor[]) (no: Tensor[]) : Tensor[] =
    Array.map2 (fun (yes: Tensor) (no: Tensor) -> Primitive.select (Primitive.broadcast no.Dims [| 0 |] lanes) yes no) yes no

/// The operation over a hidden leading axis of the operands of the mask.
let private rule (size: int) (op: Op) (values: Tensor[]) (batched: bool[]) : Tensor[] * bool[] =
    let all () = Array.create values.Length true

    let one op = [| Primitive.apply1 op values[0] |], [| true |]

    let shift axes = axes |> Array.map (fun axis -> axis + 1)

    match op with
    | Op.Map _
    | Op.Convert _
    | Op.Reinterpret _
    | Op.StopGradient
    | Op.Places _
    // Keys take leading axes as they are.
    | Op.Require _
    | Op.RandomBits _ -> Primitive.apply op values, [| true |]
    | Op.Routine routine -> batchRoutine size routine values batched
    | Op.Zip _
    | Op.Quotient
    | Op.Compare _
    | Op.Select -> Primitive.apply op (fill size (all ()) batched values), [| true |]
    | Op.Reduce(reduction, axes) -> one (Op.Reduce(reduction, shift axes))
    | Op.Norm axes -> one (Op.Norm(shift axes))
    | Op.Mean axes -> one (Op.Mean(shift axes))
    | Op.CumulativeSum(axis, reverse) -> one (Op.CumulativeSum(axis + 1, reverse))
    | Op.Broadcast(shape, axes) -> one (Op.Broadcast(Array.append [| size |] shape, Array.append [| 0 |] (shift axes)))
    | Op.Reshape shape -> one (Op.Reshape(Array.append [| size |] shape))
    | Op.Transpose permutation -> one (Op.Transpose(Array.append [| 0 |] (shift permutation)))
    | Op.Slice(starts, limits, strides) ->
        one (Op.Slice(Array.append [| 0 |] starts, Array.append [| size |] limits, Array.append [| 1 |] strides))
    | Op.Pad(low, high, interior) -> one (Op.Pad(Array.append [| 0 |] low, Array.append [| 0 |] high, Array.append [| 0 |] interior))
    | Op.Concatenate axis -> Primitive.apply (Op.Concatenate(axis + 1)) (fill size (all ()) batched values), [| true |]
    | Op.Gather axis ->
        let x, indices = values[0], values[1]

        if not batched[1] then
            [| Primitive.gather (axis + 1) x indices |], [| true |]
        elif not batched[0] then
            // x's axis becomes [size, indices]: bring the batch to the front.
            [| Primitive.moveAxis axis 0 (Primitive.gather axis x indices) |], [| true |]
        else
            // Lane b reads entry b * n + i of the batch and the axis merged into one.
            let front = Primitive.moveAxis (axis + 1) 1 x
            let n = front.Dims[1]
            let merged = Primitive.reshape (Array.append [| size * n |] front.Dims[2..]) front
            let flat = Primitive.gather 0 merged (offsetIndices size n indices)
            let lead = indices.Rank - 1
            // Axes: batch, indices, then the others: the indices go where the axis was.
            let rest = [| for i in 0 .. front.Rank - 3 -> 1 + lead + i |]

            let order = Array.concat [ [| 0 |]; rest[.. axis - 1]; [| for i in 1..lead -> i |]; rest[axis..] ]

            [| Primitive.transpose order flat |], [| true |]
    | Op.Scatter axis ->
        let filled = fill size [| true; true; false |] batched values
        let x, updates, indices = filled[0], filled[1], filled[2]

        if not batched[2] then
            [| Primitive.scatter (axis + 1) x updates indices |], [| true |]
        else
            let lead = indices.Rank - 1
            // Bring [batch, axis] and [batch, indices] to the front, scatter into [size * count], take it apart again.
            let front = Primitive.moveAxis (axis + 1) 1 x
            let count = front.Dims[1]

            let merged = Primitive.reshape (Array.append [| size * count |] front.Dims[2..]) front

            let order =
                Array.concat [
                    [| 0 |]
                    [| for i in 0 .. lead - 1 -> 1 + axis + i |]
                    [| for i in 0 .. axis - 1 -> 1 + i |]
                    [| 1 + axis + lead .. updates.Rank - 1 |]
                ]

            let flat = Primitive.scatter 0 merged (Primitive.transpose order updates) (offsetIndices size count indices)

            let split = Primitive.reshape front.Dims flat
            [| Primitive.moveAxis 1 (1 + axis) split |], [| true |]
    | Op.Update axis when not batched[2] ->
        let filled = fill size [| true; true; false |] batched values
        Primitive.apply (Op.Update(axis + 1)) filled, [| true |]
    | Op.Update axis ->
        // Every lane replaces an entry of its own.
        let filled = fill size (all ()) batched values
        let x, entry, index = filled[0], filled[1], filled[2]
        let last = Primitive.fillLike index (float (x.Dims[axis + 1] - 1))

        let clamped = Primitive.zip Zip.Minimum (Primitive.zip Zip.Maximum index (Primitive.fillLike index 0.0)) last

        let number = Primitive.iota index.DType x.Dims (axis + 1)

        let here = Primitive.compare Relation.Equal number (Primitive.broadcast x.Dims [| 0 |] clamped)

        let others = Array.removeAt (axis + 1) [| 0 .. x.Rank - 1 |]
        [| Primitive.select here (Primitive.broadcast x.Dims others entry) x |], [| true |]
    | Op.Dot axes ->
        if batched[0] && batched[1] || axes.Batch > 0 then
            let values = fill size (all ()) batched values

            let batchedAxes = { Batch = axes.Batch + 1; ContractLeft = shift axes.ContractLeft; ContractRight = shift axes.ContractRight }

            [| Primitive.dot batchedAxes values[0] values[1] |], [| true |]
        elif batched[0] then
            [| Primitive.dot { axes with ContractLeft = shift axes.ContractLeft } values[0] values[1] |], [| true |]
        else
            let product = Primitive.dot { axes with ContractRight = shift axes.ContractRight } values[0] values[1]

            let leftFree = values[0].Rank - axes.ContractLeft.Length
            [| Primitive.moveAxis leftFree 0 product |], [| true |]
    | Op.Loop loop ->
        let struct (mapped, mask, wanted, _) = batchLoop size loop batched
        let operands = Loop.parts loop (fill size (Parts.join mask) batched values)
        let results = Primitive.apply (Op.Loop mapped) (Parts.join (behindSteps 0 1 mask operands)) |> Loop.results loop
        let wanted = Loop.results loop wanted
        Parts.join (behindSteps 1 0 wanted results), Parts.join wanted
    | Op.Switch branches ->
        let inner = batched[1..]

        if not batched[0] then
            let wanted = branches |> Array.map (fun b -> varies b inner) |> Array.reduce (Array.map2 (||))

            Primitive.apply (Op.Switch(branches |> Array.map (fun b -> graph size b inner wanted))) values, wanted
        else
            // Every branch runs; each lane keeps the results of its own.
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
                    let mapped = graph size b inner wanted

                    if last > 0 && size > 0 && Traits.mayFail b then
                        ofTakers (takes k) mapped inner values[1..]
                    else
                        Primitive.evaluateGraph mapped values[1..])

            let pick chosen k = selectLanes (takes k) results[k] chosen

            Seq.fold pick results[0] (seq { 1..last }), wanted
    | Op.Call(CallKind.Linear(known, transpose), body) ->
        let wanted = Array.create body.Outputs.Length true
        let linearCount = values.Length - known
        // The linear operands all vary: the transpose sums nothing over the batch.
        let mask = Array.init values.Length (fun i -> i >= known || batched[i])
        let filled = fill size mask batched values

        let given = Array.init transpose.InputCount (fun i -> i >= known || batched[i])
        let transposed = graph size transpose given (Array.create linearCount true)

        Primitive.apply (Op.Call(CallKind.Linear(known, transposed), graph size body mask wanted)) filled, wanted
    | Op.Call(CallKind.CustomForward rule, body) ->
        let isFloat = Graphs.inputs body |> Array.map (fun t -> DType.isFloat t.DType)

        let changing = [|
            for i in 0 .. batched.Length - 1 do
                if isFloat[i] then batched[i]
        |]

        let mapped = graph size rule (Array.append batched changing) (Array.create rule.Outputs.Length true)

        let wanted = Array.create body.Outputs.Length true
        Primitive.apply (Op.Call(CallKind.CustomForward mapped, graph size body batched wanted)) values, wanted
    | Op.Call(CallKind.CustomReverse(forward, backward), body) ->
        let wanted = Array.create body.Outputs.Length true

        let mappedForward = graph size forward batched (Array.create forward.Outputs.Length true)

        let mappedBackward =
            graph size backward (Array.create backward.InputCount true) (Array.create backward.Outputs.Length true)

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

        Primitive.apply (Op.Call(CallKind.CustomReverse(mappedForward, summed), graph size body batched wanted)) values, wanted
    | Op.Call(CallKind.Implicit(residual, batch), body) ->
        let count = body.Outputs.Length
        // The unknowns vary, and so does the starting point, which stands in their place.
        let mask = Array.append batched[.. batched.Length - count - 1] (Array.create count true)

        let mapped = graph size residual mask (Array.create residual.Outputs.Length true)
        let wanted = Array.create count true

        Primitive.apply (Op.Call(CallKind.Implicit(mapped, batch + 1), graph size body mask wanted)) (fill size mask batched values), wanted
    | Op.Call(CallKind.Rewound rewinding, _) -> batchRewound size rewinding values batched
    | Op.Call(kind, body) ->
        let wanted = varies body batched
        Primitive.apply (Op.Call(kind, graph size body batched wanted)) values, wanted
    | Op.Constant _
    | Op.Iota _ -> invalidOp $"{Typing.name op} has no operand to batch."

/// Leading axes are a batch to a routine.
let private batchRoutine size (routine: Routine) (values: Tensor[]) (batched: bool[]) : Tensor[] * bool[] =
    let op, last = Op.Routine routine, values.Length - 1

    match routine.Rule with
    | RoutineRule.Inverse _ when not (Array.contains true batched[.. last - 1]) ->
        // One matrix for all lanes: their right sides are its columns.
        let right = values[last]
        let behind = Primitive.moveAxis 0 (right.Rank - 1) right
        let columns = Array.append behind.Dims[.. behind.Rank - 3] [| behind.Dims[behind.Rank - 2] * size |]

        let solution =
            Primitive.apply op (Array.append values[.. last - 1] [| Primitive.reshape columns behind |])
            |> Array.head
            |> Primitive.reshape behind.Dims

        [| Primitive.moveAxis (behind.Rank - 1) 0 solution |], [| true |]
    | RoutineRule.Inverse _
    | RoutineRule.Constant
    | RoutineRule.Change _
    | RoutineRule.Choice _ ->
        let results = Primitive.apply op (fill size (Array.create values.Length true) batched values)
        results, Array.create results.Length true

/// Indices of the merged axes [size, count]: clamped within their own lane.
let private offsetIndices size count (indices: Tensor) : Tensor =
    let wide = Primitive.convert DType.Int64 indices
    let low = Primitive.zip Zip.Maximum wide (Primitive.fillLike wide 0.0)

    let clamped = Primitive.zip Zip.Minimum low (Primitive.fillLike wide (float (count - 1)))

    let starts =
        Record.recipe "Vectorized" (fun make ->
            let lane = make (Op.Iota(DType.Int64, indices.Dims, 0))
            Primitive.multiply lane (Primitive.fillLike lane (float count)))

    Primitive.add clamped starts

/// What is stacked with the axis moved from the front, where the batch is, behind the steps, or back.
let private behindSteps source target (mask: Parts<bool>) (items: Parts<Tensor>) : Parts<Tensor> = {
    items with
        Inputs = Array.map2 (fun m a -> if m then Primitive.moveAxis source target a else a) mask.Inputs items.Inputs
}

/// The loop over a hidden leading axis, behind the steps of what is stacked, with the masks of the operands and of the results that have it; and for
/// a predicate that varies, which lanes still run. Such a loop runs while any lane does; a lane that has finished keeps its carries, and its body
/// sees only those.
let private batchLoop size (loop: Loop) (batched: bool[]) : struct (Loop * Parts<bool> * bool[] * Graph voption) =
    let mask = Graphs.carriedBy (varies loop.Body) loop batched
    let parts = Loop.parts loop mask

    match loop.Condition with
    | ValueSome condition when (varies condition mask)[0] ->
        let parts = { parts with Carries = Array.map (fun _ -> true) parts.Carries }
        let mask = Parts.join parts
        let running = graph size condition mask [| true |]
        let step = graph size loop.Body mask parts.Carries
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
                        Body = graph size loop.Body mask wanted
                        Condition = condition |> ValueOption.map (fun test -> graph size test mask [| false |])
                },
                parts,
                wanted,
                ValueNone)

/// A lane that has finished takes no step back.
let private batchRewound size (rewinding: Rewinding) (values: Tensor[]) (batched: bool[]) =
    let { Loop = loop; Back = back } = rewinding
    let known = loop.Body.InputCount
    let struct (mapped, parts, _, running) = batchLoop size loop batched[.. known - 1]
    let mask = Array.append (Parts.join parts) (Array.create (values.Length - known) true)
    let wanted = Array.create back.Outputs.Length true
    let step = graph size back mask wanted

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
