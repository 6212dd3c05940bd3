namespace Pipeline.Kernels;

/// <summary>Where operations on whole blocks go, and what they have to know beside their operands.</summary>
internal readonly unsafe struct ExpressionTarget(ExpressionStep* step, byte** bases, int width, nint count)
{
    public byte* At<T>()
        where T : unmanaged => step->Target.In<WholeBlock<T>>(bases, 0);

    /// <summary>The bits of the widest vectors.</summary>
    public int Width => width;

    /// <summary>Elements of the block.</summary>
    public nint Count => count;
}
