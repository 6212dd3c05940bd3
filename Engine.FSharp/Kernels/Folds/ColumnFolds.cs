using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Folds of columns side by side, row after row, up to eight vectors of them at once: a method for each kind of terms, number type and vector width, compiled
/// in full at its first use.
/// </summary>
internal static unsafe class ColumnFolds
{
    private const MethodImplOptions Apart = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>
    /// sums[j] takes the terms j of x and z, then those so many bytes behind them, as often as there are turns, for j below size.
    /// </summary>
    public static void Fold<TTerms, T>(
        int width,
        TTerms f,
        T* sums,
        byte* x,
        nint turnX,
        byte* z,
        nint turnZ,
        nint size,
        nint turns
    )
        where TTerms : struct, ITerms
        where T : unmanaged
    {
        if (width == 512 && size * sizeof(T) >= 64)
            Fold<TTerms, Lanes512<T>, T>(f, sums, x, turnX, z, turnZ, size, turns);
        else if (width >= 256 && size * sizeof(T) >= 32)
            Fold<TTerms, Lanes256<T>, T>(f, sums, x, turnX, z, turnZ, size, turns);
        else if (size * sizeof(T) >= 16)
            Fold<TTerms, Lanes128<T>, T>(f, sums, x, turnX, z, turnZ, size, turns);
        else
            FoldFew<TTerms, Lanes128<T>, T>(f, sums, x, turnX, z, turnZ, size, turns);
    }

    private static void Fold<TTerms, TLane, T>(
        TTerms f,
        T* sums,
        byte* x,
        nint turnX,
        byte* z,
        nint turnZ,
        nint size,
        nint turns
    )
        where TTerms : struct, ITerms
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        // The last vector of a group may lie over the one before it, whose columns then come to the same: but not over another group's.
        for (nint j = 0, left = (size + TLane.Count - 1) / TLane.Count; left > 0; )
        {
            var group = left is > 4 and not 9 ? 8 : 4;
            var last = size - j - TLane.Count;

            var p = TTerms.Moves.X ? x + j * (sizeof(T) / TTerms.Share) : x;
            var q = TTerms.Moves.Z ? z + j * sizeof(T) : z;

            if (group == 8)
                FoldEight<TTerms, TLane, T>(f, sums + j, p, turnX, q, turnZ, last, turns);
            else
                FoldFour<TTerms, TLane, T>(f, sums + j, p, turnX, q, turnZ, last, turns);

            j += group * TLane.Count;
            left -= group;
        }
    }

    [MethodImpl(Apart)]
    private static void FoldEight<TTerms, TLane, T>(
        TTerms f,
        T* sums,
        byte* x,
        nint turnX,
        byte* z,
        nint turnZ,
        nint last,
        nint turns
    )
        where TTerms : struct, ITerms
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var size = (nint)TLane.Count;
        var (o1, o2, o3) = (Math.Min(size, last), Math.Min(2 * size, last), Math.Min(3 * size, last));
        var (o4, o5) = (Math.Min(4 * size, last), Math.Min(5 * size, last));
        var (o6, o7) = (Math.Min(6 * size, last), Math.Min(7 * size, last));
        var (a0, a1) = (TLane.Load(sums), TLane.Load(sums + o1));
        var (a2, a3) = (TLane.Load(sums + o2), TLane.Load(sums + o3));
        var (a4, a5) = (TLane.Load(sums + o4), TLane.Load(sums + o5));
        var (a6, a7) = (TLane.Load(sums + o6), TLane.Load(sums + o7));

        for (var t = turns; t > 0; t--, x += turnX, z += turnZ)
        {
            a0 = f.Take(a0, x, z, 0);
            a1 = f.Take(a1, x, z, o1 * sizeof(T));
            a2 = f.Take(a2, x, z, o2 * sizeof(T));
            a3 = f.Take(a3, x, z, o3 * sizeof(T));
            a4 = f.Take(a4, x, z, o4 * sizeof(T));
            a5 = f.Take(a5, x, z, o5 * sizeof(T));
            a6 = f.Take(a6, x, z, o6 * sizeof(T));
            a7 = f.Take(a7, x, z, o7 * sizeof(T));
        }

        TLane.Store(sums, a0);
        TLane.Store(sums + o1, a1);
        TLane.Store(sums + o2, a2);
        TLane.Store(sums + o3, a3);
        TLane.Store(sums + o4, a4);
        TLane.Store(sums + o5, a5);
        TLane.Store(sums + o6, a6);
        TLane.Store(sums + o7, a7);
    }

    [MethodImpl(Apart)]
    private static void FoldFour<TTerms, TLane, T>(
        TTerms f,
        T* sums,
        byte* x,
        nint turnX,
        byte* z,
        nint turnZ,
        nint last,
        nint turns
    )
        where TTerms : struct, ITerms
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var size = (nint)TLane.Count;
        var (o1, o2, o3) = (Math.Min(size, last), Math.Min(2 * size, last), Math.Min(3 * size, last));
        var (a0, a1) = (TLane.Load(sums), TLane.Load(sums + o1));
        var (a2, a3) = (TLane.Load(sums + o2), TLane.Load(sums + o3));

        for (var t = turns; t > 0; t--, x += turnX, z += turnZ)
        {
            a0 = f.Take(a0, x, z, 0);
            a1 = f.Take(a1, x, z, o1 * sizeof(T));
            a2 = f.Take(a2, x, z, o2 * sizeof(T));
            a3 = f.Take(a3, x, z, o3 * sizeof(T));
        }

        TLane.Store(sums, a0);
        TLane.Store(sums + o1, a1);
        TLane.Store(sums + o2, a2);
        TLane.Store(sums + o3, a3);
    }

    /// <summary>Fewer columns than a vector has lanes, one after the other.</summary>
    [MethodImpl(Apart)]
    private static void FoldFew<TTerms, TLane, T>(
        TTerms f,
        T* sums,
        byte* x,
        nint turnX,
        byte* z,
        nint turnZ,
        nint size,
        nint turns
    )
        where TTerms : struct, ITerms
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        // Only the first element of these is looked at.
        var (termX, termZ) = (TLane.Repeat(sums), TLane.Repeat(sums));
        var bytes = sizeof(T) / TTerms.Share;

        for (nint j = 0; j < size; j++)
        {
            var sum = TLane.Repeat(sums + j);
            var p = TTerms.Moves.X ? x + j * bytes : x;
            var q = TTerms.Moves.Z ? z + j * sizeof(T) : z;

            for (var t = turns; t > 0; t--, p += turnX, q += turnZ)
            {
                Unsafe.CopyBlockUnaligned(&termX, p, (uint)bytes);
                Unsafe.CopyBlockUnaligned(&termZ, q, (uint)sizeof(T));
                sum = f.Take(sum, (byte*)&termX, (byte*)&termZ, 0);
            }

            sums[j] = *(T*)&sum;
        }
    }
}
