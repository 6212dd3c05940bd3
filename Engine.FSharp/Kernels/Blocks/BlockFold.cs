namespace Pipeline.Kernels;

/// <summary>
/// What a reduction does with its entries, in order: each is a row of as many elements as there are results side by side. Its state is in memory that is
/// given to it.
/// </summary>
internal abstract unsafe class BlockFold
{
    /// <summary>Bytes of the state.</summary>
    public abstract nint StateBytes { get; }

    /// <summary>Bytes of an element that is taken in, and of one of the result.</summary>
    public abstract (int Element, int Result) Sizes { get; }

    /// <summary>Results side by side.</summary>
    public abstract nint Width { get; }

    public abstract void Begin(byte* state);

    /// <summary>Takes in so many entries, with a step of 0 the same element everywhere; z is the other factor of sums of products.</summary>
    public abstract void Take(byte* state, byte* x, int stepX, byte* z, int stepZ, nint entries);

    public abstract void End(byte* state, byte* result);

    /// <summary>So many reductions, each of so many entries, and so many bytes from one to the next.</summary>
    public virtual void Rows(
        byte* state,
        byte* x,
        int stepX,
        nint rowX,
        byte* z,
        int stepZ,
        nint rowZ,
        nint entries,
        nint count,
        byte* result
    )
    {
        for (nint row = 0; row < count; row++)
        {
            Begin(state);
            Take(state, x, stepX, z, stepZ, entries);
            End(state, result);
            x += rowX;
            z += rowZ;
            result += Width * Sizes.Result;
        }
    }
}
