namespace Pipeline.Kernels;

/// <summary>A function of the table of two arguments, in vectors of at most so many bits.</summary>
internal sealed unsafe class BlockFunction2<TFunction, T>(
    int width,
    TFunction f,
    BlockValue x,
    BlockValue z,
    BlockValue result
) : BlockInstruction
    where TFunction : struct, IFunction2
    where T : unmanaged
{
    public override void Run(BlockFrame* frame) =>
        Loops.Map<TFunction, T>(
            width,
            f,
            (T*)x.In(frame),
            x.Step,
            (T*)z.In(frame),
            z.Step,
            (T*)result.In(frame),
            frame->Count
        );
}
