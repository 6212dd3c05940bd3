using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>A whole block, on which an operation is a loop of its own. Of an operation or two that takes less than turns of terms do.</summary>
internal unsafe struct WholeBlock<T> : IVectors<WholeBlock<T>>
    where T : unmanaged
{
    private T* at;
    private int step;

    public static bool HasNext
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    public static nint Bytes => 0;

    public static WholeBlock<T> Load(byte* at, nint moves) => new() { at = (T*)at, step = (int)-moves };

    public static void Store(byte* at, ExpressionTarget to, WholeBlock<T> value)
    {
        if (value.step == 0)
            Loops.Repeat(value.at, (T*)at, to.Count);
        else if (value.at != at)
            Buffer.MemoryCopy(value.at, at, to.Count * sizeof(T), to.Count * sizeof(T));
    }

    public static WholeBlock<T> Of<TFunction>(TFunction f, ExpressionTarget to, WholeBlock<T> x)
        where TFunction : struct, IFunction
    {
        BlockLoops.Map<TFunction, T>(to.Width, f, x.at, x.step, (T*)to.At<T>(), to.Count);
        return Made(to);
    }

    public static WholeBlock<T> Of<TFunction>(TFunction f, ExpressionTarget to, WholeBlock<T> x, WholeBlock<T> z)
        where TFunction : struct, IFunction2
    {
        BlockLoops.Map<TFunction, T>(to.Width, f, x.at, x.step, z.at, z.step, (T*)to.At<T>(), to.Count);
        return Made(to);
    }

    public static WholeBlock<T> Of<TFunction>(
        TFunction f,
        ExpressionTarget to,
        WholeBlock<T> x,
        WholeBlock<T> y,
        WholeBlock<T> z
    )
        where TFunction : struct, IFunction3
    {
        BlockLoops.Map<TFunction, T>(to.Width, f, x.at, x.step, y.at, y.step, z.at, z.step, (T*)to.At<T>(), to.Count);
        return Made(to);
    }

    private static WholeBlock<T> Made(ExpressionTarget to) => new() { at = (T*)to.At<T>(), step = 1 };
}
