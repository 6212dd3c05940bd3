// What fusion makes of each operation.
namespace Pipeline.Engine

open Pipeline

/// What an operation's results are to the fusion.
[<RequireQualifiedAccess>]
type internal Form =
    /// In memory from the start.
    | Leaf
    /// Elements of the operand at another index.
    | Movement
    /// A reshape that merges axes: the memory of its operand in another shape.
    | Alias
    /// Computed wherever an element is needed.
    | Inline
    /// The same, but only at constant indices: in straight-line code.
    | Unrolled
    /// Reductions of a nest.
    | Reduced
    /// Stores of several nests or several stores of one: Pad, Concatenate.
    | Pieces
    /// A statement of its own.
    | Opaque

[<RequireQualifiedAccess>]
module internal Form =
    let private dot (axes: DotAxes) (left: TensorType) (right: TensorType) =
        let struct (batch, m, n, k) = DotAxes.sizes axes left.Shape right.Shape

        // Rows so short fill lanes in part, so that the kernel takes less time over many small matrices.
        let isBatch = batch > 1 && min m n > 1 && batch * m * n > CostModel.thinBatch && DType.isFloat left.DType

        let isThin =
            not isBatch && k <= CostModel.thin && (k * n <= CostModel.thin || k * m <= CostModel.thin)
            || k <= SumOrder.shortProduct && batch * m * n <= SumOrder.few

        if k <= 1 then Form.Inline
        elif batch * m * n <= CostModel.straightLine && k > CostModel.straightLine then Form.Reduced
        elif isThin then Form.Inline
        elif batch * m * n <= CostModel.thin then Form.Reduced
        elif not (DType.isFloat left.DType) then Form.Reduced
        elif batch = 1 && (m = 1 || n = 1) then Form.Reduced
        else Form.Opaque

    /// Whether the few results of a product are reductions of their own over the contracted axes alone; those of many columns that lie side by side
    /// stay so.
    let isSeparate (axes: DotAxes) (left: int[]) (right: int[]) =
        let struct (batch, m, n, _) = DotAxes.sizes axes left right

        batch * m * n <= CostModel.thin
        && (max m n <= CostModel.straightLine
            || SumOrder.isAlong left axes.ContractLeft && SumOrder.isAlong right axes.ContractRight)

    /// Whether what a transposition moves along its last axis lies in more lines of memory than half of the first cache has room for, of those
    /// at such a distance: each set of it holds few, and a distance that is a power of two meets few sets.
    let isFarApart (permutation: int[]) (x: TensorType) =
        let rank = permutation.Length
        let bytes = DType.bytes x.DType
        let extent k = x.Shape[permutation[k]]
        let isLast = rank = 0 || permutation[rank - 1] = rank - 1

        if isLast || bytes < 4 || extent (rank - 1) < CostModel.turnedLines || x.Shape[rank - 1] < CostModel.turnedLines then
            false
        else
            let distance =
                x.Shape[permutation[rank - 1] + 1 ..] |> Array.fold (fun n extent -> n * int64 extent) (int64 bytes)

            let line = int64 CostModel.vectorBytes
            let lines = distance / line
            let together = if distance % line = 0L then min (int64 CostModel.cacheSets) (lines &&& -lines) else 1L
            2L * int64 (extent (rank - 1)) > int64 (CostModel.cacheSets * CostModel.cacheWays) / together

    let ofOp (op: Op) (operands: TensorType[]) (result: TensorType) : Form =
        let isSmall = Shape.size result.Shape <= CostModel.straightLine

        match op with
        | Op.Constant _ -> Form.Leaf
        | Op.Map _
        | Op.Zip _
        | Op.Quotient
        | Op.Compare _
        | Op.Select
        | Op.Convert _
        | Op.Reinterpret _
        | Op.StopGradient
        | Op.Iota _
        | Op.Gather _ -> Form.Inline
        | Op.Broadcast _
        | Op.Transpose _
        | Op.Slice _ -> Form.Movement
        | Op.Reshape shape ->
            if Index.splits operands[0].Shape shape then Form.Movement
            elif isSmall then Form.Unrolled
            else Form.Alias
        | Op.Reduce _ ->
            let reduced = Shape.size operands[0].Shape / max 1 (Shape.size result.Shape)

            if reduced <= CostModel.thin / 4 then Form.Inline else Form.Reduced
        | Op.Dot axes -> dot axes operands[0] operands[1]
        | Op.Pad _
        | Op.Concatenate _ -> if isSmall then Form.Unrolled else Form.Pieces
        | Op.CumulativeSum _ -> if isSmall then Form.Unrolled else Form.Opaque
        | Op.RandomBits(dtype, _, layout) ->
            if layout = KeyLayout.Partitionable || dtype = DType.UInt64 then Form.Inline
            elif dtype = DType.UInt32 then Form.Pieces
            else Form.Opaque
        | Op.Norm _
        | Op.Softmax _
        | Op.Mean _
        | Op.Scatter _
        | Op.Update _
        | Op.Require _
        | Op.Places _
        | Op.Routine _
        | Op.Loop _
        | Op.Switch _
        | Op.Call _ -> Form.Opaque
