using System.Numerics;

namespace Pipeline.Kernels;

/// <summary>Whether two arguments are in a relation, as the bytes 0 and 1.</summary>
internal sealed unsafe class BlockComparison<TRelation, T>(BlockValue x, BlockValue z, BlockValue result)
    : BlockInstruction
    where TRelation : struct, IRelation
    where T : unmanaged, INumber<T>
{
    public override void Run(BlockFrame* frame) =>
        Choices.Compare<TRelation, T>((T*)x.In(frame), x.Step, (T*)z.In(frame), z.Step, result.In(frame), frame->Count);
}
