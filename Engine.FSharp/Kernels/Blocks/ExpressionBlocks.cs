using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Expressions over blocks of any length, and of numbers. (Static methods of types that are named: what a virtual method of a generic class calls is not
/// compiled ahead of time.)
/// </summary>
internal static unsafe class ExpressionBlocks
{
    /// <summary>Bytes of a block of which few operations are loops of their own.</summary>
    private const int Short = 256;

    /// <summary>Of numbers by themselves. (What it takes beside steps is for blocks.)</summary>
    public static void RunNumbers<T>(ExpressionStep* steps, nint length, BlockFrame* frame, int width, bool areFew)
        where T : unmanaged => ExpressionLoops.Run<OneNumber<T, NumberByItself>, T>(steps, length, frame->Bases, 0, 1);

    /// <summary>In vectors of at most so many bits; few steps as loops of their own.</summary>
    public static void Run<T>(ExpressionStep* steps, nint length, BlockFrame* frame, int width, bool areFew)
        where T : unmanaged
    {
        var bases = frame->Bases;
        var bytes = frame->Count * sizeof(T);

        if (areFew && bytes >= Short)
        {
            ExpressionLoops.Run<WholeBlock<T>, T>(steps, length, bases, 0, 1, width, frame->Count);
            return;
        }

        nint offset =
            width == 512 ? RunVectors<Lanes512<T>, T>(steps, length, bases, bytes)
            : width == 256 ? RunVectors<Lanes256<T>, T>(steps, length, bases, bytes)
            : RunVectors<Lanes128<T>, T>(steps, length, bases, bytes);

        // What does not fill a vector.
        if (bytes - offset >= sizeof(Lanes256<T>))
            offset = ExpressionLoops.Run<OneVector<Lanes256<T>>, T>(steps, length, bases, offset, 1);

        if (bytes - offset >= sizeof(Lanes128<T>))
            offset = ExpressionLoops.Run<OneVector<Lanes128<T>>, T>(steps, length, bases, offset, 1);

        if (bytes > offset)
            ExpressionLoops.Run<OneNumber<T, NumberOfBlock>, T>(
                steps,
                length,
                bases,
                offset,
                (bytes - offset) / sizeof(T)
            );
    }

    /// <summary>Four vectors a turn, then one.</summary>
    private static nint RunVectors<TLane, T>(ExpressionStep* steps, nint length, byte** bases, nint bytes)
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var vectors = bytes / sizeof(TLane);
        nint offset = 0;

        if (vectors >= 4)
            offset = ExpressionLoops.Run<FourVectors<TLane>, T>(steps, length, bases, 0, vectors / 4);

        return (vectors & 3) == 0
            ? offset
            : ExpressionLoops.Run<OneVector<TLane>, T>(steps, length, bases, offset, vectors & 3);
    }
}
