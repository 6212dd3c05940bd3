using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>Four vectors: as many as the JIT keeps apart in registers, and enough not to wait for one operation before the next.</summary>
internal unsafe struct FourVectors<TLane> : IVectors<FourVectors<TLane>>
    where TLane : unmanaged, IVectorLane<TLane>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private TLane a;
    private TLane b;
    private TLane c;
    private TLane d;

    public static bool HasNext
    {
        [MethodImpl(Inline)]
        get => true;
    }

    public static nint Bytes
    {
        [MethodImpl(Inline)]
        get => 4 * sizeof(TLane);
    }

    [MethodImpl(Inline)]
    public static FourVectors<TLane> Load(byte* at, nint moves)
    {
        var move = sizeof(TLane) & moves;

        return new()
        {
            a = TLane.Load(at),
            b = TLane.Load(at + move),
            c = TLane.Load(at + 2 * move),
            d = TLane.Load(at + 3 * move),
        };
    }

    [MethodImpl(Inline)]
    public static void Store(byte* at, ExpressionTarget to, FourVectors<TLane> value)
    {
        TLane.Store(at, value.a);
        TLane.Store(at + sizeof(TLane), value.b);
        TLane.Store(at + 2 * sizeof(TLane), value.c);
        TLane.Store(at + 3 * sizeof(TLane), value.d);
    }

    [MethodImpl(Inline)]
    public static FourVectors<TLane> Of<TFunction>(TFunction f, ExpressionTarget to, FourVectors<TLane> x)
        where TFunction : struct, IFunction =>
        new()
        {
            a = f.Of(x.a),
            b = f.Of(x.b),
            c = f.Of(x.c),
            d = f.Of(x.d),
        };

    [MethodImpl(Inline)]
    public static FourVectors<TLane> Of<TFunction>(
        TFunction f,
        ExpressionTarget to,
        FourVectors<TLane> x,
        FourVectors<TLane> z
    )
        where TFunction : struct, IFunction2 =>
        new()
        {
            a = f.Of(x.a, z.a),
            b = f.Of(x.b, z.b),
            c = f.Of(x.c, z.c),
            d = f.Of(x.d, z.d),
        };

    [MethodImpl(Inline)]
    public static FourVectors<TLane> Of<TFunction>(
        TFunction f,
        ExpressionTarget to,
        FourVectors<TLane> x,
        FourVectors<TLane> y,
        FourVectors<TLane> z
    )
        where TFunction : struct, IFunction3 =>
        new()
        {
            a = f.Of(x.a, y.a, z.a),
            b = f.Of(x.b, y.b, z.b),
            c = f.Of(x.c, y.c, z.c),
            d = f.Of(x.d, y.d, z.d),
        };
}
