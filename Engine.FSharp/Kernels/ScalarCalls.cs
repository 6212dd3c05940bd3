namespace Pipeline.Kernels;

/// <summary>What the vectors of all widths do lane by lane.</summary>
internal static unsafe class ScalarCalls
{
    public static void Each<T>(ScalarFunction f, T* x, int count)
        where T : unmanaged
    {
        for (var k = 0; k < count; k++)
            Call(f, x + k, x + k);
    }

    /// <summary>a %= b.</summary>
    public static void Remainder<T>(T* a, T* b, int count)
        where T : unmanaged
    {
        for (var k = 0; k < count; k++)
        {
            if (typeof(T) == typeof(float))
                ((float*)a)[k] %= ((float*)b)[k];
            else
                ((double*)a)[k] %= ((double*)b)[k];
        }
    }

    /// <summary>y is the function of x where the mask is set.</summary>
    public static void Where<T>(T* mask, ScalarFunction f, T* x, T* y, int count)
        where T : unmanaged
    {
        for (var k = 0; k < count; k++)
        {
            // A mask's bits are all set or all clear.
            if (*(byte*)(mask + k) != 0)
                Call(f, x + k, y + k);
        }
    }

    private static void Call<T>(ScalarFunction f, T* x, T* result)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
            *(float*)result = f.Single(*(float*)x);
        else
            *(double*)result = f.Double(*(double*)x);
    }
}
