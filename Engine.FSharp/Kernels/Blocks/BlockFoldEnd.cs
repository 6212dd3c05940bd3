namespace Pipeline.Kernels;

/// <summary>A reduction ends.</summary>
internal sealed unsafe class BlockFoldEnd(BlockFold fold, nint state, BlockValue result) : BlockInstruction
{
    public override void Run(BlockFrame* frame) => fold.End(frame->Workspace + state, result.In(frame));
}
