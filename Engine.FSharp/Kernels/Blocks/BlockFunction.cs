namespace Pipeline.Kernels;

/// <summary>A function of the table, in vectors of at most so many bits.</summary>
internal sealed unsafe class BlockFunction<TFunction, T>(int width, TFunction f, BlockValue x, BlockValue result)
    : BlockInstruction
    where TFunction : struct, IFunction
    where T : unmanaged
{
    public override void Run(BlockFrame* frame)
    {
        var from = (T*)x.In(frame);
        var to = (T*)result.In(frame);
        Loops.Map<TFunction, T>(width, f, from, to, x.Step == 0 ? 1 : frame->Count);

        if (x.Step == 0)
            Loops.Repeat(to, to, frame->Count);
    }
}
