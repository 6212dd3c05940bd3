using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>A function without lanes, element by element. (Its elements may have another size than its argument's.)</summary>
internal sealed unsafe class BlockScalarMap<TFunction, T, TResult>(TFunction f, BlockValue x, BlockValue result)
    : BlockInstruction
    where TFunction : struct, IScalarFunction<T, TResult>
    where T : unmanaged
    where TResult : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var from = (T*)x.In(frame);
        var to = (TResult*)result.In(frame);
        var count = frame->Count;

        if (x.Step == 0)
            Loops.Repeat(f.Of(*from), to, count);
        else
        {
            for (nint i = 0; i < count; i++)
                to[i] = f.Of(from[i]);
        }
    }
}
