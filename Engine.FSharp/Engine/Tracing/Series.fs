// Taylor mode: every value is a truncated power series in one variable; n orders cost O(n^2), not 2^n.
module internal rec Pipeline.Engine.Series

open System.Collections.Generic
open Pipeline
open Pipeline.Engine.SeriesArithmetic
open Pipeline.Engine.SeriesOperands

/// A power series: coefficient k belongs to t^k; null is zero beyond order 0.
[<Sealed; AllowNullLiteral>]
type internal Expansion(trace: Trace, coefficients: Tensor[]) =
    inherit Tensor(coefficients[0].Type, trace, null, ValueNone)
    member _.Coefficients = coefficients

/// An expansion in progress.
[<Sealed>]
type internal Expanding(order: int) =
    inherit Trace()
    member _.Order = order
    override _.Name = "Taylor"

    override this.Read(tensor, operation) = this.RefuseToLoseDerivative(tensor.Type, operation)

    /// A series is its first coefficient as far as branches go.
    override _.Below tensor = (tensor :?> Expansion).Coefficients[0]

    member this.Owns(a: Tensor) = obj.ReferenceEquals(a.Trace, this)

    member this.Coefficients(a: Tensor) : Tensor[] =
        if this.Owns a then
            (a :?> Expansion).Coefficients
        else
            Array.init (order + 1) (fun k -> if k = 0 then a else null)

    member this.Wrap(coefficients: Tensor[]) : Tensor =
        if Array.forall isNull coefficients[1..] then
            coefficients[0]
        else
            Expansion(this, coefficients, Weak = coefficients[0].Weak)

    override this.Process(op, operands) = rule this op operands

/// f along curves: the coefficients of its results from those of its arguments.
let internal expand order (f: Tensor[] -> Tensor[]) (arguments: Tensor[][]) : Tensor[][] =
    let trace = Expanding order
    let outputs = f (arguments |> Array.map trace.Wrap)
    let results = outputs |> Array.map trace.Coefficients
    trace.Ended <- true
    results

/// A bilinear operation: the Cauchy product, with products beyond order 0 by `higher`.
let private cauchy order (zero: Tensor -> Tensor -> Tensor) (higher: Tensor -> Tensor -> Tensor) (a: Tensor[]) (b: Tensor[]) =
    Array.init (order + 1) (fun k ->
        if k = 0 then
            zero a[0] b[0]
        else
            let mutable sum = null

            for j in 0..k do
                if not (isNull a[j] || isNull b[k - j]) then sum <- Primitive.addSymbolic sum (higher a[j] b[k - j])

            sum)

let private rule (trace: Expanding) (op: Op) (operands: Tensor[]) : Tensor[] =
    let order = trace.Order
    let coefficients = operands |> Array.map trace.Coefficients
    let isFloat = DType.isFloat operands[0].DType
    let one (series: Tensor[]) = [| trace.Wrap series |]
    let all (y: Recurrence) = one (Array.init (order + 1) y.At)

    let zeroth () = Primitive.apply op (coefficients |> Array.map Array.head)

    /// An operation that is linear in the operands of the mask together.
    let linear (mask: bool[]) =
        let types = operands |> Array.map _.Type

        one (
            Array.init (order + 1) (fun k ->
                if Array.forall2 (fun m (series: Tensor[]) -> not m || isNull series[k]) mask coefficients then
                    null
                else
                    let arguments =
                        Array.mapi
                            (fun i (series: Tensor[]) -> if mask[i] then Primitive.orZeros types[i] series[k] else series[0])
                            coefficients

                    (Primitive.apply op arguments)[0])
        )

    match op with
    | Op.Map row when isFloat -> all (Recurrences().Map(row, given coefficients[0]))
    | Op.Zip zip when isFloat -> all (Recurrences().Zip(zip, given coefficients[0], given coefficients[1]))
    | Op.Quotient -> all (Recurrences().Quotient(given coefficients[0], given coefficients[1], given coefficients[2]))
    | Op.Norm axes -> all (Recurrences().Norm(axes, given coefficients[0]))
    | Op.Softmax(kind, axes) -> [| SoftmaxProgram.expand Primitive.step operands[0].DType operands[0].Dims kind axes operands[0] |]
    | Op.Select ->
        let condition = coefficients[0][0]
        let yes, no = coefficients[1], coefficients[2]
        one (Array.map2 (choose condition) yes no)
    | Op.Dot axes -> one (cauchy order (Primitive.dot axes) (Primitive.dot axes) coefficients[0] coefficients[1])
    | Op.Reduce(Reduction.Maximum, axes)
    | Op.Reduce(Reduction.Minimum, axes) ->
        // The winners at order 0 win at every order.
        let y = (zeroth ())[0]
        let x = coefficients[0]

        one (
            Array.init (order + 1) (fun k ->
                if k = 0 then
                    y
                elif isNull x[k] then
                    null
                else
                    let struct (_, change) = Tangent.rule op [| x[0] |] [| x[k] |]
                    change[0])
        )
    | Op.Reduce(Reduction.Product, axes) -> [| Tangent.product axes operands[0] |]
    | Op.Routine routine ->
        SeriesGraphs.ofRoutine expand (Recurrences()) routine (operands |> Array.map _.Type) (coefficients |> Array.map given)
        |> Array.map (fun y -> trace.Wrap(Array.init (order + 1) y.At))
    | Op.Loop loop -> throughLoop trace loop coefficients
    | Op.Switch branches ->
        let mask = isSeries coefficients[1..]

        let wanted = branches |> Array.map (fun b -> Activity.outputs b mask) |> Array.reduce (Array.map2 (||))

        let expanded = branches |> Array.map (fun b -> graph order b mask wanted)

        let inputs = Array.append [| coefficients[0][0] |] (flatten order mask coefficients[1..])

        unflatten trace wanted (Primitive.apply (Op.Switch expanded) inputs)
    | Op.Call((CallKind.CustomForward _ | CallKind.CustomReverse _) as kind, body) -> throughCustomRule trace kind body coefficients
    | Op.Call(CallKind.Implicit(residual, batch) as kind, body) -> throughImplicit trace kind residual batch body coefficients
    | Op.Call(CallKind.Rewound rewinding, _) -> throughRewound trace rewinding coefficients
    | Op.Call((CallKind.Compiled | CallKind.Checkpoint | CallKind.Linear _) as kind, body) ->
        let mask = isSeries coefficients
        let wanted = Activity.outputs body mask

        let kind =
            match kind with
            | CallKind.Compiled -> CallKind.Compiled
            | CallKind.Linear _
            | CallKind.CustomForward _
            | CallKind.CustomReverse _
            | CallKind.Implicit _
            | CallKind.Rewound _
            | CallKind.Checkpoint -> CallKind.Checkpoint

        unflatten trace wanted (Primitive.apply (Op.Call(kind, graph order body mask wanted)) (flatten order mask coefficients))
    | Op.Map _
    | Op.Zip _
    | Op.Convert _
    | Op.Reduce _
    | Op.Mean _
    | Op.CumulativeSum _
    | Op.Broadcast _
    | Op.Reshape _
    | Op.Transpose _
    | Op.Slice _
    | Op.Pad _
    | Op.Concatenate _
    | Op.Gather _
    | Op.Scatter _
    | Op.Update _
    | Op.Constant _
    | Op.Compare _
    | Op.Reinterpret _
    | Op.Iota _
    | Op.RandomBits _
    | Op.Require _
    | Op.Places _
    | Op.StopGradient ->
        let traits = Traits.ofOp op operands.Length operands[0].DType
        if isNull traits.Linear || not isFloat then zeroth () else linear traits.Linear

/// y' = change(x, x') along the curve, where change is what the rule says: order k of y is order k - 1 of y', divided by k.
let private throughCustomRule (trace: Expanding) kind (body: Graph) (coefficients: Tensor[][]) : Tensor[] =
    let order = trace.Order

    let values = Primitive.apply (Op.Call(kind, body)) (coefficients |> Array.map Array.head)

    let times (factor: float) (a: Tensor) = if isNull a || factor = 1.0 then a else Primitive.multiply a (Primitive.fillLike a factor)

    let slopes =
        coefficients
        |> Array.filter (fun series -> DType.isFloat series[0].DType)
        |> Array.map (fun series ->
            Array.init order (fun k ->
                let slope = times (float (k + 1)) series[k + 1]

                if k = 0 then Primitive.orZeros series[0].Type slope else slope))

    let points = coefficients |> Array.map (fun series -> series[.. order - 1])

    let changes =
        expand (order - 1) (Primitive.evaluateGraph (Linearize.changes kind body)) (Array.append points slopes)

    let mutable next = -1

    values
    |> Array.map (fun value ->
        if DType.isFloat value.DType then
            next <- next + 1

            Array.init (order + 1) (fun k -> if k = 0 then value else times (1.0 / float k) changes[next].[k - 1])
            |> trace.Wrap
        else
            value)

/// F(known, x) = 0 along the curve: Newton's steps in series, each of which doubles the number of orders that are right.
let private throughImplicit (trace: Expanding) kind residual batch (body: Graph) (coefficients: Tensor[][]) : Tensor[] =
    let order = trace.Order

    let values = Primitive.apply (Op.Call(kind, body)) (coefficients |> Array.map Array.head)

    let count = coefficients.Length - values.Length

    let series (higher: int -> int -> Tensor) =
        values |> Array.mapi (fun i value -> Array.init (order + 1) (fun k -> if k = 0 then value else higher i k))

    let mutable x = series (fun _ _ -> null)
    let mutable right = 1

    while right <= order do
        let next =
            expand
                order
                (fun inputs -> Linearize.newtonStep residual batch inputs[.. count - 1] inputs[count..])
                (Array.append coefficients[.. count - 1] x)

        x <- series (fun i k -> next[i].[k])
        right <- 2 * right

    x |> Array.map trace.Wrap

let private unflatten (trace: Expanding) (wanted: bool[]) (values: Tensor[]) : Tensor[] =
    take trace.Order wanted values |> Array.map trace.Wrap

let private memo = Memo<Graph, Graph>()

/// The graph on coefficients: order + 1 inputs for each of the mask, as many results for each of wanted.
let private graph order (source: Graph) (mask: bool[]) (wanted: bool[]) : Graph =
    memo.Get(
        source,
        order,
        Array.append mask wanted,
        fun () ->
            Record.closed "Taylor" (expandTypes order mask (Graphs.inputs source)) (fun inputs ->
                expand order (Primitive.evaluateGraph source) (take order mask inputs) |> flatten order wanted)
    )

/// The loop on coefficients, with the masks of its operands and of its results.
let private expandLoop order (loop: Loop) (initial: bool[]) : struct (Loop * bool[] * bool[]) =
    let parts, wanted = Activity.ofLoop loop initial
    let mask = Parts.join parts

    let condition (test: Graph) =
        Record.closed "While" (expandTypes order mask (Graphs.inputs test)) (fun inputs ->
            Primitive.evaluateGraph test (take order mask inputs |> Array.map Array.head))

    struct ({
                loop with
                    Condition = ValueOption.map condition loop.Condition
                    Body = graph order loop.Body mask wanted
                    Constants = count order parts.Constants
                    Carries = count order parts.Carries
            },
            mask,
            wanted)

let private throughLoop (trace: Expanding) (loop: Loop) (coefficients: Tensor[][]) : Tensor[] =
    let struct (expanded, mask, wanted) = expandLoop trace.Order loop (isSeries coefficients)

    Primitive.apply (Op.Loop expanded) (flatten trace.Order mask coefficients) |> unflatten trace wanted

let private throughRewound (trace: Expanding) (rewinding: Rewinding) (coefficients: Tensor[][]) : Tensor[] =
    let order, back = trace.Order, rewinding.Back
    let own = Array.truncate rewinding.Loop.Body.InputCount coefficients
    let struct (loop, mask, _) = expandLoop order rewinding.Loop (isSeries own)
    let mask = Array.append mask (Array.create (coefficients.Length - own.Length) true)
    let wanted = Array.create back.Outputs.Length true

    let expanded = { Loop = loop; Back = graph order back mask wanted; Sums = rewinding.Sums * (order + 1) }

    flatten order mask coefficients
    |> Rewind.parts expanded
    |> Rewind.through expanded
    |> Parts.join
    |> unflatten trace wanted
