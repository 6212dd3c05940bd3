using System.Numerics;

namespace Pipeline.Kernels;

/// <summary>A reduction by a function of two arguments that takes its entries in order: a sum, a product, an extreme; or a sum of products.</summary>
internal sealed unsafe class BlockSum<TFunction, T>(BlockSumTerms<TFunction, T> terms, BlockOrder order) : BlockFold
    where TFunction : struct, IFunction2
    where T : unmanaged
{
    private struct State
    {
        /// <summary>Entries of the current row.</summary>
        public nint Position;

        /// <summary>Rows of the current block.</summary>
        public int Rows;

        /// <summary>Whether the current block has entries.</summary>
        public int IsBegun;

        /// <summary>Blocks that are done; a bit for each level that holds a sum.</summary>
        public ulong Blocks;
    }

    private const int Header = 64;

    /// <summary>Lanes that have entries, and such beside them that halves go through.</summary>
    private readonly nint used = Math.Min(
        order.Lanes,
        (nint)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(order.Row, 1))
    );

    private nint Bytes => terms.Results * sizeof(T);

    private nint Lanes => (used * Bytes + 63) / 64 * 64;

    public override nint StateBytes =>
        Header + Lanes + (order.Blocks > 1 ? (32 - BitOperations.LeadingZeroCount((uint)order.Blocks)) * Bytes : 0);

    public override (int Element, int Result) Sizes => (terms.Element, sizeof(T));

    public override nint Width => terms.Results;

    public override void Begin(byte* state)
    {
        *(State*)state = default;
        Loops.Repeat(terms.Identity, (T*)(state + Header), used * terms.Results);
    }

    public override void Take(byte* state, byte* x, int stepX, byte* z, int stepZ, nint entries)
    {
        var s = (State*)state;
        var (entryX, entryZ) = terms.Entry(stepX, stepZ);
        var isOfRows = order.RowsOfBlock == 0 && terms.AreOfRows(stepX, stepZ);

        while (entries > 0)
        {
            var count = isOfRows ? TakeBlocks(state, x, z, entries) : 0;

            if (count == 0)
                count = TakePart(state, x, stepX, z, stepZ, entries);

            x += count * entryX;
            z += count * entryZ;
            entries -= count;
        }
    }

    /// <summary>Takes in entries of a row and of a block; how many.</summary>
    private nint TakePart(byte* state, byte* x, int stepX, byte* z, int stepZ, nint entries)
    {
        var s = (State*)state;
        var count = Math.Min(entries, order.Row - s->Position);

        if (order.RowsOfBlock == 0)
            count = Math.Min(count, order.Cut - s->Position % order.Cut);

        terms.Take((T*)(state + Header), s->Position & (order.Lanes - 1), x, stepX, z, stepZ, count);
        s->Position += count;
        s->IsBegun = 1;
        var isRow = s->Position == order.Row;

        if (isRow)
        {
            s->Position = 0;
            s->Rows++;
        }

        if (
            order.Blocks > 1
            && (order.RowsOfBlock == 0 ? isRow || s->Position % order.Cut == 0 : s->Rows == order.RowsOfBlock)
        )
            EndBlock(state);

        return count;
    }

    /// <summary>Takes in whole blocks of a row that is cut, if entries are there for one; how many entries.</summary>
    private nint TakeBlocks(byte* state, byte* x, byte* z, nint entries)
    {
        const int Most = 32;
        var s = (State*)state;
        var left = order.Row - s->Position;
        var size = Math.Min(left, order.Cut);

        if (s->Position % order.Cut != 0 || entries < size)
            return 0;

        var count = size < order.Cut ? 1 : Math.Min(Most, Math.Min(entries, left) / size);
        var sums = stackalloc T[Most];
        terms.FoldRows(x, size * terms.Element, z, size * sizeof(T), size, count, sums);

        for (nint block = 0; block < count; block++)
            Push(state, sums + block);

        s->Position = left == count * size ? 0 : s->Position + count * size;
        return count * size;
    }

    public override void End(byte* state, byte* result)
    {
        var s = (State*)state;
        var sums = (T*)(state + Header);

        if (order.Blocks == 1)
            terms.Halve(sums, used);
        else
        {
            if (s->IsBegun != 0)
                EndBlock(state);

            var level = (T*)(state + Header + Lanes);
            var (blocks, isFirst) = (s->Blocks, true);

            for (; blocks != 0; blocks >>= 1, level += terms.Results)
            {
                if ((blocks & 1) == 0)
                    continue;

                if (isFirst)
                    Buffer.MemoryCopy(level, sums, Bytes, Bytes);
                else
                    terms.Combine(level, sums);

                isFirst = false;
            }
        }

        Buffer.MemoryCopy(sums, result, Bytes, Bytes);
    }

    public override void Rows(
        byte* state,
        byte* x,
        int stepX,
        nint rowX,
        byte* z,
        int stepZ,
        nint rowZ,
        nint entries,
        nint count,
        byte* result
    )
    {
        if (order.Blocks == 1 && entries > 0 && entries <= order.Row && terms.AreOfRows(stepX, stepZ))
            terms.FoldRows(x, rowX, z, rowZ, entries, count, (T*)result);
        else
            base.Rows(state, x, stepX, rowX, z, stepZ, rowZ, entries, count, result);
    }

    private void EndBlock(byte* state)
    {
        var s = (State*)state;
        var sums = (T*)(state + Header);
        terms.Halve(sums, used);
        Push(state, sums);
        s->Rows = 0;
        s->IsBegun = 0;
        Loops.Repeat(terms.Identity, sums, used * terms.Results);
    }

    /// <summary>Blocks combine as in a binary counter: the tree over n blocks whose left part is the largest power of two below n.</summary>
    private void Push(byte* state, T* sums)
    {
        var s = (State*)state;
        var level = (T*)(state + Header + Lanes);

        for (var blocks = s->Blocks; (blocks & 1) != 0; blocks >>= 1, level += terms.Results)
            terms.Combine(level, sums);

        Buffer.MemoryCopy(sums, level, Bytes, Bytes);
        s->Blocks++;
    }
}
