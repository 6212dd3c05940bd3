// Rules for operations that move elements: two become one, and those that move nothing vanish.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal RewriteMovement =
    let private isIdentity (permutation: int[]) = permutation |> Array.indexed |> Array.forall (fun (i, axis) -> i = axis)

    let private all (value: int) (items: int[]) = Array.forall ((=) value) items

    /// A variable of the same elements that is cheaper, from rules that hold bit for bit.
    let simplify (b: RewriteBuilder) (emit: Op -> int[] -> int) (op: Op) (inputs: int[]) : int voption =
        let x = if inputs.Length > 0 then inputs[0] else -1

        /// x's defining operation and its first operand.
        let inner =
            if x < 0 then
                ValueNone
            else
                match b.Definition x with
                | ValueSome { Op = op; Inputs = operands } when operands.Length > 0 -> ValueSome(struct (op, operands[0]))
                | _ -> ValueNone

        /// A tensor of one number stays one number however it is moved.
        let uniform (shape: int[]) =
            let number = b.Uniform x

            if isNull number then
                ValueNone
            else
                let scalar = b.Add(Op.Constant number, [||])

                ValueSome(if shape.Length = 0 then scalar else emit (Op.Broadcast(shape, [||])) [| scalar |])

        match op with
        | Op.Broadcast(shape, axes) ->
            let operand = b.Shape x

            if Shape.equal shape operand && isIdentity axes then
                ValueSome x
            elif Shape.size operand = Shape.size shape && isNull (b.Array x) then
                // Only axes of one entry are new.
                ValueSome(emit (Op.Reshape shape) [| x |])
            else
                match inner with
                // broadcast (broadcast x) = broadcast x
                | ValueSome(struct (Op.Broadcast(_, first), y)) ->
                    ValueSome(emit (Op.Broadcast(shape, first |> Array.map (fun axis -> axes[axis]))) [| y |])
                | _ -> ValueNone
        | Op.Reshape shape ->
            if Shape.equal shape (b.Shape x) then
                ValueSome x
            else
                match inner with
                // reshape (reshape x) = reshape x
                | ValueSome(struct (Op.Reshape _, y)) -> ValueSome(emit (Op.Reshape shape) [| y |])
                | _ -> uniform shape
        | Op.Transpose permutation ->
            let shape = permutation |> Array.map (fun axis -> (b.Shape x)[axis])
            let long = permutation |> Array.filter (fun axis -> (b.Shape x)[axis] <> 1)

            if isIdentity permutation then
                ValueSome x
            elif Array.sort long = long then
                // Only axes of one entry move.
                ValueSome(emit (Op.Reshape shape) [| x |])
            else
                match inner with
                // transpose p (transpose q x) = transpose (q . p) x
                | ValueSome(struct (Op.Transpose first, y)) ->
                    ValueSome(emit (Op.Transpose(permutation |> Array.map (fun axis -> first[axis]))) [| y |])
                | _ -> uniform shape
        | Op.Slice(starts, limits, strides) ->
            let operand = b.Shape x
            let results = Typing.infer op [| b.Type x |]
            let shape = results[0].Shape

            if Shape.equal shape operand then
                ValueSome x
            else
                match inner with
                // Entry i of the outer slice is entry start + i * stride of the inner one.
                | ValueSome(struct (Op.Slice(starts', _, strides'), y)) ->
                    let first = Array.init starts.Length (fun i -> starts'[i] + starts[i] * strides'[i])
                    let steps = Array.map2 (*) strides strides'

                    let last =
                        Array.init starts.Length (fun i -> if shape[i] = 0 then first[i] else first[i] + (shape[i] - 1) * steps[i] + 1)

                    if Array.forall2 (<=) last (b.Shape y) then
                        ValueSome(emit (Op.Slice(first, last, steps)) [| y |])
                    else
                        ValueNone
                // Repeated axes are repeated less often, the others sliced before.
                | ValueSome(struct (Op.Broadcast(_, axes), y)) ->
                    let part (values: int[]) = axes |> Array.map (fun axis -> values[axis])

                    let sliced = emit (Op.Slice(part starts, part limits, part strides)) [| y |]
                    ValueSome(emit (Op.Broadcast(shape, axes)) [| sliced |])
                // A slice inside of what was padded is a slice of it.
                | ValueSome(struct (Op.Pad(low, _, interior), y)) when all 0 interior ->
                    let first = Array.map2 (-) starts low
                    let last = Array.map2 (-) limits low

                    if Array.forall (fun s -> s >= 0) first && Array.forall2 (<=) last (b.Shape y) then
                        ValueSome(emit (Op.Slice(first, last, strides)) [| y |])
                    else
                        ValueNone
                // slice with the padding's spacing (pad x) = x
                | ValueSome(struct (Op.Pad(low, _, interior), y)) when
                    Shape.equal starts low
                    && Array.forall2 (fun between stride -> stride = between + 1) interior strides
                    && Shape.equal shape (b.Shape y)
                    ->
                    ValueSome y
                | _ -> uniform shape
        | Op.Pad(low, high, interior) ->
            if
                all 0 low
                && all 0 high
                && Array.forall2 (fun between extent -> between = 0 || extent <= 1) interior (b.Shape x)
            then
                ValueSome x
            else
                ValueNone
        // dot (transpose x) y = dot x y over x's own axes, where that leaves the order of the sums and of the result.
        | Op.Dot axes ->
            /// The operand and its contracted axes without a transpose.
            let unturned v (contracted: int[]) : struct (int * int[]) =
                match b.Definition v with
                | ValueSome { Op = Op.Transpose permutation; Inputs = [| y |] } ->
                    let isKept = Array.forall (fun axis -> permutation[axis] = axis) [| 0 .. axes.Batch - 1 |]

                    let free = [|
                        for axis in axes.Batch .. permutation.Length - 1 do
                            if not (Array.contains axis contracted) then permutation[axis]
                    |]

                    if isKept && Array.sort free = free then
                        struct (y, contracted |> Array.map (fun axis -> permutation[axis]))
                    else
                        struct (v, contracted)
                | _ -> struct (v, contracted)

            let struct (left, contractLeft) = unturned inputs[0] axes.ContractLeft
            let struct (right, contractRight) = unturned inputs[1] axes.ContractRight
            let turned = { axes with ContractLeft = contractLeft; ContractRight = contractRight }

            let order (axes: DotAxes) (left: int) (right: int) =
                let left, right = b.Type left, b.Type right
                SumOrder.ofProduct left.DType axes left.Shape right.Shape (DotAxes.sizes axes left.Shape right.Shape)

            if (left <> inputs[0] || right <> inputs[1]) && order turned left right = order axes inputs[0] inputs[1] then
                ValueSome(emit (Op.Dot turned) [| left; right |])
            else
                ValueNone
        | Op.Concatenate axis ->
            let present = inputs |> Array.filter (fun v -> (b.Shape v)[axis] > 0)

            if present.Length = 1 then ValueSome present[0]
            elif present.Length > 0 && present.Length < inputs.Length then ValueSome(emit op present)
            else ValueNone
        | _ -> ValueNone
