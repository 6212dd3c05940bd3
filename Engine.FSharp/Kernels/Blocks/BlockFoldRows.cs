namespace Pipeline.Kernels;

/// <summary>Reductions of so many entries each, all of which the block has.</summary>
internal sealed unsafe class BlockFoldRows(
    BlockFold fold,
    nint state,
    BlockValue x,
    BlockValue z,
    nint entries,
    BlockValue result
) : BlockInstruction
{
    public override void Run(BlockFrame* frame)
    {
        var elements = entries * fold.Width;
        var row = elements * fold.Sizes.Element;

        fold.Rows(
            frame->Workspace + state,
            x.In(frame),
            x.Step,
            row * x.Step,
            z.In(frame),
            z.Step,
            row * z.Step,
            entries,
            frame->Count / elements,
            result.In(frame)
        );
    }
}
