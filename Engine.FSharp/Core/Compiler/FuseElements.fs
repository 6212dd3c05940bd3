// How one element of an operation's result is computed from elements of its operands, at an affine index.
namespace Pipeline.Engine

open Pipeline

/// The elements that an element is computed from, and how.
[<NoComparison; NoEquality>]
type internal Step = {
    Needs: struct (int * Index)[]
    Combine: NestSources -> Lane[] -> Lane
    /// A variable that must lie in memory, since it is read at a computed position; -1 without one.
    Indexed: int
}

[<RequireQualifiedAccess>]
module internal Elements =
    /// The operands' indices of one term of a product: the result's index and constants for the contracted axes.
    let dotIndices count (axes: DotAxes) (left: int[]) (right: int[]) (index: Index) (contracted: Affine[]) : struct (Index * Index) =
        let freeLeft = left.Length - axes.Batch - axes.ContractLeft.Length

        let side (shape: int[]) (contract: int[]) first =
            let mutable next = first

            Array.init shape.Length (fun i ->
                if i < axes.Batch then
                    index[i]
                else
                    match System.Array.IndexOf(contract, i) with
                    | -1 ->
                        next <- next + 1
                        index[next - 1]
                    | k -> contracted[k])

        struct (side left axes.ContractLeft axes.Batch, side right axes.ContractRight (axes.Batch + freeLeft))

    /// The operand's index of a reduction.
    let reduceIndex (rank: int) (axes: int[]) (index: Index) (reduced: Affine[]) : Index =
        let mutable kept = -1

        Array.init rank (fun i ->
            match System.Array.IndexOf(axes, i) with
            | -1 ->
                kept <- kept + 1
                index[kept]
            | k -> reduced[k])

    let private first (_: NestSources) (lanes: Lane[]) = lanes[0]

    /// The flat position of an index in a shape.
    let private flat count (shape: int[]) (index: Index) : Affine =
        let mutable position = Index.constant count 0

        for i in 0 .. shape.Length - 1 do
            position <- Index.addScaled (Index.linear 0 shape[i] position) 1 index[i]

        position

    /// One element of an equation's result, in a nest of so many axes. The types are those of the program's variables.
    let step (types: TensorType[]) (equation: Equation) (count: int) (index: Index) : Step =
        let inputs = equation.Inputs
        let shape k = types[inputs[k]].Shape
        let result = types[equation.Outputs[0]]
        let dtype = result.DType

        let plain needs combine = { Needs = needs; Combine = combine; Indexed = -1 }

        let moved index' = plain [| struct (inputs[0], index') |] first

        let constant value = Index.constant count value
        let zero = fun (_: NestSources) (_: Lane[]) -> FuseLanes.number dtype 0.0

        let elementwise (combine: Lane[] -> Lane) = plain (inputs |> Array.map (fun v -> struct (v, index))) (fun _ lanes -> combine lanes)

        match equation.Op with
        | Op.Constant array ->
            plain [||] (fun _ _ ->
                let mutable position = array.Offset

                for i in 0 .. index.Length - 1 do
                    position <- position + index[i][0] * array.Strides[i]

                FuseLanes.element array position)
        | Op.Map row -> elementwise (fun x -> FuseLanes.map row x[0])
        | Op.Zip zip -> elementwise (fun x -> FuseLanes.zip zip x[0] x[1])
        | Op.Quotient -> elementwise FuseLanes.changed
        | Op.Compare relation -> elementwise (fun x -> Lane.compare relation x[0] x[1])
        | Op.Select -> elementwise (fun x -> Lane.select x[0] x[1] x[2])
        | Op.Convert dtype -> elementwise (fun x -> FuseLanes.convert dtype x[0])
        | Op.Reinterpret dtype -> elementwise (fun x -> Lane.reinterpret dtype x[0])
        | Op.StopGradient -> elementwise (fun x -> x[0])
        | Op.Broadcast(_, axes) -> moved (axes |> Array.map (fun axis -> index[axis]))
        | Op.Transpose permutation ->
            let operand = Array.zeroCreate permutation.Length
            permutation |> Array.iteri (fun i axis -> operand[axis] <- index[i])
            moved operand
        | Op.Slice(starts, _, strides) -> moved (Array.init starts.Length (fun i -> Index.linear starts[i] strides[i] index[i]))
        | Op.Reshape into -> moved (Index.reshape count (shape 0) into index)
        | Op.Reduce(reduction, axes) ->
            let operand = shape 0

            plain
                (Index.enumerate count (axes |> Array.map (fun axis -> operand[axis]))
                 |> Array.map (fun reduced -> struct (inputs[0], reduceIndex operand.Length axes index reduced)))
                (fun _ lanes ->
                    let dtype = types[inputs[0]].DType
                    FuseLanes.reduce reduction dtype (SumOrder.ofReduction dtype operand axes) lanes)
        | Op.Dot axes ->
            let left, right = shape 0, shape 1

            plain
                (Index.enumerate count (axes.ContractLeft |> Array.map (fun axis -> left[axis]))
                 |> Array.collect (fun contracted ->
                     let struct (a, b) = dotIndices count axes left right index contracted
                     [| struct (inputs[0], a); struct (inputs[1], b) |]))
                (fun _ lanes -> FuseLanes.inner dtype (SumOrder.ofProduct dtype axes left right (DotAxes.sizes axes left right)) lanes)
        | Op.CumulativeSum(axis, reverse) ->
            let position = index[axis][0]
            let previous = if reverse then position + 1 else position - 1

            if previous < 0 || previous = (shape 0)[axis] then
                moved index
            else
                plain
                    [| struct (equation.Outputs[0], Array.updateAt axis (constant previous) index); struct (inputs[0], index) |]
                    (fun _ lanes -> FuseLanes.zip Zip.Add lanes[0] lanes[1])
        | Op.Pad(low, _, interior) ->
            let operand = shape 0

            let inside =
                Array.init operand.Length (fun i ->
                    let offset = index[i][0] - low[i]
                    let step = interior[i] + 1

                    if offset >= 0 && offset % step = 0 && offset / step < operand[i] then
                        constant (offset / step)
                    else
                        null)

            if Array.exists isNull inside then plain [||] zero else moved inside
        | Op.Concatenate axis ->
            let mutable k = 0
            let mutable position = index[axis][0]

            while position >= (shape k)[axis] do
                position <- position - (shape k)[axis]
                k <- k + 1

            plain [| struct (inputs[k], Array.updateAt axis (constant position) index) |] first
        | Op.Gather axis ->
            let rank = (shape 1).Length

            let operand =
                Array.init (shape 0).Length (fun i ->
                    if i < axis then index[i]
                    elif i = axis then constant 0
                    else index[i + rank - 1])

            let view = inputs[0]

            {
                Needs = [| struct (inputs[1], Array.sub index axis rank) |]
                Combine = fun sources lanes -> sources.LoadAt(view, operand, axis, lanes[0])
                Indexed = view
            }
        | Op.Iota(_, _, axis) -> plain [||] (fun sources _ -> sources.Counter(index[axis], dtype))
        | Op.RandomBits(_, sizes, layout) ->
            let lead = index.Length - sizes.Length

            let word k = struct (inputs[0], Array.append index[.. lead - 1] [| constant k |])

            let position = flat count sizes index[lead..]

            plain [| word 0; word 1 |] (fun sources key ->
                let counter = sources.Counter(position, DType.UInt32)

                match layout with
                | KeyLayout.Partitionable -> Threefry.partitionable dtype key[0] key[1] counter
                | KeyLayout.Original ->
                    let paired = sources.Counter(Index.shift (Shape.size sizes) position, DType.UInt32)
                    Threefry.original64 key[0] key[1] counter paired)
        | op -> invalidOp $"{Typing.name op} is not computed element by element."
