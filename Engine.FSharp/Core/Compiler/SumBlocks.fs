// The blocks in which long sums are made, so that their error does not grow with their length.
namespace Pipeline.Engine

open Pipeline

/// The loops from Axis on outwards give way after every Length entries of that axis: a block is done there. Axis -1: no sum of the nest is long.
[<Struct>]
type internal SumBlocks = {
    Axis: int
    Length: int
    /// Bits of the number of blocks of one sum, as much as it may be.
    Levels: int
}

[<RequireQualifiedAccess>]
module internal SumBlocks =
    /// Elements that a virtual lane takes one after the other; 64 lanes of four bytes take 4,096. A chain of n additions is off by n / 8 ulp
    /// where all its elements are equal, which is the worst of ordinary data.
    let turns = 64

    let none = { Axis = -1; Length = 0; Levels = 0 }

    /// The number of virtual lanes in which a reduction runs.
    let virtualLanes (dtype: DType) = if DType.bytes dtype = 8 then 32 else 64

    /// Bits of a number of blocks.
    let levels (blocks: int64) = 64 - System.Numerics.BitOperations.LeadingZeroCount(uint64 blocks)

    let isSum kind dtype = kind = Reduction.Sum && DType.isFloat dtype

    /// The axis along which the sums of a nest are cut: the innermost one at which a lane's turns are too many.
    let ofNest (nest: Nest) =
        let level (r: LoopReduction) = nest.Axes.Length - r.Axes
        let sums = nest.Reductions |> Array.filter (fun r -> isSum r.Kind r.Value.DType)
        let across = sums |> Array.filter (fun r -> level r <= nest.VectorAxis)

        let lanes = across |> Array.fold (fun lanes r -> min lanes (virtualLanes r.Value.DType)) 64

        let turnsAlong axis =
            let extent = int64 nest.Axes[axis].Extent

            if axis = nest.VectorAxis then (extent + int64 lanes - 1L) / int64 lanes else extent

        let first = sums |> Array.fold (fun first r -> min first (level r)) nest.Axes.Length

        let mutable axis = nest.Axes.Length - 1
        let mutable inner = 1L

        while axis >= first && inner * turnsAlong axis <= int64 turns do
            inner <- inner * turnsAlong axis
            axis <- axis - 1

        if axis < first then
            none
        else
            let entries = int (max 1L (int64 turns / inner))

            // Whole blocks of the loop over vectors, which takes up to 64 elements at once.
            let length = if axis = nest.VectorAxis then (entries * lanes + 63) / 64 * 64 else entries

            let mutable blocks = int64 nest.Axes[axis].Extent / int64 length + 1L

            for outer in first .. axis - 1 do
                blocks <- blocks * turnsAlong outer

            { Axis = axis; Length = length; Levels = levels blocks }
