namespace Pipeline.Kernels;

/// <summary>What a reduction takes in.</summary>
internal enum BlockTerms
{
    Numbers,

    /// <summary>float32 numbers, whose sum is of float64.</summary>
    Wide,

    /// <summary>Products of two numbers that are not rounded.</summary>
    Products,

    /// <summary>The same, of entries that lie apart and have one factor each.</summary>
    Multiples,
}
