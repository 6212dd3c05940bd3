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

    /// <summary>
    /// The same in vectors of one width. The function is written out once: what does not fill a vector is moved into one, which is a second turn.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Map<TFunction, TLane, T>(TFunction f, T* x, T* r, nint count)
        where TFunction : struct, IFunction
        where TLane : unmanaged, IVectorLane<TLane>
        where T : unmanaged
    {
        // One element is repeated; beside several stand numbers that no function is slow for.
        var rest = count == 1 ? TLane.Repeat(x) : TLane.Number(1);
        var whole = count - count % TLane.Count;
        var target = r;

        for (nint i = 0; i < count; )
        {
            if (i == whole)
            {
                if (count > 1)
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
