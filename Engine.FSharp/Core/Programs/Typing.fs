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
        | Op.Softmax(Softmax.Shares, _) -> "Softmax"
        | Op.Softmax(Softmax.LogShares, _) -> "LogSoftmax"
        | Op.Softmax(Softmax.LogSum, _) -> "LogSumExp"
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

    let private shapeError op detail = TypeChecks.shapeError (name op) detail

    // Names are made where something is refused.
    let private requireFloat op (operand: TensorType) = if not (DType.isFloat operand.DType) then TypeChecks.requireFloat (name op) operand

    let private requireBits op (operand: TensorType) =
        if DType.isFloat operand.DType then
            raise (DTypeException $"{name op}: takes integers, not {DType.name operand.DType}; convert it (AsType).")

    let private requireSame op (operands: TensorType[]) =
        for i in 1 .. operands.Length - 1 do
            if operands[i].DType <> operands[0].DType then
                TypeChecks.requireSame (name op) operands[0] operands[i]

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

    /// The type of a product of matrices.
    let private product op (axes: DotAxes) (a: TensorType) (b: TensorType) : TensorType =
        if a.DType <> b.DType then TypeChecks.requireSame (name op) a b
        let left, right = a.Shape, b.Shape

        for i in 0 .. axes.Batch - 1 do
            if left[i] <> right[i] then
                shapeError op $"{Shape.text left} and {Shape.text right} differ at batch axis {i}"

        for i in 0 .. axes.ContractLeft.Length - 1 do
            let l, r = axes.ContractLeft[i], axes.ContractRight[i]

            if left[l] <> right[r] then
                shapeError
                    op
                    $"cannot multiply {Shape.text left} by {Shape.text right}: axis {l} of the left has {left[l]} entries and axis {r} of the right {right[r]}; transpose one, or give both one inner size"

        tensor a.DType (dotShape axes left right)

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

            if not row.TakesIntegers then requireFloat op operands[0]
            elif operands[0].DType = DType.Bool then TypeChecks.requireNumbers row.Called operands[0]

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
            | Zip.Xor -> requireBits op operands[0]
            | Zip.ShiftLeft
            | Zip.ShiftRight ->
                requireBits op operands[0]
                TypeChecks.requireNumbers (zip.ToString()) operands[0]
            | Zip.Subtract
            | Zip.Divide
            | Zip.Remainder -> TypeChecks.requireNumbers (zip.ToString()) operands[0]
            // Of truth values they are or and and.
            | Zip.Add
            | Zip.Multiply
            | Zip.Maximum
            | Zip.Minimum -> ()

            [| operands[0] |]
        | Op.Quotient ->
            count (max 3 (min operands.Length 4))
            requireSame op operands
            sameShape ()
            requireFloat op operands[0]
            [| operands[0] |]
        | Op.Softmax((Softmax.Shares | Softmax.LogShares), _) ->
            count 1
            requireFloat op operands[0]
            operands
        | Op.Softmax(Softmax.LogSum, axes)
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

            // A byte that is neither 0 nor 1 would be no bool.
            let result = tensor dtype operands[0].Shape
            TypeChecks.requireNumbers (name op) operands[0]
            TypeChecks.requireNumbers (name op) result
            [| result |]
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
        | Op.CumulativeSum _ ->
            count 1
            TypeChecks.requireNumbers (name op) operands[0]
            operands
        | Op.StopGradient ->
            count 1
            operands
        | Op.Broadcast(shape, axes) ->
            count 1
            made operands[0].DType (StructureTypes.broadcast shape axes operands[0]).Shape
        | Op.Reshape shape ->
            count 1
            [| StructureTypes.reshape shape operands[0] |]
        | Op.Transpose permutation ->
            count 1
            [| StructureTypes.transpose permutation operands[0] |]
        | Op.Slice(starts, limits, strides) ->
            count 1
            [| StructureTypes.slice starts limits strides operands[0] |]
        | Op.Pad(low, high, interior) ->
            count 1
            [| StructureTypes.pad low high interior operands[0] |]
        | Op.Concatenate axis -> [| StructureTypes.concatenate axis operands |]
        | Op.Gather axis ->
            count 2
            [| StructureTypes.gather axis operands[0] operands[1] |]
        | Op.Update axis ->
            count 3
            [| StructureTypes.update axis operands[0] operands[1] operands[2] |]
        | Op.Scatter axis ->
            count 3
            [| StructureTypes.scatter axis operands[0] operands[1] operands[2] |]
        | Op.Iota(dtype, shape, _) ->
            count 0
            made dtype shape
        | Op.Dot axes ->
            count 2
            [| product op axes operands[0] operands[1] |]
        | Op.RandomBits(dtype, shape, _) ->
            count 1
            let keys = operands[0].Shape

            if operands[0].DType <> DType.UInt32 || keys.Length = 0 || keys[keys.Length - 1] <> 2 then
                shapeError op $"a key is uint32[2], not {operands[0]}"

            if not (dtype >= DType.UInt8 && dtype <= DType.UInt64) then
                raise (DTypeException $"Random bits are uint8, uint16, uint32 or uint64, not {DType.name dtype}.")

            made dtype (Array.append keys[.. keys.Length - 2] shape)
        | Op.Places _ ->
            count 1

            if operands[0].DType = DType.UInt64 then
                [| tensor DType.Int64 operands[0].Shape |]
            else
                TypeChecks.requireIndex (name op) operands[0]
                operands
        | Op.Require _ ->
            count 1
            [| tensor DType.Bool operands[0].Shape[.. operands[0].Shape.Length - 2] |]
        | Op.Routine routine -> routine.Infer operands
        | Op.Loop loop ->
            count loop.Body.InputCount
            BodyTypes.ofLoop loop operands
        | Op.Switch branches -> BodyTypes.ofSwitch branches operands
        | Op.Call(_, graph) -> BodyTypes.ofCall graph operands

    /// The type of the only result of an operation on one operand.
    let ofOne (op: Op) (a: TensorType) : TensorType =
        match op with
        | Op.Map _ when DType.isFloat a.DType -> a
        | Op.Reshape shape -> StructureTypes.reshape shape a
        | Op.Transpose permutation -> StructureTypes.transpose permutation a
        | Op.Slice(starts, limits, strides) -> StructureTypes.slice starts limits strides a
        | _ -> (infer op [| a |])[0]

    /// The type of the only result of an operation on two operands.
    let ofTwo (op: Op) (a: TensorType) (b: TensorType) : TensorType =
        match op with
        | Op.Zip(Zip.Add | Zip.Subtract | Zip.Multiply | Zip.Scale) when
            DType.isFloat a.DType && a.DType = b.DType && Shape.equal a.Shape b.Shape
            ->
            a
        | Op.Dot axes -> product op axes a b
        | _ -> (infer op [| a; b |])[0]
