namespace Pipeline.Kernels;

/// <summary>One of two arguments by the bytes 0 and 1.</summary>
internal sealed unsafe class BlockChoice<T>(BlockValue condition, BlockValue x, BlockValue z, BlockValue result)
    : BlockInstruction
    where T : unmanaged
{
    public override void Run(BlockFrame* frame) =>
        Choices.Select(
            condition.In(frame),
            condition.Step,
            (T*)x.In(frame),
            x.Step,
            (T*)z.In(frame),
            z.Step,
            (T*)result.In(frame),
            frame->Count
        );
}
