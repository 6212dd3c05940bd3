// The order in which sums and products of floats are made: of the dtype and the extents alone, so that it is part of the operation.
namespace Pipeline.Engine

open Pipeline

/// How the entries that one result is made of are taken up: rows of the innermost reduced axis one after the other, entry p of a row by lane
/// p mod Lanes; a block is as many whole rows as give no lane more than Turns entries, or that much of a longer row.
/// A lane starts from the identity of its operation (-0 of sums, so that the sum of one number is that number), and takes its entries in order;
/// the lanes of a block are combined by halves, i with i + 32, i + 16, ..; and blocks in the tree whose left part is the largest power of two
/// below their number. The sum of nothing is 0.
[<Struct>]
type internal SumOrder = {
    Lanes: int
    /// Entries of the innermost reduced axis.
    Row: int
    Rows: int
    /// Entries that a lane takes one after the other.
    Turns: int
} with

    /// The most entries of a row in one block.
    member order.Cut = order.Turns * order.Lanes

    /// Whole rows of a block; 0 where a row is cut.
    member order.RowsOfBlock =
        if order.Row > order.Cut then
            0
        else
            order.Turns / ((max 1 order.Row + order.Lanes - 1) / order.Lanes)

    /// Blocks of a row that is cut.
    member order.Cuts = (order.Row - 1) / order.Cut + 1

    member order.Blocks =
        match order.RowsOfBlock with
        | 0 -> order.Rows * order.Cuts
        | rows -> (order.Rows - 1) / rows + 1

[<RequireQualifiedAccess>]
module internal SumOrder =
    /// Entries that a lane takes one after the other: a chain of n additions is off by n / 8 ulp where all its entries are equal, which is the
    /// worst of ordinary data.
    let turns = 64
    /// Terms of a product that are one chain.
    let terms = 4096
    /// So many results have lanes of their own each; of more, one result is one lane where the innermost axis is kept.
    let few = 32
    /// Products of so few terms are chains however many results they have, so that a batch of them has the bits of a loop.
    let shortProduct = 8
    /// Longer float32 sums are those of float64, rounded once: their numbers come from beyond the first cache, whose time hides the rest.
    let long = 65_536

    /// 256 bytes of numbers: four vectors of the widest kind.
    let lanes (dtype: DType) = if DType.bytes dtype = 8 then 32 else 64

    /// Whether the order makes a difference to the result.
    let isOrdered (reduction: Reduction) (dtype: DType) =
        match reduction with
        | Reduction.Sum
        | Reduction.Product -> DType.isFloat dtype
        | Reduction.Maximum
        | Reduction.Minimum
        | Reduction.ArgMax
        | Reduction.ArgMin -> false

    /// Whether so many numbers are added up in float64 whatever their dtype.
    let isWide (dtype: DType) (count: int) =
        match dtype with
        | DType.Float32 -> count > long
        | _ -> false

    /// Of so many parts, more than one, the left ones that are combined for themselves.
    let left (count: int) = int (System.Numerics.BitOperations.RoundUpToPowerOf2(uint32 count) / 2u)

    /// Over axes in ascending order. Axes of one entry do not count, and adjacent reduced axes count as one.
    let ofReduction (dtype: DType) (shape: int[]) (axes: int[]) : SumOrder =
        // The last axes: one row.
        if axes.Length > 0 && axes[0] = shape.Length - axes.Length then
            let mutable row = 1

            for axis in axes do
                row <- row * shape[axis]

            { Lanes = lanes dtype; Row = row; Rows = 1; Turns = turns }
        else
            let mutable row, rows, kept = 1, 1, 1
            let mutable isKeptInnermost, isBegun, isDone = false, false, false

            for axis in shape.Length - 1 .. -1 .. 0 do
                let extent = shape[axis]

                if extent <> 1 then
                    if System.Array.IndexOf(axes, axis) < 0 then
                        kept <- kept * extent
                        isKeptInnermost <- isKeptInnermost || not isBegun
                        isDone <- isBegun
                    elif isDone then
                        rows <- rows * extent
                    else
                        isBegun <- true
                        row <- row * extent

            let isOwn = not isKeptInnermost || kept <= few
            { Lanes = (if isOwn then lanes dtype else 1); Row = row; Rows = rows; Turns = turns }

    /// Whether the last axis of more than one entry is among the contracted ones.
    let isAlong (shape: int[]) (contracted: int[]) =
        System.Array.IndexOf(contracted, System.Array.FindLastIndex(shape, (fun extent -> extent <> 1))) >= 0

    /// Of a product of these sizes (DotAxes.sizes), whose terms have the order in which its contracted axes are given, by fused multiply-adds. At most 32 results of more than 8
    /// terms have lanes as a sum has, and so have the results of a matrix and a vector whose terms lie along the matrix's last axis; others are one chain each.
    let ofProduct (dtype: DType) (axes: DotAxes) (left: int[]) (right: int[]) (struct (batch, m, n, k)) : SumOrder =
        let isLine () = n = 1 && isAlong left axes.ContractLeft || m = 1 && isAlong right axes.ContractRight

        if k > shortProduct && (batch * m * n <= few || isLine ()) then
            { Lanes = lanes dtype; Row = k; Rows = 1; Turns = turns }
        else
            { Lanes = 1; Row = k; Rows = 1; Turns = terms }

    /// Whether running sums along an axis of so many entries keep what their additions lose.
    let isCompensated (length: int) = length > turns
