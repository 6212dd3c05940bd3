using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>A reduction by a function of two arguments that takes its entries in order: a sum, a product, an extreme; or a sum of products that are not rounded.</summary>
internal sealed unsafe class BlockSum<TFunction, T>(
    int width,
    TFunction f,
    BlockOrder order,
    nint results,
    T identity,
    bool isOfProducts
) : BlockFold
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

    private nint Lanes => (used * results * sizeof(T) + 63) / 64 * 64;

    public override nint StateBytes =>
        Header
        + Lanes
        + (order.Blocks > 1 ? (32 - BitOperations.LeadingZeroCount((uint)order.Blocks)) * results * sizeof(T) : 0);

    public override (int Element, int Result) Sizes => (sizeof(T), sizeof(T));

    public override nint Width => results;

    public override void Begin(byte* state)
    {
        *(State*)state = default;
        Loops.Repeat(identity, (T*)(state + Header), used * results);
    }

    public override void Take(byte* state, byte* x, int stepX, byte* z, int stepZ, nint entries)
    {
        var s = (State*)state;
        var p = (T*)x;
        var q = (T*)z;

        while (entries > 0)
        {
            var count = Math.Min(entries, order.Row - s->Position);

            if (order.RowsOfBlock == 0)
                count = Math.Min(count, order.Cut - s->Position % order.Cut);

            TakeTurns((T*)(state + Header), s->Position & (order.Lanes - 1), p, stepX, q, stepZ, count);
            p += count * results * stepX;
            q += count * results * stepZ;
            entries -= count;
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
        }
    }

    public override void End(byte* state, byte* result)
    {
        var s = (State*)state;
        var sums = (T*)(state + Header);

        if (order.Blocks == 1)
            Halve(sums);
        else
        {
            if (s->IsBegun != 0)
                EndBlock(state);

            var level = (T*)(state + Header + Lanes);
            var (blocks, isFirst) = (s->Blocks, true);

            for (; blocks != 0; blocks >>= 1, level += results)
            {
                if ((blocks & 1) == 0)
                    continue;

                if (isFirst)
                    Buffer.MemoryCopy(level, sums, results * sizeof(T), results * sizeof(T));
                else
                    BlockLoops.Map<TFunction, T>(width, f, level, 1, sums, 1, sums, results);

                isFirst = false;
            }
        }

        Buffer.MemoryCopy(sums, result, results * sizeof(T), results * sizeof(T));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Rows(
        byte* state,
        byte* x,
        int stepX,
        byte* z,
        int stepZ,
        nint entries,
        nint count,
        byte* result
    )
    {
        if (results > 1 || entries > order.Lanes || entries != order.Row || isOfProducts)
        {
            base.Rows(state, x, stepX, z, stepZ, entries, count, result);
            return;
        }

        // An entry a lane. The lanes behind them stay as they are.
        var from = (T*)x;
        var to = (T*)result;
        var lanes = (T*)(state + Header);
        Loops.Repeat(identity, lanes, used);

        for (nint row = 0; row < count; row++)
        {
            if (stepX == 0)
                Loops.Repeat(from, lanes, entries);
            else
                Unsafe.CopyBlockUnaligned(lanes, from, (uint)(entries * sizeof(T)));

            HalveOne(lanes);
            to[row] = *lanes;
            from += entries * stepX;
        }
    }

    /// <summary>The lanes of one result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void HalveOne(T* sums)
    {
        var half = used / 2;

        for (; half >= Lanes128<T>.Count; half /= 2)
        {
            for (nint i = 0; i < half; i += Lanes128<T>.Count)
                Lanes128<T>.Store(sums + i, f.Of(Lanes128<T>.Load(sums + i), Lanes128<T>.Load(sums + i + half)));
        }

        for (; half > 0; half /= 2)
        {
            for (nint i = 0; i < half; i++)
                sums[i] = Both(sums[i], sums[i + half]);
        }
    }

    private T Both(T a, T b)
    {
        var both = f.Of(Lanes128<T>.Repeat(&a), Lanes128<T>.Repeat(&b));
        return *(T*)&both;
    }

    /// <summary>Takes in entries from a lane on.</summary>
    private void TakeTurns(T* sums, nint lane, T* x, int stepX, T* z, int stepZ, nint entries)
    {
        if (lane > 0)
        {
            var head = Math.Min(entries, order.Lanes - lane);
            TakeLanes(sums + lane * results, x, stepX, z, stepZ, head, 1);
            x += head * results * stepX;
            z += head * results * stepZ;
            entries -= head;
        }

        var turns = entries / order.Lanes;

        if (turns > 0)
            TakeLanes(sums, x, stepX, z, stepZ, order.Lanes, turns);

        var taken = turns * order.Lanes;

        if (taken < entries)
            TakeLanes(sums, x + taken * results * stepX, stepX, z + taken * results * stepZ, stepZ, entries - taken, 1);
    }

    private void TakeLanes(T* sums, T* x, int stepX, T* z, int stepZ, nint lanes, nint turns)
    {
        if (isOfProducts)
            BlockLoops.FoldProducts(width, sums, x, stepX, z, stepZ, lanes * results, turns);
        else
            BlockLoops.Fold<TFunction, T>(width, f, sums, x, stepX, lanes * results, turns);
    }

    private void Halve(T* sums)
    {
        if (results == 1)
        {
            HalveOne(sums);
            return;
        }

        for (var half = used / 2 * results; half >= results; half /= 2)
            BlockLoops.Map<TFunction, T>(width, f, sums, 1, sums + half, 1, sums, half);
    }

    /// <summary>Blocks combine as in a binary counter: the tree over n blocks whose left part is the largest power of two below n.</summary>
    private void EndBlock(byte* state)
    {
        var s = (State*)state;
        var sums = (T*)(state + Header);
        var level = (T*)(state + Header + Lanes);
        Halve(sums);

        for (var blocks = s->Blocks; (blocks & 1) != 0; blocks >>= 1, level += results)
            BlockLoops.Map<TFunction, T>(width, f, level, 1, sums, 1, sums, results);

        Buffer.MemoryCopy(sums, level, results * sizeof(T), results * sizeof(T));
        s->Blocks++;
        s->Rows = 0;
        s->IsBegun = 0;
        Loops.Repeat(identity, sums, used * results);
    }
}
