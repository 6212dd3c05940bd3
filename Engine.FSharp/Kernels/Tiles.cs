namespace Pipeline.Kernels;

/// <summary>
/// Tiles of a product of matrices, C[r, v] = sum over p of A[r, p] B[p, v] for some rows r and vectors v, one after the other. All steps
/// are in bytes; the entries of a row of B and of C lie side by side.
/// </summary>
internal unsafe struct Tiles
{
    public byte* A;
    public byte* B;
    public byte* C;

    /// <summary>Terms of each sum.</summary>
    public nint Terms;
    public nint RowA;
    public nint TermA;
    public nint TermB;
    public nint RowC;
    public nint Count;

    /// <summary>From one tile to the next.</summary>
    public nint StepA;
    public nint StepB;
    public nint StepC;

    /// <summary>The sums go on from what C holds.</summary>
    public bool Continues;
}
