namespace Pipeline.Kernels;

/// <summary>What a fold is made of, and how it takes up a vector of it. Of two parts of a fold the function makes one.</summary>
internal interface ITerms : IFunction2
{
    /// <summary>Whether x and z are a number for each column, not one for all.</summary>
    static abstract (bool X, bool Z) Moves { get; }

    /// <summary>How many elements of memory are as large as one of the sum.</summary>
    static virtual int Share => 1;

    /// <summary>So many bytes of sums behind x and z.</summary>
    unsafe TLane Take<TLane>(TLane sum, byte* x, byte* z, nint offset)
        where TLane : unmanaged, IVectorLane<TLane>;
}
