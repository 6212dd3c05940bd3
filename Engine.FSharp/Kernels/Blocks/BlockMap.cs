namespace Pipeline.Kernels;

/// <summary>A function of one argument, in vectors of at most so many bits.</summary>
internal sealed unsafe class BlockMap<TFunction, T>(int width, TFunction f, BlockValue x, int result) : BlockInstruction
    where TFunction : struct, IFunction
    where T : unmanaged
{
    public override void Run(BlockFrame* frame) =>
        BlockLoops.Map<TFunction, T>(
            width,
            f,
            (T*)frame->Slots[x.Slot],
            x.Step,
            (T*)frame->Slots[result],
            frame->Count
        );
}
