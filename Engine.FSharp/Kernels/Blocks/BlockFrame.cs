namespace Pipeline.Kernels;

/// <summary>Where a run of a nest stands, and the block that its instructions work on.</summary>
internal unsafe struct BlockFrame
{
    /// <summary>The address of each value's elements.</summary>
    public byte** Slots;

    /// <summary>Where the accesses of a nest stand at the block's first element.</summary>
    public byte** Pointers;

    /// <summary>The indices of the axes around the block.</summary>
    public long* Indices;

    /// <summary>Elements of the block.</summary>
    public nint Count;

    /// <summary>The index of the block's outermost axis at its first element.</summary>
    public nint First;

    /// <summary>What a program works in; its loops keep their variables there.</summary>
    public byte* Workspace;
}
