namespace Pipeline.Kernels;

/// <summary>One product of matrices at work: many small ones side by side, few terms in one chain each, many in blocks of chains.</summary>
internal unsafe ref partial struct ProductRun<TLane>
    where TLane : unmanaged, IVectorLane<TLane>
{
    /// <summary>Multiply-adds between two looks at the flag.</summary>
    private const long Look = 1 << 18;

    /// <summary>The widest tile, in vectors.</summary>
    private const int Widest = 3;

    private readonly ProductSizes sizes;
    private readonly int* flag;
    private long handled;
    private bool isStopped;

    /// <summary>Behind the last elements, up to which more than a row may be read.</summary>
    private byte* endA;
    private byte* endB;

    /// <summary>Behind the results, if they have no gaps: up to there more than a row may be stored, as all that comes behind is stored later.</summary>
    private byte* endC;

    public ProductRun(ProductSizes sizes, int* flag)
    {
        this.sizes = sizes;
        this.flag = flag;
    }

    private static int Bytes => sizeof(TLane) / TLane.Count;

    /// <summary>Rows of most tiles: as many accumulators as leave registers for the factors.</summary>
    private static int Rows => sizeof(TLane) == 64 ? 8 : 4;

    /// <summary>Rows of most tiles of so many vectors.</summary>
    private static int Tallest(int vectors) => vectors == 1 ? 8 : Rows;

    /// <summary>Whether all was done.</summary>
    public bool Run(byte* a, byte* b, byte* c)
    {
        var row = (nint)sizes.N * Bytes;
        var isDense = sizes.RowC == row && (sizes.Batch == 1 || sizes.BatchC == sizes.M * row);
        endA = a + Reach(sizes.Batch, sizes.BatchA) + Reach(sizes.M, sizes.RowA) + Reach(sizes.K, sizes.TermA) + Bytes;
        endB =
            b + Reach(sizes.Batch, sizes.BatchB) + Reach(sizes.K, sizes.TermB) + Reach(sizes.N, sizes.ColumnB) + Bytes;
        endC = isDense ? c + sizes.Batch * sizes.M * row : null;

        for (var batch = SideBySide(a, b, c); batch < sizes.Batch && !isStopped; batch++)
        {
            var left = a + batch * sizes.BatchA;
            var right = b + batch * sizes.BatchB;
            var target = c + batch * sizes.BatchC;

            if (sizes.K <= Products.Block)
                Chains(left, right, new ProductTarget(target, sizes.RowC, endC, false), sizes.M, sizes.N, sizes.K);
            else
                Blocks(left, right, target);
        }

        return !isStopped;
    }

    private static nint Reach(int count, nint step) => step > 0 ? (count - 1) * step : 0;

    /// <summary>Chains over blocks of terms, combined as a binary counter counts them.</summary>
    private void Blocks(byte* a, byte* b, byte* c)
    {
        const int height = 128;
        var width = 4 * Widest * TLane.Count;
        var count = (sizes.K - 1) / Products.Block + 1;
        var columns = Math.Min(width, (sizes.N + TLane.Count - 1) / TLane.Count * TLane.Count);
        var row = columns * Bytes;
        var size = Math.Min(height, sizes.M) * row;
        var sums = ProductMemory.Own.Sums(
            (nint)size * (33 - System.Numerics.BitOperations.LeadingZeroCount((uint)count))
        );

        for (var i = 0; i < sizes.M; i += height)
        {
            for (var j = 0; j < sizes.N; j += width)
            {
                var (m, n) = (Math.Min(height, sizes.M - i), Math.Min(width, sizes.N - j));

                for (var block = 0; block < count; block++)
                {
                    var term = block * Products.Block;
                    var left = a + i * sizes.RowA + term * sizes.TermA;
                    var right = b + term * sizes.TermB + j * sizes.ColumnB;
                    var terms = Math.Min(Products.Block, sizes.K - term);
                    // A block's sums stand behind those of the blocks that wait, of which each holds twice as many as the next.
                    var level = System.Numerics.BitOperations.PopCount((uint)block);
                    Chains(left, right, new ProductTarget(sums + level * size, row, null, true), m, n, terms);

                    if (isStopped)
                        return;

                    for (
                        var carry =
                            block + 1 == count ? level : System.Numerics.BitOperations.TrailingZeroCount(block + 1);
                        carry > 0;
                        carry--
                    )
                    {
                        level--;
                        Add(sums + level * size, sums + (level + 1) * size, (nint)m * row);
                    }
                }

                for (var r = 0; r < m; r++)
                {
                    var bytes = n * Bytes;
                    Buffer.MemoryCopy(sums + r * row, c + (i + r) * sizes.RowC + (nint)j * Bytes, bytes, bytes);
                }
            }
        }
    }

    /// <summary>x += y.</summary>
    private static void Add(byte* x, byte* y, nint bytes)
    {
        for (nint i = 0; i < bytes; i += sizeof(TLane))
            TLane.Store(x + i, TLane.Add(TLane.Load(x + i), TLane.Load(y + i)));
    }
}
