using System.Numerics;

namespace Pipeline.Kernels;

/// <summary>Whether two arguments are in a relation, as the bytes 0 and 1.</summary>
internal sealed unsafe class BlockComparison<TRelation, T>(BlockValue x, BlockValue z, int result) : BlockInstruction
    where TRelation : struct, IRelation
    where T : unmanaged, INumber<T>
{
    public override void Run(BlockFrame* frame) =>
        Choices.Compare<TRelation, T>(
            (T*)frame->Slots[x.Slot],
            x.Step,
            (T*)frame->Slots[z.Slot],
            z.Step,
            frame->Slots[result],
            frame->Count
        );
}
