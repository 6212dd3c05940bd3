namespace Pipeline.Kernels;

/// <summary>Batches of small products, the same tile of all of them before the next.</summary>
internal unsafe ref partial struct ProductRun<TLane>
{
    /// <summary>Bytes of right matrices that are turned at once, so that they are read from the first cache.</summary>
    private const int Together = 8192;

    /// <summary>How many small products of the batch are done, of one panel each: but for the last ones their tiles may be larger than they are.</summary>
    private int SideBySide(byte* a, byte* b, byte* c)
    {
        var vectors = (sizes.N - 1) / TLane.Count + 1;

        if (sizes.Batch == 1 || vectors > Widest || sizes.M > 64 || sizes.K > 64)
            return 0;

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

        var isTile = sizes.M <= Tallest(vectors) && (endC != null || sizes.N % TLane.Count == 0);
        var isTurned = sizes.ColumnB != Bytes;

        if (!isTurned)
            return isTile
                ? OfOneTile(tiles, vectors, sizes.Batch, endB)
                : OfOnePanel(tiles, vectors, sizes.Batch, endB);

        var row = (nint)sizes.N * Bytes;
        var size = row * sizes.K;
        var most = isTile ? (int)Math.Max(1, Together / size) : 1;
        var done = 0;
        tiles.TermB = row;
        tiles.StepB = size;

        for (var isAll = true; isAll && done < sizes.Batch && !isStopped; )
        {
            var some = Math.Min(most, sizes.Batch - done);
            tiles.B = Turned(b + done * sizes.BatchB, some, size);
            var end = tiles.B + some * size + vectors * sizeof(TLane);
            var count = isTile ? OfOneTile(tiles, vectors, some, end) : OfOnePanel(tiles, vectors, some, end);
            tiles.A += count * tiles.StepA;
            tiles.C += count * tiles.StepC;
            done += count;
            isAll = count == some;
        }

        return done;
    }

    /// <summary>Right matrices of so many bytes whose rows lie side by side, and room for a tile behind them.</summary>
    private byte* Turned(byte* source, int count, nint size)
    {
        var target = ProductMemory.Own.Columns(count * size + Widest * sizeof(TLane));
        var (step, term, n, k) = (sizes.ColumnB, sizes.TermB, sizes.N, sizes.K);

        // Short rows all at once: a call takes as long as such a matrix.
        if (n * Bytes < 32)
            ProductPanels.Turn(Bytes, sizes, source, count, target);
        else
        {
            for (var i = 0; i < count; i++)
                ProductPanels.Pack(Bytes, source + i * sizes.BatchB, step, term, n, n, k, target + i * size, endB);
        }

        Handled(count * (long)size);
        return target;
    }

    /// <summary>How many of so many products have room; the right matrices may be read up to their end.</summary>
    private int OfOneTile(Tiles tiles, int vectors, int count, byte* end)
    {
        var tallest = Tallest(vectors);

        if (sizes.N % TLane.Count != 0)
        {
            var height =
                sizes.M == 1 ? 1
                : sizes.M <= 4 ? 4
                : 8;
            var lastA = (height - 1) * tiles.RowA + (sizes.K - 1) * tiles.TermA + Bytes;
            count = Within(count, endA - (tiles.A + lastA), tiles.StepA);
            count = WithinB(tiles, vectors, count, end);
            count = Within(count, endC - (tiles.C + (height - 1) * tiles.RowC + vectors * sizeof(TLane)), tiles.StepC);
            Run(height, vectors, tiles, count);
            return count;
        }

        for (var rows = sizes.M; rows > 0 && !isStopped; )
        {
            var height =
                rows >= tallest ? tallest
                : rows >= 4 ? 4
                : 1;
            Run(height, vectors, tiles, count);
            tiles.A += height * tiles.RowA;
            tiles.C += height * tiles.RowC;
            rows -= height;
        }

        return count;
    }

    /// <summary>One product after the other, as they lie in memory.</summary>
    private int OfOnePanel(Tiles tiles, int vectors, int count, byte* end)
    {
        var target = new ProductTarget(null, sizes.RowC, endC, false);
        var stepB = tiles.StepB;
        var tallest = Tallest(vectors);
        count = WithinB(tiles, vectors, count, end);
        (tiles.StepA, tiles.StepB) = (tallest * tiles.RowA, 0);

        for (var i = 0; i < count && !isStopped; i++)
        {
            Panel(tiles, sizes.M, sizes.N, vectors, tallest, target);
            tiles.A += sizes.BatchA;
            tiles.B += stepB;
            tiles.C += sizes.BatchC;
        }

        return count;
    }

    private int WithinB(in Tiles tiles, int vectors, int count, byte* end) =>
        Within(count, end - (tiles.B + (sizes.K - 1) * tiles.TermB + vectors * sizeof(TLane)), tiles.StepB);

    /// <summary>Of so many things a step apart those that begin within the room that the first one leaves.</summary>
    private static int Within(int count, long room, nint step) =>
        room < 0 || step < 0 ? 0
        : step == 0 ? count
        : (int)Math.Min(count, room / step + 1);
}
