// Forward mode through loops: fused with the values where tangents are numbers; where they are recorded, split into a value part and a linear part,
// or one linear node whose transpose runs the steps again.
module internal Pipeline.Engine.ForwardLoop

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward
open Pipeline.Engine.ForwardCalls

let private name (loop: Loop) = Typing.name (Op.Loop loop)

/// A body with its tangents: each part followed by the tangents of the mask, each part of the results by those that are wanted.
let pushBody
    (rules: BodyRules)
    name
    (graph: Graph)
    (types: Parts<TensorType>)
    (mask: Parts<bool>)
    (results: Tensor[] -> Parts<Tensor>)
    wanted
    =
    Record.body name (Parts.beside types (chooseParts mask types)) (fun inputs ->
        let struct (values, changes) = Parts.apart types inputs

        let results', pushed =
            pushGraph rules graph (Parts.join wanted) (Parts.join values) (Parts.join (spreadParts mask changes))

        let results = results results'
        Parts.join (Parts.beside results (Parts.like (chooseParts wanted wanted) pushed)))

/// Values and tangents in one loop.
let push (rules: BodyRules) (loop: Loop) (mask: Parts<bool>) (wanted: bool[]) : Loop =
    let types = Loop.parts loop (Graphs.inputs loop.Body)
    let all = Parts.beside types (chooseParts mask types)

    let condition (test: Graph) =
        Record.body (name loop) all (fun inputs ->
            let struct (values, _) = Parts.apart types inputs
            Primitive.evaluateGraph test (Parts.join values))

    {
        loop with
            Body = pushBody rules (name loop) loop.Body types mask (Loop.results loop) (Loop.results loop wanted)
            Condition = ValueOption.map condition loop.Condition
            Constants = all.Constants.Length
            Carries = all.Carries.Length
    }

let private pushed rules (loop: Loop) (mask: Parts<bool>) (wanted: bool[]) (primals: Tensor[]) (given: Parts<Tensor>) =
    let both = push rules loop mask wanted
    let wanted = Loop.results loop wanted

    let struct (values, changes) =
        Primitive.apply (Op.Loop both) (Parts.join (Parts.beside (Loop.parts loop primals) given))
        |> Loop.results both
        |> Parts.apart wanted

    struct (Parts.join values, Parts.join (spreadParts wanted changes))

/// The steps once with what the changes need of them, and the changes as a loop that is linear.
let private split rules (loop: Loop) (mask: Parts<bool>) (wanted: bool[]) (primals: Tensor[]) (given: Parts<Tensor>) =
    let types = Graphs.inputs loop.Body
    let split = Pushforward.split rules loop.Body (Parts.join mask) wanted
    let inputs = Loop.parts loop [| 0 .. types.Length - 1 |]
    let isConstant v = Array.contains v inputs.Constants
    let isSlice v = Array.contains v inputs.Inputs
    let outputs = wanted.Length

    // Each residual is constant over the steps (an input constant, or computed from constants alone: once, before the loop)
    // or a slice of a stack (an input's, or one that the steps leave behind).
    let varying = Graphs.depends split.Value (Array.init types.Length (fun i -> not (isConstant i)))
    let mutable computed = outputs - 1

    let variables =
        split.Sources
        |> Array.map (fun source ->
            if source >= 0 then
                source
            else
                computed <- computed + 1
                split.Value.Outputs[computed])

    let stacked = variables |> Array.filter (fun v -> varying[v] && not (isSlice v))
    let invariant = variables |> Array.filter (fun v -> not (varying[v] || isConstant v))
    let body = Graphs.prune { split.Value with Outputs = Array.append split.Value.Outputs[.. outputs - 1] stacked }
    let results = Primitive.apply (Op.Loop { loop with Body = body }) primals

    let invariants =
        if invariant.Length = 0 then
            [||]
        else
            // Only constants are read; the other inputs may be anything of their types.
            let arguments = Array.init types.Length (fun i -> if isConstant i then primals[i] else Primitive.zeros types[i])

            Primitive.evaluateGraph (Graphs.prune { split.Value with Outputs = invariant }) arguments

    let stacks = System.Collections.Generic.Queue results[outputs..]
    let invariants = System.Collections.Generic.Queue invariants

    let residuals =
        variables
        |> Array.map (fun v ->
            if isConstant v || isSlice v then primals[v]
            elif varying[v] then stacks.Dequeue()
            else invariants.Dequeue())

    let isFixed = variables |> Array.map (fun v -> not varying[v])

    let residualParts (items: 'T[]) = {
        Constants = choose isFixed items
        Carries = [||]
        Inputs = choose (Array.map not isFixed) items
        Cotangents = [||]
        Sums = [||]
    }

    let residualTypes = residualParts (Array.truncate variables.Length (Graphs.inputs split.Linear))
    let all = Parts.beside residualTypes (chooseParts mask (Loop.parts loop types))

    let linear =
        Record.body (name loop) all (fun inputs ->
            let struct (residuals, changes) = Parts.apart residualTypes inputs

            let residuals =
                Array.map2
                    (fun (a: Tensor) b -> if isNull a then b else a)
                    (spread isFixed residuals.Constants)
                    (spread (Array.map not isFixed) residuals.Inputs)

            Primitive.evaluateGraph split.Linear (Array.append residuals (Parts.join changes)))

    let changes =
        Primitive.apply
            (Op.Loop { loop with Body = linear; Constants = all.Constants.Length; Carries = all.Carries.Length })
            (Parts.join (Parts.beside (residualParts residuals) given))

    struct (results[.. outputs - 1], spread wanted changes)

/// A bounded loop with a condition as one that is counted; steps after the last keep the carries.
let private guarded (loop: Loop) (condition: Graph) : Loop =
    let types = Graphs.inputs loop.Body
    let stay = Record.closed "While" types (fun inputs -> inputs[loop.Constants ..])

    Record.closed "While" types (fun inputs ->
        let running = (Primitive.evaluateGraph condition inputs)[0]
        Primitive.apply (Op.Switch [| stay; loop.Body |]) (Array.append [| Primitive.convert DType.Int32 running |] inputs))
    |> Loop.counted loop.Length.Value loop.Constants loop.Carries

/// More steps than this are rewound, not saved.
let private savedSteps = 10000

/// How many steps a loop takes, where that can be known now; -1 where it is being staged, or where they are too many to save.
let private countSteps (loop: Loop) (primals: Tensor[]) : int =
    let rec value (a: Tensor) =
        match a with
        | :? Dual as dual -> value dual.Primal
        | _ -> a

    let values = primals |> Array.map value

    if values |> Array.exists (fun a -> not (isNull a.Trace)) then
        -1
    else
        let steps = int (Rewind.count loop values)
        if steps > savedSteps then -1 else steps

/// The loop from state to state, and a step of it taken back: its inputs, the cotangents of its wanted stacked results after its slices @ cotangents of
/// its wanted carries @ sums for its active constants -> cotangents of its active slices @ of its active carries @ those sums.
let private rewinding (rules: BodyRules) (loop: Loop) (mask: Parts<bool>) (wanted: bool[]) : Rewinding =
    let types = Loop.parts loop (Graphs.inputs loop.Body)
    let given = chooseParts (Loop.results loop wanted) (Loop.results loop (Graphs.outputs loop.Body))
    let all = { types with Inputs = Array.append types.Inputs given.Inputs }
    let next = Graphs.prune { loop.Body with Outputs = loop.Body.Outputs[.. loop.Carries - 1] }

    /// The inputs of the body, and the cotangents of its stacked results.
    let values (inputs: Parts<Tensor>) =
        let slices, cotangents = Array.splitAt types.Inputs.Length inputs.Inputs
        Array.concat [ inputs.Constants; inputs.Carries; slices ], cotangents

    let states = Record.body (name loop) all (fun inputs -> Primitive.evaluateGraph next (fst (values inputs)))

    let back =
        Record.body (name loop) { all with Cotangents = given.Carries; Sums = choose mask.Constants types.Constants } (fun inputs ->
            let values, cotangents = values inputs
            let _, pull = pullbackOnto rules "Gradient" (Primitive.evaluateGraph loop.Body) values
            let isSum = { Parts.map (Array.map (fun _ -> false)) mask with Constants = mask.Constants }

            let pulled =
                pull (spread (Parts.join isSum) inputs.Sums) (spread wanted (Array.append inputs.Cotangents cotangents))
                |> Array.map2 Primitive.orZeros (Parts.join types)
                |> Loop.parts loop
                |> chooseParts mask

            Array.concat [ pulled.Inputs; pulled.Carries; pulled.Constants ])

    { Loop = { loop with Body = states }; Back = back; Sums = (choose mask.Constants types.Constants).Length }

let private rewoundMemo = Memo<Loop, struct (Graph * Graph)>()

/// One linear node: forwards the loop with tangents, backwards the loop rewound.
let private rewound rules (loop: Loop) (mask: Parts<bool>) (wanted: bool[]) (primals: Tensor[]) (given: Parts<Tensor>) =
    let make () =
        let types = primals |> Array.map _.Type
        let changing = chooseParts mask (Loop.parts loop types)
        let results = chooseParts (Loop.results loop wanted) (Loop.results loop (Typing.infer (Op.Loop loop) types))

        let forward =
            Record.closed (name loop) (Array.append types (Parts.join changing)) (fun inputs ->
                let known, given = Array.splitAt types.Length inputs
                let struct (values, changes) = pushed rules loop mask wanted known (Parts.like changing given)
                choose wanted (Array.map2 (fun (v: Tensor) c -> Primitive.orZeros v.Type c) values changes))

        let rewinding = rewinding rules loop mask wanted

        let transpose =
            Record.closed (name loop) (Array.concat [ types; Parts.join results; Parts.join changing ]) (fun inputs ->
                let known, given = Array.splitAt types.Length inputs
                let given, received = Array.splitAt (Parts.join results).Length given
                let known, given, received = Loop.parts loop known, Parts.like results given, Parts.like changing received

                let pulled =
                    Rewind.through rewinding {
                        known with
                            Inputs = Array.append known.Inputs given.Inputs
                            Cotangents = given.Carries
                            Sums = received.Constants
                    }

                Array.concat [
                    pulled.Sums
                    Array.map2 Primitive.add received.Carries pulled.Cotangents
                    Array.map2 Primitive.add received.Inputs pulled.Inputs
                ])

        struct (forward, transpose)

    let struct (forward, transpose) = rewoundMemo.Get(loop, Array.append (Parts.join mask) wanted, make)
    let kind = CallKind.Linear(primals.Length, transpose)
    let changes = Primitive.apply (Op.Call(kind, forward)) (Array.append primals (Parts.join given))

    struct (Primitive.apply (Op.Loop loop) primals, spread wanted changes)

let throughLoop (rules: BodyRules) (loop: Loop) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
    let mask, wanted = Activity.ofLoop loop (present tangents)
    let given = givenParts mask (Loop.parts loop (primals |> Array.map _.Type)) (Loop.parts loop tangents)
    let through way loop = way rules loop mask wanted primals given

    if not (recorded tangents) then
        through pushed loop
    else
        match loop.Condition, loop.Length with
        | ValueNone, ValueSome length when loop.Slots = 0 || length <= 1 -> through split loop
        | ValueSome condition, ValueSome _ ->
            // The loop itself runs too, since only it notices that the bound was too low.
            let struct (_, changes) = through split (guarded loop condition)
            struct (Primitive.apply (Op.Loop loop) primals, changes)
        | ValueNone, _ -> through rewound loop
        | ValueSome _, ValueNone ->
            match countSteps loop primals with
            | -1 -> through rewound loop
            | steps -> through split (Loop.counted steps loop.Constants loop.Carries loop.Body)
