// Linear maps run backwards: the transpose of a graph, and the walk over a recorded linear map.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.Mask

[<RequireQualifiedAccess>]
module internal Transpose =
    let private memo = Memo<Graph, Graph>()

    /// The cotangents of the linear operands (null where they are symbolically zero or the operand is known) from those of the results.
    /// Received: what the linear operands of an operation with bodies had received before (null: nothing), to which the results are added. The bodies
    /// of loops and branches add to it in place, where a sum of their own would be as large as the operand in every step.
    let rec private rule (op: Op) (operands: Tensor[]) (linear: bool[]) (received: Tensor[]) (cotangents: Tensor[]) : Tensor[] =
        match op with
        | Op.Loop loop when loop.Condition.IsNone -> TransposeControl.throughLoop graph loop operands linear received cotangents
        | Op.Switch branches when not linear[0] -> TransposeControl.throughSwitch graph branches operands linear received cotangents
        | Op.Call(kind, body) -> TransposeControl.throughCall graph kind body operands linear received cotangents
        | _ -> TransposeRules.rule op operands linear cotangents[0]

    /// Known inputs @ cotangents of all outputs @ what the inputs of a mask had received before -> what the linear inputs have received then.
    and private graph (source: Graph) (linear: bool[]) (received: bool[]) : Graph =
        memo.Get(
            source,
            Array.append linear received,
            fun () ->
                let types = Graphs.inputs source
                let known = choose (Array.map not linear) types
                let outputTypes = Graphs.outputs source
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
        let nodes = Nodes.order recorder outputs
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
                    UndividedCotangents.pass recorder transposed give giveUndivided node linear all[0]

                let sums = all |> Array.map (fun cotangent -> if isNull cotangent then null else cotangent.Total)

                if sums |> Array.exists (fun ct -> not (isNull ct)) then
                    match node.Op with
                    | Op.Slice(starts, _, strides) -> (received operand).AddSlice(starts, strides, sums[0])
                    | Op.Gather axis when not (obj.ReferenceEquals(node.Operands[1].Trace, recorder)) ->
                        (received operand).AddGathered(axis, node.Operands[1], sums[0])
                    | op ->
                        // Asked for by operations with bodies alone, recorded or not: where a loop begins to add is part of what it gives.
                        let before =
                            if (Graphs.bodies op).Length = 0 then
                                [||]
                            else
                                // What waits goes on waiting, as for the branch alone.
                                let take (ct: Cotangent) = if op.IsSwitch then ct.TakeSum() else ct.Take()
                                node.Operands |> Array.mapi (fun k a -> if linear[k] then take (received a) else null)

                        let results = rule op node.Operands linear before sums

                        for k in 0 .. results.Length - 1 do
                            if linear[k] then give node.Operands[k] results[k]

        leaves |> Array.map (fun leaf -> if isNull ofValue[leaf.Output] then null else ofValue[leaf.Output].Total)
