// Recording: operations become immutable nodes that point at their operands. Staged programs and the linear maps of reverse mode are both read off them.
namespace Pipeline.Engine

open System.Collections.Generic
open System.Threading
open Pipeline

/// An operation that was recorded. Numbers grow from operands to results.
[<Sealed; AllowNullLiteral>]
type internal Node(number: int, op: Op, operands: Tensor[], types: TensorType[]) =
    member _.Number = number
    member _.Op = op
    member _.Operands = operands
    member _.Types = types
    /// Whether all operands have numbers below derivatives.
    member val HasBelow = false with get, set
    /// What those numbers make, once it is asked for.
    member val Below: Tensor[] = null with get, set

/// A result of a recorded operation, or a leaf (without a node), by its number among them.
[<Sealed; AllowNullLiteral>]
type internal Recorded(trace: Trace, node: Node, output: int, t: TensorType) =
    inherit Tensor(t, trace, null, ValueNone)
    member _.Node = node
    member _.Output = output

[<RequireQualifiedAccess>]
module internal Nodes =
    /// Whether there are numbers below derivatives; told without making any.
    let rec hasBelow (a: Tensor) : bool =
        match a with
        | :? Recorded as r -> not (isNull r.Node) && r.Node.HasBelow
        | _ when isNull a.Trace -> true
        | _ ->
            match a.Trace.Below a with
            | null -> false
            | below -> hasBelow below

    let private nodeOf (trace: Trace) (a: Tensor) : Node =
        match a with
        | :? Recorded as r when obj.ReferenceEquals(r.Trace, trace) -> r.Node
        | _ -> null

    /// The nodes that the tensors depend on, each after its operands, in an order that depends on the program alone (numbers depend on how
    /// threads take turns). Iterative: a million steps do not overflow the stack.
    let order (trace: Trace) (outputs: Tensor[]) : Node[] =
        let mutable last = -1

        for output in outputs do
            let node = nodeOf trace output
            if not (isNull node) then last <- max last node.Number

        let ordered: Node[] = Array.zeroCreate (last + 1)
        let mutable count = 0
        let pending: Node[] = Array.zeroCreate (last + 1)
        let mutable depth = 0
        /// By number: how many operands have been entered, and 1; 0 for a node that has not been met.
        let entered: int[] = Array.zeroCreate (last + 1)

        for output in outputs do
            let mutable next = output

            while not (isNull next) do
                let node = nodeOf trace next

                if not (isNull node) && entered[node.Number] = 0 then
                    entered[node.Number] <- 1
                    pending[depth] <- node
                    depth <- depth + 1

                next <- null

                while isNull next && depth > 0 do
                    let node = pending[depth - 1]
                    let operand = entered[node.Number] - 1

                    if operand = node.Operands.Length then
                        ordered[count] <- node
                        count <- count + 1
                        depth <- depth - 1
                    else
                        entered[node.Number] <- operand + 2
                        next <- node.Operands[operand]

        if count = ordered.Length then ordered else Array.sub ordered 0 count

/// A trace that records. Nothing is appended to shared lists, so that threads do not meet and what no result needs is collected.
[<Sealed>]
type internal Recorder(name: string, linear: bool) =
    inherit Trace()
    let mutable nodes = 0
    let mutable leaves = 0
    /// Whether it records tangents, for reverse mode to transpose.
    member _.IsLinear = linear
    override _.Name = name

    /// Whether it records a branch in which what is known is computed at once.
    member val IsBranch = false with get, set

    /// Of a branch: what the numbers below derivatives of captured tensors make, where there are such of all; by it a choice within is decided.
    override this.Below tensor =
        match tensor with
        | :? Recorded as r when not (isNull r.Node) && r.Node.HasBelow ->
            for node in Nodes.order this [| tensor |] do
                if isNull node.Below then
                    node.Below <- Branching.Outside(fun () -> Primitive.apply node.Op (node.Operands |> Array.map _.Below))

            r.Node.Below[r.Output]
        | _ -> null

    member private this.Node(op, operands, types) =
        Node(Interlocked.Increment &nodes - 1, op, operands, types, HasBelow = (this.IsBranch && operands |> Array.forall Nodes.hasBelow))

    member this.Leaf(t: TensorType) = Recorded(this, null, Interlocked.Increment &leaves - 1, t)
    member _.LeafCount = leaves

    override this.Process(op, operands) =
        CancellationScope.Check()
        let given = Array.zeroCreate operands.Length
        let mutable weak = true

        for i in 0 .. operands.Length - 1 do
            given[i] <- operands[i].Type
            weak <- weak && operands[i].Weak

        let types = Typing.infer op given
        let node = this.Node(op, operands, types)
        let results: Tensor[] = Array.zeroCreate types.Length

        for i in 0 .. types.Length - 1 do
            results[i] <- Recorded(this, node, i, types[i], Weak = weak)

        results

    override this.Single(op, a, b) =
        CancellationScope.Check()

        let struct (operands, t, weak) =
            if isNull b then
                struct ([| a |], Typing.ofOne op a.Type, a.Weak)
            else
                struct ([| a; b |], Typing.ofTwo op a.Type b.Type, a.Weak && b.Weak)

        Recorded(this, this.Node(op, operands, [| t |]), 0, t, Weak = weak)

    override _.Read(tensor, operation) =
        raise (
            TracedValueException
                $"{operation}: a tensor of {DType.name tensor.DType}{Shape.text tensor.Dims} inside a {name} function has no number while the function is being recorded. Choose between values with Where, between computations with Cond or While, or do this outside the function."
        )

[<RequireQualifiedAccess>]
module internal Record =
    let isLinear (a: Tensor) =
        match a.Trace with
        | :? Recorder as recorder -> recorder.IsLinear
        | _ -> false

    /// The closed program from the leaves to the outputs, and the tensors that it captures: they are its inputs after the leaves.
    /// Numbers of the program's text become constants; tensors of other traces become inputs, and so do arrays unless they are embedded.
    let private read (embed: bool) (trace: Recorder) (leaves: Tensor[]) (outputs: Tensor[]) : Graph * Tensor[] =
        let nodes = Nodes.order trace outputs
        let captured = ResizeArray<Tensor>()
        let isOwn (a: Tensor) = obj.ReferenceEquals(a.Trace, trace)

        let isText (a: Tensor) = isNull a.Trace && (embed || a.Literal || a.Recipe.IsSome)

        let slots = Dictionary<Tensor, int>(HashIdentity.Reference)
        leaves |> Array.iteri (fun i leaf -> slots[leaf] <- i)

        let capture (a: Tensor) =
            if not (isOwn a) && not (isText a) && not (slots.ContainsKey a) then
                slots[a] <- leaves.Length + captured.Count
                captured.Add a

        for node in nodes do
            Array.iter capture node.Operands

        Array.iter capture outputs
        let types = ResizeArray<TensorType>()

        for leaf in leaves do
            types.Add leaf.Type

        for a in captured do
            types.Add a.Type

        let equations = ResizeArray<Equation>()
        let first = Dictionary<Node, int>(HashIdentity.Reference)

        let define op inputs (results: TensorType[]) =
            let start = types.Count
            types.AddRange results

            equations.Add { Op = op; Inputs = inputs; Outputs = [| start .. start + results.Length - 1 |] }

            start

        let variable (a: Tensor) =
            match slots.TryGetValue a with
            | true, v -> v
            | _ ->
                match a with
                | :? Recorded as r when isOwn a -> first[r.Node] + r.Output
                | _ ->
                    let v =
                        if a.Recipe.IsSome then
                            define a.Recipe.Value [||] [| a.Type |]
                        else
                            // A literal: one number, repeated.
                            let array = a.Array

                            let uniform = Array.forall2 (fun stride size -> stride = 0 || size = 1) array.Strides array.Shape

                            if uniform && array.Size > 0 then
                                let scalar = NDArray.view a.DType [||] [||] array.Data array.Offset
                                let constant = define (Op.Constant scalar) [||] [| Typing.tensor a.DType [||] |]

                                if a.Rank = 0 then constant else define (Op.Broadcast(a.Dims, [||])) [| constant |] [| a.Type |]
                            else
                                define (Op.Constant array) [||] [| a.Type |]

                    slots[a] <- v
                    v

        for node in nodes do
            let inputs = node.Operands |> Array.map variable
            first[node] <- define node.Op inputs node.Types

        let results = outputs |> Array.map variable

        {
            InputCount = leaves.Length + captured.Count
            Equations = equations.ToArray()
            Outputs = results
            Types = types.ToArray()
        },
        captured.ToArray()

    /// What a user's function captures may differ from call to call: its arrays become inputs.
    let graph trace leaves outputs = read false trace leaves outputs

    /// What a rule makes of a closed graph: arrays that it computes on the way come from the graph's own constants.
    let ofRule trace leaves outputs = read true trace leaves outputs

    /// An array that operations make from nothing, as one that is made when it is first needed: graphs hold the operations.
    let recipe (name: string) (f: (Op -> Tensor) -> Tensor) : Tensor =
        let trace = Recorder(name, false)
        let result = f (fun op -> trace.Process(op, [||])[0])
        let program, _ = ofRule trace [||] [| result |]
        trace.Ended <- true
        Primitive.ofRecipe (Op.Call(CallKind.Compiled, program))

    /// Whether the row is related to the column, over the last two axes: a mask of triangles.
    let triangle (relation: Relation) (shape: int[]) : Tensor =
        recipe "Triangle" (fun make ->
            let along axis = make (Op.Iota(DType.Int32, shape, axis))

            Primitive.compare relation (along (shape.Length - 2)) (along (shape.Length - 1)))

    let private run read (name: string) (types: TensorType[]) (f: Tensor[] -> Tensor[]) : Graph * Tensor[] =
        let trace = Recorder(name, false)
        let leaves = types |> Array.map (fun t -> trace.Leaf t :> Tensor)
        let outputs = f leaves
        let result = read trace leaves outputs
        trace.Ended <- true
        result

    /// Stages a function of tensors of the given types. The trace has ended when this returns.
    let stage name types f : Graph * Tensor[] = run graph name types f

    /// Stages what a rule makes of a closed graph: it captures no tensor of a trace.
    let closed name types f : Graph =
        let graph, captured = Branching.Outside(fun () -> run ofRule name types f)

        if captured.Length > 0 then
            invalidOp $"{name}: a closed program captured {captured.Length} tensors."

        graph

    /// The closed body of a loop, from its inputs part by part.
    let body name (types: Parts<TensorType>) (f: Parts<Tensor> -> Tensor[]) : Graph =
        closed name (Parts.join types) (fun inputs -> f (Parts.like types inputs))
