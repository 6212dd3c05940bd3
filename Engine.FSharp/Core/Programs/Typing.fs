// The types of an operation's results from the types of its operands; what does not fit is refused here, once for all interpreters.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Typing =
    let tensor dtype shape = { DType = dtype; Shape = shape }

    let private scalars = DType.table |> Array.map (fun row -> tensor row.DType Shape.scalar)

    /// The type of an array; of scalars always the same object.
    let ofArray (array: NDArray) = if array.Rank = 0 then scalars[int array.DType] else tensor array.DType array.Shape

    let rec name (op: Op) =
        match op with
        | Op.Constant _ -> "Constant"
        | Op.Map row -> row.Text
        | Op.Zip zip -> zip.ToString()
        | Op.Compare relation -> relation.ToString()
        | Op.Quotient -> "Divide"
        | Op.Select -> "Where"
        | Op.Convert _ -> "Convert"
        | Op.Reinterpret _ -> "Reinterpret"
        | Op.Reduce(reduction, _) -> reduction.ToString()
        | Op.Norm _ -> "Norm"
        | Op.Mean _ -> "Mean"
        | Op.CumulativeSum _ -> "CumulativeSum"
        | Op.Broadcast _ -> "Broadcast"
        | Op.Reshape _ -> "Reshape"
        | Op.Transpose _ -> "Transpose"
        | Op.Slice _ -> "Slice"
        | Op.Pad _ -> "Pad"
        | Op.Concatenate _ -> "Concatenate"
        | Op.Gather _ -> "Gather"
        | Op.Scatter _ -> "Scatter"
        | Op.Update _ -> "Update"
        | Op.Iota _ -> "Iota"
        | Op.Dot _ -> "Dot"
        | Op.RandomBits _ -> "RandomBits"
        | Op.Require(operation, _) -> operation
        | Op.Places(operation, _, _) -> operation
        | Op.Routine routine -> routine.Name
        | Op.StopGradient -> "StopGradient"
        | Op.Loop loop -> if loop.Condition.IsSome then "While" else "Scan"
        | Op.Switch _ -> "Switch"
        | Op.Call _ -> "Call"

    let private shapeError op detail = raise (ShapeException $"{name op}: {detail}.")

    /// Refuses what is no float, in the name of an operation.
    let requireFloatIn (operation: string) (operand: TensorType) =
        if not (DType.isFloat operand.DType) then
            raise (
                DTypeException $"{operation}: takes float32 or float64, not {DType.name operand.DType}. Convert the tensor first (AsType)."
            )

    let private requireFloat op (operand: TensorType) = if not (DType.isFloat operand.DType) then requireFloatIn (name op) operand

    /// Refuses operands of different dtypes, in the name of an operation.
    let requireSameIn (operation: string) (first: TensorType) (other: TensorType) =
        if other.DType <> first.DType then
            raise (
                DTypeException
                    $"{operation}: takes operands of one dtype, not {DType.name first.DType} and {DType.name other.DType}. Convert one of them (AsType)."
            )

    let private requireSame op (operands: TensorType[]) =
        for i in 1 .. operands.Length - 1 do
            if operands[i].DType <> operands[0].DType then requireSameIn (name op) operands[0] operands[i]

    let private requireIndex op (operand: TensorType) =
        if operand.DType <> DType.Int32 && operand.DType <> DType.Int64 then
            raise (DTypeException $"{name op}: indices are int32 or int64, not {DType.name operand.DType}.")

    let graphInputs (graph: Graph) = Array.sub graph.Types 0 graph.InputCount

    let graphOutputs (graph: Graph) = graph.Outputs |> Array.map (fun v -> graph.Types[v])

    let private fits op what (expected: TensorType[]) (actual: TensorType[]) =
        if expected.Length <> actual.Length then
            raise (LoopException $"{name op}: {what} has {expected.Length} values where {actual.Length} are given.")

        for i in 0 .. expected.Length - 1 do
            if expected[i] <> actual[i] then
                raise (LoopException $"{name op}: {what} number {i} is {expected[i]} where {actual[i]} is given; keep its shape and dtype.")

    let dotShape (axes: DotAxes) (left: int[]) (right: int[]) =
        let shape: int[] =
            Array.zeroCreate (left.Length + right.Length - axes.Batch - axes.ContractLeft.Length - axes.ContractRight.Length)

        let mutable next = 0

        for i in 0 .. left.Length - 1 do
            if i < axes.Batch || System.Array.IndexOf(axes.ContractLeft, i) < 0 then
                shape[next] <- left[i]
                next <- next + 1

        for i in axes.Batch .. right.Length - 1 do
            if System.Array.IndexOf(axes.ContractRight, i) < 0 then
                shape[next] <- right[i]
                next <- next + 1

        shape

    let infer (op: Op) (operands: TensorType[]) : TensorType[] =
        let count n =
            if operands.Length <> n then
                raise (System.ArgumentException $"{name op} takes {n} operands, not {operands.Length}.")

        let sameShape () =
            for i in 1 .. operands.Length - 1 do
                if not (Shape.equal operands[i].Shape operands[0].Shape) then
                    shapeError op $"takes operands of one shape, not {Shape.text operands[0].Shape} and {Shape.text operands[i].Shape}"

        /// A type that a result can have.
        let made dtype shape =
            DType.row dtype |> ignore

            if shape |> Array.exists (fun d -> d < 0) then
                shapeError op $"the shape {Shape.text shape} has a negative size; sizes are at least 0"

            [| tensor dtype shape |]

        match op with
        | Op.Constant array ->
            count 0
            [| tensor array.DType array.Shape |]
        | Op.Map row ->
            count 1

            if row.Integers.IsNone then requireFloat op operands[0]

            operands
        | Op.Zip zip ->
            count 2
            requireSame op operands
            sameShape ()

            match zip with
            | Zip.Function _
            | Zip.Scale -> requireFloat op operands[0]
            | Zip.And
            | Zip.Or
            | Zip.Xor
            | Zip.ShiftLeft
            | Zip.ShiftRight ->
                if DType.isFloat operands[0].DType then
                    raise (DTypeException $"{name op}: takes integers, not {DType.name operands[0].DType}; convert it (AsType).")
            | Zip.Add
            | Zip.Subtract
            | Zip.Multiply
            | Zip.Divide
            | Zip.Remainder
            | Zip.Maximum
            | Zip.Minimum -> ()

            [| operands[0] |]
        | Op.Quotient ->
            count (max 3 (min operands.Length 4))
            requireSame op operands
            sameShape ()
            requireFloat op operands[0]
            [| operands[0] |]
        | Op.Norm axes
        | Op.Mean axes ->
            count 1
            requireFloat op operands[0]
            [| tensor operands[0].DType (Shape.without axes operands[0].Shape) |]
        | Op.Compare _ ->
            count 2
            requireSame op operands
            sameShape ()
            [| tensor DType.Bool operands[0].Shape |]
        | Op.Select ->
            count 3
            sameShape ()

            if operands[0].DType <> DType.Bool then
                raise (DTypeException $"Where: the condition is bool, not {DType.name operands[0].DType}; compare it with something.")

            requireSame op operands[1..]
            [| operands[1] |]
        | Op.Convert dtype ->
            count 1
            made dtype operands[0].Shape
        | Op.Reinterpret dtype ->
            count 1

            if DType.bytes dtype <> DType.bytes operands[0].DType then
                raise (DTypeException $"Reinterpret: {DType.name operands[0].DType} and {DType.name dtype} differ in width.")

            [| tensor dtype operands[0].Shape |]
        | Op.Reduce(reduction, axes) ->
            count 1

            match reduction with
            | Reduction.ArgMax
            | Reduction.ArgMin
            | Reduction.Maximum
            | Reduction.Minimum ->
                for axis in axes do
                    if operands[0].Shape[axis] = 0 then
                        shapeError
                            op
                            $"axis {axis} of {Shape.text operands[0].Shape} is empty, and nothing is the largest or smallest of nothing"
            | Reduction.Sum
            | Reduction.Product -> ()

            let shape = Shape.without axes operands[0].Shape

            match reduction with
            | Reduction.ArgMax
            | Reduction.ArgMin -> [| tensor DType.Int32 shape |]
            | Reduction.Sum
            | Reduction.Product
            | Reduction.Maximum
            | Reduction.Minimum -> [| tensor operands[0].DType shape |]
        | Op.CumulativeSum _
        | Op.StopGradient ->
            count 1
            operands
        | Op.Broadcast(shape, axes) ->
            count 1

            if axes.Length <> operands[0].Shape.Length then
                shapeError op $"{axes.Length} axes are named for the operand {Shape.text operands[0].Shape}"

            for i in 0 .. axes.Length - 1 do
                if shape[axes[i]] <> operands[0].Shape[i] then
                    shapeError op $"axis {i} of {Shape.text operands[0].Shape} does not fit axis {axes[i]} of {Shape.text shape}"

            made operands[0].DType shape
        | Op.Reshape shape ->
            count 1

            if Shape.size shape <> Shape.size operands[0].Shape then
                shapeError
                    op
                    $"{Shape.text operands[0].Shape} has {Shape.size operands[0].Shape} elements and {Shape.text shape} has {Shape.size shape}; a reshape keeps their number"

            [| tensor operands[0].DType shape |]
        | Op.Transpose permutation ->
            count 1
            let shape = operands[0].Shape

            if permutation.Length <> shape.Length || Array.sort permutation <> Array.init shape.Length id then
                shapeError op $"{Shape.text permutation} is no permutation of the axes of {Shape.text shape}"

            [| tensor operands[0].DType (permutation |> Array.map (fun i -> shape[i])) |]
        | Op.Slice(starts, limits, strides) ->
            count 1
            let shape = operands[0].Shape

            if starts.Length <> shape.Length || limits.Length <> shape.Length || strides.Length <> shape.Length then
                shapeError op $"needs a start, a limit and a stride for each axis of {Shape.text shape}"

            let result =
                Array.init shape.Length (fun i ->
                    if starts[i] < 0 || limits[i] > shape[i] || starts[i] > limits[i] || strides[i] < 1 then
                        shapeError op $"axis {i} of {Shape.text shape} has no entries {starts[i]} to {limits[i]} in steps of {strides[i]}"

                    (limits[i] - starts[i] + strides[i] - 1) / strides[i])

            [| tensor operands[0].DType result |]
        | Op.Pad(low, high, interior) ->
            count 1

            [|
                tensor
                    operands[0].DType
                    (operands[0].Shape
                     |> Array.mapi (fun i d ->
                         Shape.extent "Pad" i (int64 low[i] + int64 high[i] + int64 d + int64 (max 0 (d - 1)) * int64 interior[i])))
            |]
        | Op.Concatenate axis ->
            if operands.Length = 0 then shapeError op "takes at least one tensor"

            requireSame op operands
            let first = operands[0].Shape

            for operand in operands do
                let s = operand.Shape

                if s.Length <> first.Length then
                    shapeError op $"{Shape.text first} and {Shape.text s} differ in rank"

                for i in 0 .. s.Length - 1 do
                    if i <> axis && s[i] <> first[i] then
                        shapeError op $"{Shape.text first} and {Shape.text s} differ at axis {i}; only axis {axis} may"

            let total = operands |> Array.sumBy (fun t -> int64 t.Shape[axis])
            [| tensor operands[0].DType (Array.updateAt axis (Shape.extent "Concatenate" axis total) first) |]
        | Op.Gather axis ->
            count 2
            requireIndex op operands[1]
            let shape = operands[0].Shape

            if axis >= shape.Length then shapeError op $"there is no axis {axis} in {Shape.text shape}"

            if shape[axis] = 0 && Shape.size operands[1].Shape > 0 then
                shapeError op $"axis {axis} of {Shape.text shape} is empty, and an index finds nothing there"

            [| tensor operands[0].DType (Array.concat [ shape[.. axis - 1]; operands[1].Shape; shape[axis + 1 ..] ]) |]
        | Op.Update axis ->
            count 3
            requireSame op operands[..1]
            requireIndex op operands[2]
            let shape = operands[0].Shape

            if axis >= shape.Length || shape[axis] = 0 then
                shapeError op $"there is no entry along axis {axis} in {Shape.text shape}"

            if operands[2].Shape.Length > 0 then
                shapeError op $"the index is a scalar, not {Shape.text operands[2].Shape}"

            if not (Shape.equal (Array.removeAt axis shape) operands[1].Shape) then
                shapeError op $"an entry of {Shape.text shape} along axis {axis} is not {Shape.text operands[1].Shape}"

            [| operands[0] |]
        | Op.Scatter axis ->
            count 3
            requireSame op operands[..1]
            requireIndex op operands[2]
            let shape, indices = operands[0].Shape, operands[2].Shape

            if axis >= shape.Length then shapeError op $"there is no axis {axis} in {Shape.text shape}"

            if shape[axis] = 0 && Shape.size indices > 0 then
                shapeError op $"axis {axis} of {Shape.text shape} is empty, and an index finds nothing there"

            if not (Shape.equal (Array.concat [ shape[.. axis - 1]; indices; shape[axis + 1 ..] ]) operands[1].Shape) then
                shapeError
                    op
                    $"updates {Shape.text operands[1].Shape} are not entries {Shape.text indices} of axis {axis} of {Shape.text shape}"

            [| operands[0] |]
        | Op.Iota(dtype, shape, _) ->
            count 0
            made dtype shape
        | Op.Dot axes ->
            count 2
            requireSame op operands
            let left, right = operands[0].Shape, operands[1].Shape

            for i in 0 .. axes.Batch - 1 do
                if left[i] <> right[i] then
                    shapeError op $"{Shape.text left} and {Shape.text right} differ at batch axis {i}"

            for i in 0 .. axes.ContractLeft.Length - 1 do
                let l, r = axes.ContractLeft[i], axes.ContractRight[i]

                if left[l] <> right[r] then
                    shapeError
                        op
                        $"cannot multiply {Shape.text left} by {Shape.text right}: axis {l} of the left has {left[l]} entries and axis {r} of the right {right[r]}; transpose one, or give both one inner size"

            [| tensor operands[0].DType (dotShape axes left right) |]
        | Op.RandomBits(dtype, shape, _) ->
            count 1
            let keys = operands[0].Shape

            if operands[0].DType <> DType.UInt32 || keys.Length = 0 || keys[keys.Length - 1] <> 2 then
                shapeError op $"a key is uint32[2], not {operands[0]}"

            made dtype (Array.append keys[.. keys.Length - 2] shape)
        | Op.Places _ ->
            count 1

            if operands[0].DType = DType.UInt64 then
                [| tensor DType.Int64 operands[0].Shape |]
            else
                requireIndex op operands[0]
                operands
        | Op.Require _ ->
            count 1
            [| tensor DType.Bool operands[0].Shape[.. operands[0].Shape.Length - 2] |]
        | Op.Routine routine -> routine.Infer operands
        | Op.Loop loop ->
            let inputs, outputs = graphInputs loop.Body, graphOutputs loop.Body
            count inputs.Length
            let given = Loop.parts loop operands
            let results = Loop.results loop outputs

            let slice i (t: TensorType) =
                if t.Shape.Length = 0 || ValueSome t.Shape[0] <> loop.Length then
                    raise (
                        LoopException
                            $"{name op}: stacked input number {i} is {t}; its first axis must be the {ValueOption.defaultValue 0 loop.Length} steps."
                    )

                tensor t.DType t.Shape[1..]

            fits op "the body's argument" inputs (Parts.join { given with Inputs = Array.mapi slice given.Inputs })
            fits op "the carry" results.Carries given.Carries

            match loop.Condition with
            | ValueSome condition ->
                fits op "the condition's argument" (graphInputs condition) operands
                fits op "the condition's result" (graphOutputs condition) [| tensor DType.Bool [||] |]
                fits op "the stack" results.Inputs [||]
            | ValueNone -> ()

            Array.append results.Carries (results.Inputs |> Array.map (fun t -> tensor t.DType (Shape.insert 0 loop.Length.Value t.Shape)))
        | Op.Switch branches ->
            if operands.Length = 0 || operands[0] <> tensor DType.Int32 [||] then
                raise (LoopException "Switch: the branch index is an int32 scalar.")

            let results = graphOutputs branches[0]

            for branch in branches do
                fits op "a branch's argument" (graphInputs branch) operands[1..]
                fits op "a branch's result" results (graphOutputs branch)

            results
        | Op.Call(_, graph) ->
            fits op "the argument" (graphInputs graph) operands
            graphOutputs graph

    /// The type of the only result of an operation on one operand.
    let ofOne (op: Op) (a: TensorType) : TensorType =
        match op with
        | Op.Map _ when DType.isFloat a.DType -> a
        | _ -> (infer op [| a |])[0]

    /// The type of the only result of an operation on two operands.
    let ofTwo (op: Op) (a: TensorType) (b: TensorType) : TensorType =
        match op with
        | Op.Zip(Zip.Add | Zip.Subtract | Zip.Multiply | Zip.Scale) when a.DType = b.DType && Shape.equal a.Shape b.Shape -> a
        | _ -> (infer op [| a; b |])[0]
