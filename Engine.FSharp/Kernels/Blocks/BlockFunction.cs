namespace Pipeline.Kernels;

/// <summary>A function of the table, in vectors of at most so many bits.</summary>
internal sealed unsafe class BlockFunction<TFunction, T>(int width, TFunction f, BlockValue x, int result)
    : BlockInstruction
    where TFunction : struct, IFunction
    where T : unmanaged
{
    public override void Run(BlockFrame* frame)
    {
        var from = (T*)frame->Slots[x.Slot];
        var to = (T*)frame->Slots[result];
        Loops.Map<TFunction, T>(width, f, from, to, x.Step == 0 ? 1 : frame->Count);

        if (x.Step == 0)
            Loops.Repeat(to, to, frame->Count);
    }
}
