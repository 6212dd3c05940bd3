namespace Pipeline.Kernels;

/// <summary>
/// C[b, i, j] = sum over p of A[b, i, p] B[b, p, j], by the steps from one element to the next along each axis. The entries of a row of C lie
/// side by side.
/// </summary>
internal struct ProductSizes
{
    public int Batch;
    public int M;
    public int N;

    /// <summary>Terms of each sum.</summary>
    public int K;
    public nint BatchA;
    public nint RowA;
    public nint TermA;
    public nint BatchB;
    public nint TermB;
    public nint ColumnB;
    public nint BatchC;
    public nint RowC;

    /// <summary>The same in bytes, of elements of so many.</summary>
    public readonly ProductSizes InBytes(int bytes) =>
        this with
        {
            BatchA = BatchA * bytes,
            RowA = RowA * bytes,
            TermA = TermA * bytes,
            BatchB = BatchB * bytes,
            TermB = TermB * bytes,
            ColumnB = ColumnB * bytes,
            BatchC = BatchC * bytes,
            RowC = RowC * bytes,
        };

    /// <summary>
    /// The same product in a form that has long rows: a batch of products by one matrix as one product.
    /// </summary>
    public readonly ProductSizes Joined =>
        Batch > 1 && BatchB == 0 && BatchA == M * RowA && BatchC == M * RowC && (long)Batch * M <= int.MaxValue
            ? this with
            {
                Batch = 1,
                M = Batch * M,
            }
            : this;

    /// <summary>Whether the product is a column, which lies as a row would.</summary>
    public readonly bool IsColumn => N == 1 && M > 1 && RowC == 1;

    /// <summary>
    /// Whether rows of the product fill one vector at most and its columns more than two, and the left matrix's columns lie along memory. (A tile of
    /// one vector loads a factor for each multiply-add.)
    /// </summary>
    public readonly bool IsNarrow(int lanes) =>
        Batch == 1 && RowA == 1 && N > 1 && N <= lanes && M > 2 * lanes && K >= 32;

    /// <summary>The transposed product, whose rows lie side by side.</summary>
    public readonly ProductSizes Turned =>
        this with
        {
            M = N,
            N = M,
            BatchA = BatchB,
            RowA = ColumnB,
            TermA = TermB,
            BatchB = BatchA,
            TermB = TermA,
            ColumnB = RowA,
            RowC = M,
        };
}
