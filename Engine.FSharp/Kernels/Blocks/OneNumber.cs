using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>A number, which is in every lane of a vector: one of a block, or one by itself.</summary>
internal unsafe struct OneNumber<T, TPlace> : IVectors<OneNumber<T, TPlace>>
    where T : unmanaged
    where TPlace : struct
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private Lanes128<T> a;

    public static bool HasNext
    {
        [MethodImpl(Inline)]
        get => typeof(TPlace) == typeof(NumberOfBlock);
    }

    public static nint Bytes
    {
        [MethodImpl(Inline)]
        get => sizeof(T);
    }

    [MethodImpl(Inline)]
    public static OneNumber<T, TPlace> Load(byte* at, nint moves) => new() { a = Lanes128<T>.Repeat(at) };

    [MethodImpl(Inline)]
    public static void Store(byte* at, ExpressionTarget to, OneNumber<T, TPlace> value) =>
        *(T*)at = Unsafe.BitCast<Lanes128<T>, Vector128<T>>(value.a).ToScalar();

    [MethodImpl(Inline)]
    public static OneNumber<T, TPlace> Of<TFunction>(TFunction f, ExpressionTarget to, OneNumber<T, TPlace> x)
        where TFunction : struct, IFunction => new() { a = f.Of(x.a) };

    [MethodImpl(Inline)]
    public static OneNumber<T, TPlace> Of<TFunction>(
        TFunction f,
        ExpressionTarget to,
        OneNumber<T, TPlace> x,
        OneNumber<T, TPlace> z
    )
        where TFunction : struct, IFunction2 => new() { a = f.Of(x.a, z.a) };

    [MethodImpl(Inline)]
    public static OneNumber<T, TPlace> Of<TFunction>(
        TFunction f,
        ExpressionTarget to,
        OneNumber<T, TPlace> x,
        OneNumber<T, TPlace> y,
        OneNumber<T, TPlace> z
    )
        where TFunction : struct, IFunction3 => new() { a = f.Of(x.a, y.a, z.a) };
}
