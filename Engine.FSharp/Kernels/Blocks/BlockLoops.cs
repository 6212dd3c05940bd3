using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Loops over blocks for functions of a few operations, four vectors a turn: what they take is the loop's own time. Arguments of step 0 are one number for all
/// elements. Each is a method for a function, number type and vector width, compiled in full at its first use.
/// </summary>
internal static unsafe class BlockLoops
{
    private const MethodImplOptions Apart = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>r[i] = f(x[i stepX]).</summary>
    public static void Map<TFunction, T>(int width, TFunction f, T* x, int stepX, T* r, nint count)
        where TFunction : struct, IFunction
        where T : unmanaged
    {
        if (width == 512)
            Map<TFunction, Lanes512<T>, T>(f, x, stepX, r, count);
        else if (width == 256)
            Map<TFunction, Lanes256<T>, T>(f, x, stepX, r, count);
        else
            Map<TFunction, Lanes128<T>, T>(f, x, stepX, r, count);
    }

    [MethodImpl(Apart)]
    private static void Map<TFunction, TLane, T>(TFunction f, T* x, int stepX, T* r, nint count)
        where TFunction : struct, IFunction
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var one = TLane.Repeat(x);
        var step = stepX * (nint)TLane.Count;
        var from = stepX == 0 ? (T*)&one : x;
        nint i = 0;

        for (; i <= count - 4 * TLane.Count; i += 4 * TLane.Count, from += 4 * step)
        {
            TLane.Store(r + i, f.Of(TLane.Load(from)));
            TLane.Store(r + i + TLane.Count, f.Of(TLane.Load(from + step)));
            TLane.Store(r + i + 2 * TLane.Count, f.Of(TLane.Load(from + 2 * step)));
            TLane.Store(r + i + 3 * TLane.Count, f.Of(TLane.Load(from + 3 * step)));
        }

        for (; i <= count - TLane.Count; i += TLane.Count, from += step)
            TLane.Store(r + i, f.Of(TLane.Load(from)));

        if (i < count)
        {
            if (stepX != 0)
                Copy<T>(from, &one, count - i);

            one = f.Of(one);
            Copy<T>(&one, r + i, count - i);
        }
    }

    /// <summary>r[i] = f(x[i stepX], z[i stepZ]).</summary>
    public static void Map<TFunction, T>(int width, TFunction f, T* x, int stepX, T* z, int stepZ, T* r, nint count)
        where TFunction : struct, IFunction2
        where T : unmanaged
    {
        // One element need not be moved into a vector.
        if (count == 1)
            stepX = stepZ = 0;

        if (width == 512)
            Map<TFunction, Lanes512<T>, T>(f, x, stepX, z, stepZ, r, count);
        else if (width == 256)
            Map<TFunction, Lanes256<T>, T>(f, x, stepX, z, stepZ, r, count);
        else
            Map<TFunction, Lanes128<T>, T>(f, x, stepX, z, stepZ, r, count);
    }

    [MethodImpl(Apart)]
    private static void Map<TFunction, TLane, T>(TFunction f, T* x, int stepX, T* z, int stepZ, T* r, nint count)
        where TFunction : struct, IFunction2
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var oneX = TLane.Repeat(x);
        var oneZ = TLane.Repeat(z);
        var (moveX, moveZ) = (stepX * (nint)TLane.Count, stepZ * (nint)TLane.Count);
        var p = stepX == 0 ? (T*)&oneX : x;
        var q = stepZ == 0 ? (T*)&oneZ : z;
        nint i = 0;

        for (; i <= count - 4 * TLane.Count; i += 4 * TLane.Count, p += 4 * moveX, q += 4 * moveZ)
        {
            TLane.Store(r + i, f.Of(TLane.Load(p), TLane.Load(q)));
            TLane.Store(r + i + TLane.Count, f.Of(TLane.Load(p + moveX), TLane.Load(q + moveZ)));
            TLane.Store(r + i + 2 * TLane.Count, f.Of(TLane.Load(p + 2 * moveX), TLane.Load(q + 2 * moveZ)));
            TLane.Store(r + i + 3 * TLane.Count, f.Of(TLane.Load(p + 3 * moveX), TLane.Load(q + 3 * moveZ)));
        }

        for (; i <= count - TLane.Count; i += TLane.Count, p += moveX, q += moveZ)
            TLane.Store(r + i, f.Of(TLane.Load(p), TLane.Load(q)));

        if (i < count)
        {
            if (stepX != 0)
                Copy<T>(p, &oneX, count - i);

            if (stepZ != 0)
                Copy<T>(q, &oneZ, count - i);

            oneX = f.Of(oneX, oneZ);
            Copy<T>(&oneX, r + i, count - i);
        }
    }

    /// <summary>r[i] = f(x[i stepX], y[i stepY], z[i stepZ]).</summary>
    public static void Map<TFunction, T>(
        int width,
        TFunction f,
        T* x,
        int stepX,
        T* y,
        int stepY,
        T* z,
        int stepZ,
        T* r,
        nint count
    )
        where TFunction : struct, IFunction3
        where T : unmanaged
    {
        if (count == 1)
            stepX = stepY = stepZ = 0;

        if (width == 512)
            Map<TFunction, Lanes512<T>, T>(f, x, stepX, y, stepY, z, stepZ, r, count);
        else if (width == 256)
            Map<TFunction, Lanes256<T>, T>(f, x, stepX, y, stepY, z, stepZ, r, count);
        else
            Map<TFunction, Lanes128<T>, T>(f, x, stepX, y, stepY, z, stepZ, r, count);
    }

    [MethodImpl(Apart)]
    private static void Map<TFunction, TLane, T>(
        TFunction f,
        T* x,
        int stepX,
        T* y,
        int stepY,
        T* z,
        int stepZ,
        T* r,
        nint count
    )
        where TFunction : struct, IFunction3
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var oneX = TLane.Repeat(x);
        var oneY = TLane.Repeat(y);
        var oneZ = TLane.Repeat(z);
        var (moveX, moveY, moveZ) = (stepX * (nint)TLane.Count, stepY * (nint)TLane.Count, stepZ * (nint)TLane.Count);
        var p = stepX == 0 ? (T*)&oneX : x;
        var s = stepY == 0 ? (T*)&oneY : y;
        var q = stepZ == 0 ? (T*)&oneZ : z;
        nint i = 0;

        for (; i <= count - 2 * TLane.Count; i += 2 * TLane.Count, p += 2 * moveX, s += 2 * moveY, q += 2 * moveZ)
        {
            TLane.Store(r + i, f.Of(TLane.Load(p), TLane.Load(s), TLane.Load(q)));
            TLane.Store(r + i + TLane.Count, f.Of(TLane.Load(p + moveX), TLane.Load(s + moveY), TLane.Load(q + moveZ)));
        }

        for (; i <= count - TLane.Count; i += TLane.Count, p += moveX, s += moveY, q += moveZ)
            TLane.Store(r + i, f.Of(TLane.Load(p), TLane.Load(s), TLane.Load(q)));

        if (i < count)
        {
            if (stepX != 0)
                Copy<T>(p, &oneX, count - i);

            if (stepY != 0)
                Copy<T>(s, &oneY, count - i);

            if (stepZ != 0)
                Copy<T>(q, &oneZ, count - i);

            oneX = f.Of(oneX, oneY, oneZ);
            Copy<T>(&oneX, r + i, count - i);
        }
    }

    private static void Copy<T>(void* source, void* target, nint count)
        where T : unmanaged => Unsafe.CopyBlockUnaligned(target, source, (uint)(count * sizeof(T)));
}
