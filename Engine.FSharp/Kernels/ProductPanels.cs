using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pipeline.Kernels;

/// <summary>Rows or columns of a matrix, moved so that their entries of one term lie side by side.</summary>
internal static unsafe class ProductPanels
{
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
            for (nint p = 0; p < terms; p++)
            {
                for (nint first = 0; first < count; first += width)
                {
                    var from = source + p * term + first * step;
                    // Whole panels as long as there is something behind the row.
                    var places = from + width * sizeof(T) <= end ? width : Math.Min(width, count - first);
                    Copy(from, (byte*)(target + first * terms + p * width), places * sizeof(T), sizeof(T));
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

        if (term == sizeof(T) && Sse2.IsSupported && sizeof(T) >= 4)
            whole =
                sizeof(T) == 4
                    ? Transpose4(source, step, count, width, terms, (float*)target)
                    : Transpose2(source, step, count, width, terms, (double*)target);

        // What is left of the terms, and then of the places.
        for (var p = terms - terms % (16 / sizeof(T)); p < terms; p++)
            PackTerm(source + p * term, step, whole, target + p * width);

        for (nint p = 0; p < terms; p++)
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
    private static void Copy(byte* from, byte* to, nint bytes, int element)
    {
        nint i = 0;

        for (; i <= bytes - sizeof(Vector256<byte>); i += sizeof(Vector256<byte>))
            *(Vector256<byte>*)(to + i) = *(Vector256<byte>*)(from + i);

        for (; i < bytes; i += element)
        {
            if (element == 8)
                *(ulong*)(to + i) = *(ulong*)(from + i);
            else if (element == 4)
                *(uint*)(to + i) = *(uint*)(from + i);
            else if (element == 2)
                *(ushort*)(to + i) = *(ushort*)(from + i);
            else
                to[i] = from[i];
        }
    }

    /// <summary>Blocks of four by four; how many places they fill.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static nint Transpose4(byte* source, nint step, nint count, nint width, nint terms, float* target)
    {
        var whole = count & ~3;

        for (nint i = 0; i < whole; i += 4)
        {
            var from = source + i * step;
            var to = target + i;

            for (var p = terms >> 2; p > 0; p--)
            {
                var a = *(Vector128<float>*)from;
                var b = *(Vector128<float>*)(from + step);
                var c = *(Vector128<float>*)(from + 2 * step);
                var d = *(Vector128<float>*)(from + 3 * step);
                var (ab, cd) = (Sse.UnpackLow(a, b), Sse.UnpackLow(c, d));
                *(Vector128<float>*)to = Sse.MoveLowToHigh(ab, cd);
                *(Vector128<float>*)(to + width) = Sse.MoveHighToLow(cd, ab);
                (ab, cd) = (Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, d));
                *(Vector128<float>*)(to + 2 * width) = Sse.MoveLowToHigh(ab, cd);
                *(Vector128<float>*)(to + 3 * width) = Sse.MoveHighToLow(cd, ab);
                from += 16;
                to += 4 * width;
            }
        }

        return whole;
    }

    /// <summary>Blocks of two by two; how many places they fill.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static nint Transpose2(byte* source, nint step, nint count, nint width, nint terms, double* target)
    {
        var whole = count & ~1;

        for (nint i = 0; i < whole; i += 2)
        {
            var from = source + i * step;
            var to = target + i;

            for (var p = terms >> 1; p > 0; p--)
            {
                var a = *(Vector128<double>*)from;
                var b = *(Vector128<double>*)(from + step);
                *(Vector128<double>*)to = Sse2.UnpackLow(a, b);
                *(Vector128<double>*)(to + width) = Sse2.UnpackHigh(a, b);
                from += 16;
                to += 2 * width;
            }
        }

        return whole;
    }
}
