namespace Pipeline.Kernels;

/// <summary>A value with the bits of another.</summary>
internal sealed unsafe class BlockAlias(int x, int result) : BlockInstruction
{
    public override void Run(BlockFrame* frame) => frame->Slots[result] = frame->Slots[x];
}
