using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pipeline.Kernels;

/// <summary>Transpositions in registers: tiles of 8 by 8 elements of 4 bytes, of 4 by 4 of 8.</summary>
internal static unsafe class Transposition
{
    private const MethodImplOptions Apart = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>to[r line + i] = the element r behind that which lies i strides, so many bytes each, behind from; false where there are no such tiles.</summary>
    [MethodImpl(Apart)]
    public static bool Tiles<T>(byte* from, nint stride, nint lines, nint line, T* to)
        where T : unmanaged
    {
        var size = sizeof(T) == 4 ? 8 : 4;

        if (!Avx.IsSupported || sizeof(T) < 4 || lines < size || line < size)
            return false;

        var (wholeLines, wholeLine) = (lines - lines % size, line - line % size);

        for (nint r = 0; r < wholeLines; r += size)
        {
            for (nint i = 0; i < wholeLine; i += size)
            {
                var x = from + r * sizeof(T) + i * stride;
                var z = to + r * line + i;

                if (sizeof(T) == 4)
                    Tile((float*)x, stride, (float*)z, line);
                else
                    Tile((double*)x, stride, (double*)z, line);
            }
        }

        for (nint r = 0; r < lines; r++)
        {
            for (var i = r < wholeLines ? wholeLine : 0; i < line; i++)
                to[r * line + i] = *(T*)(from + r * sizeof(T) + i * stride);
        }

        return true;
    }

    [MethodImpl(Inline)]
    private static Vector256<float> Row(float* x, nint stride, nint k) => *(Vector256<float>*)((byte*)x + k * stride);

    [MethodImpl(Inline)]
    private static Vector256<double> Row(double* x, nint stride, nint k) =>
        *(Vector256<double>*)((byte*)x + k * stride);

    [MethodImpl(Inline)]
    private static void Tile(float* x, nint stride, float* z, nint line)
    {
        var (a, b) = Pairs(Row(x, stride, 0), Row(x, stride, 1));
        var (c, d) = Pairs(Row(x, stride, 2), Row(x, stride, 3));
        var (e, f) = Pairs(Row(x, stride, 4), Row(x, stride, 5));
        var (g, h) = Pairs(Row(x, stride, 6), Row(x, stride, 7));
        Halves(Avx.Shuffle(a, c, 0x44), Avx.Shuffle(e, g, 0x44), z, z + 4 * line);
        Halves(Avx.Shuffle(a, c, 0xEE), Avx.Shuffle(e, g, 0xEE), z + line, z + 5 * line);
        Halves(Avx.Shuffle(b, d, 0x44), Avx.Shuffle(f, h, 0x44), z + 2 * line, z + 6 * line);
        Halves(Avx.Shuffle(b, d, 0xEE), Avx.Shuffle(f, h, 0xEE), z + 3 * line, z + 7 * line);
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
    private static void Tile(double* x, nint stride, double* z, nint line)
    {
        var (a, b) = (Row(x, stride, 0), Row(x, stride, 1));
        var (c, d) = (Row(x, stride, 2), Row(x, stride, 3));
        var (p, q) = (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b));
        var (r, s) = (Avx.UnpackLow(c, d), Avx.UnpackHigh(c, d));
        *(Vector256<double>*)z = Avx.Permute2x128(p, r, 0x20);
        *(Vector256<double>*)(z + line) = Avx.Permute2x128(q, s, 0x20);
        *(Vector256<double>*)(z + 2 * line) = Avx.Permute2x128(p, r, 0x31);
        *(Vector256<double>*)(z + 3 * line) = Avx.Permute2x128(q, s, 0x31);
    }
}
