namespace Pipeline.Kernels;

/// <summary>A function of three arguments, in vectors of at most so many bits.</summary>
internal sealed unsafe class BlockZip3<TFunction, T>(
    int width,
    TFunction f,
    BlockValue x,
    BlockValue y,
    BlockValue z,
    BlockValue result
) : BlockInstruction
    where TFunction : struct, IFunction3
    where T : unmanaged
{
    public override void Run(BlockFrame* frame) =>
        BlockLoops.Map<TFunction, T>(
            width,
            f,
            (T*)x.In(frame),
            x.Step,
            (T*)y.In(frame),
            y.Step,
            (T*)z.In(frame),
            z.Step,
            (T*)result.In(frame),
            frame->Count
        );
}
