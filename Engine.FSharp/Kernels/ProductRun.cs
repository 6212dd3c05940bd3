namespace Pipeline.Kernels;

/// <summary>One product of matrices at work: cut into tiles, its matrices packed where they do not lie well.</summary>
internal unsafe ref struct ProductRun<TLane>
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

    /// <summary>Behind the last element of the right matrix, up to which more than a row may be read.</summary>
    private byte* endB;

    public ProductRun(ProductSizes sizes, int* flag)
    {
        this.sizes = sizes;
        this.flag = flag;
    }

    private static int Bytes => sizeof(TLane) / TLane.Count;

    /// <summary>Rows of most tiles: as many accumulators as leave registers for the factors.</summary>
    private static int Rows => sizeof(TLane) == 64 ? 8 : 4;

    /// <summary>Whether all was done.</summary>
    public bool Run(byte* a, byte* b, byte* c)
    {
        endB =
            b + Reach(sizes.Batch, sizes.BatchB) + Reach(sizes.K, sizes.TermB) + Reach(sizes.N, sizes.ColumnB) + Bytes;

        if (IsSideBySide)
        {
            SideBySide(a, b, c);
            return !isStopped;
        }

        var row = (nint)sizes.N * Bytes;
        var isDense = sizes.RowC == row && (sizes.Batch == 1 || sizes.BatchC == sizes.M * row);
        var end = isDense ? c + sizes.Batch * sizes.M * row : null;

        for (var batch = 0; batch < sizes.Batch && !isStopped; batch++)
        {
            if (sizes.K <= Products.Block)
                Chains(a, b, new ProductTarget(c, sizes.RowC, end, false), sizes.M, sizes.N, sizes.K);
            else
                Blocks(a, b, c);

            a += sizes.BatchA;
            b += sizes.BatchB;
            c += sizes.BatchC;
        }

        return !isStopped;
    }

    private static nint Reach(int count, nint step) => step > 0 ? (count - 1) * step : 0;

    /// <summary>Whether there are many small products, of whole vectors.</summary>
    private readonly bool IsSideBySide =>
        sizes.Batch > 1
        && sizes.ColumnB == Bytes
        && sizes.N % TLane.Count == 0
        && sizes.N <= Widest * TLane.Count
        && sizes.K <= 64
        && sizes.M <= 64;

    /// <summary>The same tile of all products, then the next.</summary>
    private void SideBySide(byte* a, byte* b, byte* c)
    {
        var tiles = new Tiles
        {
            A = a,
            B = b,
            C = c,
            Terms = sizes.K,
            RowA = sizes.RowA,
            TermA = sizes.TermA,
            TermB = sizes.TermB,
            RowC = sizes.RowC,
            StepA = sizes.BatchA,
            StepB = sizes.BatchB,
            StepC = sizes.BatchC,
        };

        for (var rows = sizes.M; rows > 0 && !isStopped; )
        {
            var height =
                rows >= Rows ? Rows
                : rows >= 4 ? 4
                : 1;
            Run(height, sizes.N / TLane.Count, tiles, sizes.Batch);
            tiles.A += height * sizes.RowA;
            tiles.C += height * sizes.RowC;
            rows -= height;
        }
    }

    /// <summary>At most 4,096 terms.</summary>
    private void Chains(byte* a, byte* b, ProductTarget target, int m, int n, int k)
    {
        // So many terms at once that a panel of columns stays in the second cache, and so many rows.
        var depth = 4096 / Bytes;
        depth = k <= depth + depth / 2 ? k : depth;
        var vectors = (n + TLane.Count - 1) / TLane.Count;
        var packsA = PacksA(n);
        var packsB = PacksB(m);
        var height = packsA ? 128 : 256;

        for (var row = 0; row < m; row += height)
        {
            var rows = Math.Min(height, m - row);

            for (var term = 0; term < k; term += depth)
            {
                var tiles = new Tiles
                {
                    A = a + row * sizes.RowA + term * sizes.TermA,
                    Terms = Math.Min(depth, k - term),
                    RowA = sizes.RowA,
                    TermA = sizes.TermA,
                    StepA = Rows * sizes.RowA,
                    RowC = target.Row,
                    Continues = term > 0,
                };

                if (packsA)
                    PackRows(ref tiles, rows);

                // From the right: where the last vector stores more than its row, the rest comes behind.
                for (var left = vectors; left > 0 && !isStopped; )
                {
                    var wide = left % Widest == 0 ? Widest : Math.Min(left, 2);
                    left -= wide;
                    var columns = Math.Min(wide * TLane.Count, n - left * TLane.Count);
                    tiles.B = b + term * sizes.TermB + left * TLane.Count * sizes.ColumnB;
                    tiles.TermB = sizes.TermB;
                    tiles.C = target.Start + row * target.Row + left * sizeof(TLane);

                    if (
                        packsB
                        || sizes.ColumnB != Bytes
                        || tiles.B + (tiles.Terms - 1) * tiles.TermB + wide * sizeof(TLane) > endB
                    )
                        PackColumns(ref tiles, columns, wide);

                    var isWhole = target.HasRoom || columns == wide * TLane.Count;
                    Panel(tiles, rows, columns, wide, isWhole, depth == k ? target.End : null);
                }

                if (isStopped)
                    return;
            }
        }
    }

    /// <summary>Rows that do not lie along memory, or lie far apart, are read again for each panel of columns.</summary>
    private readonly bool PacksA(int n) =>
        n > Widest * TLane.Count
        && sizes.TermA != Bytes
        && sizes.M >= Rows
        && (sizes.RowA != Bytes || IsFar(sizes.TermA, sizes.K));

    private readonly bool PacksB(int m) => m >= 4 * Rows && IsFar(sizes.TermB, sizes.K);

    /// <summary>Whether entries so far apart lie in few places of the first cache.</summary>
    private static bool IsFar(nint step, int count) => Math.Abs(step) >= 1024 && count > 16;

    private readonly void PackRows(ref Tiles tiles, int rows)
    {
        var group = Rows * Bytes * tiles.Terms;
        var target = ProductMemory.Own.Rows((rows + Rows - 1) / Rows * group);

        for (var row = 0; row < rows; row += Rows)
        {
            var source = tiles.A + row * tiles.RowA;
            ProductPanels.Pack(
                Bytes,
                source,
                tiles.RowA,
                tiles.TermA,
                Math.Min(Rows, rows - row),
                Rows,
                tiles.Terms,
                target + row / Rows * group
            );
        }

        tiles.A = target;
        tiles.RowA = Bytes;
        tiles.TermA = Rows * Bytes;
        tiles.StepA = group;
    }

    private void PackColumns(ref Tiles tiles, int columns, int wide)
    {
        var width = wide * sizeof(TLane);
        var target = ProductMemory.Own.Columns(width * tiles.Terms);
        ProductPanels.Pack(
            Bytes,
            tiles.B,
            sizes.ColumnB,
            tiles.TermB,
            columns,
            wide * TLane.Count,
            tiles.Terms,
            target
        );
        Handled(columns * (long)tiles.Terms);
        tiles.B = target;
        tiles.TermB = width;
    }

    /// <summary>Tiles below each other: of most rows, of four, of one.</summary>
    private void Panel(Tiles tiles, int rows, int columns, int wide, bool isWhole, byte* end)
    {
        for (var height = Rows; rows > 0 && !isStopped; height = rows >= 4 ? 4 : 1)
        {
            var count = rows / height;
            rows -= count * height;
            tiles.StepC = height * tiles.RowC;
            var whole =
                isWhole ? count
                : end == null ? 0
                : Reaching(tiles, end - wide * sizeof(TLane), count, height);
            Run(height, wide, tiles, whole);
            tiles.A += whole * tiles.StepA;
            tiles.C += whole * tiles.StepC;

            for (; whole < count && !isStopped; whole++)
            {
                Apart(height, wide, tiles, columns);
                tiles.A += tiles.StepA;
                tiles.C += tiles.StepC;
            }

            tiles.StepA = rows >= 4 ? 4 * tiles.RowA : tiles.RowA;
        }
    }

    /// <summary>Tiles whose last row begins at most there.</summary>
    private static int Reaching(in Tiles tiles, byte* last, int count, int height)
    {
        var room = last - (tiles.C + (height - 1) * tiles.RowC);
        return room < 0 ? 0 : (int)Math.Min(count, room / tiles.StepC + 1);
    }

    /// <summary>A tile of which some columns are none of the product's.</summary>
    private void Apart(int height, int wide, Tiles tiles, int columns)
    {
        var room = stackalloc TLane[8 * Widest];
        var (target, row, bytes) = ((nint)tiles.C, tiles.RowC, (uint)(columns * Bytes));
        tiles.C = (byte*)room;
        tiles.RowC = wide * sizeof(TLane);

        if (tiles.Continues)
        {
            for (var r = 0; r < height; r++)
                Buffer.MemoryCopy((byte*)target + r * row, tiles.C + r * tiles.RowC, bytes, bytes);
        }

        Run(height, wide, tiles, 1);

        for (var r = 0; r < height; r++)
            Buffer.MemoryCopy(tiles.C + r * tiles.RowC, (byte*)target + r * row, bytes, bytes);
    }

    /// <summary>So many tiles, with looks at the flag between them.</summary>
    private void Run(int height, int wide, Tiles tiles, int count)
    {
        var work = (long)height * wide * TLane.Count * (tiles.Terms + 1);
        var most = (int)Math.Min(int.MaxValue, Look / work + 1);

        while (count > 0 && !isStopped)
        {
            var some = Math.Min(count, most);
            tiles.Count = some;
            ProductKernel.Run<TLane>(height, wide, &tiles);
            Handled(some * work);
            tiles.A += some * tiles.StepA;
            tiles.B += some * tiles.StepB;
            tiles.C += some * tiles.StepC;
            count -= some;
        }
    }

    private void Handled(long work)
    {
        handled += work;

        if (handled >= Look)
        {
            handled = 0;
            isStopped |= Volatile.Read(ref *flag) != 0;
        }
    }

    /// <summary>Chains over blocks of terms, combined as a binary counter counts them.</summary>
    private void Blocks(byte* a, byte* b, byte* c)
    {
        const int height = 128;
        var width = 4 * Widest * TLane.Count;
        var count = (sizes.K - 1) / Products.Block + 1;
        var columns = Math.Min(width, (sizes.N + TLane.Count - 1) / TLane.Count * TLane.Count);
        var row = columns * Bytes;
        var size = Math.Min(height, sizes.M) * row;
        var sums = ProductMemory.Own.Sums((nint)size * (System.Numerics.BitOperations.Log2((uint)count) + 2));

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
                    Buffer.MemoryCopy(sums + r * row, c + (i + r) * sizes.RowC + j * Bytes, bytes, bytes);
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
