using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>Indices as gathers and scatters take them.</summary>
internal static unsafe class BlockIndex
{
    /// <summary>The int32 or int64 at an address, kept within 0 .. last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Of<TIndex>(TIndex* at, nint last)
        where TIndex : unmanaged
    {
        var index = typeof(TIndex) == typeof(int) ? *(int*)at : *(nint*)at;
        return index < 0 ? 0
            : index > last ? last
            : index;
    }
}
