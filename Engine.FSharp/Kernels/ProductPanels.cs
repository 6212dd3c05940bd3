using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pipeline.Kernels;

/// <summary>Rows or columns of a matrix, moved so that their entries of one term lie side by side.</summary>
internal static unsafe class ProductPanels
{
    /// <summary>Bytes of a panel that are written before the next panel's: whole lines, and few enough for the lines that are read meanwhile to stay near.</summary>
    private const int Together = 256;

    /// <summary>
    /// Panels of so many places, one behind the other: target[g, p, i] = source[(g width + i) step + p term] for places below count; the
    /// others of the last panel hold any numbers. Steps are in bytes. The source may be read up to its end.
    /// </summary>
    public static void Pack(
        int bytes,
        byte* source,
        nint step,
        nint term,
        int count,
        int width,
        nint terms,
        byte* target,
        byte* end
    )
    {
        if (bytes == 4)
            Pack<uint>(source, step, term, count, width, terms, (uint*)target, end);
        else if (bytes == 8)
            Pack<ulong>(source, step, term, count, width, terms, (ulong*)target, end);
        else if (bytes == 2)
            Pack<ushort>(source, step, term, count, width, terms, (ushort*)target, end);
        else
            Pack<byte>(source, step, term, count, width, terms, target, end);
    }

    /// <summary>Right matrices of so many small products, the rows of each side by side: target[b, p, j] = B[b, p, j].</summary>
    public static void Turn(int bytes, in ProductSizes sizes, byte* source, int count, byte* target)
    {
        if (bytes == 4)
            Turn(sizes, source, count, (uint*)target);
        else if (bytes == 8)
            Turn(sizes, source, count, (ulong*)target);
        else if (bytes == 2)
            Turn(sizes, source, count, (ushort*)target);
        else
            Turn(sizes, source, count, target);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Turn<T>(in ProductSizes sizes, byte* source, int count, T* target)
        where T : unmanaged
    {
        var (step, term) = (sizes.ColumnB, sizes.TermB);
        nint columns = sizes.N;
        nint terms = sizes.K;

        for (; count > 0; count--, source += sizes.BatchB)
        {
            for (nint p = 0; p < terms; p++)
            {
                var from = source + p * term;

                for (var j = columns; j > 0; j--, from += step)
                    *target++ = *(T*)from;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Pack<T>(
        byte* source,
        nint step,
        nint term,
        nint count,
        nint width,
        nint terms,
        T* target,
        byte* end
    )
        where T : unmanaged
    {
        if (step == sizeof(T))
        {
            var row = width * sizeof(T);
            var together = Math.Max(1, Together / row);

            for (nint p = 0; p < terms; p += together)
            {
                var last = Math.Min(p + together, terms);

                for (nint first = 0; first < count; first += width)
                {
                    var to = (byte*)(target + first * terms + p * width);

                    for (var q = p; q < last; q++, to += row)
                    {
                        var from = source + q * term + first * step;

                        // Whole panels as long as there is something behind the row.
                        if (from + row > end)
                            Copy<T>(from, to, Math.Min(width, count - first) * sizeof(T));
                        else if (row == sizeof(Vector256<byte>))
                            *(Vector256<byte>*)to = *(Vector256<byte>*)from;
                        else
                            Copy<T>(from, to, row);
                    }
                }
            }

            return;
        }

        for (nint first = 0; first < count; first += width)
            PackOne(
                source + first * step,
                step,
                term,
                Math.Min(width, count - first),
                width,
                terms,
                target + first * terms
            );
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackOne<T>(byte* source, nint step, nint term, nint count, nint width, nint terms, T* target)
        where T : unmanaged
    {
        nint whole = 0;

        if (term == sizeof(T) && Avx.IsSupported && sizeof(T) >= 4)
            whole = Transpose(source, step, count, width, terms, target);

        // What is left of the terms, and then of the places.
        for (var p = terms - terms % (16 / sizeof(T)); p < terms; p++)
            PackTerm(source + p * term, step, whole, target + p * width);

        for (nint p = 0; p < terms && whole < count; p++)
            PackTerm(source + whole * step + p * term, step, count - whole, target + p * width + whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackTerm<T>(byte* from, nint step, nint count, T* to)
        where T : unmanaged
    {
        for (; count >= 4; count -= 4)
        {
            var (a, b) = (*(T*)from, *(T*)(from + step));
            from += 2 * step;
            (to[0], to[1], to[2], to[3]) = (a, b, *(T*)from, *(T*)(from + step));
            from += 2 * step;
            to += 4;
        }

        for (; count > 0; count--)
        {
            *to++ = *(T*)from;
            from += step;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(byte* from, byte* to, nint bytes)
        where T : unmanaged
    {
        nint i = 0;

        for (; i <= bytes - sizeof(Vector256<byte>); i += sizeof(Vector256<byte>))
            *(Vector256<byte>*)(to + i) = *(Vector256<byte>*)(from + i);

        for (; i < bytes; i += sizeof(T))
            *(T*)(to + i) = *(T*)(from + i);
    }

    /// <summary>Blocks of as many places as 256 bits hold by as many terms as 128 bits hold; how many places they fill.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static nint Transpose<T>(byte* source, nint step, nint count, nint width, nint terms, T* target)
        where T : unmanaged
    {
        var places = Vector256<T>.Count;
        var whole = count - count % places;

        for (nint i = 0; i < whole; i += places)
        {
            var from = source + i * step;
            var to = target + i;

            for (var p = terms / (places / 2); p > 0; p--)
            {
                if (sizeof(T) == 4)
                {
                    var a = Rows(from, 4 * step).AsSingle();
                    var b = Rows(from + step, 4 * step).AsSingle();
                    var c = Rows(from + 2 * step, 4 * step).AsSingle();
                    var d = Rows(from + 3 * step, 4 * step).AsSingle();
                    var (ab, cd) = (Avx.UnpackLow(a, b).AsDouble(), Avx.UnpackLow(c, d).AsDouble());
                    *(Vector256<double>*)to = Avx.UnpackLow(ab, cd);
                    *(Vector256<double>*)(to + width) = Avx.UnpackHigh(ab, cd);
                    (ab, cd) = (Avx.UnpackHigh(a, b).AsDouble(), Avx.UnpackHigh(c, d).AsDouble());
                    *(Vector256<double>*)(to + 2 * width) = Avx.UnpackLow(ab, cd);
                    *(Vector256<double>*)(to + 3 * width) = Avx.UnpackHigh(ab, cd);
                }
                else
                {
                    var a = Rows(from, 2 * step);
                    var b = Rows(from + step, 2 * step);
                    *(Vector256<double>*)to = Avx.UnpackLow(a, b);
                    *(Vector256<double>*)(to + width) = Avx.UnpackHigh(a, b);
                }

                from += 16;
                to += places / 2 * width;
            }
        }

        return whole;
    }

    /// <summary>128 bits of two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Rows(byte* from, nint step) =>
        Avx.InsertVector128((*(Vector128<double>*)from).ToVector256Unsafe(), *(Vector128<double>*)(from + step), 1);
}
