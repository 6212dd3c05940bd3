using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pipeline.Kernels;

/// <summary>
/// Folds of rows that lie in memory, each row one block of 256 bytes of lanes (SumOrder.fs): the lanes stay in vectors. A method for each kind of terms,
/// number type and vector width, compiled in full at its first use.
/// </summary>
internal static unsafe class RowFolds
{
    /// <summary>Bytes of the lanes.</summary>
    public const int Lanes = 256;

    /// <summary>result[r] = the terms that are r rows of so many bytes behind x and z, so many of each, for r below count.</summary>
    public static void Fold<TTerms, T>(
        int width,
        TTerms f,
        T identity,
        byte* x,
        nint rowX,
        byte* z,
        nint rowZ,
        nint entries,
        nint count,
        T* result
    )
        where TTerms : struct, ITerms
        where T : unmanaged
    {
        // Of short rows no more lanes than they fill.
        if (width == 512 && entries * sizeof(T) > 32)
            Fold<TTerms, Lanes512<T>, T>(f, identity, x, rowX, z, rowZ, entries, count, result);
        else if (width >= 256 && entries * sizeof(T) > 16)
            Fold<TTerms, Lanes256<T>, T>(f, identity, x, rowX, z, rowZ, entries, count, result);
        else
            Fold<TTerms, Lanes128<T>, T>(f, identity, x, rowX, z, rowZ, entries, count, result);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Fold<TTerms, TLane, T>(
        TTerms f,
        T identity,
        byte* x,
        nint rowX,
        byte* z,
        nint rowZ,
        nint entries,
        nint count,
        T* result
    )
        where TTerms : struct, ITerms
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        if (count == 0)
            return;

        // The vector that a row ends in, which may be a part, is read to its end: but not behind the last row.
        var vectors = (entries - 1) / TLane.Count;
        var rest = entries - vectors * TLane.Count;
        var (beforeX, beforeZ) = (vectors * sizeof(TLane) / TTerms.Share, vectors * sizeof(TLane));
        var mask = TLane.Load(Mask(rest * sizeof(T)));
        var (lastX, lastZ) = (TLane.Repeat(&identity), TLane.Repeat(&identity));
        Copy(x + (count - 1) * rowX + beforeX, &lastX, rest * (sizeof(T) / TTerms.Share));

        if (TTerms.Moves.Z)
            Copy(z + (count - 1) * rowZ + beforeZ, &lastZ, rest * sizeof(T));

        var nothing = TLane.Repeat(&identity);

        for (nint r = 0; r < count; r++, x += rowX, z += rowZ)
        {
            var isLast = r == count - 1;
            var endX = isLast || rowX == 0 ? (byte*)&lastX : x + beforeX;
            var endZ = isLast || rowZ == 0 ? (byte*)&lastZ : z + beforeZ;
            var sum = nothing;

            if (vectors == 0)
                sum = TLane.Select(mask, f.Take(nothing, endX, endZ, 0), nothing);
            else if (vectors == 1)
                sum = f.Of(f.Take(nothing, x, z, 0), TLane.Select(mask, f.Take(nothing, endX, endZ, 0), nothing));
            else
            {
                var lanes = Take(f, nothing, mask, x, z, endX, endZ, 0, vectors);

                if (Lanes / sizeof(TLane) == 8)
                    lanes = Both(f, lanes, Take(f, nothing, mask, x, z, endX, endZ, 4, vectors));
                else if (Lanes / sizeof(TLane) == 16)
                {
                    lanes = Both(f, lanes, Take(f, nothing, mask, x, z, endX, endZ, 8, vectors));
                    var others = Take(f, nothing, mask, x, z, endX, endZ, 4, vectors);
                    others = Both(f, others, Take(f, nothing, mask, x, z, endX, endZ, 12, vectors));
                    lanes = Both(f, lanes, others);
                }

                sum = f.Of(f.Of(lanes.A, lanes.C), f.Of(lanes.B, lanes.D));
            }

            TLane.StoreHalved(f, result + r, sum);
        }
    }

    private struct Four<TLane>
    {
        public TLane A;
        public TLane B;
        public TLane C;
        public TLane D;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<TLane> Both<TTerms, TLane>(TTerms f, Four<TLane> a, Four<TLane> b)
        where TTerms : struct, ITerms
        where TLane : unmanaged, IVectorLane<TLane> =>
        new()
        {
            A = f.Of(a.A, b.A),
            B = f.Of(a.B, b.B),
            C = f.Of(a.C, b.C),
            D = f.Of(a.D, b.D),
        };

    /// <summary>The vectors of a row that four vectors of lanes take, from one of the lanes on; behind so many vectors is the row's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<TLane> Take<TTerms, TLane>(
        TTerms f,
        TLane nothing,
        TLane mask,
        byte* x,
        byte* z,
        byte* endX,
        byte* endZ,
        nint first,
        nint vectors
    )
        where TTerms : struct, ITerms
        where TLane : unmanaged, IVectorLane<TLane>
    {
        var (a, b, c, d) = (nothing, nothing, nothing, nothing);
        var i = first;

        for (; i <= vectors - 4; i += Lanes / sizeof(TLane))
        {
            a = f.Take(a, x, z, i * sizeof(TLane));
            b = f.Take(b, x, z, (i + 1) * sizeof(TLane));
            c = f.Take(c, x, z, (i + 2) * sizeof(TLane));
            d = f.Take(d, x, z, (i + 3) * sizeof(TLane));
        }

        if (i <= vectors)
        {
            var left = vectors - i;

            if (left > 0)
                a = f.Take(a, x, z, i * sizeof(TLane));

            if (left > 1)
                b = f.Take(b, x, z, (i + 1) * sizeof(TLane));

            if (left > 2)
                c = f.Take(c, x, z, (i + 2) * sizeof(TLane));

            if (left == 0)
                a = TLane.Select(mask, f.Take(a, endX, endZ, 0), a);
            else if (left == 1)
                b = TLane.Select(mask, f.Take(b, endX, endZ, 0), b);
            else if (left == 2)
                c = TLane.Select(mask, f.Take(c, endX, endZ, 0), c);
            else
                d = TLane.Select(mask, f.Take(d, endX, endZ, 0), d);
        }

        return new()
        {
            A = a,
            B = b,
            C = c,
            D = d,
        };
    }

    private static ReadOnlySpan<ulong> Set =>
        [
            ulong.MaxValue,
            ulong.MaxValue,
            ulong.MaxValue,
            ulong.MaxValue,
            ulong.MaxValue,
            ulong.MaxValue,
            ulong.MaxValue,
            ulong.MaxValue,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ];

    /// <summary>Where so many bytes are set and the next 64 clear.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Mask(nint bytes) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Set)) + 64 - bytes;

    private static void Copy(byte* source, void* target, nint bytes) =>
        Unsafe.CopyBlockUnaligned(target, source, (uint)bytes);
}
