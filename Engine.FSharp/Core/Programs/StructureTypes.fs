// The types of results that hold the numbers of their operands in other places: views, parts, joins, and entries at indices.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal StructureTypes =
    let private shapeError operation detail = TypeChecks.shapeError operation detail

    let broadcast (shape: int[]) (axes: int[]) (operand: TensorType) : TensorType =
        if axes.Length <> operand.Shape.Length then
            shapeError "Broadcast" $"{axes.Length} axes are named for the operand {Shape.text operand.Shape}"

        for i in 0 .. axes.Length - 1 do
            if shape[axes[i]] <> operand.Shape[i] then
                shapeError "Broadcast" $"axis {i} of {Shape.text operand.Shape} does not fit axis {axes[i]} of {Shape.text shape}"

        { operand with Shape = shape }

    let reshape (shape: int[]) (operand: TensorType) : TensorType =
        if Shape.size shape <> Shape.size operand.Shape then
            shapeError
                "Reshape"
                $"{Shape.text operand.Shape} has {Shape.size operand.Shape} elements and {Shape.text shape} has {Shape.size shape}; a reshape keeps their number"

        { operand with Shape = shape }

    let transpose (permutation: int[]) (operand: TensorType) : TensorType =
        let shape = operand.Shape

        let mutable isPermutation = permutation.Length = shape.Length

        for axis in 0 .. shape.Length - 1 do
            isPermutation <- isPermutation && System.Array.IndexOf(permutation, axis) >= 0

        if not isPermutation then
            shapeError "Transpose" $"{Shape.text permutation} is no permutation of the axes of {Shape.text shape}"

        { operand with Shape = permutation |> Array.map (fun i -> shape[i]) }

    let slice (starts: int[]) (limits: int[]) (strides: int[]) (operand: TensorType) : TensorType =
        let shape = operand.Shape

        if starts.Length <> shape.Length || limits.Length <> shape.Length || strides.Length <> shape.Length then
            shapeError "Slice" $"needs a start, a limit and a stride for each axis of {Shape.text shape}"

        let result =
            Array.init shape.Length (fun i ->
                if starts[i] < 0 || limits[i] > shape[i] || starts[i] > limits[i] || strides[i] < 1 then
                    shapeError "Slice" $"axis {i} of {Shape.text shape} has no entries {starts[i]} to {limits[i]} in steps of {strides[i]}"

                (limits[i] - starts[i] + strides[i] - 1) / strides[i])

        { operand with Shape = result }

    let pad (low: int[]) (high: int[]) (interior: int[]) (operand: TensorType) : TensorType =
        let padded i size =
            Shape.extent "Pad" i (int64 low[i] + int64 high[i] + int64 size + int64 (max 0 (size - 1)) * int64 interior[i])

        { operand with Shape = Array.mapi padded operand.Shape }

    let concatenate axis (operands: TensorType[]) : TensorType =
        if operands.Length = 0 then shapeError "Concatenate" "takes at least one tensor"

        for operand in operands do
            TypeChecks.requireSame "Concatenate" operands[0] operand

        let first = operands[0].Shape

        for operand in operands do
            let s = operand.Shape

            if s.Length <> first.Length then
                shapeError "Concatenate" $"{Shape.text first} and {Shape.text s} differ in rank"

            for i in 0 .. s.Length - 1 do
                if i <> axis && s[i] <> first[i] then
                    shapeError "Concatenate" $"{Shape.text first} and {Shape.text s} differ at axis {i}; only axis {axis} may"

        let total = operands |> Array.sumBy (fun t -> int64 t.Shape[axis])
        { operands[0] with Shape = Array.updateAt axis (Shape.extent "Concatenate" axis total) first }

    /// Refuses indices of an axis that there is not, or that is empty.
    let private requireEntries operation axis (shape: int[]) (indices: int[]) =
        if axis >= shape.Length then shapeError operation $"there is no axis {axis} in {Shape.text shape}"

        if shape[axis] = 0 && Shape.size indices > 0 then
            shapeError operation $"axis {axis} of {Shape.text shape} is empty, and an index finds nothing there"

    /// The shape of the entries of an axis at indices, which stand in its place.
    let private entries axis (shape: int[]) (indices: int[]) = Array.concat [ shape[.. axis - 1]; indices; shape[axis + 1 ..] ]

    let gather axis (x: TensorType) (indices: TensorType) : TensorType =
        TypeChecks.requireIndex "Gather" indices
        let shape = x.Shape

        requireEntries "Gather" axis shape indices.Shape

        { x with Shape = entries axis shape indices.Shape }

    let update axis (x: TensorType) (entry: TensorType) (index: TensorType) : TensorType =
        TypeChecks.requireSame "Update" x entry
        TypeChecks.requireIndex "Update" index
        let shape = x.Shape

        if axis >= shape.Length || shape[axis] = 0 then
            shapeError "Update" $"there is no entry along axis {axis} in {Shape.text shape}"

        if index.Shape.Length > 0 then
            shapeError "Update" $"the index is a scalar, not {Shape.text index.Shape}"

        if not (Shape.equal (Array.removeAt axis shape) entry.Shape) then
            shapeError "Update" $"an entry of {Shape.text shape} along axis {axis} is not {Shape.text entry.Shape}"

        x

    let scatter axis (x: TensorType) (updates: TensorType) (indices: TensorType) : TensorType =
        TypeChecks.requireSame "Scatter" x updates
        TypeChecks.requireIndex "Scatter" indices
        let shape = x.Shape

        requireEntries "Scatter" axis shape indices.Shape

        if not (Shape.equal (entries axis shape indices.Shape) updates.Shape) then
            shapeError
                "Scatter"
                $"updates {Shape.text updates.Shape} are not entries {Shape.text indices.Shape} of axis {axis} of {Shape.text shape}"

        x
