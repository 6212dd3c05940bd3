using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Pipeline.Kernels;

/// <summary>The micro-kernel of products of matrices: each entry one chain of multiply-adds, as many chains side by side as registers hold.</summary>
internal static unsafe class ProductKernel
{
    /// <summary>Tiles of one, four or eight rows and one to three vectors.</summary>
    public static void Run<TLane>(int rows, int vectors, Tiles* tiles)
        where TLane : unmanaged, IVectorLane<TLane>
    {
        if (rows == 8)
            Run<Eight, TLane>(vectors, tiles);
        else if (rows == 4)
            Run<Four, TLane>(vectors, tiles);
        else
            Run<One, TLane>(vectors, tiles);
    }

    private static void Run<TRows, TLane>(int vectors, Tiles* tiles)
        where TRows : struct, ISize
        where TLane : unmanaged, IVectorLane<TLane>
    {
        if (vectors == 3)
            Run<TRows, Three, TLane>(tiles);
        else if (vectors == 2)
            Run<TRows, Two, TLane>(tiles);
        else
            Run<TRows, One, TLane>(tiles);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TVectors, TLane>(Tiles* tiles)
        where TRows : struct, ISize
        where TVectors : struct, ISize
        where TLane : unmanaged, IVectorLane<TLane>
    {
        var tileA = tiles->A;
        var tileB = tiles->B;
        var tileC = tiles->C;
        var (row, termA, termB) = (tiles->RowA, tiles->TermA, tiles->TermB);
        var row3 = 3 * row;

        // So many terms leave time to bring results near, a row at a time: they come from far.
        var (parts, share) = tiles->Terms >= 32 ? (TRows.Value, tiles->Terms / TRows.Value) : (1, 0);

        if (parts > 1)
        {
            for (nint r = 0; r < TRows.Value; r++)
                Prefetch<TVectors, TLane>(tileC + r * tiles->RowC);
        }

        TLane s00,
            s01,
            s02,
            s10,
            s11,
            s12,
            s20,
            s21,
            s22,
            s30,
            s31,
            s32,
            s40,
            s41,
            s42,
            s50,
            s51,
            s52,
            s60,
            s61,
            s62,
            s70,
            s71,
            s72;

        for (var count = tiles->Count; count > 0; count--)
        {
            var nothing = TLane.Nothing;
            s00 = s01 = s02 = nothing;
            s10 = s11 = s12 = nothing;
            s20 = s21 = s22 = nothing;
            s30 = s31 = s32 = nothing;
            s40 = s41 = s42 = nothing;
            s50 = s51 = s52 = nothing;
            s60 = s61 = s62 = nothing;
            s70 = s71 = s72 = nothing;

            if (tiles->Continues)
            {
                var c = tileC;
                var rowC = tiles->RowC;
                s00 = TLane.Load(c);
                if (TVectors.Value > 1)
                    s01 = TLane.Load(c + sizeof(TLane));
                if (TVectors.Value > 2)
                    s02 = TLane.Load(c + 2 * sizeof(TLane));
                if (TRows.Value > 1)
                {
                    s10 = TLane.Load(c + rowC);
                    if (TVectors.Value > 1)
                        s11 = TLane.Load(c + rowC + sizeof(TLane));
                    if (TVectors.Value > 2)
                        s12 = TLane.Load(c + rowC + 2 * sizeof(TLane));
                    s20 = TLane.Load(c + 2 * rowC);
                    if (TVectors.Value > 1)
                        s21 = TLane.Load(c + 2 * rowC + sizeof(TLane));
                    if (TVectors.Value > 2)
                        s22 = TLane.Load(c + 2 * rowC + 2 * sizeof(TLane));
                    s30 = TLane.Load(c + 3 * rowC);
                    if (TVectors.Value > 1)
                        s31 = TLane.Load(c + 3 * rowC + sizeof(TLane));
                    if (TVectors.Value > 2)
                        s32 = TLane.Load(c + 3 * rowC + 2 * sizeof(TLane));
                }

                if (TRows.Value > 4)
                {
                    s40 = TLane.Load(c + 4 * rowC);
                    if (TVectors.Value > 1)
                        s41 = TLane.Load(c + 4 * rowC + sizeof(TLane));
                    if (TVectors.Value > 2)
                        s42 = TLane.Load(c + 4 * rowC + 2 * sizeof(TLane));
                    s50 = TLane.Load(c + 5 * rowC);
                    if (TVectors.Value > 1)
                        s51 = TLane.Load(c + 5 * rowC + sizeof(TLane));
                    if (TVectors.Value > 2)
                        s52 = TLane.Load(c + 5 * rowC + 2 * sizeof(TLane));
                    s60 = TLane.Load(c + 6 * rowC);
                    if (TVectors.Value > 1)
                        s61 = TLane.Load(c + 6 * rowC + sizeof(TLane));
                    if (TVectors.Value > 2)
                        s62 = TLane.Load(c + 6 * rowC + 2 * sizeof(TLane));
                    s70 = TLane.Load(c + 7 * rowC);
                    if (TVectors.Value > 1)
                        s71 = TLane.Load(c + 7 * rowC + sizeof(TLane));
                    if (TVectors.Value > 2)
                        s72 = TLane.Load(c + 7 * rowC + 2 * sizeof(TLane));
                }
            }

            var a = tileA;
            var b = tileB;
            var a4 = a + 4 * row;

            var left = tiles->Terms;
            var next = tileC + tiles->StepC;

            for (var part = parts; part > 0; part--)
            {
                if (parts > 1)
                    Prefetch<TVectors, TLane>(next);

                next += tiles->RowC;

                for (var p = part == 1 ? left : share; p > 0; p--)
                {
                    var b0 = TLane.Load(b);
                    var b1 = TVectors.Value > 1 ? TLane.Load(b + sizeof(TLane)) : b0;
                    var b2 = TVectors.Value > 2 ? TLane.Load(b + 2 * sizeof(TLane)) : b0;
                    var x = TLane.Repeat(a);
                    s00 = TLane.MultiplyAdd(x, b0, s00);
                    if (TVectors.Value > 1)
                        s01 = TLane.MultiplyAdd(x, b1, s01);
                    if (TVectors.Value > 2)
                        s02 = TLane.MultiplyAdd(x, b2, s02);
                    if (TRows.Value > 1)
                    {
                        x = TLane.Repeat(a + row);
                        s10 = TLane.MultiplyAdd(x, b0, s10);
                        if (TVectors.Value > 1)
                            s11 = TLane.MultiplyAdd(x, b1, s11);
                        if (TVectors.Value > 2)
                            s12 = TLane.MultiplyAdd(x, b2, s12);
                        x = TLane.Repeat(a + 2 * row);
                        s20 = TLane.MultiplyAdd(x, b0, s20);
                        if (TVectors.Value > 1)
                            s21 = TLane.MultiplyAdd(x, b1, s21);
                        if (TVectors.Value > 2)
                            s22 = TLane.MultiplyAdd(x, b2, s22);
                        x = TLane.Repeat(a + row3);
                        s30 = TLane.MultiplyAdd(x, b0, s30);
                        if (TVectors.Value > 1)
                            s31 = TLane.MultiplyAdd(x, b1, s31);
                        if (TVectors.Value > 2)
                            s32 = TLane.MultiplyAdd(x, b2, s32);
                    }

                    if (TRows.Value > 4)
                    {
                        x = TLane.Repeat(a4);
                        s40 = TLane.MultiplyAdd(x, b0, s40);
                        if (TVectors.Value > 1)
                            s41 = TLane.MultiplyAdd(x, b1, s41);
                        if (TVectors.Value > 2)
                            s42 = TLane.MultiplyAdd(x, b2, s42);
                        x = TLane.Repeat(a4 + row);
                        s50 = TLane.MultiplyAdd(x, b0, s50);
                        if (TVectors.Value > 1)
                            s51 = TLane.MultiplyAdd(x, b1, s51);
                        if (TVectors.Value > 2)
                            s52 = TLane.MultiplyAdd(x, b2, s52);
                        x = TLane.Repeat(a4 + 2 * row);
                        s60 = TLane.MultiplyAdd(x, b0, s60);
                        if (TVectors.Value > 1)
                            s61 = TLane.MultiplyAdd(x, b1, s61);
                        if (TVectors.Value > 2)
                            s62 = TLane.MultiplyAdd(x, b2, s62);
                        x = TLane.Repeat(a4 + row3);
                        s70 = TLane.MultiplyAdd(x, b0, s70);
                        if (TVectors.Value > 1)
                            s71 = TLane.MultiplyAdd(x, b1, s71);
                        if (TVectors.Value > 2)
                            s72 = TLane.MultiplyAdd(x, b2, s72);
                    }

                    a += termA;
                    a4 += termA;
                    b += termB;
                }

                left -= share;
            }

            {
                var c = tileC;
                var rowC = tiles->RowC;
                TLane.Store(c, s00);
                if (TVectors.Value > 1)
                    TLane.Store(c + sizeof(TLane), s01);
                if (TVectors.Value > 2)
                    TLane.Store(c + 2 * sizeof(TLane), s02);
                if (TRows.Value > 1)
                {
                    TLane.Store(c + rowC, s10);
                    if (TVectors.Value > 1)
                        TLane.Store(c + rowC + sizeof(TLane), s11);
                    if (TVectors.Value > 2)
                        TLane.Store(c + rowC + 2 * sizeof(TLane), s12);
                    TLane.Store(c + 2 * rowC, s20);
                    if (TVectors.Value > 1)
                        TLane.Store(c + 2 * rowC + sizeof(TLane), s21);
                    if (TVectors.Value > 2)
                        TLane.Store(c + 2 * rowC + 2 * sizeof(TLane), s22);
                    TLane.Store(c + 3 * rowC, s30);
                    if (TVectors.Value > 1)
                        TLane.Store(c + 3 * rowC + sizeof(TLane), s31);
                    if (TVectors.Value > 2)
                        TLane.Store(c + 3 * rowC + 2 * sizeof(TLane), s32);
                }

                if (TRows.Value > 4)
                {
                    TLane.Store(c + 4 * rowC, s40);
                    if (TVectors.Value > 1)
                        TLane.Store(c + 4 * rowC + sizeof(TLane), s41);
                    if (TVectors.Value > 2)
                        TLane.Store(c + 4 * rowC + 2 * sizeof(TLane), s42);
                    TLane.Store(c + 5 * rowC, s50);
                    if (TVectors.Value > 1)
                        TLane.Store(c + 5 * rowC + sizeof(TLane), s51);
                    if (TVectors.Value > 2)
                        TLane.Store(c + 5 * rowC + 2 * sizeof(TLane), s52);
                    TLane.Store(c + 6 * rowC, s60);
                    if (TVectors.Value > 1)
                        TLane.Store(c + 6 * rowC + sizeof(TLane), s61);
                    if (TVectors.Value > 2)
                        TLane.Store(c + 6 * rowC + 2 * sizeof(TLane), s62);
                    TLane.Store(c + 7 * rowC, s70);
                    if (TVectors.Value > 1)
                        TLane.Store(c + 7 * rowC + sizeof(TLane), s71);
                    if (TVectors.Value > 2)
                        TLane.Store(c + 7 * rowC + 2 * sizeof(TLane), s72);
                }
            }

            tileA += tiles->StepA;
            tileB += tiles->StepB;
            tileC += tiles->StepC;
        }
    }

    /// <summary>Brings the lines of a row of results near, the one included in which it ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TVectors, TLane>(byte* c)
        where TVectors : struct, ISize
        where TLane : unmanaged
    {
        if (!Sse.IsSupported)
            return;

        Sse.Prefetch0(c);

        if (TVectors.Value > 1)
            Sse.Prefetch0(c + sizeof(TLane));

        if (TVectors.Value > 2)
            Sse.Prefetch0(c + 2 * sizeof(TLane));

        Sse.Prefetch0(c + TVectors.Value * sizeof(TLane) - 1);
    }
}
