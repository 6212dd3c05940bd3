namespace Pipeline.Kernels;

/// <summary>One product of matrices in passes over its terms: panels of columns, packed where they do not lie well, and tiles below each other.</summary>
internal unsafe ref partial struct ProductRun<TLane>
{
    /// <summary>Columns that are packed at once, in vectors, so that they are read along their rows.</summary>
    private const int Chunk = 96;

    /// <summary>
    /// Terms, and rows, whose left entries stay in the second cache while all columns pass by: at most 1 MB. One more pass over the results
    /// takes as long as packing the right matrix does, 5 % at 512 terms of float64.
    /// </summary>
    private const int Depth = 1024;
    private const int Height = 128;

    /// <summary>At most 4,096 terms.</summary>
    private void Chains(byte* a, byte* b, ProductTarget target, int m, int n, int k)
    {
        // As few more passes over the results as that leaves.
        var depth = k <= Depth * 3 / 2 ? k : Depth;
        var all = (n - 1) / TLane.Count + 1;

        // From the right: where the last vector stores more than its row, the rest comes behind.
        for (var first = (all - 1) / Chunk * Chunk; first >= 0; first -= Chunk)
        {
            var vectors = Math.Min(all - first, Chunk);
            var columns = Math.Min(vectors * TLane.Count, n - first * TLane.Count);
            var right = b + (nint)first * TLane.Count * sizes.ColumnB;
            var part = target.From((nint)first * sizeof(TLane), depth == k);

            for (var term = 0; term < k && !isStopped; term += depth)
            {
                var terms = Math.Min(depth, k - term);
                Pass(a + term * sizes.TermA, right + term * sizes.TermB, part, m, columns, terms, term > 0);
            }
        }
    }

    /// <summary>So many terms of all rows of a chunk of columns.</summary>
    private void Pass(byte* a, byte* b, ProductTarget target, int m, int columns, int terms, bool continues)
    {
        var vectors = (columns - 1) / TLane.Count + 1;
        var isPacked = sizes.ColumnB != Bytes || PacksB(m);

        if (isPacked)
            b = PackColumns(b, columns, vectors, terms);

        for (var row = 0; row < m && !isStopped; row += Height)
        {
            var rows = Math.Min(Height, m - row);
            var tiles = new Tiles
            {
                A = a + row * sizes.RowA,
                Terms = terms,
                RowA = sizes.RowA,
                TermA = sizes.TermA,
                RowC = target.Row,
                Continues = continues,
            };

            var isPackedA = PacksA(columns);

            if (isPackedA)
                PackRows(ref tiles, rows);

            for (var left = vectors; left > 0 && !isStopped; )
            {
                var wide = Wide(left);
                left -= wide;
                tiles.B = b + left * (isPacked ? terms : 1) * sizeof(TLane);
                tiles.TermB = isPacked ? wide * sizeof(TLane) : sizes.TermB;
                tiles.C = target.Start + row * target.Row + left * sizeof(TLane);
                var some = Math.Min(wide * TLane.Count, columns - left * TLane.Count);

                if (!isPacked && tiles.B + (terms - 1) * tiles.TermB + wide * sizeof(TLane) > endB)
                {
                    tiles.B = PackColumns(tiles.B, some, wide, terms);
                    tiles.TermB = wide * sizeof(TLane);
                }

                var tallest = isPackedA ? Rows : Tallest(wide);

                if (!isPackedA)
                    tiles.StepA = tallest * tiles.RowA;

                Panel(tiles, rows, some, wide, tallest, target);
            }
        }
    }

    /// <summary>The vectors of the last panel of so many.</summary>
    private static int Wide(int vectors) => vectors % Widest == 0 ? Widest : Math.Min(vectors, 2);

    /// <summary>The panels of a chunk of columns, each as wide as its tiles.</summary>
    private byte* PackColumns(byte* source, int columns, int vectors, nint terms)
    {
        var target = ProductMemory.Own.Columns(vectors * sizeof(TLane) * terms);
        var (threes, wide) = (vectors, Wide(vectors));

        while (threes % Widest != 0)
            threes -= wide;

        var inThrees = Math.Min(columns, threes * TLane.Count);
        var (step, term) = (sizes.ColumnB, sizes.TermB);
        ProductPanels.Pack(Bytes, source, step, term, inThrees, Widest * TLane.Count, terms, target, endB);
        var rest = target + threes * sizeof(TLane) * terms;
        ProductPanels.Pack(
            Bytes,
            source + inThrees * step,
            step,
            term,
            columns - inThrees,
            wide * TLane.Count,
            terms,
            rest,
            endB
        );
        Handled(columns * (long)terms);
        return target;
    }

    /// <summary>Rows that do not lie along memory, or lie far apart, are read again for each panel of columns.</summary>
    private readonly bool PacksA(int n) =>
        n > Widest * TLane.Count
        && sizes.TermA != Bytes
        && sizes.M >= Rows
        && (sizes.RowA != Bytes || IsFar(sizes.TermA, sizes.K, 4096));

    private readonly bool PacksB(int m) => m >= 4 * Rows && IsFar(sizes.TermB, sizes.K, 2048);

    /// <summary>
    /// Whether entries so far apart lie in few places of the first cache, and are read from the second one so slowly, from so many bytes
    /// apart on or from so many places of it, that packing them takes less: measured, of A a line a term, of B three.
    /// </summary>
    private static bool IsFar(nint step, int count, nint most) =>
        Math.Abs(step) >= 1024 && count > 16 && Math.Abs(step) * Math.Max(256, count) >= 256 * most;

    private void PackRows(ref Tiles tiles, int rows)
    {
        var group = Rows * Bytes * tiles.Terms;
        var target = ProductMemory.Own.Rows((rows + Rows - 1) / Rows * group);
        ProductPanels.Pack(Bytes, tiles.A, tiles.RowA, tiles.TermA, rows, Rows, tiles.Terms, target, endA);
        Handled(rows * (long)tiles.Terms);
        tiles.A = target;
        tiles.RowA = Bytes;
        tiles.TermA = Rows * Bytes;
        tiles.StepA = group;
    }

    /// <summary>Tiles below each other: of most rows, of four, of one.</summary>
    private void Panel(Tiles tiles, int rows, int columns, int wide, int tallest, ProductTarget target)
    {
        var isWhole = target.HasRoom || columns == wide * TLane.Count;
        var end = target.End;

        for (var height = tallest; rows > 0 && !isStopped; height = rows >= 4 ? 4 : 1)
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
}
