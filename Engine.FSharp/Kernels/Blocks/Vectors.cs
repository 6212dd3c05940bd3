using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>Vectors side by side.</summary>
internal readonly unsafe struct Vectors<TLane> : IVectors<TLane>
    where TLane : unmanaged, IVectorLane<TLane>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static nint Bytes
    {
        [MethodImpl(Inline)]
        get => sizeof(TLane);
    }

    [MethodImpl(Inline)]
    public static TLane Load(byte* at) => TLane.Load(at);

    [MethodImpl(Inline)]
    public static void Store(byte* at, TLane value) => TLane.Store(at, value);
}
