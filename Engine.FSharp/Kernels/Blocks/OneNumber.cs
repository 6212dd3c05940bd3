using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>A number: one of a block, or one by itself.</summary>
internal readonly unsafe struct OneNumber<T, TPlace> : IVectors<Lanes128<T>>
    where T : unmanaged
    where TPlace : struct
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static nint Bytes
    {
        [MethodImpl(Inline)]
        get => typeof(TPlace) == typeof(NumberOfBlock) ? sizeof(T) : 0;
    }

    [MethodImpl(Inline)]
    public static Lanes128<T> Load(byte* at) => Lanes128<T>.Repeat(at);

    [MethodImpl(Inline)]
    public static void Store(byte* at, Lanes128<T> value) =>
        *(T*)at = Unsafe.BitCast<Lanes128<T>, Vector128<T>>(value).ToScalar();
}
