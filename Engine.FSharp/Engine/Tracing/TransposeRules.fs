// Linear operations run backwards: the cotangents of the operands of each that is linear in some of them. (Those with bodies are in the file after this one.)
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal TransposeRules =
    let refuse (op: Op) (linear: bool[]) = invalidOp $"{Typing.name op} is not linear in its operands {linear |> Array.toList}."

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
        // The cotangent's axes: batch, the left's free ones, the right's.
        let theirFirst = if leftIsLinear then batch + myFree.Length else batch
        let ctFree = [| theirFirst .. theirFirst + theirFree.Length - 1 |]

        // out[b, i, j] = sum_k l[b, i, k] r[b, j, k]: dl[b, i, k] = sum_j ct[b, i, j] r[b, j, k], dr[b, j, k] = sum_i l[b, i, k] ct[b, i, j].
        let product =
            if leftIsLinear then
                Primitive.dot { Batch = batch; ContractLeft = ctFree; ContractRight = theirFree } cotangent known
            else
                Primitive.dot { Batch = batch; ContractLeft = theirFree; ContractRight = ctFree } known cotangent

        // The product's axes: batch, then my free ones and the contracted ones, or these first; these in the order of the other operand's axes.
        let myFirst, contractedFirst = if leftIsLinear then batch, batch + myFree.Length else batch + mine.Length, batch

        let order = Array.sort theirs
        let position = Array.init linearShape.Length id
        myFree |> Array.iteri (fun i axis -> position[axis] <- myFirst + i)
        mine |> Array.iteri (fun i axis -> position[axis] <- contractedFirst + System.Array.IndexOf(order, theirs[i]))
        Primitive.transpose position product

    /// The cotangents of the linear operands, null for the others, from that of the result.
    let rule (op: Op) (operands: Tensor[]) (linear: bool[]) (ct: Tensor) : Tensor[] =
        let only (a: Tensor) = [| a |]

        let notLinear () = refuse op linear

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
        | Op.Zip _
        | Op.Quotient
        | Op.Norm _
        | Op.Softmax _
        | Op.Map _
        | Op.Select
        | Op.Slice _
        | Op.Gather _
        | Op.Scatter _
        | Op.Update _
        | Op.Dot _
        | Op.Loop _
        | Op.Switch _
        | Op.Call _
        | Op.Constant _
        | Op.Compare _
        | Op.Reinterpret _
        | Op.Reduce _
        | Op.Iota _
        | Op.RandomBits _
        | Op.Require _
        | Op.Places _
        | Op.StopGradient -> notLinear ()
