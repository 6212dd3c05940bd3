using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>
/// Loops over contiguous elements, or over one that is repeated: a method for each function, number type and vector width. They are compiled
/// in full at their first use, and never inlined, so that the inlining budget of one is its own.
/// </summary>
internal static unsafe class Loops
{
    /// <summary>The bits of the widest vectors that the processor has.</summary>
    public static readonly int Width =
        Vector512.IsHardwareAccelerated ? 512
        : Vector256.IsHardwareAccelerated ? 256
        : 128;

    /// <summary>r[i] = f(x[i]), in vectors of 512, 256 or 128 bits.</summary>
    public static void Map<TFunction, T>(int width, TFunction f, T* x, T* r, nint count)
        where TFunction : struct, IFunction
        where T : unmanaged
    {
        if (width == 512)
            Map<TFunction, Lanes512<T>, T>(f, x, r, count);
        else if (width == 256)
            Map<TFunction, Lanes256<T>, T>(f, x, r, count);
        else
            Map<TFunction, Lanes128<T>, T>(f, x, r, count);
    }

    /// <summary>r[i] = f(x[i stepX], z[i stepZ]) for steps 0 and 1, in vectors of 512, 256 or 128 bits.</summary>
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

    /// <summary>
    /// The same in vectors of one width. The function is written out once: what does not fill a vector is moved into one, which is a second turn.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Map<TFunction, TLane, T>(TFunction f, T* x, T* r, nint count)
        where TFunction : struct, IFunction
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        // Numbers that no function is slow for.
        var rest = TLane.Number(1);
        var whole = count - count % TLane.Count;
        var target = r;

        for (nint i = 0; i < count; )
        {
            if (i == whole)
            {
                Copy(x + i, (T*)&rest, count - i);
                x = (T*)&rest - i;
                r = x;
            }

            do
            {
                TLane.Store(r + i, f.Of(TLane.Load(x + i)));
                i += TLane.Count;
            } while (i < whole);
        }

        if (whole < count)
            Copy((T*)&rest, target + whole, count - whole);
    }

    /// <summary>The same in vectors of one width.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Map<TFunction, TLane, T>(TFunction f, T* x, int stepX, T* z, int stepZ, T* r, nint count)
        where TFunction : struct, IFunction2
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        if (count == 0)
            return;

        // Used where the step is 0, and where nothing is left.
        var (restX, restZ) = (TLane.Repeat(x), TLane.Repeat(z));
        var (oneX, oneZ) = (restX, restZ);
        var whole = count - count % TLane.Count;
        var target = r;

        for (nint i = 0; i < count; )
        {
            if (i == whole)
            {
                if (stepX != 0)
                    Copy(x + i, (T*)&restX, count - i);

                if (stepZ != 0)
                    Copy(z + i, (T*)&restZ, count - i);

                x = (T*)&restX - i;
                z = (T*)&restZ - i;
                r = x;
            }

            do
            {
                TLane.Store(r + i, f.Of(stepX == 0 ? oneX : TLane.Load(x + i), stepZ == 0 ? oneZ : TLane.Load(z + i)));
                i += TLane.Count;
            } while (i < whole);
        }

        if (whole < count)
            Copy((T*)&restX, target + whole, count - whole);
    }

    /// <summary>r[i] = f(x[i stepX], y[i stepY], z[i stepZ]) for steps 0 and 1, in vectors of 512, 256 or 128 bits.</summary>
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

    /// <summary>The same in vectors of one width.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
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
        if (count == 0)
            return;

        // Used where the step is 0, and where nothing is left.
        var (restX, restY, restZ) = (TLane.Repeat(x), TLane.Repeat(y), TLane.Repeat(z));
        var (oneX, oneY, oneZ) = (restX, restY, restZ);
        var whole = count - count % TLane.Count;
        var target = r;

        for (nint i = 0; i < count; )
        {
            if (i == whole)
            {
                if (stepX != 0)
                    Copy(x + i, (T*)&restX, count - i);

                if (stepY != 0)
                    Copy(y + i, (T*)&restY, count - i);

                if (stepZ != 0)
                    Copy(z + i, (T*)&restZ, count - i);

                x = (T*)&restX - i;
                y = (T*)&restY - i;
                z = (T*)&restZ - i;
                r = x;
            }

            do
            {
                TLane.Store(
                    r + i,
                    f.Of(
                        stepX == 0 ? oneX : TLane.Load(x + i),
                        stepY == 0 ? oneY : TLane.Load(y + i),
                        stepZ == 0 ? oneZ : TLane.Load(z + i)
                    )
                );
                i += TLane.Count;
            } while (i < whole);
        }

        if (whole < count)
            Copy((T*)&restX, target + whole, count - whole);
    }

    /// <summary>
    /// sums[j] = f(sums[j], x[t size + j]) for turns t one after the other, in vectors of 512, 256 or 128 bits. With a step of 0 the turns take
    /// in x[0].
    /// </summary>
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

    /// <summary>The same in vectors of one width.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Fold<TFunction, TLane, T>(TFunction f, T* sums, T* x, int stepX, nint size, nint turns)
        where TFunction : struct, IFunction2
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var one = TLane.Repeat(x);
        var step = size * stepX;
        nint j = 0;

        // Four chains of additions hide each other's time.
        for (; j <= size - 4 * TLane.Count; j += 4 * TLane.Count)
        {
            var (a, b) = (TLane.Load(sums + j), TLane.Load(sums + j + TLane.Count));
            var (c, d) = (TLane.Load(sums + j + 2 * TLane.Count), TLane.Load(sums + j + 3 * TLane.Count));
            var from = x + j * stepX;

            if (stepX == 0)
            {
                for (nint t = 0; t < turns; t++)
                    (a, b, c, d) = (f.Of(a, one), f.Of(b, one), f.Of(c, one), f.Of(d, one));
            }
            else
            {
                for (nint t = 0; t < turns; t++)
                {
                    a = f.Of(a, TLane.Load(from));
                    b = f.Of(b, TLane.Load(from + TLane.Count));
                    c = f.Of(c, TLane.Load(from + 2 * TLane.Count));
                    d = f.Of(d, TLane.Load(from + 3 * TLane.Count));
                    from += step;
                }
            }

            TLane.Store(sums + j, a);
            TLane.Store(sums + j + TLane.Count, b);
            TLane.Store(sums + j + 2 * TLane.Count, c);
            TLane.Store(sums + j + 3 * TLane.Count, d);
        }

        for (; j < size; j += TLane.Count)
        {
            var columns = Math.Min(TLane.Count, size - j);
            var sum = one;
            Copy(sums + j, (T*)&sum, columns);
            var from = x + j * stepX;

            for (nint t = 0; t < turns; t++)
            {
                var next = one;

                if (stepX != 0)
                {
                    // Beside a row of elements lies the next one; behind the last there may be none.
                    if (columns == TLane.Count || from + TLane.Count <= x + turns * size)
                        next = TLane.Load(from);
                    else
                        Copy(from, (T*)&next, columns);
                }

                sum = f.Of(sum, next);
                from += step;
            }

            Copy((T*)&sum, sums + j, columns);
        }
    }

    /// <summary>
    /// sums[j] = x[t size + j] z[t size + j] + sums[j], rounded once, for turns t one after the other. With a step of 0 the turns take in x[0] or z[0].
    /// </summary>
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

    /// <summary>The same in vectors of one width.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void FoldProducts<TLane, T>(T* sums, T* x, int stepX, T* z, int stepZ, nint size, nint turns)
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        var (oneX, oneZ) = (TLane.Repeat(x), TLane.Repeat(z));
        nint j = 0;

        for (; j <= size - 4 * TLane.Count; j += 4 * TLane.Count)
        {
            var (a, b) = (TLane.Load(sums + j), TLane.Load(sums + j + TLane.Count));
            var (c, d) = (TLane.Load(sums + j + 2 * TLane.Count), TLane.Load(sums + j + 3 * TLane.Count));
            var p = x + j * stepX;
            var q = z + j * stepZ;

            for (nint t = 0; t < turns; t++)
            {
                a = TLane.MultiplyAdd(stepX == 0 ? oneX : TLane.Load(p), stepZ == 0 ? oneZ : TLane.Load(q), a);
                b = TLane.MultiplyAdd(
                    stepX == 0 ? oneX : TLane.Load(p + TLane.Count),
                    stepZ == 0 ? oneZ : TLane.Load(q + TLane.Count),
                    b
                );
                c = TLane.MultiplyAdd(
                    stepX == 0 ? oneX : TLane.Load(p + 2 * TLane.Count),
                    stepZ == 0 ? oneZ : TLane.Load(q + 2 * TLane.Count),
                    c
                );
                d = TLane.MultiplyAdd(
                    stepX == 0 ? oneX : TLane.Load(p + 3 * TLane.Count),
                    stepZ == 0 ? oneZ : TLane.Load(q + 3 * TLane.Count),
                    d
                );
                p += size * stepX;
                q += size * stepZ;
            }

            TLane.Store(sums + j, a);
            TLane.Store(sums + j + TLane.Count, b);
            TLane.Store(sums + j + 2 * TLane.Count, c);
            TLane.Store(sums + j + 3 * TLane.Count, d);
        }

        for (; j < size; j += TLane.Count)
        {
            var columns = Math.Min(TLane.Count, size - j);
            var sum = oneX;
            Copy(sums + j, (T*)&sum, columns);
            var p = x + j * stepX;
            var q = z + j * stepZ;

            for (nint t = 0; t < turns; t++)
            {
                var (nextX, nextZ) = (oneX, oneZ);

                if (stepX != 0)
                    Copy(p, (T*)&nextX, columns);

                if (stepZ != 0)
                    Copy(q, (T*)&nextZ, columns);

                sum = TLane.MultiplyAdd(nextX, nextZ, sum);
                p += size * stepX;
                q += size * stepZ;
            }

            Copy((T*)&sum, sums + j, columns);
        }
    }

    /// <summary>r[i] = x[0].</summary>
    public static void Repeat<T>(T* x, T* r, nint count)
        where T : unmanaged => Repeat(*x, r, count);

    /// <summary>r[i] = x.</summary>
    public static void Repeat<T>(T x, T* r, nint count)
        where T : unmanaged => new Span<T>(r, (int)count).Fill(x);

    private static void Copy<T>(T* source, T* target, nint count)
        where T : unmanaged
    {
        for (nint k = 0; k < count; k++)
            target[k] = source[k];
    }
}
