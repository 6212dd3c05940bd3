namespace Pipeline.Kernels;

/// <summary>A step over all elements of a block. It keeps nothing between runs: one instruction serves any number of threads.</summary>
internal abstract unsafe class BlockInstruction
{
    public abstract void Run(BlockFrame* frame);
}
