namespace Pipeline.Kernels;

/// <summary>A function of one argument, in vectors of at most so many bits.</summary>
internal sealed unsafe class BlockMap<TFunction, T>(int width, TFunction f, BlockValue x, int result) : BlockInstruction
    where TFunction : struct, IFunction
    where T : unmanaged
{
    public override void Run(BlockFrame* frame)
    {
        var from = (T*)frame->Slots[x.Slot];
        var to = (T*)frame->Slots[result];

        if (x.Step == 0)
            Loops.Repeat(from, to, frame->Count);

        Loops.Map<TFunction, T>(width, f, x.Step == 0 ? to : from, to, frame->Count);
    }
}
