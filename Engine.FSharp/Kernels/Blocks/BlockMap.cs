namespace Pipeline.Kernels;

/// <summary>A function of one argument, in vectors of at most so many bits.</summary>
internal sealed unsafe class BlockMap<TFunction, T>(int width, TFunction f, BlockValue x, BlockValue result)
    : BlockInstruction
    where TFunction : struct, IFunction
    where T : unmanaged
{
    public override void Run(BlockFrame* frame) =>
        BlockLoops.Map<TFunction, T>(width, f, (T*)x.In(frame), x.Step, (T*)result.In(frame), frame->Count);
}
