// Linear maps run backwards: the transpose of each operation that is linear in some operands, and the walk over a recorded linear map.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.Mask

[<RequireQualifiedAccess>]
module internal Transpose =
    let private memo = Memo<Graph, Graph>()

    /// Left: the operand of a dot that cotangents flow to; the other is known.
    let private dot (axes: DotAxes) (leftIsLinear: bool) (known: Tensor) (linearShape: int[]) (cotangent: Tensor) =
        let batch = axes.Batch

        let free (rank: int) (contracted: int[]) = [|
            for i in batch .. rank - 1 do
                if not (Array.contains i contracted) then i
        |]

        let mine, theirs =
            if leftIsLinear then
                axes.ContractLeft, axes.ContractRight
            else
                axes.ContractRight, axes.ContractLeft

        let myFree, theirFree = free linearShape.Length mine, free known.Rank theirs
        let batchAxes = [| 0 .. batch - 1 |]

        if leftIsLinear then
            // out[b, i, j] = sum_k l[b, i, k] r[b, j, k]: dl[b, i, k] = sum_j ct[b, i, j] r[b, j, k].
            let ctFree = [| batch + myFree.Length .. batch + myFree.Length + theirFree.Length - 1 |]

            let product = Primitive.dot { Batch = batch; ContractLeft = ctFree; ContractRight = theirFree } cotangent known
            // The product's axes: batch, my free ones, then the contracted ones in the order of the other operand's axes.
            let order = Array.sort theirs
            let position = Array.zeroCreate linearShape.Length
            batchAxes |> Array.iter (fun i -> position[i] <- i)
            myFree |> Array.iteri (fun i axis -> position[axis] <- batch + i)

            mine
            |> Array.iteri (fun i axis -> position[axis] <- batch + myFree.Length + System.Array.IndexOf(order, theirs[i]))

            Primitive.transpose position product
        else
            let ctFree = [| batch .. batch + theirFree.Length - 1 |]

            let product = Primitive.dot { Batch = batch; ContractLeft = theirFree; ContractRight = ctFree } known cotangent
            // The product's axes: batch, the contracted ones in the order of the other operand's axes, then my free ones.
            let order = Array.sort theirs
            let position = Array.zeroCreate linearShape.Length
            batchAxes |> Array.iter (fun i -> position[i] <- i)

            mine |> Array.iteri (fun i axis -> position[axis] <- batch + System.Array.IndexOf(order, theirs[i]))

            myFree |> Array.iteri (fun i axis -> position[axis] <- batch + mine.Length + i)
            Primitive.transpose position product

    let private isGiven (received: Tensor[]) = received |> Array.map (fun a -> not (isNull a))

    let private given (received: Tensor[]) = choose (isGiven received) received

    let private startedMemo = Memo<Graph, Graph>()

    /// A program that adds to some inputs, without those that are zeros: 0 + x is x.
    let private fromZero (program: Graph) (isGiven: bool[]) : Graph =
        startedMemo.Get(
            program,
            isGiven,
            fun () ->
                let apply (equation: Equation) (operands: Tensor[]) =
                    match equation.Op, operands with
                    | Op.Zip Zip.Add, ([| null; a |] | [| a; null |]) -> [| a |]
                    | op, _ -> Array.map2 (fun v a -> Primitive.orZeros program.Types[v] a) equation.Inputs operands |> Primitive.apply op

                Record.closed "Transpose" (choose isGiven (Typing.graphInputs program)) (fun inputs ->
                    Primitive.evaluateBy apply program (spread isGiven inputs)
                    |> Array.map2 Primitive.orZeros (Typing.graphOutputs program))
        )

    /// The cotangents of the linear operands (null where they are symbolically zero or the operand is known) from those of the results.
    /// Received: what the linear operands of an operation with bodies had received before (null: nothing), to which the results are added. The bodies
    /// of loops and branches add to it in place, where a sum of their own would be as large as the operand in every step.
    let rec rule (op: Op) (operands: Tensor[]) (linear: bool[]) (received: Tensor[]) (cotangents: Tensor[]) : Tensor[] =
        let ct = cotangents[0]
        let only (a: Tensor) = [| a |]

        let notLinear () = invalidOp $"{Typing.name op} is not linear in its operands {linear |> Array.toList}."

        match op with
        | Op.Zip Zip.Add -> linear |> Array.map (fun l -> if l then ct else null)
        | Op.Zip Zip.Subtract -> [| (if linear[0] then ct else null); (if linear[1] then Primitive.negate ct else null) |]
        | Op.Zip(Zip.Scale | Zip.Multiply as zip) when linear[0] <> linear[1] ->
            if linear[0] then
                [| Primitive.zip zip ct operands[1]; null |]
            else
                [| null; Primitive.zip zip ct operands[0] |]
        | Op.Zip Zip.Divide when linear[0] && not linear[1] -> [| Primitive.zip Zip.Divide ct operands[1]; null |]
        | Op.Quotient when linear[0] <> linear[1] && not linear[2] -> [|
            (if linear[0] then Primitive.quotient ct operands[1] operands[2] else null)
            (if linear[1] then Primitive.quotient ct operands[0] operands[2] else null)
            null
          |]
        | Op.Map row when row.IsLinear -> only (Primitive.map row ct)
        | Op.Convert _ -> only (Primitive.convert operands[0].DType ct)
        | Op.Select when not linear[0] ->
            let zero = Primitive.fillLike ct 0.0

            [|
                null
                (if linear[1] then Primitive.select operands[0] ct zero else null)
                (if linear[2] then Primitive.select operands[0] zero ct else null)
            |]
        | Op.Reduce(Reduction.Sum, axes) -> only (Primitive.broadcast operands[0].Dims (Shape.kept axes operands[0].Dims.Length) ct)
        | Op.Mean axes ->
            let count = float (Shape.count axes operands[0].Dims)
            let part = Primitive.zip Zip.Divide ct (Primitive.fillLike ct count)
            only (Primitive.broadcast operands[0].Dims (Shape.kept axes operands[0].Dims.Length) part)
        | Op.CumulativeSum(axis, reverse) -> only (Primitive.apply1 (Op.CumulativeSum(axis, not reverse)) ct)
        | Op.Broadcast(shape, axes) ->
            only (
                Primitive.sum
                    [|
                        for i in 0 .. shape.Length - 1 do
                            if not (Array.contains i axes) then i
                    |]
                    ct
            )
        | Op.Reshape _ -> only (Primitive.reshape operands[0].Dims ct)
        | Op.Transpose permutation ->
            let inverse = Array.zeroCreate permutation.Length
            permutation |> Array.iteri (fun i p -> inverse[p] <- i)
            only (Primitive.transpose inverse ct)
        | Op.Pad(low, _, interior) ->
            let shape = operands[0].Dims

            let limits =
                Array.init shape.Length (fun i -> if shape[i] = 0 then low[i] else low[i] + (shape[i] - 1) * (interior[i] + 1) + 1)

            only (Primitive.slice low limits (interior |> Array.map (fun n -> n + 1)) ct)
        | Op.Concatenate axis ->
            let mutable start = 0

            operands
            |> Array.mapi (fun i operand ->
                let size = operand.Dims[axis]
                let from = start
                start <- start + size

                if linear[i] then Primitive.sliceAxis axis from (from + size) ct else null)
        | Op.Scatter axis when not linear[2] -> [|
            (if linear[0] then ct else null)
            (if linear[1] then Primitive.gather axis ct operands[2] else null)
            null
          |]
        | Op.Update axis when not linear[2] ->
            // The replaced entry of x reaches no result.
            [|
                (if linear[0] then Primitive.update axis ct (Primitive.zeros operands[1].Type) operands[2] else null)
                (if linear[1] then Primitive.gather axis ct operands[2] else null)
                null
            |]
        | Op.Dot axes when linear[0] <> linear[1] ->
            if linear[0] then
                [| dot axes true operands[1] operands[0].Dims ct; null |]
            else
                [| null; dot axes false operands[0] operands[1].Dims ct |]
        | Op.Routine routine ->
            match routine.Rule with
            | RoutineRule.Inverse inverse when not (Array.contains true linear[.. linear.Length - 2]) ->
                let known = operands[.. operands.Length - 2]

                let right =
                    Primitive.evaluateGraph (inverse.Transpose(operands |> Array.map _.Type)) (Array.append known [| ct |])

                Array.append (Array.zeroCreate known.Length) right
            | RoutineRule.Inverse _
            | RoutineRule.Constant
            | RoutineRule.Change _
            | RoutineRule.Choice _ -> notLinear ()
        | Op.Loop { Condition = ValueSome _ } -> notLinear ()
        | Op.Loop loop -> transposeLoop loop operands linear received cotangents
        | Op.Switch branches when not linear[0] ->
            let inner = linear[1..]
            let received = received[1..]

            let transposed = branches |> Array.map (fun branch -> graph branch inner (isGiven received))

            let known = choose (Array.map not inner) operands[1..]

            let filled = Array.map2 Primitive.orZeros (Typing.graphOutputs branches[0]) cotangents

            let results =
                Primitive.apply (Op.Switch transposed) (Array.concat [ [| operands[0] |]; known; filled; given received ])

            spread linear results
        | Op.Call(CallKind.Linear(knownCount, transposed), body) ->
            if Array.contains true linear[.. knownCount - 1] then notLinear ()

            let filled = Array.map2 Primitive.orZeros (Typing.graphOutputs body) cotangents
            let inputs = Array.concat [ operands[.. knownCount - 1]; filled; received[knownCount..] ]

            // Plain zeros may stand in for tangents that are missing: such an operand is linear like the others.
            Primitive.apply (Op.Call(CallKind.Checkpoint, fromZero transposed (isGiven inputs))) (given inputs)
            |> Array.append (Array.zeroCreate knownCount)
        | Op.Call(kind, body) ->
            let filled = Array.map2 Primitive.orZeros (Typing.graphOutputs body) cotangents
            let known = choose (Array.map not linear) operands
            let transposed = graph body linear (isGiven received)
            spread linear (Primitive.apply (Op.Call(kind, transposed)) (Array.concat [ known; filled; given received ]))
        | Op.Zip _
        | Op.Quotient
        | Op.Norm _
        | Op.Map _
        | Op.Select
        | Op.Slice _
        | Op.Gather _
        | Op.Scatter _
        | Op.Update _
        | Op.Dot _
        | Op.Switch _
        | Op.Constant _
        | Op.Compare _
        | Op.Reinterpret _
        | Op.Reduce _
        | Op.Iota _
        | Op.RandomBits _
        | Op.Require _
        | Op.Places _
        | Op.StopGradient -> notLinear ()

    /// The loop backwards: cotangents of the carries are carried, those of constants summed, those of slices stacked.
    and private transposeLoop (loop: Loop) operands linear received cotangents =
        let linear = Loop.parts loop linear
        // A carry that starts from a plain zero is linear like the others.
        let linear = { linear with Carries = linear.Carries |> Array.map (fun _ -> true) }
        let known = Parts.map (Array.map not) linear
        let types = Loop.parts loop (Typing.graphInputs loop.Body)
        let results = Loop.results loop (Typing.graphOutputs loop.Body)
        let sums = choose linear.Constants types.Constants
        let isSum = { known with Constants = linear.Constants; Inputs = linear.Inputs |> Array.map (fun _ -> false) }
        let body = graph loop.Body (Parts.join linear) (Parts.join isSum)

        // constants: known constants; carries: cotangents of the carries, sums for the linear constants; slices: known slices, cotangents of the stacked outputs.
        let transposed = {
            chooseParts known types with
                Carries = Array.append results.Carries sums
                Inputs = Array.append (choose known.Inputs types.Inputs) results.Inputs
        }

        let step =
            Record.body "Scan" transposed (fun inputs ->
                let ofCarries, sums = Array.splitAt loop.Carries inputs.Carries
                let slices, ofStacks = Array.splitAt (inputs.Inputs.Length - results.Inputs.Length) inputs.Inputs
                let given = Primitive.evaluateGraph body (Array.concat [ inputs.Constants; slices; ofCarries; ofStacks; sums ])
                let toConstants, given = Array.splitAt sums.Length given
                let toCarries, toSlices = Array.splitAt loop.Carries given
                Array.concat [ toCarries; toConstants; toSlices ])

        let backwards = {
            loop with
                Body = step
                Reverse = not loop.Reverse
                Constants = transposed.Constants.Length
                Carries = transposed.Carries.Length
        }

        let filled =
            cotangents
            |> Array.map2 Primitive.orZeros (Typing.infer (Op.Loop loop) (operands |> Array.map (fun (a: Tensor) -> a.Type)))
            |> Loop.results loop

        let operands = chooseParts known (Loop.parts loop operands)

        let received = Loop.parts loop received
        let started = Array.map2 Primitive.orZeros sums (choose linear.Constants received.Constants)

        let given =
            Primitive.apply
                (Op.Loop backwards)
                (Array.concat [ operands.Constants; filled.Carries; started; operands.Inputs; filled.Inputs ])
            |> Loop.results backwards

        let toCarries, toConstants = Array.splitAt loop.Carries given.Carries
        let add before given = Array.map2 Primitive.addSymbolic before given

        Array.concat [
            spread linear.Constants toConstants
            add received.Carries toCarries
            add received.Inputs (spread linear.Inputs given.Inputs)
        ]

    /// Known inputs @ cotangents of all outputs @ what the inputs of a mask had received before -> what the linear inputs have received then.
    and graph (source: Graph) (linear: bool[]) (received: bool[]) : Graph =
        memo.Get(
            source,
            Array.append linear received,
            fun () ->
                let types = Typing.graphInputs source
                let known = choose (Array.map not linear) types
                let outputTypes = Typing.graphOutputs source
                let all = Array.concat [ known; outputTypes; choose received types ]

                Record.closed "Transpose" all (fun inputs ->
                    let recorder = Recorder("Transpose", true)
                    let leaves = choose linear types |> Array.map recorder.Leaf
                    let mutable nextKnown = -1
                    let mutable nextLeaf = -1

                    let arguments =
                        linear
                        |> Array.map (fun l ->
                            if l then
                                nextLeaf <- nextLeaf + 1
                                leaves[nextLeaf] :> Tensor
                            else
                                nextKnown <- nextKnown + 1
                                inputs[nextKnown])

                    let outputs = Primitive.evaluateGraph source arguments
                    let cotangents = Array.sub inputs known.Length outputTypes.Length

                    let before = spread received inputs[known.Length + outputTypes.Length ..] |> choose linear

                    walk recorder leaves before outputs cotangents |> Array.mapi (fun i ct -> Primitive.orZeros leaves[i].Type ct))
        )

    /// The cotangents of the leaves of a recorded linear map, added to what they had received before; null where they are symbolically zero.
    /// Outputs that are not of the recorder are constant.
    and walk (recorder: Recorder) (leaves: Recorded[]) (before: Tensor[]) (outputs: Tensor[]) (cotangents: Tensor[]) : Tensor[] =
        let nodes = Record.order recorder outputs
        let mutable last = -1
        let mutable values = recorder.LeafCount

        for node in nodes do
            last <- max last node.Number
            values <- values + node.Types.Length

        /// Where the results of a node begin among all values, by its number; the leaves are the first.
        let first: int[] = Array.zeroCreate (last + 1)
        let mutable next = recorder.LeafCount

        for node in nodes do
            first[node.Number] <- next
            next <- next + node.Types.Length

        let ofValue: Cotangent[] = Array.zeroCreate values

        /// What has been given so far to an operand; null for one that is not of the recorder.
        let received (a: Tensor) : Cotangent =
            match a with
            | :? Recorded as r when obj.ReferenceEquals(r.Trace, recorder) ->
                let place = if isNull r.Node then r.Output else first[r.Node.Number] + r.Output
                if isNull ofValue[place] then ofValue[place] <- Cotangent r.Type
                ofValue[place]
            | _ -> null

        let give (a: Tensor) (ct: Tensor) =
            if not (isNull ct) then
                let cotangent = received a

                if not (isNull cotangent) then cotangent.Add ct

        let giveUndivided (a: Tensor) (ct: Undivided) =
            let cotangent = received a
            if not (isNull cotangent) then cotangent.Add ct

        Array.iter2 (fun (leaf: Recorded) ct -> give leaf ct) leaves before
        Array.iter2 give outputs cotangents

        for i in nodes.Length - 1 .. -1 .. 0 do
            let node = nodes[i]

            let all = Array.sub ofValue first[node.Number] node.Types.Length
            System.Array.Clear(ofValue, first[node.Number], all.Length)

            if all |> Array.exists (fun cotangent -> not (isNull cotangent)) then
                let operand = node.Operands[0]

                match node.Op with
                | Op.Reshape _
                | Op.Transpose _ when all[0].IsOfParts ->
                    // Parts of a view are added to what its operand had received before, instead of to zeros.
                    let before = (received operand).Take()

                    if not (isNull before) then all[0].Add(Primitive.apply1 node.Op before)
                | _ -> ()

                let linear = node.Operands |> Array.map (fun a -> obj.ReferenceEquals(a.Trace, recorder))

                // What quotients go through has one result.
                if not (isNull all[0]) && (all[0].IsUndivided || node.Op.IsQuotient) then
                    let transposed a = rule node.Op node.Operands linear [| null |] [| a |] |> Array.head
                    UndividedCotangents.pass transposed give giveUndivided node linear all[0]

                let sums = all |> Array.map (fun cotangent -> if isNull cotangent then null else cotangent.Total)

                if sums |> Array.exists (fun ct -> not (isNull ct)) then
                    match node.Op with
                    | Op.Slice(starts, _, strides) -> (received operand).AddSlice(starts, strides, sums[0])
                    | Op.Gather axis when not (obj.ReferenceEquals(node.Operands[1].Trace, recorder)) ->
                        (received operand).AddGathered(axis, node.Operands[1], sums[0])
                    | op ->
                        // Asked for by operations with bodies alone; numbers are added as cheaply afterwards.
                        let before =
                            if (Graphs.bodies op).Length = 0 then
                                [||]
                            else
                                let accumulates = sums |> Array.exists (fun ct -> not (isNull ct || isNull ct.Trace))
                                node.Operands |> Array.mapi (fun k a -> if accumulates && linear[k] then (received a).Take() else null)

                        let results = rule op node.Operands linear before sums

                        for k in 0 .. results.Length - 1 do
                            if linear[k] then give node.Operands[k] results[k]

        leaves |> Array.map (fun leaf -> if isNull ofValue[leaf.Output] then null else ofValue[leaf.Output].Total)
