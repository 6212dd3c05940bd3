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

                Array.mapi (fun i value -> if wanted[i] && not hidden[i] then BatchLanes.lead size value else value) values)
    )

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
    | Op.Select -> Primitive.apply op (BatchLanes.fill size (all ()) batched values), [| true |]
    | Op.Reduce(reduction, axes) -> one (Op.Reduce(reduction, shift axes))
    | Op.Norm axes -> one (Op.Norm(shift axes))
    | Op.Softmax(kind, axes) -> one (Op.Softmax(kind, shift axes))
    | Op.Mean axes -> one (Op.Mean(shift axes))
    | Op.CumulativeSum(axis, reverse) -> one (Op.CumulativeSum(axis + 1, reverse))
    | Op.Broadcast(shape, axes) -> one (Op.Broadcast(Array.append [| size |] shape, Array.append [| 0 |] (shift axes)))
    | Op.Reshape shape -> one (Op.Reshape(Array.append [| size |] shape))
    | Op.Transpose permutation -> one (Op.Transpose(Array.append [| 0 |] (shift permutation)))
    | Op.Slice(starts, limits, strides) ->
        one (Op.Slice(Array.append [| 0 |] starts, Array.append [| size |] limits, Array.append [| 1 |] strides))
    | Op.Pad(low, high, interior) -> one (Op.Pad(Array.append [| 0 |] low, Array.append [| 0 |] high, Array.append [| 0 |] interior))
    | Op.Concatenate axis -> Primitive.apply (Op.Concatenate(axis + 1)) (BatchLanes.fill size (all ()) batched values), [| true |]
    | Op.Gather axis -> [| BatchIndexing.gather size axis values batched |], [| true |]
    | Op.Scatter axis -> [| BatchIndexing.scatter size axis values batched |], [| true |]
    | Op.Update axis -> [| BatchIndexing.update size axis values batched |], [| true |]
    | Op.Dot axes ->
        if batched[0] && batched[1] || axes.Batch > 0 then
            let values = BatchLanes.fill size (all ()) batched values

            let batchedAxes = { Batch = axes.Batch + 1; ContractLeft = shift axes.ContractLeft; ContractRight = shift axes.ContractRight }

            [| Primitive.dot batchedAxes values[0] values[1] |], [| true |]
        elif batched[0] then
            [| Primitive.dot { axes with ContractLeft = shift axes.ContractLeft } values[0] values[1] |], [| true |]
        else
            let product = Primitive.dot { axes with ContractRight = shift axes.ContractRight } values[0] values[1]

            let leftFree = values[0].Rank - axes.ContractLeft.Length
            [| Primitive.moveAxis leftFree 0 product |], [| true |]
    | Op.Loop loop -> BatchControl.throughLoop size (graph size) loop values batched
    | Op.Switch branches -> BatchControl.throughSwitch size (graph size) branches values batched
    | Op.Call(kind, body) -> BatchControl.throughCall size (graph size) kind body values batched
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
        let results = Primitive.apply op (BatchLanes.fill size (Array.create values.Length true) batched values)
        results, Array.create results.Length true
