namespace Pipeline.Kernels;

/// <summary>The block's entries go into a reduction that has begun.</summary>
internal sealed unsafe class BlockFoldTake(BlockFold fold, nint state, BlockValue x, BlockValue z) : BlockInstruction
{
    public override void Run(BlockFrame* frame) =>
        fold.Take(frame->Workspace + state, x.In(frame), x.Step, z.In(frame), z.Step, frame->Count / fold.Width);
}
