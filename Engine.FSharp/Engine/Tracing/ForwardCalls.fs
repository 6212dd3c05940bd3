// Forward mode through calls, rules of their own included, and through choices between them.
module internal Pipeline.Engine.ForwardCalls

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward

let residuals (split: Split) (inputs: Tensor[]) (computed: Tensor[]) =
    let mutable next = -1

    split.Sources
    |> Array.map (fun source ->
        if source >= 0 then
            inputs[source]
        else
            next <- next + 1
            computed[next])

let private slopeMemo = Memo<Graph, Graph>()

/// A rule of forward mode that the user gave: linear in the tangents, so it is its own derivative with respect to them at 0.
let throughCustomForward
    (rules: BodyRules)
    (graph: Graph)
    (rule: Graph)
    (primals: Tensor[])
    (tangents: Tensor[])
    : struct (Tensor[] * Tensor[]) =
    let inputs, outputs = floats (Graphs.inputs graph), floats (Graphs.outputs graph)
    let count = graph.Outputs.Length
    let values = Primitive.apply (Op.Call(CallKind.CustomForward rule, graph)) primals

    let slope = slopeMemo.Get(rule, [||], fun () -> Graphs.prune { rule with Outputs = rule.Outputs[count..] })

    let filled = Array.map2 (fun (p: Tensor) t -> Primitive.orZeros p.Type t) primals tangents |> choose inputs

    let changes =
        if recorded tangents then
            let zeros = filled |> Array.map (fun t -> Primitive.fillLike t 0.0)
            let operands = Array.append primals zeros

            let struct (_, changes) =
                rules.Through(Op.Call(CallKind.Compiled, slope), operands, Array.append (Array.zeroCreate primals.Length) filled)

            changes
        else
            Primitive.evaluateGraph slope (Array.append primals filled)

    struct (values, spread outputs changes)

let private transposedMemo = Memo<Graph, Graph>()

/// residuals @ tangents of the arguments -> changes of the results: the transpose of a backward function that the user gave. One that is not
/// linear in its cotangents (a clipped gradient) counts by its derivative at zero.
let private transposed (rules: BodyRules) (backward: Graph) (residuals: int) : Graph =
    transposedMemo.Get(
        backward,
        Array.init backward.InputCount (fun i -> i >= residuals),
        fun () ->
            let types = Graphs.inputs backward

            Record.closed "Derivative" (Array.append types[.. residuals - 1] (Graphs.outputs backward)) (fun inputs ->
                let zeros = types[residuals..] |> Array.map Primitive.zeros

                let _, pull =
                    pullback
                        rules
                        "Derivative"
                        (fun cotangents -> Primitive.evaluateGraph backward (Array.append inputs[.. residuals - 1] cotangents))
                        zeros

                Array.map2 Primitive.orZeros types[residuals..] (pull inputs[residuals..]))
    )

let private accumulatingMemo = Memo<Graph, Graph>()

/// A backward function that the user gave, which adds to what its results' operands had received before.
let private accumulating (backward: Graph) : Graph =
    accumulatingMemo.Get(
        backward,
        [||],
        fun () ->
            Record.closed "Gradient" (Array.append (Graphs.inputs backward) (Graphs.outputs backward)) (fun inputs ->
                let given, received = Array.splitAt backward.InputCount inputs
                Array.map2 Primitive.add received (Primitive.evaluateGraph backward given))
    )

/// A rule of reverse mode that the user gave: a linear node whose transpose is the user's backward, and whose forward is the transpose of that.
let throughCustomReverse
    (rules: BodyRules)
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
            let kept = Graphs.prune { forward with Outputs = forward.Outputs[count..] }

            Primitive.apply (Op.Call(CallKind.CustomReverse(forward, backward), graph)) primals, Primitive.evaluateGraph kept primals

    let filled = Array.map2 (fun (p: Tensor) t -> Primitive.orZeros p.Type t) primals tangents |> choose inputs

    let kind = CallKind.Linear(residuals.Length, accumulating backward)

    let changes =
        Primitive.apply (Op.Call(kind, transposed rules backward residuals.Length)) (Array.append residuals filled)

    struct (values, spread outputs changes)

/// inputs @ cotangents of the wanted results @ what the inputs of the mask had received before -> what those have received then.
let private pullbackGraph (rules: BodyRules) (graph: Graph) (mask: bool[]) (wanted: bool[]) : Graph =
    let types = Graphs.inputs graph
    let cotangents = choose wanted (Graphs.outputs graph)

    Record.closed "Gradient" (Array.concat [ types; cotangents; choose mask types ]) (fun inputs ->
        let values, given = Array.splitAt types.Length inputs
        let given, received = Array.splitAt cotangents.Length given
        let _, pull = pullbackOnto rules "Gradient" (Primitive.evaluateGraph graph) values

        pull (spread mask received) (spread wanted given) |> Array.map2 Primitive.orZeros types |> choose mask)

let throughPlainCall (rules: BodyRules) kind (graph: Graph) primals tangents : struct (Tensor[] * Tensor[]) =
    let mask = present tangents
    let wanted = Activity.outputs graph mask
    let count = graph.Outputs.Length
    let given = choose mask tangents

    if not (recorded tangents) then
        let kind =
            match kind with
            | CallKind.Linear _ -> CallKind.Checkpoint
            | CallKind.Compiled
            | CallKind.Checkpoint -> kind
            | CallKind.CustomForward _
            | CallKind.CustomReverse _
            | CallKind.Implicit _
            | CallKind.Rewound _ -> invalidOp $"{kind} has a rule of its own."

        let results = Primitive.apply (Op.Call(kind, forwardGraph rules graph mask wanted)) (Array.append primals given)

        struct (results[.. count - 1], spread wanted results[count..])
    else
        match kind with
        | CallKind.CustomForward _
        | CallKind.CustomReverse _
        | CallKind.Implicit _
        | CallKind.Rewound _
        | CallKind.Compiled ->
            let split = split rules graph mask wanted
            let results = Primitive.apply (Op.Call(kind, split.Value)) primals
            let operands = Array.append (residuals split primals results[count..]) given
            struct (results[.. count - 1], spread wanted (Primitive.apply (Op.Call(kind, split.Linear)) operands))
        | CallKind.Checkpoint
        | CallKind.Linear _ ->
            let values = Primitive.apply (Op.Call(kind, graph)) primals
            let types = Graphs.inputs graph
            let known = types.Length

            let forward =
                Graphs.prune {
                    forwardGraph rules graph mask wanted with
                        Outputs = (forwardGraph rules graph mask wanted).Outputs[count..]
                }

            let kind = CallKind.Linear(known, pullbackGraph rules graph mask wanted)

            let changes = Primitive.apply (Op.Call(kind, forward)) (Array.append primals given)

            struct (values, spread wanted changes)

let throughSwitch (rules: BodyRules) (branches: Graph[]) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
    let index, primals = primals[0], primals[1..]
    let tangents = tangents[1..]
    let mask = present tangents

    let wanted = branches |> Array.map (fun b -> Activity.outputs b mask) |> Array.reduce (Array.map2 (||))

    let count = wanted.Length
    let given = choose mask tangents

    if not (recorded tangents) then
        let pushed = branches |> Array.map (fun b -> forwardGraph rules b mask wanted)

        let results = Primitive.apply (Op.Switch pushed) (Array.concat [ [| index |]; primals; given ])

        struct (results[.. count - 1], spread wanted results[count..])
    else
        // Every branch returns the computed residuals of all branches, zeros for those that are not its own.
        let splits = branches |> Array.map (fun b -> split rules b mask wanted)
        let computedTypes = splits |> Array.map (fun s -> (Graphs.outputs s.Value)[count..])
        let inputTypes = Graphs.inputs branches[0]

        let values =
            splits
            |> Array.mapi (fun i s ->
                Record.closed "Switch" inputTypes (fun inputs ->
                    let results = Primitive.evaluateGraph s.Value inputs

                    computedTypes
                    |> Array.mapi (fun j types -> if i = j then results[count..] else types |> Array.map Primitive.zeros)
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

        let changes = Primitive.apply (Op.Switch linear) (Array.concat [ [| index |]; primals; computed; given ])

        struct (results[.. count - 1], spread wanted changes)
