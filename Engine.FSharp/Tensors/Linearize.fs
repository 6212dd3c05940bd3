// Forward mode as a transformation, and through operations with bodies: fused with the values where tangents are numbers,
// split into a value part and a linear part where tangents are recorded for reverse mode.
module internal rec Pipeline.Engine.Linearize

open Pipeline

/// Forward differentiation in progress.
[<Sealed>]
type internal Forward(name: string) =
    inherit Trace()
    override _.Name = name
    override _.Read(tensor, operation) = (tensor :?> Dual).Primal.Read operation

    override this.Process(op, operands) =
        let primals: Tensor[] = Array.zeroCreate operands.Length
        let tangents: Tensor[] = Array.zeroCreate operands.Length
        let mutable active = false

        for i in 0 .. operands.Length - 1 do
            match operands[i] with
            | :? Dual as dual when obj.ReferenceEquals(dual.Trace, this) ->
                primals[i] <- dual.Primal
                tangents[i] <- dual.Tangent
                active <- active || not (isNull dual.Tangent)
            | operand -> primals[i] <- operand

        if not active then
            Primitive.apply op primals
        else
            match op with
            | Op.Reduce(Reduction.Product, axes) -> [| Tangent.product axes operands[0] |]
            | _ ->
                let struct (values, changes) =
                    match op with
                    | Op.Scan scan -> throughScan scan primals tangents
                    | Op.While loop -> throughWhile loop primals tangents
                    | Op.Switch branches -> throughSwitch branches primals tangents
                    | Op.Call(kind, graph) -> throughCall kind graph primals tangents
                    | _ -> Tangent.rule op primals tangents

                for i in 0 .. values.Length - 1 do
                    values[i] <- this.Pair(values[i], changes[i])

                values

    member this.Pair(primal: Tensor, tangent: Tensor) : Tensor =
        if isNull tangent then
            primal
        else
            Dual(this, primal, tangent, Weak = primal.Weak)

    member this.Split(a: Tensor) : struct (Tensor * Tensor) =
        match a with
        | :? Dual as dual when obj.ReferenceEquals(dual.Trace, this) -> struct (dual.Primal, dual.Tangent)
        | _ -> struct (a, null)

/// f's values and their change along the tangents (null: zero), under a trace of its own.
let internal pushforward name (f: Tensor[] -> Tensor[]) (primals: Tensor[]) (tangents: Tensor[]) : Tensor[] * Tensor[] =
    let trace = Forward name
    let outputs = f (Array.map2 (fun p t -> trace.Pair(p, t)) primals tangents)
    let pairs = outputs |> Array.map trace.Split
    trace.Ended <- true
    pairs |> Array.map (fun (struct (p, _)) -> p), pairs |> Array.map (fun (struct (_, t)) -> t)

let private choose (mask: bool[]) (items: 'T[]) =
    [|
        for i in 0 .. items.Length - 1 do
            if mask[i] then
                items[i]
    |]

/// Items in the places of the mask, null elsewhere.
let private spread (mask: bool[]) (items: Tensor[]) : Tensor[] =
    let mutable next = -1

    mask
    |> Array.map (fun m ->
        if m then
            next <- next + 1
            items[next]
        else
            null)

let private present (tangents: Tensor[]) =
    tangents |> Array.map (fun t -> not (isNull t))

/// f's values, the stand-ins for the tangents of its float arguments (null: none), and the tangents of its results as recorded from them.
let private record
    (recorder: Recorder)
    name
    (f: Tensor[] -> Tensor[])
    (primals: Tensor[])
    : Tensor[] * Recorded[] * Tensor[] =
    let trace = Forward name

    let leaves =
        primals
        |> Array.map (fun p -> if DType.isFloat p.DType then recorder.Leaf p.Type else null)

    let outputs =
        f (Array.map2 (fun p (leaf: Recorded) -> trace.Pair(p, leaf)) primals leaves)

    let pairs = outputs |> Array.map trace.Split
    trace.Ended <- true
    pairs |> Array.map (fun (struct (p, _)) -> p), leaves, pairs |> Array.map (fun (struct (_, t)) -> t)

/// f's values, and the map from what its arguments had received before and cotangents of its results to cotangents of its arguments (null: zero).
let private pullbackOnto name (f: Tensor[] -> Tensor[]) (primals: Tensor[]) =
    let recorder = Recorder(name, true)
    let values, leaves, changes = record recorder name f primals
    let mask = leaves |> Array.map (fun leaf -> not (isNull leaf))

    values,
    fun (begun: Tensor[]) (cotangents: Tensor[]) ->
        spread mask (Transpose.walk recorder (choose mask leaves) (choose mask begun) changes cotangents)

/// f's values, and the map from cotangents of its results to those of its arguments (null: zero).
let internal pullback name (f: Tensor[] -> Tensor[]) (primals: Tensor[]) : Tensor[] * (Tensor[] -> Tensor[]) =
    let values, pull = pullbackOnto name f primals
    values, pull (Array.zeroCreate primals.Length)

/// A body's pullback for a loop run backwards: inputs @ cotangents of the wanted results @ sums so far of the active constants -> those sums and
/// the cotangents of the other active inputs.
let private stepBack name (body: Graph) constants (mask: bool[]) (wanted: bool[]) : Graph =
    let types = Graphs.inputs body
    let isSum = mask |> Array.mapi (fun i m -> m && i < constants)
    let cotangents = choose wanted (Graphs.outputs body)

    Record.closed name (Array.concat [ types; cotangents; choose isSum types ]) (fun inputs ->
        let _, pull =
            pullbackOnto "Gradient" (Primitive.evaluateGraph body) inputs[.. types.Length - 1]

        let given = Array.sub inputs types.Length cotangents.Length
        let begun = spread isSum inputs[types.Length + cotangents.Length ..]
        choose mask (Array.map2 Primitive.orZeros types (pull begun (spread wanted given))))

/// f's values, and the map from tangents of its arguments to those of its results (null: zero), which does not evaluate f again.
let internal linearize name (f: Tensor[] -> Tensor[]) (primals: Tensor[]) : Tensor[] * (Tensor[] -> Tensor[]) =
    let recorder = Recorder(name, true)
    let values, leaves, changes = record recorder name f primals
    let mask = leaves |> Array.map (fun leaf -> not (isNull leaf))
    let wanted = present changes
    let active = choose mask leaves |> Array.map (fun leaf -> leaf :> Tensor)
    let graph, captured = Record.graph recorder active (choose wanted changes)

    values,
    fun tangents ->
        let given =
            Array.map2 (fun (leaf: Tensor) t -> Primitive.orZeros leaf.Type t) active (choose mask tangents)

        spread wanted (Primitive.evaluateGraph graph (Array.append given captured))

let private recorded (tangents: Tensor[]) =
    tangents |> Array.exists (fun t -> not (isNull t) && Record.isLinear t)

/// A graph's values and tangents, with numbers for every tangent of the mask.
let private pushGraph (graph: Graph) (wanted: bool[]) (primals: Tensor[]) (tangents: Tensor[]) =
    let values, changes =
        pushforward "Derivative" (Primitive.evaluateGraph graph) primals tangents

    let types = Graphs.outputs graph

    values,
    [|
        for i in 0 .. wanted.Length - 1 do
            if wanted[i] then
                Primitive.orZeros types[i] changes[i]
    |]

let private forwardMemo = Memo<Graph>()

/// primals @ tangents of the mask -> results @ tangents of the wanted results.
let private forwardGraph (graph: Graph) (mask: bool[]) (wanted: bool[]) =
    forwardMemo.Get(
        graph,
        Array.append mask wanted,
        fun () ->
            let types = Graphs.inputs graph

            Record.closed "Derivative" (Array.append types (choose mask types)) (fun inputs ->
                let primals = inputs[.. types.Length - 1]

                let values, changes =
                    pushGraph graph wanted primals (spread mask inputs[types.Length ..])

                Array.append values changes)
    )

/// The values of a graph with what its linear part needs, and that linear part.
[<NoComparison; NoEquality>]
type internal Split =
    {
        /// inputs -> results @ residuals
        Value: Graph
        /// residuals (of Sources, in order) @ tangents of the mask -> tangents of the wanted results
        Linear: Graph
        /// Where each residual comes from: the input of that number, or -1: the next residual of Value.
        Sources: int[]
    }

let private splitMemo = Memo<Split>()

let private split (graph: Graph) (mask: bool[]) (wanted: bool[]) : Split =
    splitMemo.Get(
        graph,
        Array.append mask wanted,
        fun () ->
            let types = Graphs.inputs graph
            let stage = Recorder("Gradient", false)
            let inputs = types |> Array.map (fun t -> stage.Leaf t :> Tensor)
            let recorder = Recorder("Gradient", true)
            let leaves = choose mask types |> Array.map (fun t -> recorder.Leaf t :> Tensor)
            let values, changes = pushGraph graph wanted inputs (spread mask leaves)
            let linear, captured = Record.ofRule recorder leaves changes

            let sources =
                captured
                |> Array.map (fun a -> System.Array.FindIndex(inputs, fun leaf -> obj.ReferenceEquals(leaf, a)))

            let computed =
                captured
                |> Array.filter (fun a -> not (Array.exists (fun leaf -> obj.ReferenceEquals(leaf, a)) inputs))

            let value, rest = Record.ofRule stage inputs (Array.append values computed)

            if rest.Length > 0 then
                invalidOp "A closed graph captured a tensor while it was split."

            // The recorder's inputs are tangents @ residuals; put the residuals first.
            let count = captured.Length
            let residualTypes = captured |> Array.map _.Type
            let tangentTypes = leaves |> Array.map _.Type

            let ordered =
                Record.closed "Gradient" (Array.append residualTypes tangentTypes) (fun arguments ->
                    Primitive.evaluateGraph linear (Array.append arguments[count..] arguments[.. count - 1]))

            {
                Value = value
                Linear = ordered
                Sources = sources
            }
    )

let private residuals (split: Split) (inputs: Tensor[]) (computed: Tensor[]) =
    let mutable next = -1

    split.Sources
    |> Array.map (fun source ->
        if source >= 0 then
            inputs[source]
        else
            next <- next + 1
            computed[next])

let private floats (types: TensorType[]) =
    types |> Array.map (fun t -> DType.isFloat t.DType)

/// A rule of forward mode that the user gave: linear in the tangents, so it is its own derivative with respect to them at 0.
let private throughCustomForward
    (graph: Graph)
    (rule: Graph)
    (primals: Tensor[])
    (tangents: Tensor[])
    : struct (Tensor[] * Tensor[]) =
    let inputs, outputs = floats (Graphs.inputs graph), floats (Graphs.outputs graph)
    let count = graph.Outputs.Length
    let values = Primitive.apply (Op.Call(CallKind.CustomForward rule, graph)) primals

    let slope =
        Graphs.prune
            { rule with
                Outputs = rule.Outputs[count..]
            }

    let filled =
        Array.map2 (fun (p: Tensor) t -> Primitive.orZeros p.Type t) primals tangents
        |> choose inputs

    let changes =
        if recorded tangents then
            let zeros = filled |> Array.map (fun t -> Primitive.fillLike t 0.0)
            let operands = Array.append primals zeros

            let struct (_, changes) =
                throughCall CallKind.Compiled slope operands (Array.append (Array.zeroCreate primals.Length) filled)

            changes
        else
            Primitive.evaluateGraph slope (Array.append primals filled)

    struct (values, spread outputs changes)

let private transposedMemo = Memo<Graph>()

/// residuals @ tangents of the arguments -> changes of the results: the transpose of a backward function that the user gave. One that is not
/// linear in its cotangents (a clipped gradient) counts by its derivative at zero.
let private transposed (backward: Graph) (residuals: int) : Graph =
    transposedMemo.Get(
        backward,
        Array.init backward.InputCount (fun i -> i >= residuals),
        fun () ->
            let types = Graphs.inputs backward

            Record.closed "Derivative" (Array.append types[.. residuals - 1] (Graphs.outputs backward)) (fun inputs ->
                let zeros = types[residuals..] |> Array.map Primitive.zeros

                let _, pull =
                    pullback
                        "Derivative"
                        (fun cotangents ->
                            Primitive.evaluateGraph backward (Array.append inputs[.. residuals - 1] cotangents))
                        zeros

                Array.map2 Primitive.orZeros types[residuals..] (pull inputs[residuals..]))
    )

/// A rule of reverse mode that the user gave: a linear node whose transpose is the user's backward, and whose forward is the transpose of that.
let private throughCustomReverse
    (graph: Graph)
    (forward: Graph)
    (backward: Graph)
    (primals: Tensor[])
    (tangents: Tensor[])
    : struct (Tensor[] * Tensor[]) =
    let inputs, outputs = floats (Graphs.inputs graph), floats (Graphs.outputs graph)
    let count = graph.Outputs.Length

    // Where an older transformation sees the values, they keep their rule for it.
    let values, residuals =
        if primals |> Array.forall (fun p -> isNull p.Trace) then
            let results = Primitive.evaluateGraph forward primals
            results[.. count - 1], results[count..]
        else
            let kept =
                Graphs.prune
                    { forward with
                        Outputs = forward.Outputs[count..]
                    }

            Primitive.apply (Op.Call(CallKind.CustomReverse(forward, backward), graph)) primals,
            Primitive.evaluateGraph kept primals

    let filled =
        Array.map2 (fun (p: Tensor) t -> Primitive.orZeros p.Type t) primals tangents
        |> choose inputs

    let kind = CallKind.Linear(residuals.Length, backward, 0)

    let changes =
        Primitive.apply (Op.Call(kind, transposed backward residuals.Length)) (Array.append residuals filled)

    struct (values, spread outputs changes)

/// Tensors side by side: [batch.., n].
let internal joined batch (parts: Tensor[]) : Tensor =
    parts
    |> Array.map (fun a -> Primitive.reshape (Array.append a.Dims[.. batch - 1] [| Shape.size a.Dims[batch..] |]) a)
    |> Primitive.concatenate batch

/// [lead.., batch.., n] as tensors of the types, each with the leading axes.
let private apart batch (lead: int[]) (types: TensorType[]) (a: Tensor) : Tensor[] =
    let ends =
        types |> Array.map (fun t -> Shape.size t.Shape[batch..]) |> Array.scan (+) 0

    types
    |> Array.mapi (fun i t ->
        Primitive.sliceAxis (a.Rank - 1) ends[i] ends[i + 1] a
        |> Primitive.reshape (Array.append lead t.Shape))

/// A[batch.., i, k] = dF_i/dx_k, one push along each unknown.
let internal jacobian (residual: Graph) batch (known: Tensor[]) (x: Tensor[]) : Tensor =
    let types = Graphs.inputs residual
    let unknowns = types[known.Length ..]
    let n = unknowns |> Array.sumBy (fun t -> Shape.size t.Shape[batch..])
    let results = residual.Outputs.Length

    let pushed =
        forwardGraph residual (Array.init types.Length (fun i -> i >= known.Length)) (Array.create results true)

    let body =
        Graphs.prune
            { pushed with
                Outputs = pushed.Outputs[results..]
            }

    let identity =
        Primitive.convert unknowns[0].DType (Record.triangle Relation.Equal [| n; n |])

    let basis =
        identity
        |> Primitive.broadcast (Array.concat [ [| n |]; unknowns[0].Shape[.. batch - 1]; [| n |] ]) [| 0; batch + 1 |]
        |> apart batch [| n |] unknowns

    let columns =
        Primitive.apply
            (Op.Scan
                {
                    Body = body
                    Length = n
                    Reverse = false
                    Constants = types.Length
                    Carries = 0
                    Slots = 0
                })
            (Array.concat [ known; x; basis ])

    joined (batch + 1) columns
    |> Primitive.transpose (Array.append [| 1 .. batch + 1 |] [| 0 |])

/// solve A b in the shapes of the unknowns, for b in those of the residuals.
let private solved solve (residual: Graph) batch (known: Tensor[]) (x: Tensor[]) (right: Tensor[]) : Tensor[] =
    let b = joined batch right
    let column = Primitive.reshape (Array.append b.Dims [| 1 |]) b
    let unknowns = Graphs.inputs residual |> Array.skip known.Length

    solve (jacobian residual batch known x) column
    |> Primitive.reshape b.Dims
    |> apart batch [||] unknowns

let internal solveGeneral (a: Tensor) (b: Tensor) = Tensor.Apply1(Op.Solve false, a, b)

/// x - A^-1 F(known, x), A^-1 b being solve A b.
let internal newtonStepBy solve (residual: Graph) batch (known: Tensor[]) (x: Tensor[]) : Tensor[] =
    Primitive.evaluateGraph residual (Array.append known x)
    |> solved solve residual batch known x
    |> Array.map2 Primitive.subtract x

let internal newtonStep residual batch known x =
    newtonStepBy solveGeneral residual batch known x

/// dx = -A^-1 dF, dF being the change of F along the tangents of what is known: the steps of the search have no derivative.
let private throughImplicit (graph: Graph) (residual: Graph) batch (primals: Tensor[]) (tangents: Tensor[]) =
    let x = Primitive.apply (Op.Call(CallKind.Implicit(residual, batch), graph)) primals

    let count = primals.Length - x.Length
    let known = primals[.. count - 1]

    let _, changes =
        pushforward
            "Implicit"
            (Primitive.evaluateGraph residual)
            (Array.append known x)
            (Array.append tangents[.. count - 1] (Array.zeroCreate x.Length))

    if changes |> Array.forall isNull then
        struct (x, Array.zeroCreate x.Length)
    else
        let right = Array.map2 Primitive.orZeros (Graphs.outputs residual) changes
        struct (x, solved solveGeneral residual batch known x right |> Array.map Primitive.negate)

/// inputs @ a tangent of each float input -> the change of each float result, as the rule of the call says.
let internal changes kind (graph: Graph) : Graph =
    let types, results = Graphs.inputs graph, Graphs.outputs graph
    let mask = floats types

    Record.closed "Derivative" (Array.append types (choose mask types)) (fun inputs ->
        let struct (_, changes) =
            throughCall kind graph inputs[.. types.Length - 1] (spread mask inputs[types.Length ..])

        choose (floats results) (Array.map2 Primitive.orZeros results changes))

let private throughCall kind (graph: Graph) primals tangents : struct (Tensor[] * Tensor[]) =
    match kind with
    | CallKind.CustomForward rule -> throughCustomForward graph rule primals tangents
    | CallKind.CustomReverse(forward, backward) -> throughCustomReverse graph forward backward primals tangents
    | CallKind.Implicit(residual, batch) -> throughImplicit graph residual batch primals tangents
    | CallKind.Rewound(loop, back, sums) -> throughRewound loop back sums primals tangents
    | CallKind.Compiled
    | CallKind.Checkpoint
    | CallKind.Linear _ -> throughPlainCall kind graph primals tangents

let private throughPlainCall kind (graph: Graph) primals tangents : struct (Tensor[] * Tensor[]) =
    let mask = present tangents
    let wanted = Activity.outputs graph mask
    let count = graph.Outputs.Length
    let given = choose mask tangents

    if not (recorded tangents) then
        let kind =
            match kind with
            | CallKind.Linear _ -> CallKind.Checkpoint
            | other -> other

        let results =
            Primitive.apply (Op.Call(kind, forwardGraph graph mask wanted)) (Array.append primals given)

        struct (results[.. count - 1], spread wanted results[count..])
    else
        match kind with
        | CallKind.CustomForward _
        | CallKind.CustomReverse _
        | CallKind.Implicit _
        | CallKind.Rewound _
        | CallKind.Compiled ->
            let split = split graph mask wanted
            let results = Primitive.apply (Op.Call(kind, split.Value)) primals
            let operands = Array.append (residuals split primals results[count..]) given
            struct (results[.. count - 1], spread wanted (Primitive.apply (Op.Call(kind, split.Linear)) operands))
        | CallKind.Checkpoint
        | CallKind.Linear _ ->
            let values = Primitive.apply (Op.Call(kind, graph)) primals
            let types = Graphs.inputs graph
            let known = types.Length

            let forward =
                Graphs.prune
                    { forwardGraph graph mask wanted with
                        Outputs = (forwardGraph graph mask wanted).Outputs[count..]
                    }

            let kind =
                CallKind.Linear(known, stepBack "Gradient" graph known mask wanted, given.Length)

            let changes = Primitive.apply (Op.Call(kind, forward)) (Array.append primals given)

            struct (values, spread wanted changes)

let private throughSwitch (branches: Graph[]) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
    let index, primals = primals[0], primals[1..]
    let tangents = tangents[1..]
    let mask = present tangents

    let wanted =
        branches
        |> Array.map (fun b -> Activity.outputs b mask)
        |> Array.reduce (Array.map2 (||))

    let count = wanted.Length
    let given = choose mask tangents

    if not (recorded tangents) then
        let pushed = branches |> Array.map (fun b -> forwardGraph b mask wanted)

        let results =
            Primitive.apply (Op.Switch pushed) (Array.concat [ [| index |]; primals; given ])

        struct (results[.. count - 1], spread wanted results[count..])
    else
        // Every branch returns the computed residuals of all branches, zeros for those that are not its own.
        let splits = branches |> Array.map (fun b -> split b mask wanted)
        let computedTypes = splits |> Array.map (fun s -> (Graphs.outputs s.Value)[count..])
        let inputTypes = Graphs.inputs branches[0]

        let values =
            splits
            |> Array.mapi (fun i s ->
                Record.closed "Switch" inputTypes (fun inputs ->
                    let results = Primitive.evaluateGraph s.Value inputs

                    computedTypes
                    |> Array.mapi (fun j types ->
                        if i = j then
                            results[count..]
                        else
                            types |> Array.map Primitive.zeros)
                    |> Array.concat
                    |> Array.append results[.. count - 1]))

        let results = Primitive.apply (Op.Switch values) (Array.append [| index |] primals)
        let computed = results[count..]
        let starts = computedTypes |> Array.scan (fun start types -> start + types.Length) 0
        let knownTypes = Array.append inputTypes (Array.concat computedTypes)
        let tangentTypes = choose mask inputTypes

        let linear =
            splits
            |> Array.mapi (fun i s ->
                Record.closed "Switch" (Array.append knownTypes tangentTypes) (fun inputs ->
                    let own = Array.sub inputs (inputTypes.Length + starts[i]) computedTypes[i].Length
                    let operands = residuals s inputs[.. inputTypes.Length - 1] own
                    Primitive.evaluateGraph s.Linear (Array.append operands inputs[knownTypes.Length ..])))

        let changes =
            Primitive.apply (Op.Switch linear) (Array.concat [ [| index |]; primals; computed; given ])

        struct (results[.. count - 1], spread wanted changes)

/// The body of a scan from its inputs segment by segment.
let private closedOver (segments: TensorType[] list) (f: Tensor[][] -> Tensor[]) : Graph =
    Record.closed "Scan" (Array.concat segments) (fun inputs ->
        let starts = segments |> List.scan (fun start segment -> start + segment.Length) 0

        List.map2
            (fun start (segment: TensorType[]) -> Array.sub inputs start segment.Length)
            starts[.. segments.Length - 1]
            segments
        |> List.toArray
        |> f)

let private throughScan (scan: Scan) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
    let constants, carries = scan.Constants, scan.Carries
    let fixedCount = constants + carries
    let mask, wanted = Activity.carried scan (present tangents)
    let types = Graphs.inputs scan.Body

    let part (items: 'T[]) =
        items[.. constants - 1], Array.sub items constants carries, items[fixedCount..]

    let given =
        Array.mapi
            (fun i m ->
                if m then
                    Primitive.orZeros primals[i].Type tangents[i]
                else
                    null)
            mask

    let maskC, maskK, maskX = part mask
    let typesC, typesK, typesX = part types
    let givenC, givenK, givenX = part given
    let primalC, primalK, primalX = part primals
    let stacks = wanted.Length - carries
    let wantedK, wantedY = wanted[.. carries - 1], wanted[carries..]

    if not (recorded tangents) then
        let segments =
            [
                typesC
                choose maskC typesC
                typesK
                choose maskK typesK
                typesX
                choose maskX typesX
            ]

        let body =
            closedOver segments (fun parts ->
                let values = Array.concat [ parts[0]; parts[2]; parts[4] ]

                let changes =
                    Array.concat [ spread maskC parts[1]; spread maskK parts[3]; spread maskX parts[5] ]

                let results, pushed = pushGraph scan.Body wanted values changes
                let activeCarries = (choose wantedK wantedK).Length

                Array.concat
                    [
                        results[.. carries - 1]
                        pushed[.. activeCarries - 1]
                        results[carries..]
                        pushed[activeCarries..]
                    ])

        let activeCarries = (choose maskK maskK).Length

        let results =
            Primitive.apply
                (Op.Scan
                    { scan with
                        Body = body
                        Constants = constants + (choose maskC maskC).Length
                        Carries = carries + activeCarries
                    })
                (Array.concat
                    [
                        primalC
                        choose maskC givenC
                        primalK
                        choose maskK givenK
                        primalX
                        choose maskX givenX
                    ])

        let y = carries + activeCarries

        struct (Array.append results[.. carries - 1] results[y .. y + stacks - 1],
                Array.append (spread wantedK results[carries .. y - 1]) (spread wantedY results[y + stacks ..]))
    elif scan.Slots > 0 && scan.Length > 1 then
        // One linear node: forwards the scan with tangents, backwards the scan rewound.
        let all = primals |> Array.map _.Type

        let forward =
            Record.closed "Scan" (Array.append all (choose mask all)) (fun inputs ->
                let struct (values, changes) =
                    throughScan scan inputs[.. all.Length - 1] (spread mask inputs[all.Length ..])

                choose wanted (Array.map2 (fun (v: Tensor) c -> Primitive.orZeros v.Type c) values changes))

        let back = stepBack "Scan" scan.Body constants mask wanted
        let sums = (choose maskC maskC).Length

        let transpose = Rewind.ofScan scan back sums (choose maskK maskK).Length

        let changes =
            Primitive.apply
                (Op.Call(CallKind.Linear(all.Length, transpose, sums), forward))
                (Array.append primals (choose mask given))

        struct (Primitive.apply (Op.Scan scan) primals, spread wanted changes)
    else
        let split = split scan.Body mask wanted
        let outputs = wanted.Length
        // Each residual is constant over the steps (an input constant, or computed from constants alone: once, before the loop)
        // or a slice of a stack (an input's, or one that the steps leave behind).
        let varying =
            Graphs.depends split.Value (Array.init types.Length (fun i -> i >= constants))

        let mutable computed = outputs - 1

        let variables =
            split.Sources
            |> Array.map (fun source ->
                if source >= 0 then
                    source
                else
                    computed <- computed + 1
                    split.Value.Outputs[computed])

        let stacked =
            variables
            |> Array.filter (fun v -> varying[v] && not (v >= fixedCount && v < types.Length))

        let invariant =
            variables |> Array.filter (fun v -> not varying[v] && v >= types.Length)

        let body =
            Graphs.prune
                { split.Value with
                    Outputs = Array.append split.Value.Outputs[.. outputs - 1] stacked
                }

        let results = Primitive.apply (Op.Scan { scan with Body = body }) primals

        let invariants =
            if invariant.Length = 0 then
                [||]
            else
                // Only constants are read; the other inputs may be anything of their types.
                let arguments =
                    Array.init types.Length (fun i ->
                        if i < constants then
                            primals[i]
                        else
                            Primitive.zeros types[i])

                Primitive.evaluateGraph (Graphs.prune { split.Value with Outputs = invariant }) arguments

        let mutable nextStacked = outputs - 1
        let mutable nextInvariant = -1

        let sources =
            variables
            |> Array.map (fun v ->
                if v < constants || (v >= fixedCount && v < types.Length) then
                    struct (v < constants, primals[v])
                elif varying[v] then
                    nextStacked <- nextStacked + 1
                    struct (false, results[nextStacked])
                else
                    nextInvariant <- nextInvariant + 1
                    struct (true, invariants[nextInvariant]))

        let isFixed = sources |> Array.map (fun (struct (f, _)) -> f)
        let operands = sources |> Array.map (fun (struct (_, a)) -> a)
        let residualTypes = (Graphs.inputs split.Linear)[.. sources.Length - 1]

        let fixedTypes, stackedTypes =
            choose isFixed residualTypes, choose (Array.map not isFixed) residualTypes

        let segments =
            [
                fixedTypes
                choose maskC typesC
                choose maskK typesK
                stackedTypes
                choose maskX typesX
            ]

        let body =
            closedOver segments (fun parts ->
                let fixedResiduals = spread isFixed parts[0]
                let stackedResiduals = spread (Array.map not isFixed) parts[3]

                let all =
                    Array.map2 (fun (a: Tensor) b -> if isNull a then b else a) fixedResiduals stackedResiduals

                Primitive.evaluateGraph split.Linear (Array.concat [ all; parts[1]; parts[2]; parts[4] ]))

        let activeCarries = (choose maskK maskK).Length

        let changes =
            Primitive.apply
                (Op.Scan
                    { scan with
                        Body = body
                        Constants = fixedTypes.Length + (choose maskC maskC).Length
                        Carries = activeCarries
                    })
                (Array.concat
                    [
                        choose isFixed operands
                        choose maskC givenC
                        choose maskK givenK
                        choose (Array.map not isFixed) operands
                        choose maskX givenX
                    ])

        struct (results[.. outputs - 1],
                Array.append (spread wantedK changes[.. activeCarries - 1]) (spread wantedY changes[activeCarries..]))

/// A bounded while loop as a scan; steps after the last keep the carries.
let private whileAsScan (loop: While) : Scan =
    let types = Graphs.inputs loop.Body

    let body =
        Record.closed "While" types (fun inputs ->
            let running = (Primitive.evaluateGraph loop.Condition inputs)[0]
            let stay = Record.closed "While" types (fun inputs -> inputs[loop.Constants ..])

            Primitive.apply
                (Op.Switch [| stay; loop.Body |])
                (Array.append [| Primitive.convert DType.Int32 running |] inputs))

    {
        Body = body
        Length = loop.Bound
        Reverse = false
        Constants = loop.Constants
        Carries = types.Length - loop.Constants
        Slots = 0
    }

/// More steps than this are rewound, not saved.
let private savedSteps = 10000

/// How many steps a loop takes, where that can be known now; -1 where it is being staged, or where they are too many to save.
let private countSteps (loop: While) (primals: Tensor[]) : int =
    let types = Graphs.inputs loop.Body
    let counter = Typing.tensor DType.Int32 [||]
    let all = Array.append types [| counter |]

    let condition =
        Record.closed "While" all (fun inputs -> Primitive.evaluateGraph loop.Condition inputs[.. types.Length - 1])

    let body =
        Record.closed "While" all (fun inputs ->
            let count = inputs[types.Length]
            let next = Primitive.evaluateGraph loop.Body inputs[.. types.Length - 1]
            Array.append next [| Primitive.add count (Primitive.fillLike count 1.0) |])

    let rec value (a: Tensor) =
        match a with
        | :? Dual as dual -> value dual.Primal
        | _ -> a

    let values = primals |> Array.map value

    if values |> Array.exists (fun a -> not (isNull a.Trace)) then
        -1
    else
        let results =
            Primitive.apply
                (Op.While
                    { loop with
                        Condition = condition
                        Body = body
                    })
                (Array.append values [| Primitive.zeros counter |])

        let steps = int (Array.last results)
        if steps > savedSteps then -1 else steps

/// values and tangents in one loop.
let private whileForward (loop: While) (mask: bool[]) (wanted: bool[]) : While =
    let constants = loop.Constants
    let types = Graphs.inputs loop.Body
    let typesC, typesK = types[.. constants - 1], types[constants..]
    let maskC, maskK = mask[.. constants - 1], mask[constants..]
    let activeC = (choose maskC maskC).Length
    let all = Array.concat [ typesC; choose maskC typesC; typesK; choose maskK typesK ]
    let carries = typesK.Length

    let values (inputs: Tensor[]) =
        Array.append inputs[.. constants - 1] (Array.sub inputs (constants + activeC) carries)

    let condition =
        Record.closed "While" all (fun inputs -> Primitive.evaluateGraph loop.Condition (values inputs))

    let body =
        Record.closed "While" all (fun inputs ->
            let changes =
                Array.append
                    (spread maskC (Array.sub inputs constants activeC))
                    (spread maskK inputs[constants + activeC + carries ..])

            let results, pushed = pushGraph loop.Body wanted (values inputs) changes
            Array.append results pushed)

    { loop with
        Condition = condition
        Body = body
        Constants = constants + activeC
    }

let private throughWhile (loop: While) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
    let constants = loop.Constants
    let types = Graphs.inputs loop.Body
    let carries = types.Length - constants
    let wanted = Activity.whileCarries loop (present tangents)
    let mask = Array.append (present tangents[.. constants - 1]) wanted

    let given =
        Array.mapi
            (fun i m ->
                if m then
                    Primitive.orZeros primals[i].Type tangents[i]
                else
                    null)
            mask

    let maskC, maskK = mask[.. constants - 1], mask[constants..]

    let operands (primals: Tensor[]) (given: Tensor[]) =
        Array.concat
            [
                primals[.. constants - 1]
                choose maskC given[.. constants - 1]
                primals[constants..]
                choose maskK given[constants..]
            ]

    if not (recorded tangents) then
        let results =
            Primitive.apply (Op.While(whileForward loop mask wanted)) (operands primals given)

        struct (results[.. carries - 1], spread wanted results[carries..])
    else
        let steps = if loop.Bound > 0 then -1 else countSteps loop primals

        if steps >= 0 then
            throughScan
                {
                    Body = loop.Body
                    Length = steps
                    Reverse = false
                    Constants = constants
                    Carries = carries
                    Slots = 0
                }
                primals
                tangents
        elif loop.Bound > 0 then
            // The loop itself runs too, since only it notices that the bound was too low.
            let struct (_, changes) = throughScan (whileAsScan loop) primals tangents
            struct (Primitive.apply (Op.While loop) primals, changes)
        else
            // One linear node: forwards the loop with tangents, backwards the loop rewound.
            let activeTypes = choose mask types

            let forward =
                Record.closed "While" (Array.append types activeTypes) (fun inputs ->
                    let tangents = spread mask inputs[types.Length ..]

                    (Primitive.apply
                        (Op.While(whileForward loop mask wanted))
                        (operands inputs[.. types.Length - 1] tangents))[carries..])

            let back = stepBack "While" loop.Body constants mask wanted

            let sums = (choose maskC maskC).Length

            let transpose =
                Record.closed "While" (Graphs.inputs back) (Rewind.throughWhile loop back sums)

            let kind = CallKind.Linear(types.Length, transpose, sums)

            let changes =
                Primitive.apply (Op.Call(kind, forward)) (Array.append primals (choose mask given))

            struct (Primitive.apply (Op.While loop) primals, spread wanted changes)

/// The steps F and what takes one back, b = B(s, b'), linear in b'. Their change along tangents takes both together: (s, ds) and (b, db).
let private rewoundForward (loop: While) (back: Graph) sums (mask: bool[]) (wanted: bool[]) : While * Graph =
    let known = mask.Length
    let types = Graphs.inputs back
    let forward = whileForward loop mask wanted
    let all = Graphs.inputs forward.Body
    let constants, cotangents = loop.Constants, back.Outputs.Length - sums
    let activeConstants = (choose mask[.. constants - 1] mask[.. constants - 1]).Length

    let cotangentTypes, sumTypes =
        types[known .. known + cotangents - 1], types[known + cotangents ..]

    let givenTypes = Array.concat [ cotangentTypes; cotangentTypes; sumTypes; sumTypes ]

    let forwardBack =
        Record.closed "While" (Array.append all givenTypes) (fun inputs ->
            let start = constants + activeConstants
            let activeCarries = start + known - constants
            let given = inputs[all.Length ..]
            let sumsGiven = given[2 * cotangents ..]

            let values =
                Array.concat
                    [
                        inputs[.. constants - 1]
                        inputs[start .. activeCarries - 1]
                        given[.. cotangents - 1]
                        sumsGiven[.. sums - 1]
                    ]

            let changes =
                Array.concat
                    [
                        spread mask[.. constants - 1] inputs[constants .. start - 1]
                        spread mask[constants..] inputs[activeCarries .. all.Length - 1]
                        Array.sub given cotangents cotangents
                        sumsGiven[sums..]
                    ]

            let results, pushed =
                pushGraph back (Array.create back.Outputs.Length true) values changes

            Array.concat [ results[.. sums - 1]; pushed[.. sums - 1]; results[sums..]; pushed[sums..] ])

    forward, forwardBack

/// The transpose in the tangents, for cotangents g of the sums and c of b: c goes forwards with the state, c' = the pullback of B(s, .) of c, and
/// the cotangents of the state backwards with b: what F and B(., b') pull back. So it is a loop taken back as well.
let private rewoundTranspose (loop: While) (back: Graph) sums (mask: bool[]) (wanted: bool[]) : While * Graph =
    let known, constants = mask.Length, loop.Constants
    let types, results = Graphs.inputs back, Graphs.outputs back
    let cotangentTypes = types[known .. types.Length - sums - 1]
    // What the sums were before changes nothing but the sums.
    let fromZero = types[types.Length - sums ..] |> Array.map Primitive.zeros
    let start = constants + sums
    let carries = known - constants

    let all =
        Array.concat
            [
                types[.. constants - 1]
                results[.. sums - 1]
                types[constants .. known - 1]
                cotangentTypes
            ]

    let values (inputs: Tensor[]) =
        Array.append inputs[.. constants - 1] (Array.sub inputs start carries)

    let given (inputs: Tensor[]) =
        Array.append inputs[constants .. start - 1] (Array.sub inputs (start + carries) cotangentTypes.Length)

    let condition =
        Record.closed "While" all (fun inputs -> Primitive.evaluateGraph loop.Condition (values inputs))

    let body =
        Record.closed "While" all (fun inputs ->
            let s = values inputs

            let _, pull =
                pullback
                    "Gradient"
                    (fun b -> Primitive.evaluateGraph back (Array.concat [ s; b; fromZero ]))
                    (cotangentTypes |> Array.map Primitive.zeros)

            Array.append
                (Primitive.evaluateGraph loop.Body s)
                (Array.map2 Primitive.orZeros cotangentTypes (pull (given inputs))))

    let active =
        choose (Array.append (Array.zeroCreate constants) wanted) types[.. known - 1]

    let isSum = mask |> Array.mapi (fun i m -> m && i < constants)
    let sumTypes = choose isSum types[.. known - 1]

    let transposeBack =
        Record.closed "While" (Array.concat [ all; cotangentTypes; active; sumTypes ]) (fun inputs ->
            let s = values inputs
            let b = Array.sub inputs all.Length cotangentTypes.Length
            let last = inputs.Length - sumTypes.Length
            let cotangents = spread wanted inputs[all.Length + b.Length .. last - 1]
            let begun = spread isSum inputs[last..]

            let both, pull =
                pullbackOnto
                    "Gradient"
                    (fun s ->
                        Array.append
                            (Primitive.evaluateGraph loop.Body s)
                            (Primitive.evaluateGraph back (Array.concat [ s; b; fromZero ])))
                    s

            let pulled =
                pull begun (Array.append cotangents (given inputs))
                |> Array.map2 Primitive.orZeros types[.. known - 1]

            Array.concat
                [
                    choose mask[.. constants - 1] pulled[.. constants - 1]
                    both[carries + sums ..]
                    choose wanted pulled[constants..]
                ])

    { loop with
        Condition = condition
        Body = body
        Constants = start
    },
    transposeBack

let private throughRewound (loop: While) (back: Graph) sums (primals: Tensor[]) (tangents: Tensor[]) =
    let types, results = Graphs.inputs back, Graphs.outputs back
    let known, constants = (Graphs.inputs loop.Body).Length, loop.Constants
    let firstSum = types.Length - sums
    let cotangents = firstSum - known
    let wanted = Activity.whileCarries loop (present tangents[.. known - 1])
    let maskC = present tangents[.. constants - 1]
    let mask = Array.append maskC wanted
    let every = Array.append mask (Array.create (types.Length - known) true)

    let given =
        Array.mapi (fun i m -> if m then Primitive.orZeros types[i] tangents[i] else null) every

    let changes (primals: Tensor[]) (given: Tensor[]) =
        let forward, forwardBack = rewoundForward loop back sums mask wanted

        let changes =
            Rewind.throughWhile
                forward
                forwardBack
                (2 * sums)
                (Array.concat
                    [
                        primals[.. constants - 1]
                        choose maskC given[.. constants - 1]
                        primals[constants .. known - 1]
                        choose wanted given[constants .. known - 1]
                        primals[known .. firstSum - 1]
                        given[known .. firstSum - 1]
                        primals[firstSum..]
                        given[firstSum..]
                    ])

        let first = 2 * sums

        Array.append changes[.. sums - 1] changes[first .. first + cotangents - 1],
        Array.append changes[sums .. first - 1] changes[first + cotangents ..]

    if not (recorded tangents) then
        let values, changes = changes primals given
        struct (values, changes)
    else
        let forward =
            Record.closed "While" (Array.append types (choose every types)) (fun inputs ->
                let known = inputs[.. types.Length - 1]
                snd (changes known (spread every inputs[types.Length ..])))

        let transpose =
            Record.closed "While" (Array.append types results) (fun inputs ->
                let loop', back' = rewoundTranspose loop back sums mask wanted
                let given = inputs[types.Length ..]

                let operands =
                    Array.concat
                        [
                            inputs[.. constants - 1]
                            given[.. sums - 1]
                            inputs[constants .. known - 1]
                            given[sums..]
                        ]

                // What goes forwards ends as the cotangents of the operands that b began with; those of the sums are the sums'.
                let forwards = Primitive.apply (Op.While loop') operands
                let last = Array.append forwards[known - constants ..] given[.. sums - 1]

                if not (Array.contains true mask) then
                    last
                else
                    let zeros (mask: bool[]) (types: TensorType[]) =
                        choose mask types |> Array.map Primitive.zeros

                    let summed = (choose maskC maskC).Length

                    let pulled =
                        Rewind.throughWhile
                            loop'
                            back'
                            summed
                            (Array.concat
                                [
                                    operands
                                    inputs[known .. firstSum - 1]
                                    zeros wanted types[constants .. known - 1]
                                    zeros maskC types[.. constants - 1]
                                ])

                    let states = summed + cotangents
                    Array.concat [ pulled[.. summed - 1]; pulled[states..]; last ])

        let values = Rewind.throughWhile loop back sums primals

        let changes =
            Primitive.apply
                (Op.Call(CallKind.Linear(types.Length, transpose, 0), forward))
                (Array.append primals (choose every given))

        struct (values, changes)
