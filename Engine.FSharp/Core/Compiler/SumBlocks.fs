// Where the loops of a nest cut a sum into the blocks of its order (SumOrder.fs).
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
type internal BlockKind =
    /// The sum is one block.
    | Whole
    /// A block is done after every Length entries of the axis, and, if that is a row of several, at its end.
    | Along
    /// A block ends where no axis does: machine code has no such loops, instructions on blocks count the entries.
    | Within

[<Struct>]
type internal SumBlocks = {
    Kind: BlockKind
    Axis: int
    Length: int
    /// The first axis of a row that ends a block; -1 for none.
    Row: int
    /// Bits of the number of blocks.
    Levels: int
}

[<RequireQualifiedAccess>]
module internal SumBlocks =
    let none = { Kind = BlockKind.Whole; Axis = -1; Length = 0; Row = -1; Levels = 0 }

    /// Bits of a number of blocks.
    let levels (blocks: int64) = 64 - System.Numerics.BitOperations.LeadingZeroCount(uint64 blocks)

    /// The blocks of a sum over the axes from a level on; none if loops over these axes do not follow its order. Where the vector axis is among
    /// them it is the last, whose entries go to the lanes; otherwise results of lanes of their own have them in memory.
    let ofReduction (axes: Axis[]) (vectorAxis: int) (level: int) (order: SumOrder) : SumBlocks voption =
        let last = axes.Length - 1
        let extent axis = int64 axes[axis].Extent
        let isAcross = vectorAxis >= level
        let cutRow = order.RowsOfBlock = 0

        /// The first axis of a row.
        let mutable row = last
        let mutable entries = if last >= level then extent last else 1L

        while row > level && entries < int64 order.Row do
            row <- row - 1
            entries <- entries * extent row

        let made kind axis length row =
            ValueSome { Kind = kind; Axis = axis; Length = length; Row = row; Levels = levels (int64 order.Blocks) }

        if axes |> Seq.skip level |> Seq.exists (fun axis -> axis.Extent = 0) then
            ValueSome none
        elif isAcross && (order.Lanes = 1 || vectorAxis <> last) || entries <> int64 order.Row then
            ValueNone
        elif row < last && isAcross then
            let along, cut = extent last, int64 order.Cut
            let isWholeTurns = order.Rows = 1 && along % int64 order.Lanes = 0

            if isWholeTurns && order.Blocks = 1 then
                ValueSome none
            elif isWholeTurns && row = last - 1 && cut % along = 0L then
                made BlockKind.Along row (int (cut / along)) -1
            elif isWholeTurns && along % cut = 0L then
                made BlockKind.Along last order.Cut last
            else
                made BlockKind.Within last 0 -1
        elif row < last && order.Lanes > 1 then
            ValueNone
        elif order.Blocks = 1 then
            ValueSome none
        elif not cutRow && row = level + 1 then
            made BlockKind.Along level order.RowsOfBlock -1
        elif not cutRow || row < last then
            made BlockKind.Within last 0 -1
        else
            made BlockKind.Along last order.Cut (if order.Rows > 1 then row else -1)
