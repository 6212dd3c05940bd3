namespace Pipeline.Kernels;

/// <summary>What becomes of an element that another is scattered to.</summary>
internal enum BlockScattering
{
    Add,

    /// <summary>Of the bytes 0 and 1.</summary>
    Or,
    Replace,
}
