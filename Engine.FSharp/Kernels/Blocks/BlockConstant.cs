namespace Pipeline.Kernels;

/// <summary>A number, or the bits of a mask.</summary>
internal sealed unsafe class BlockConstant(ulong bits, int result) : BlockInstruction
{
    public override void Run(BlockFrame* frame) => *(ulong*)frame->Slots[result] = bits;
}
