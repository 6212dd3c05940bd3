using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>A value; where it is no number a function without lanes of three others.</summary>
internal sealed unsafe class BlockCallWhereNaN<T>(
    Func<T, T, T, T> f,
    BlockValue x,
    BlockValue y,
    BlockValue z,
    BlockValue value,
    int result
) : BlockInstruction
    where T : unmanaged, INumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var a = (T*)frame->Slots[x.Slot];
        var b = (T*)frame->Slots[y.Slot];
        var c = (T*)frame->Slots[z.Slot];
        var from = (T*)frame->Slots[value.Slot];
        var to = (T*)frame->Slots[result];

        for (nint i = 0; i < frame->Count; i++)
        {
            var number = from[i * value.Step];
            to[i] = T.IsNaN(number) ? f(a[i * x.Step], b[i * y.Step], c[i * z.Step]) : number;
        }
    }
}
