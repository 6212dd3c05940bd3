namespace Pipeline.Kernels;

/// <summary>A reduction begins, whose entries come with many blocks.</summary>
internal sealed unsafe class BlockFoldBegin(BlockFold fold, nint state) : BlockInstruction
{
    public override void Run(BlockFrame* frame) => fold.Begin(frame->Workspace + state);
}
