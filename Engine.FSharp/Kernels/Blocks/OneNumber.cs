using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>A number, which is in every lane of a vector.</summary>
internal unsafe struct OneNumber<T> : IVectors<OneNumber<T>>
    where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private Lanes128<T> a;

    public static nint Bytes
    {
        [MethodImpl(Inline)]
        get => sizeof(T);
    }

    [MethodImpl(Inline)]
    public static OneNumber<T> Load(byte* at, nint moves) => new() { a = Lanes128<T>.Repeat(at) };

    [MethodImpl(Inline)]
    public static void Store(byte* at, OneNumber<T> value) =>
        *(T*)at = Unsafe.BitCast<Lanes128<T>, Vector128<T>>(value.a).ToScalar();

    [MethodImpl(Inline)]
    public static OneNumber<T> Of<TFunction>(TFunction f, OneNumber<T> x)
        where TFunction : struct, IFunction => new() { a = f.Of(x.a) };

    [MethodImpl(Inline)]
    public static OneNumber<T> Of<TFunction>(TFunction f, OneNumber<T> x, OneNumber<T> z)
        where TFunction : struct, IFunction2 => new() { a = f.Of(x.a, z.a) };

    [MethodImpl(Inline)]
    public static OneNumber<T> Of<TFunction>(TFunction f, OneNumber<T> x, OneNumber<T> y, OneNumber<T> z)
        where TFunction : struct, IFunction3 => new() { a = f.Of(x.a, y.a, z.a) };
}
