namespace Pipeline.Kernels;

/// <summary>A reduction ends.</summary>
internal sealed unsafe class BlockFoldEnd(BlockFold fold, nint state, int result) : BlockInstruction
{
    public override void Run(BlockFrame* frame) => fold.End(frame->Workspace + state, frame->Slots[result]);
}
