namespace Pipeline.Kernels;

/// <summary>Where a run of a nest stands, and the block that its instructions work on.</summary>
internal unsafe struct BlockFrame
{
    /// <summary>Addresses. Of a nest they are the workspace of its program, which begins with those of buffers; its accesses that move have one each.</summary>
    public byte** Bases;

    /// <summary>The indices of the axes around the block.</summary>
    public long* Indices;

    /// <summary>Elements of the block.</summary>
    public nint Count;

    /// <summary>The index of the block's outermost axis at its first element.</summary>
    public nint First;

    /// <summary>What a program works in; its loops keep their variables there.</summary>
    public readonly byte* Workspace => (byte*)Bases;
}
