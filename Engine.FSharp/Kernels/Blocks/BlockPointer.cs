namespace Pipeline.Kernels;

/// <summary>A value that lies in memory as a block does, or is one element for all of it: it is read, or made, there.</summary>
internal sealed unsafe class BlockPointer(int pointer, nint displacement, int result) : BlockInstruction
{
    public override void Run(BlockFrame* frame) => frame->Slots[result] = frame->Pointers[pointer] + displacement;
}
