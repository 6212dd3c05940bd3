using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>A function of two arguments without lanes, element by element.</summary>
internal sealed unsafe class BlockScalarZip<TFunction, T>(TFunction f, BlockValue x, BlockValue z, BlockValue result)
    : BlockInstruction
    where TFunction : struct, IScalarFunction2<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var a = (T*)x.In(frame);
        var b = (T*)z.In(frame);
        var r = (T*)result.In(frame);
        var (count, stepA, stepB) = (frame->Count, (nint)x.Step, (nint)z.Step);

        for (nint i = 0; i < count; i++)
            r[i] = f.Of(a[i * stepA], b[i * stepB]);
    }
}
