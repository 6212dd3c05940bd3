namespace Pipeline.Kernels;

/// <summary>Instructions on the results of a block's reductions, of which it has fewer than elements.</summary>
internal sealed unsafe class BlockResults(nint factor, nint divisor, BlockInstruction[] instructions) : BlockInstruction
{
    public override void Run(BlockFrame* frame)
    {
        var count = frame->Count;
        frame->Count = count * factor / divisor;

        foreach (var instruction in instructions)
            instruction.Run(frame);

        frame->Count = count;
    }
}
