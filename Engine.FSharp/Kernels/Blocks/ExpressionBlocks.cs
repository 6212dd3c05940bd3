namespace Pipeline.Kernels;

/// <summary>
/// Expressions over blocks of any length, and of numbers. (Static methods of types that are named: what a virtual method of a generic class calls is not
/// compiled ahead of time.)
/// </summary>
internal static unsafe class ExpressionBlocks
{
    /// <summary>Of numbers by themselves. (What it takes beside steps is for blocks.)</summary>
    public static void RunNumbers<T>(ExpressionStep* steps, nint length, BlockFrame* frame, int width)
        where T : unmanaged =>
        ExpressionLoops<OneNumber<T, NumberByItself>, Lanes128<T>, One, T>.Run(steps, length, frame->Bases, 0);

    /// <summary>In vectors of at most so many bits, as many at once as the block fills; the last ones may be computed once more.</summary>
    public static void Run<T>(ExpressionStep* steps, nint length, BlockFrame* frame, int width)
        where T : unmanaged
    {
        var bases = frame->Bases;
        var bytes = frame->Count * sizeof(T);

        if (width == 512 && bytes >= sizeof(Lanes512<T>))
            Run<Lanes512<T>, T>(steps, length, bases, bytes);
        else if (width >= 256 && bytes >= sizeof(Lanes256<T>))
            Run<Lanes256<T>, T>(steps, length, bases, bytes);
        else if (bytes >= sizeof(Lanes128<T>))
            Run<Lanes128<T>, T>(steps, length, bases, bytes);
        else if (bytes > 0)
            ExpressionLoops<OneNumber<T, NumberOfBlock>, Lanes128<T>, One, T>.Run(steps, length, bases, bytes);
    }

    private static void Run<TLane, T>(ExpressionStep* steps, nint length, byte** bases, nint bytes)
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        if (bytes >= 8 * sizeof(TLane))
            ExpressionLoops<Vectors<TLane>, TLane, Eight, T>.Run(steps, length, bases, bytes);
        else if (bytes >= 4 * sizeof(TLane))
            ExpressionLoops<Vectors<TLane>, TLane, Four, T>.Run(steps, length, bases, bytes);
        else
            ExpressionLoops<Vectors<TLane>, TLane, One, T>.Run(steps, length, bases, bytes);
    }
}
