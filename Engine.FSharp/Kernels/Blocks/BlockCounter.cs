using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>Counts, as numbers of a type.</summary>
internal sealed unsafe class BlockCounter<T>(BlockCount count, BlockValue result) : BlockInstruction
    where T : unmanaged, INumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var to = (T*)result.In(frame);
        var start = count.Offset;

        for (var k = 0; k < count.Around.Length; k++)
            start += count.Around[k] * frame->Indices[k];

        if (count.Variable >= 0)
            start += count.Factor * *(long*)(frame->Workspace + count.Variable);

        if (count.Axis is not { } axis)
        {
            *to = T.CreateTruncating(start);
            return;
        }

        if (axis.Extent == 0)
            start += axis.Step * frame->First;

        nint index = 0;

        for (var end = to + frame->Count; to < end; to += axis.Inner)
        {
            var value = T.CreateTruncating(start + axis.Step * index);

            if (axis.Inner == 1)
                *to = value;
            else
                Loops.Repeat(value, to, axis.Inner);

            index = index + 1 == axis.Extent ? 0 : index + 1;
        }
    }
}
