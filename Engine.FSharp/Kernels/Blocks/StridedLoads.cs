using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>Elements that do not lie side by side in memory, in vectors.</summary>
internal static unsafe class StridedLoads
{
    private const MethodImplOptions Apart = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>Elements of a line for which there is Spread.</summary>
    public const int Most = 64;

    /// <summary>Vectors of memory that one of elements is put together from.</summary>
    private const int MostVectors = 8;

    /// <summary>to[i] = the element i strides, so many bytes each, behind from.</summary>
    [MethodImpl(Apart)]
    public static void Gather<T>(T* from, nint stride, T* to, nint count)
        where T : unmanaged
    {
        nint i = 0;

        if (sizeof(T) >= 4 && stride > 0 && stride <= MostVectors * sizeof(T) && stride % sizeof(T) == 0)
        {
            var (step, words) = ((int)(stride / sizeof(T)), sizeof(T) / sizeof(uint));

            if (Vector512.IsHardwareAccelerated)
                i = Gather512((uint*)from, step, words, (uint*)to, count * words) / words;
            else if (Vector256.IsHardwareAccelerated)
                i = Gather256((uint*)from, step, words, (uint*)to, count * words) / words;
        }

        var p = (byte*)from + i * stride;

        for (; i <= count - 4; i += 4, p += 4 * stride)
        {
            var (a, b, c, d) = (*(T*)p, *(T*)(p + stride), *(T*)(p + 2 * stride), *(T*)(p + 3 * stride));
            to[i] = a;
            to[i + 1] = b;
            to[i + 2] = c;
            to[i + 3] = d;
        }

        for (; i < count; i++, p += stride)
            to[i] = *(T*)p;
    }

    // Elements of one or two words of 4 bytes. The word at a place is lane (place mod V) of vector (place / V) behind the first element. Nothing behind the last
    // element is read: its vector ends before the last one of the next element.
    [MethodImpl(Apart)]
    private static nint Gather512(uint* from, int stride, int words, uint* to, nint count)
    {
        var each = Vector512<uint>.Indices >>> (words - 1);
        var places = each * (uint)(stride * words) + (Vector512<uint>.Indices & Vector512.Create((uint)words - 1));
        var (lanes, vectors) = (places & Vector512.Create(15u), places >>> 4);
        nint i = 0;

        for (; i + Vector512<uint>.Count < count; i += Vector512<uint>.Count, from += stride * Vector512<uint>.Count)
        {
            var result = Vector512.ShuffleNative(Vector512.Load(from), lanes);

            for (var k = 1; k < stride; k++)
            {
                var next = Vector512.ShuffleNative(Vector512.Load(from + k * Vector512<uint>.Count), lanes);
                var isThere = Vector512.Equals(vectors, Vector512.Create((uint)k));
                result = Vector512.ConditionalSelect(isThere, next, result);
            }

            result.Store(to + i);
        }

        return i;
    }

    [MethodImpl(Apart)]
    private static nint Gather256(uint* from, int stride, int words, uint* to, nint count)
    {
        var each = Vector256<uint>.Indices >>> (words - 1);
        var places = each * (uint)(stride * words) + (Vector256<uint>.Indices & Vector256.Create((uint)words - 1));
        var (lanes, vectors) = (places & Vector256.Create(7u), places >>> 3);
        nint i = 0;

        for (; i + Vector256<uint>.Count < count; i += Vector256<uint>.Count, from += stride * Vector256<uint>.Count)
        {
            var result = Vector256.ShuffleNative(Vector256.Load(from), lanes);

            for (var k = 1; k < stride; k++)
            {
                var next = Vector256.ShuffleNative(Vector256.Load(from + k * Vector256<uint>.Count), lanes);
                var isThere = Vector256.Equals(vectors, Vector256.Create((uint)k));
                result = Vector256.ConditionalSelect(isThere, next, result);
            }

            result.Store(to + i);
        }

        return i;
    }

    /// <summary>Lines of so many elements each of which is one of memory. A vector may reach over what comes behind it.</summary>
    [MethodImpl(Apart)]
    public static void Spread<T>(T* from, nint lines, nint line, T* to)
        where T : unmanaged
    {
        nint k = 0;
        var whole = (line + Vector256<T>.Count - 1) / Vector256<T>.Count * Vector256<T>.Count;
        var end = to + lines * line;

        if (Vector256.IsHardwareAccelerated)
        {
            for (; k < lines && to + whole <= end; k++, to += line)
            {
                var one = Vector256.Create(from[k]);

                for (nint i = 0; i < line; i += Vector256<T>.Count)
                    one.Store(to + i);
            }
        }

        for (; k < lines; k++, to += line)
            Loops.Repeat(from + k, to, line);
    }
}
