namespace Pipeline.Kernels;

/// <summary>
/// Products of matrices in which each entry is one chain of multiply-adds over its terms, from -0 on; of more than 4,096 terms such chains
/// over blocks of 4,096, combined in the tree whose left part is the largest power of two below their number. The same bits for every width.
/// </summary>
internal static unsafe class Products
{
    /// <summary>Terms of one chain.</summary>
    public const int Block = 4096;

    /// <summary>
    /// The product of matrices at these addresses, in vectors of at most so many bits; false if the number at the flag's address became
    /// other than 0 meanwhile, so that it is not done.
    /// </summary>
    public static bool Multiply<T>(int width, in ProductSizes sizes, nint a, nint b, nint c, nint flag)
        where T : unmanaged
    {
        if (sizes.K == 0)
            Clear<T>(sizes, (T*)c);

        if (sizes.Batch == 0 || sizes.M == 0 || sizes.N == 0 || sizes.K == 0)
            return true;

        var joined = sizes.Joined;

        return joined.IsNarrow(width / 8 / sizeof(T)) ? InColumns<T>(width, joined, (T*)a, b, (T*)c, flag)
            : joined.IsColumn ? Run<T>(width, joined.Turned, b, a, c, flag)
            : Run<T>(width, joined, a, b, c, flag);
    }

    private static bool Run<T>(int width, in ProductSizes sizes, nint a, nint b, nint c, nint flag)
        where T : unmanaged
    {
        var inBytes = sizes.InBytes(sizeof(T));
        var row = sizes.N * sizeof(T);

        // The narrowest vectors that hold a row.
        return width >= 512 && row > 32
                ? new ProductRun<Lanes512<T>>(inBytes, (int*)flag).Run((byte*)a, (byte*)b, (byte*)c)
            : width >= 256 && row > 16
                ? new ProductRun<Lanes256<T>>(inBytes, (int*)flag).Run((byte*)a, (byte*)b, (byte*)c)
            : new ProductRun<Lanes128<T>>(inBytes, (int*)flag).Run((byte*)a, (byte*)b, (byte*)c);
    }

    /// <summary>The transposed product of so many rows at a time that its results stay in the second cache until they are turned.</summary>
    private static bool InColumns<T>(int width, in ProductSizes sizes, T* a, nint b, T* c, nint flag)
        where T : unmanaged
    {
        const int most = 2048;
        var room = ProductMemory.Own.Results((nint)most * sizes.N * sizeof(T));

        for (var row = 0; row < sizes.M; row += most)
        {
            var rows = Math.Min(most, sizes.M - row);
            var turned = (sizes with { M = rows }).Turned;

            if (!Run<T>(width, turned, b, (nint)(a + row), (nint)room, flag))
                return false;

            Moves.Copy(sizeof(T), room, 1, rows, (byte*)(c + row * sizes.RowC), sizes.RowC, 1, rows, sizes.N);
        }

        return true;
    }

    /// <summary>The sum of nothing is 0.</summary>
    private static void Clear<T>(in ProductSizes sizes, T* c)
        where T : unmanaged
    {
        for (var batch = 0; batch < sizes.Batch; batch++)
        {
            for (var i = 0; i < sizes.M; i++)
                new Span<T>(c + batch * sizes.BatchC + i * sizes.RowC, sizes.N).Clear();
        }
    }
}
