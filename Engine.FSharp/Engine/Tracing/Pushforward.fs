// Forward mode as a transformation, and the graphs that it makes of graphs. How it goes through operations with bodies, the files after this one say.
module internal Pipeline.Engine.Pushforward

open Pipeline
open Pipeline.Engine.Mask

/// How forward mode goes through operations with bodies: values and the change of each (null: none) along tangents (null: zero).
type internal BodyRules =
    abstract Through: op: Op * primals: Tensor[] * tangents: Tensor[] -> struct (Tensor[] * Tensor[])

/// Forward differentiation in progress.
[<Sealed>]
type internal Forward(name: string, rules: BodyRules) =
    inherit Trace()
    override _.Name = name

    override this.Read(tensor, operation) = this.RefuseToLoseDerivative(tensor.Type, operation)

    override _.Below tensor = (tensor :?> Dual).Primal

    override this.Process(op, operands) =
        let struct (primals, tangents) = this.SplitAll operands

        if tangents |> Array.forall isNull then
            Primitive.apply op primals
        else
            match op with
            | Op.Reduce(Reduction.Product, axes) -> [| Tangent.product axes operands[0] |]
            | _ ->
                let struct (values, changes) =
                    match op with
                    | Op.Loop _
                    | Op.Switch _
                    | Op.Call _ -> rules.Through(op, primals, tangents)
                    | _ -> Tangent.rule op primals tangents

                for i in 0 .. values.Length - 1 do
                    values[i] <- this.Pair(values[i], changes[i])

                values

    override this.Single(op, a, b) =
        let struct (x, ofX) = this.Split a

        match op with
        | Op.Map row when DType.isFloat a.DType ->
            let y = Tensor.Apply1(op, x)
            if isNull ofX then y else this.Pair(y, Tangent.ofMap row x y ofX)
        | Op.Zip zip when DType.isFloat a.DType ->
            match Zips.partials zip with
            | ValueSome slopes ->
                let struct (z, ofZ) = this.Split b
                let y = Tensor.Apply1(op, x, z)
                if isNull ofX && isNull ofZ then y else this.Pair(y, Tangent.ofZip slopes x z y ofX ofZ)
            | ValueNone -> base.Single(op, a, b)
        | _ -> base.Single(op, a, b)

    member this.Pair(primal: Tensor, tangent: Tensor) : Tensor =
        if isNull tangent then primal else Dual(this, primal, tangent, Weak = primal.Weak)

    member this.Split(a: Tensor) : struct (Tensor * Tensor) =
        match a with
        | :? Dual as dual when obj.ReferenceEquals(dual.Trace, this) -> struct (dual.Primal, dual.Tangent)
        | _ -> struct (a, null)

    member this.SplitAll(all: Tensor[]) : struct (Tensor[] * Tensor[]) =
        let primals, tangents = Array.zeroCreate all.Length, Array.zeroCreate all.Length

        for i in 0 .. all.Length - 1 do
            let struct (primal, tangent) = this.Split all[i]
            primals[i] <- primal
            tangents[i] <- tangent

        struct (primals, tangents)

let present (tangents: Tensor[]) = tangents |> Array.map (fun t -> not (isNull t))

let floats (types: TensorType[]) = types |> Array.map (fun t -> DType.isFloat t.DType)

let recorded (tangents: Tensor[]) = tangents |> Array.exists (fun t -> not (isNull t) && Record.isLinear t)

/// f's values and their change along the tangents (null: zero), under a trace of its own.
let pushforward (rules: BodyRules) name (f: Tensor[] -> Tensor[]) (primals: Tensor[]) (tangents: Tensor[]) : Tensor[] * Tensor[] =
    let trace = Forward(name, rules)
    let struct (values, changes) = trace.SplitAll(f (Array.map2 (fun p t -> trace.Pair(p, t)) primals tangents))
    trace.Ended <- true
    values, changes

/// f's values, the stand-ins for the tangents of its float arguments (null: none), and the tangents of its results as recorded from them.
let private record
    (rules: BodyRules)
    (recorder: Recorder)
    name
    (f: Tensor[] -> Tensor[])
    (primals: Tensor[])
    : Tensor[] * Recorded[] * Tensor[] =
    let trace = Forward(name, rules)

    let leaves = primals |> Array.map (fun p -> if DType.isFloat p.DType then recorder.Leaf p.Type else null)

    let struct (values, changes) =
        trace.SplitAll(f (Array.map2 (fun p (leaf: Recorded) -> trace.Pair(p, leaf)) primals leaves))

    trace.Ended <- true
    values, leaves, changes

/// f's values, and the map from what its arguments had received before and cotangents of its results to cotangents of its arguments (null: zero).
let pullbackOnto (rules: BodyRules) name (f: Tensor[] -> Tensor[]) (primals: Tensor[]) =
    let recorder = Recorder(name, true)
    let values, leaves, changes = record rules recorder name f primals
    let mask = leaves |> Array.map (fun leaf -> not (isNull leaf))

    values,
    fun (begun: Tensor[]) (cotangents: Tensor[]) ->
        spread mask (Transpose.walk recorder (choose mask leaves) (choose mask begun) changes cotangents)

/// f's values, and the map from cotangents of its results to those of its arguments (null: zero).
let pullback (rules: BodyRules) name (f: Tensor[] -> Tensor[]) (primals: Tensor[]) : Tensor[] * (Tensor[] -> Tensor[]) =
    let values, pull = pullbackOnto rules name f primals
    values, pull (Array.zeroCreate primals.Length)

/// f's values, and the map from tangents of its arguments to those of its results (null: zero), which does not evaluate f again.
let linearize (rules: BodyRules) name (f: Tensor[] -> Tensor[]) (primals: Tensor[]) : Tensor[] * (Tensor[] -> Tensor[]) =
    let recorder = Recorder(name, true)
    let values, leaves, changes = record rules recorder name f primals
    let mask = leaves |> Array.map (fun leaf -> not (isNull leaf))
    let wanted = present changes
    let active = choose mask leaves |> Array.map (fun leaf -> leaf :> Tensor)
    let graph, captured = Record.graph recorder active (choose wanted changes)

    values,
    fun tangents ->
        let given = Array.map2 (fun (leaf: Tensor) t -> Primitive.orZeros leaf.Type t) active (choose mask tangents)

        spread wanted (Primitive.evaluateGraph graph (Array.append given captured))

/// A graph's values and tangents, with numbers for every tangent of the mask.
let pushGraph (rules: BodyRules) (graph: Graph) (wanted: bool[]) (primals: Tensor[]) (tangents: Tensor[]) =
    let values, changes = pushforward rules "Derivative" (Primitive.evaluateGraph graph) primals tangents

    let types = Graphs.outputs graph

    values,
    [|
        for i in 0 .. wanted.Length - 1 do
            if wanted[i] then Primitive.orZeros types[i] changes[i]
    |]

let private forwardMemo = Memo<Graph, Graph>()

/// primals @ tangents of the mask -> results @ tangents of the wanted results.
let forwardGraph (rules: BodyRules) (graph: Graph) (mask: bool[]) (wanted: bool[]) =
    forwardMemo.Get(
        graph,
        Array.append mask wanted,
        fun () ->
            let types = Graphs.inputs graph

            Record.closed "Derivative" (Array.append types (choose mask types)) (fun inputs ->
                let primals = inputs[.. types.Length - 1]

                let values, changes = pushGraph rules graph wanted primals (spread mask inputs[types.Length ..])

                Array.append values changes)
    )

/// The values of a graph with what its linear part needs, and that linear part.
[<NoComparison; NoEquality>]
type internal Split = {
    /// inputs -> results @ residuals
    Value: Graph
    /// residuals (of Sources, in order) @ tangents of the mask -> tangents of the wanted results
    Linear: Graph
    /// Where each residual comes from: the input of that number, or -1: the next residual of Value.
    Sources: int[]
}

let private splitMemo = Memo<Graph, Split>()

let split (rules: BodyRules) (graph: Graph) (mask: bool[]) (wanted: bool[]) : Split =
    splitMemo.Get(
        graph,
        Array.append mask wanted,
        fun () ->
            let types = Graphs.inputs graph
            let stage = Recorder("Gradient", false)
            let inputs = types |> Array.map (fun t -> stage.Leaf t :> Tensor)
            let recorder = Recorder("Gradient", true)
            let leaves = choose mask types |> Array.map (fun t -> recorder.Leaf t :> Tensor)
            let values, changes = pushGraph rules graph wanted inputs (spread mask leaves)
            let linear, captured = Record.ofRule recorder leaves changes

            let sources =
                captured |> Array.map (fun a -> System.Array.FindIndex(inputs, fun leaf -> obj.ReferenceEquals(leaf, a)))

            let computed =
                captured |> Array.filter (fun a -> not (Array.exists (fun leaf -> obj.ReferenceEquals(leaf, a)) inputs))

            let value, rest = Record.ofRule stage inputs (Array.append values computed)

            if rest.Length > 0 then invalidOp "A closed graph captured a tensor while it was split."

            // The recorder's inputs are tangents @ residuals; put the residuals first.
            let count = captured.Length
            let residualTypes = captured |> Array.map _.Type
            let tangentTypes = leaves |> Array.map _.Type

            let ordered =
                Record.closed "Gradient" (Array.append residualTypes tangentTypes) (fun arguments ->
                    Primitive.evaluateGraph linear (Array.append arguments[count..] arguments[.. count - 1]))

            { Value = value; Linear = ordered; Sources = sources }
    )
