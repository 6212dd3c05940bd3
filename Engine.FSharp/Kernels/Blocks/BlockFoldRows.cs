namespace Pipeline.Kernels;

/// <summary>Reductions of so many entries each, all of which the block has.</summary>
internal sealed unsafe class BlockFoldRows(
    BlockFold fold,
    nint state,
    BlockValue x,
    BlockValue z,
    nint entries,
    int result
) : BlockInstruction
{
    public override void Run(BlockFrame* frame) =>
        fold.Rows(
            frame->Workspace + state,
            frame->Slots[x.Slot],
            x.Step,
            frame->Slots[z.Slot],
            z.Step,
            entries,
            frame->Count / (entries * fold.Width),
            frame->Slots[result]
        );
}
