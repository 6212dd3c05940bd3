namespace Pipeline.Kernels;

/// <summary>One of two arguments by the bytes 0 and 1.</summary>
internal sealed unsafe class BlockChoice<T>(BlockValue condition, BlockValue x, BlockValue z, int result)
    : BlockInstruction
    where T : unmanaged
{
    public override void Run(BlockFrame* frame) =>
        Choices.Select(
            frame->Slots[condition.Slot],
            condition.Step,
            (T*)frame->Slots[x.Slot],
            x.Step,
            (T*)frame->Slots[z.Slot],
            z.Step,
            (T*)frame->Slots[result],
            frame->Count
        );
}
