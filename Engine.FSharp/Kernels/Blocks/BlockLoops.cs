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

    /// <summary>sums[j] = f(sums[j], x[(t size + j) stepX]) for turns t one after the other.</summary>
    public static void Fold<TFunction, T>(int width, TFunction f, T* sums, T* x, int stepX, nint size, nint turns)
        where TFunction : struct, IFunction2
        where T : unmanaged
    {
        if (width == 512)
            Fold<TFunction, Lanes512<T>, T>(f, sums, x, stepX, size, turns);
        else if (width == 256)
            Fold<TFunction, Lanes256<T>, T>(f, sums, x, stepX, size, turns);
        else
            Fold<TFunction, Lanes128<T>, T>(f, sums, x, stepX, size, turns);
    }

    [MethodImpl(Apart)]
    private static void Fold<TFunction, TLane, T>(TFunction f, T* sums, T* x, int stepX, nint size, nint turns)
        where TFunction : struct, IFunction2
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var one = TLane.Repeat(x);
        var move = stepX * (nint)TLane.Count;
        var turn = size * stepX;
        nint j = 0;

        // Four chains of additions hide each other's time.
        for (; j <= size - 4 * TLane.Count; j += 4 * TLane.Count)
        {
            var (a, b) = (TLane.Load(sums + j), TLane.Load(sums + j + TLane.Count));
            var (c, d) = (TLane.Load(sums + j + 2 * TLane.Count), TLane.Load(sums + j + 3 * TLane.Count));
            var from = stepX == 0 ? (T*)&one : x + j;

            for (var t = turns; t > 0; t--)
            {
                a = f.Of(a, TLane.Load(from));
                b = f.Of(b, TLane.Load(from + move));
                c = f.Of(c, TLane.Load(from + 2 * move));
                d = f.Of(d, TLane.Load(from + 3 * move));
                from += turn;
            }

            TLane.Store(sums + j, a);
            TLane.Store(sums + j + TLane.Count, b);
            TLane.Store(sums + j + 2 * TLane.Count, c);
            TLane.Store(sums + j + 3 * TLane.Count, d);
        }

        for (; j <= size - TLane.Count; j += TLane.Count)
        {
            var sum = TLane.Load(sums + j);
            var from = stepX == 0 ? (T*)&one : x + j;

            for (var t = turns; t > 0; t--, from += turn)
                sum = f.Of(sum, TLane.Load(from));

            TLane.Store(sums + j, sum);
        }

        if (j < size)
        {
            var columns = size - j;
            var sum = one;
            Copy<T>(sums + j, &sum, columns);
            var from = x + j * stepX;
            var last = x + turns * size - TLane.Count;

            for (var t = turns; t > 0; t--, from += turn)
            {
                var next = one;

                // Beside a row of elements lies the next one; behind the last there may be none.
                if (stepX != 0 && from <= last)
                    next = TLane.Load(from);
                else if (stepX != 0)
                    Copy<T>(from, &next, columns);

                sum = f.Of(sum, next);
            }

            Copy<T>(&sum, sums + j, columns);
        }
    }

    /// <summary>sums[j] = x[(t size + j) stepX] z[(t size + j) stepZ] + sums[j], rounded once, for turns t one after the other.</summary>
    public static void FoldProducts<T>(int width, T* sums, T* x, int stepX, T* z, int stepZ, nint size, nint turns)
        where T : unmanaged
    {
        if (width == 512)
            FoldProducts<Lanes512<T>, T>(sums, x, stepX, z, stepZ, size, turns);
        else if (width == 256)
            FoldProducts<Lanes256<T>, T>(sums, x, stepX, z, stepZ, size, turns);
        else
            FoldProducts<Lanes128<T>, T>(sums, x, stepX, z, stepZ, size, turns);
    }

    [MethodImpl(Apart)]
    private static void FoldProducts<TLane, T>(T* sums, T* x, int stepX, T* z, int stepZ, nint size, nint turns)
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var oneX = TLane.Repeat(x);
        var oneZ = TLane.Repeat(z);
        var (moveX, moveZ) = (stepX * (nint)TLane.Count, stepZ * (nint)TLane.Count);
        var (turnX, turnZ) = (size * stepX, size * stepZ);
        nint j = 0;

        for (; j <= size - 4 * TLane.Count; j += 4 * TLane.Count)
        {
            var (a, b) = (TLane.Load(sums + j), TLane.Load(sums + j + TLane.Count));
            var (c, d) = (TLane.Load(sums + j + 2 * TLane.Count), TLane.Load(sums + j + 3 * TLane.Count));
            var p = stepX == 0 ? (T*)&oneX : x + j;
            var q = stepZ == 0 ? (T*)&oneZ : z + j;

            for (var t = turns; t > 0; t--, p += turnX, q += turnZ)
            {
                a = TLane.MultiplyAdd(TLane.Load(p), TLane.Load(q), a);
                b = TLane.MultiplyAdd(TLane.Load(p + moveX), TLane.Load(q + moveZ), b);
                c = TLane.MultiplyAdd(TLane.Load(p + 2 * moveX), TLane.Load(q + 2 * moveZ), c);
                d = TLane.MultiplyAdd(TLane.Load(p + 3 * moveX), TLane.Load(q + 3 * moveZ), d);
            }

            TLane.Store(sums + j, a);
            TLane.Store(sums + j + TLane.Count, b);
            TLane.Store(sums + j + 2 * TLane.Count, c);
            TLane.Store(sums + j + 3 * TLane.Count, d);
        }

        for (; j <= size - TLane.Count; j += TLane.Count)
        {
            var sum = TLane.Load(sums + j);
            var p = stepX == 0 ? (T*)&oneX : x + j;
            var q = stepZ == 0 ? (T*)&oneZ : z + j;

            for (var t = turns; t > 0; t--, p += turnX, q += turnZ)
                sum = TLane.MultiplyAdd(TLane.Load(p), TLane.Load(q), sum);

            TLane.Store(sums + j, sum);
        }

        if (j < size)
        {
            var columns = size - j;
            var sum = oneX;
            Copy<T>(sums + j, &sum, columns);
            var (nextX, nextZ) = (oneX, oneZ);
            var p = x + j * stepX;
            var q = z + j * stepZ;

            for (var t = turns; t > 0; t--, p += turnX, q += turnZ)
            {
                if (stepX != 0)
                    Copy<T>(p, &nextX, columns);

                if (stepZ != 0)
                    Copy<T>(q, &nextZ, columns);

                sum = TLane.MultiplyAdd(nextX, nextZ, sum);
            }

            Copy<T>(&sum, sums + j, columns);
        }
    }

    private static void Copy<T>(void* source, void* target, nint count)
        where T : unmanaged => Unsafe.CopyBlockUnaligned(target, source, (uint)(count * sizeof(T)));
}
