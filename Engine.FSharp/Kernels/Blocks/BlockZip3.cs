namespace Pipeline.Kernels;

/// <summary>A function of three arguments, in vectors of at most so many bits.</summary>
internal sealed unsafe class BlockZip3<TFunction, T>(
    int width,
    TFunction f,
    BlockValue x,
    BlockValue y,
    BlockValue z,
    int result
) : BlockInstruction
    where TFunction : struct, IFunction3
    where T : unmanaged
{
    public override void Run(BlockFrame* frame) =>
        BlockLoops.Map<TFunction, T>(
            width,
            f,
            (T*)frame->Slots[x.Slot],
            x.Step,
            (T*)frame->Slots[y.Slot],
            y.Step,
            (T*)frame->Slots[z.Slot],
            z.Step,
            (T*)frame->Slots[result],
            frame->Count
        );
}
