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
    BlockValue result
) : BlockInstruction
    where T : unmanaged, INumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var a = (T*)x.In(frame);
        var b = (T*)y.In(frame);
        var c = (T*)z.In(frame);
        var from = (T*)value.In(frame);
        var to = (T*)result.In(frame);

        for (nint i = 0; i < frame->Count; i++)
        {
            var number = from[i * value.Step];
            to[i] = T.IsNaN(number) ? f(a[i * x.Step], b[i * y.Step], c[i * z.Step]) : number;
        }
    }
}
