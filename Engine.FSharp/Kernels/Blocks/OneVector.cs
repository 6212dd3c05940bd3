using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>A vector.</summary>
internal unsafe struct OneVector<TLane> : IVectors<OneVector<TLane>>
    where TLane : unmanaged, IVectorLane<TLane>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private TLane a;

    public static bool HasNext
    {
        [MethodImpl(Inline)]
        get => true;
    }

    public static nint Bytes
    {
        [MethodImpl(Inline)]
        get => sizeof(TLane);
    }

    [MethodImpl(Inline)]
    public static OneVector<TLane> Load(byte* at, nint moves) => new() { a = TLane.Load(at) };

    [MethodImpl(Inline)]
    public static void Store(byte* at, ExpressionTarget to, OneVector<TLane> value) => TLane.Store(at, value.a);

    [MethodImpl(Inline)]
    public static OneVector<TLane> Of<TFunction>(TFunction f, ExpressionTarget to, OneVector<TLane> x)
        where TFunction : struct, IFunction => new() { a = f.Of(x.a) };

    [MethodImpl(Inline)]
    public static OneVector<TLane> Of<TFunction>(
        TFunction f,
        ExpressionTarget to,
        OneVector<TLane> x,
        OneVector<TLane> z
    )
        where TFunction : struct, IFunction2 => new() { a = f.Of(x.a, z.a) };

    [MethodImpl(Inline)]
    public static OneVector<TLane> Of<TFunction>(
        TFunction f,
        ExpressionTarget to,
        OneVector<TLane> x,
        OneVector<TLane> y,
        OneVector<TLane> z
    )
        where TFunction : struct, IFunction3 => new() { a = f.Of(x.a, y.a, z.a) };
}
