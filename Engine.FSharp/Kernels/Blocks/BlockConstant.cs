namespace Pipeline.Kernels;

/// <summary>A number, or the bits of a mask.</summary>
internal sealed unsafe class BlockConstant(ulong bits, BlockValue result) : BlockInstruction
{
    public override void Run(BlockFrame* frame) => *(ulong*)result.In(frame) = bits;
}
