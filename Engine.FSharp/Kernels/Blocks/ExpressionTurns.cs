using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>What a term does with each of the vectors of a turn: a .. h are the value so far, p .. w an operand, i .. o and x another one.</summary>
internal static unsafe partial class ExpressionLoops<TVectors, TLane, TSize, T>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    // csharpier-ignore-start

    /// <summary>Of the value.</summary>
    [MethodImpl(Inline)]
    private static void Map<TFunction>(
        TFunction y, ref TLane a, ref TLane b, ref TLane c, ref TLane d, ref TLane e, ref TLane f, ref TLane g, ref TLane h)
        where TFunction : struct, IFunction
    {
        a = y.Of(a);

        if (typeof(TSize) == typeof(One))
            return;

        b = y.Of(b); c = y.Of(c); d = y.Of(d);

        if (typeof(TSize) == typeof(Four))
            return;

        e = y.Of(e); f = y.Of(f); g = y.Of(g); h = y.Of(h);
    }

    /// <summary>Of the value and an operand.</summary>
    [MethodImpl(Inline)]
    private static void Zip<TFunction>(
        TFunction y, ref TLane a, ref TLane b, ref TLane c, ref TLane d, ref TLane e, ref TLane f, ref TLane g, ref TLane h,
        TLane p, TLane q, TLane r, TLane s, TLane t, TLane u, TLane v, TLane w)
        where TFunction : struct, IFunction2
    {
        a = y.Of(a, p);

        if (typeof(TSize) == typeof(One))
            return;

        b = y.Of(b, q); c = y.Of(c, r); d = y.Of(d, s);

        if (typeof(TSize) == typeof(Four))
            return;

        e = y.Of(e, t); f = y.Of(f, u); g = y.Of(g, v); h = y.Of(h, w);
    }

    /// <summary>Of an operand and the value.</summary>
    [MethodImpl(Inline)]
    private static void ZipWith<TFunction>(
        TFunction y, ref TLane a, ref TLane b, ref TLane c, ref TLane d, ref TLane e, ref TLane f, ref TLane g, ref TLane h,
        TLane p, TLane q, TLane r, TLane s, TLane t, TLane u, TLane v, TLane w)
        where TFunction : struct, IFunction2
    {
        a = y.Of(p, a);

        if (typeof(TSize) == typeof(One))
            return;

        b = y.Of(q, b); c = y.Of(r, c); d = y.Of(s, d);

        if (typeof(TSize) == typeof(Four))
            return;

        e = y.Of(t, e); f = y.Of(u, f); g = y.Of(v, g); h = y.Of(w, h);
    }

    /// <summary>The value comes first of three.</summary>
    [MethodImpl(Inline)]
    private static void First<TFunction>(
        TFunction y, ref TLane a, ref TLane b, ref TLane c, ref TLane d, ref TLane e, ref TLane f, ref TLane g, ref TLane h,
        TLane p, TLane q, TLane r, TLane s, TLane t, TLane u, TLane v, TLane w,
        TLane i, TLane j, TLane k, TLane l, TLane m, TLane n, TLane o, TLane x)
        where TFunction : struct, IFunction3
    {
        a = y.Of(a, p, i);

        if (typeof(TSize) == typeof(One))
            return;

        b = y.Of(b, q, j); c = y.Of(c, r, k); d = y.Of(d, s, l);

        if (typeof(TSize) == typeof(Four))
            return;

        e = y.Of(e, t, m); f = y.Of(f, u, n); g = y.Of(g, v, o); h = y.Of(h, w, x);
    }

    /// <summary>It comes between the operands.</summary>
    [MethodImpl(Inline)]
    private static void Second<TFunction>(
        TFunction y, ref TLane a, ref TLane b, ref TLane c, ref TLane d, ref TLane e, ref TLane f, ref TLane g, ref TLane h,
        TLane p, TLane q, TLane r, TLane s, TLane t, TLane u, TLane v, TLane w,
        TLane i, TLane j, TLane k, TLane l, TLane m, TLane n, TLane o, TLane x)
        where TFunction : struct, IFunction3
    {
        a = y.Of(p, a, i);

        if (typeof(TSize) == typeof(One))
            return;

        b = y.Of(q, b, j); c = y.Of(r, c, k); d = y.Of(s, d, l);

        if (typeof(TSize) == typeof(Four))
            return;

        e = y.Of(t, e, m); f = y.Of(u, f, n); g = y.Of(v, g, o); h = y.Of(w, h, x);
    }

    /// <summary>It comes last.</summary>
    [MethodImpl(Inline)]
    private static void Third<TFunction>(
        TFunction y, ref TLane a, ref TLane b, ref TLane c, ref TLane d, ref TLane e, ref TLane f, ref TLane g, ref TLane h,
        TLane p, TLane q, TLane r, TLane s, TLane t, TLane u, TLane v, TLane w,
        TLane i, TLane j, TLane k, TLane l, TLane m, TLane n, TLane o, TLane x)
        where TFunction : struct, IFunction3
    {
        a = y.Of(p, i, a);

        if (typeof(TSize) == typeof(One))
            return;

        b = y.Of(q, j, b); c = y.Of(r, k, c); d = y.Of(s, l, d);

        if (typeof(TSize) == typeof(Four))
            return;

        e = y.Of(t, m, e); f = y.Of(u, n, f); g = y.Of(v, o, g); h = y.Of(w, x, h);
    }

    /// <summary>From a place in a block, or the same number everywhere.</summary>
    [MethodImpl(Inline)]
    private static void Load(
        ExpressionOperand* from, byte** bases, nint offset,
        out TLane a, out TLane b, out TLane c, out TLane d, out TLane e, out TLane f, out TLane g, out TLane h)
    {
        var at = from->In<TVectors, TLane>(bases, offset);
        var move = from->Move<TVectors, TLane>();
        Unsafe.SkipInit(out b); Unsafe.SkipInit(out c); Unsafe.SkipInit(out d); Unsafe.SkipInit(out e); Unsafe.SkipInit(out f); Unsafe.SkipInit(out g); Unsafe.SkipInit(out h);
        a = TVectors.Load(at);

        if (typeof(TSize) == typeof(One))
            return;

        b = TVectors.Load(at + move); c = TVectors.Load(at + 2 * move); d = TVectors.Load(at + 3 * move);

        if (typeof(TSize) == typeof(Four))
            return;

        e = TVectors.Load(at + 4 * move); f = TVectors.Load(at + 5 * move); g = TVectors.Load(at + 6 * move); h = TVectors.Load(at + 7 * move);
    }

    /// <summary>To a place in a block.</summary>
    [MethodImpl(Inline)]
    private static void Store(
        ExpressionOperand* to, byte** bases, nint offset,
        TLane a, TLane b, TLane c, TLane d, TLane e, TLane f, TLane g, TLane h)
    {
        var at = to->In<TVectors, TLane>(bases, offset);
        TVectors.Store(at, a);

        if (typeof(TSize) == typeof(One))
            return;

        TVectors.Store(at + TVectors.Bytes, b); TVectors.Store(at + 2 * TVectors.Bytes, c); TVectors.Store(at + 3 * TVectors.Bytes, d);

        if (typeof(TSize) == typeof(Four))
            return;

        TVectors.Store(at + 4 * TVectors.Bytes, e); TVectors.Store(at + 5 * TVectors.Bytes, f); TVectors.Store(at + 6 * TVectors.Bytes, g); TVectors.Store(at + 7 * TVectors.Bytes, h);
    }
    // csharpier-ignore-end
}
