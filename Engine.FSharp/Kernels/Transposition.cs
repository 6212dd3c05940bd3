using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pipeline.Kernels;

/// <summary>Transpositions in registers: squares of elements of 4 or 8 bytes, a vector wide, so that lines of memory are read and written once.</summary>
internal static unsafe class Transposition
{
    private const MethodImplOptions Apart = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Bytes of a line of memory.</summary>
    private const int Line = 64;

    /// <summary>
    /// to[r step + i] = the element r behind that which lies i strides, so many bytes each, behind from; false where there are no such squares. The last
    /// of a side begins earlier than the one before ends.
    /// </summary>
    [MethodImpl(Apart)]
    public static bool Squares<T>(byte* from, nint stride, nint lines, nint line, T* to, nint step)
        where T : unmanaged
    {
        if (sizeof(T) < 4)
            return false;

        if (Avx512F.IsSupported && lines >= Line / sizeof(T) && line >= Line / sizeof(T))
        {
            var side = Line / sizeof(T);

            for (nint i = 0; i < line; i += side)
            {
                var column = Math.Min(i, line - side);

                for (nint r = 0; r < lines; r += side)
                    Square512(from, stride, Math.Min(r, lines - side), column, to, step);
            }

            return true;
        }

        if (Avx.IsSupported && lines >= Line / 2 / sizeof(T) && line >= Line / 2 / sizeof(T))
        {
            var side = Line / 2 / sizeof(T);

            for (nint i = 0; i < line; i += side)
            {
                var column = Math.Min(i, line - side);

                for (nint r = 0; r < lines; r += side)
                    Square256(from, stride, Math.Min(r, lines - side), column, to, step);
            }

            return true;
        }

        return false;
    }

    [MethodImpl(Inline)]
    private static void Square512<T>(byte* from, nint stride, nint row, nint column, T* to, nint step)
        where T : unmanaged
    {
        var x = from + row * sizeof(T) + column * stride;
        var z = (byte*)(to + row * step + column);

        if (sizeof(T) == 4)
            Floats(x, stride, z, step * sizeof(T));
        else
            Doubles(x, stride, z, step * sizeof(T));
    }

    [MethodImpl(Inline)]
    private static void Square256<T>(byte* from, nint stride, nint row, nint column, T* to, nint step)
        where T : unmanaged
    {
        var x = from + row * sizeof(T) + column * stride;
        var z = to + row * step + column;

        if (sizeof(T) == 4)
            Square((float*)x, stride, (float*)z, step);
        else
            Square((double*)x, stride, (double*)z, step);
    }

    // 16 by 16: in each quarter of a vector 4 rows of one column, then the quarters of one column from 4 vectors.
    [MethodImpl(Inline)]
    private static void Floats(byte* x, nint stride, byte* z, nint step)
    {
        var (a0, a1, a2, a3) = FourRows(x, stride);
        var (b0, b1, b2, b3) = FourRows(x + 4 * stride, stride);
        var (c0, c1, c2, c3) = FourRows(x + 8 * stride, stride);
        var (d0, d1, d2, d3) = FourRows(x + 12 * stride, stride);
        Quarters(a0, b0, c0, d0, z, 4 * step);
        Quarters(a1, b1, c1, d1, z + step, 4 * step);
        Quarters(a2, b2, c2, d2, z + 2 * step, 4 * step);
        Quarters(a3, b3, c3, d3, z + 3 * step, 4 * step);
    }

    // 8 by 8, likewise, of 2 rows.
    [MethodImpl(Inline)]
    private static void Doubles(byte* x, nint stride, byte* z, nint step)
    {
        var (a0, a1) = TwoRows(x, stride);
        var (b0, b1) = TwoRows(x + 2 * stride, stride);
        var (c0, c1) = TwoRows(x + 4 * stride, stride);
        var (d0, d1) = TwoRows(x + 6 * stride, stride);
        Quarters(a0, b0, c0, d0, z, 2 * step);
        Quarters(a1, b1, c1, d1, z + step, 2 * step);
    }

    [MethodImpl(Inline)]
    private static (Vector512<double> A, Vector512<double> B, Vector512<double> C, Vector512<double> D) FourRows(
        byte* x,
        nint stride
    )
    {
        var (a, b) = (*(Vector512<float>*)x, *(Vector512<float>*)(x + stride));
        var (c, d) = (*(Vector512<float>*)(x + 2 * stride), *(Vector512<float>*)(x + 3 * stride));
        var (p, q) = (Avx512F.UnpackLow(a, b).AsDouble(), Avx512F.UnpackHigh(a, b).AsDouble());
        var (r, s) = (Avx512F.UnpackLow(c, d).AsDouble(), Avx512F.UnpackHigh(c, d).AsDouble());
        return (Avx512F.UnpackLow(p, r), Avx512F.UnpackHigh(p, r), Avx512F.UnpackLow(q, s), Avx512F.UnpackHigh(q, s));
    }

    [MethodImpl(Inline)]
    private static (Vector512<double> A, Vector512<double> B) TwoRows(byte* x, nint stride)
    {
        var (a, b) = (*(Vector512<double>*)x, *(Vector512<double>*)(x + stride));
        return (Avx512F.UnpackLow(a, b), Avx512F.UnpackHigh(a, b));
    }

    /// <summary>The first quarters of four vectors, the second ones, and so on, so many bytes apart.</summary>
    [MethodImpl(Inline)]
    private static void Quarters(
        Vector512<double> a,
        Vector512<double> b,
        Vector512<double> c,
        Vector512<double> d,
        byte* z,
        nint step
    )
    {
        var (low, lower) = (Avx512F.Shuffle4x128(a, b, 0x44), Avx512F.Shuffle4x128(c, d, 0x44));
        var (high, higher) = (Avx512F.Shuffle4x128(a, b, 0xEE), Avx512F.Shuffle4x128(c, d, 0xEE));
        *(Vector512<double>*)z = Avx512F.Shuffle4x128(low, lower, 0x88);
        *(Vector512<double>*)(z + step) = Avx512F.Shuffle4x128(low, lower, 0xDD);
        *(Vector512<double>*)(z + 2 * step) = Avx512F.Shuffle4x128(high, higher, 0x88);
        *(Vector512<double>*)(z + 3 * step) = Avx512F.Shuffle4x128(high, higher, 0xDD);
    }

    [MethodImpl(Inline)]
    private static Vector256<float> Row(float* x, nint stride, nint k) => *(Vector256<float>*)((byte*)x + k * stride);

    [MethodImpl(Inline)]
    private static Vector256<double> Row(double* x, nint stride, nint k) =>
        *(Vector256<double>*)((byte*)x + k * stride);

    [MethodImpl(Inline)]
    private static void Square(float* x, nint stride, float* z, nint step)
    {
        var (a, b) = Pairs(Row(x, stride, 0), Row(x, stride, 1));
        var (c, d) = Pairs(Row(x, stride, 2), Row(x, stride, 3));
        var (e, f) = Pairs(Row(x, stride, 4), Row(x, stride, 5));
        var (g, h) = Pairs(Row(x, stride, 6), Row(x, stride, 7));
        Halves(Avx.Shuffle(a, c, 0x44), Avx.Shuffle(e, g, 0x44), z, z + 4 * step);
        Halves(Avx.Shuffle(a, c, 0xEE), Avx.Shuffle(e, g, 0xEE), z + step, z + 5 * step);
        Halves(Avx.Shuffle(b, d, 0x44), Avx.Shuffle(f, h, 0x44), z + 2 * step, z + 6 * step);
        Halves(Avx.Shuffle(b, d, 0xEE), Avx.Shuffle(f, h, 0xEE), z + 3 * step, z + 7 * step);
    }

    [MethodImpl(Inline)]
    private static (Vector256<float> Low, Vector256<float> High) Pairs(Vector256<float> a, Vector256<float> b) =>
        (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b));

    [MethodImpl(Inline)]
    private static void Halves(Vector256<float> a, Vector256<float> b, float* low, float* high)
    {
        *(Vector256<float>*)low = Avx.Permute2x128(a, b, 0x20);
        *(Vector256<float>*)high = Avx.Permute2x128(a, b, 0x31);
    }

    [MethodImpl(Inline)]
    private static void Square(double* x, nint stride, double* z, nint step)
    {
        var (a, b) = (Row(x, stride, 0), Row(x, stride, 1));
        var (c, d) = (Row(x, stride, 2), Row(x, stride, 3));
        var (p, q) = (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b));
        var (r, s) = (Avx.UnpackLow(c, d), Avx.UnpackHigh(c, d));
        *(Vector256<double>*)z = Avx.Permute2x128(p, r, 0x20);
        *(Vector256<double>*)(z + step) = Avx.Permute2x128(q, s, 0x20);
        *(Vector256<double>*)(z + 2 * step) = Avx.Permute2x128(p, r, 0x31);
        *(Vector256<double>*)(z + 3 * step) = Avx.Permute2x128(q, s, 0x31);
    }
}
