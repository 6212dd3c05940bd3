using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pipeline.Kernels;

/// <summary>Rows or columns of a matrix, moved so that their entries of one term lie side by side.</summary>
internal static unsafe class ProductPanels
{
    /// <summary>target[p, i] = source[i step + p term] for i below count, 0 for the others below width; steps in bytes.</summary>
    public static void Pack(
        int bytes,
        byte* source,
        nint step,
        nint term,
        int count,
        int width,
        nint terms,
        byte* target
    )
    {
        if (bytes == 4)
            Pack<uint>(source, step, term, count, width, terms, (uint*)target);
        else if (bytes == 8)
            Pack<ulong>(source, step, term, count, width, terms, (ulong*)target);
        else if (bytes == 2)
            Pack<ushort>(source, step, term, count, width, terms, (ushort*)target);
        else
            Pack<byte>(source, step, term, count, width, terms, target);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Pack<T>(byte* source, nint step, nint term, nint count, nint width, nint terms, T* target)
        where T : unmanaged
    {
        if (count < width)
            new Span<T>(target, checked((int)(width * terms))).Clear();

        nint whole = 0;

        if (step == sizeof(T))
        {
            CopyRows(source, term, count, width, terms, target);
            return;
        }

        if (term == sizeof(T) && Sse2.IsSupported && sizeof(T) >= 4)
            whole =
                sizeof(T) == 4
                    ? Transpose4(source, step, count, width, terms, (float*)target)
                    : Transpose2(source, step, count, width, terms, (double*)target);

        // What is left of the terms, and then of the places.
        for (var p = whole == 0 ? 0 : terms - terms % (16 / sizeof(T)); p < terms; p++)
        {
            for (nint i = 0; i < whole; i++)
                target[p * width + i] = *(T*)(source + i * step + p * term);
        }

        for (nint p = 0; p < terms; p++)
        {
            for (var i = whole; i < count; i++)
                target[p * width + i] = *(T*)(source + i * step + p * term);
        }
    }

    private static void CopyRows<T>(byte* source, nint term, nint count, nint width, nint terms, T* target)
        where T : unmanaged
    {
        var bytes = count * sizeof(T);
        var whole = bytes - bytes % sizeof(Vector256<byte>);

        for (nint p = 0; p < terms; p++)
        {
            var from = source + p * term;
            var to = (byte*)(target + p * width);
            nint i = 0;

            for (; i < whole; i += sizeof(Vector256<byte>))
                *(Vector256<byte>*)(to + i) = *(Vector256<byte>*)(from + i);

            for (; i < bytes; i += sizeof(T))
                *(T*)(to + i) = *(T*)(from + i);
        }
    }

    /// <summary>Blocks of four by four; how many places they fill.</summary>
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
