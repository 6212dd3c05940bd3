using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>The terms of folds: numbers, or products that are not rounded before they are added; from memory, or one for a whole vector.</summary>
internal static unsafe class Terms
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>x[i].</summary>
    public readonly struct Numbers<TFunction>(TFunction f) : ITerms
        where TFunction : struct, IFunction2
    {
        public static (bool X, bool Z) Moves => (true, false);

        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane a, TLane b)
            where TLane : ILane<TLane> => f.Of(a, b);

        [MethodImpl(Inline)]
        public TLane Take<TLane>(TLane sum, byte* x, byte* z, nint offset)
            where TLane : unmanaged, IVectorLane<TLane> => f.Of(sum, TLane.Load(x + offset));
    }

    /// <summary>x[i], float32 numbers in sums of float64.</summary>
    public readonly struct Wide : ITerms
    {
        public static (bool X, bool Z) Moves => (true, false);
        public static int Share => 2;

        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane a, TLane b)
            where TLane : ILane<TLane> => TLane.Add(a, b);

        [MethodImpl(Inline)]
        public TLane Take<TLane>(TLane sum, byte* x, byte* z, nint offset)
            where TLane : unmanaged, IVectorLane<TLane> => TLane.Add(sum, TLane.LoadWidened(x + offset / 2));
    }

    /// <summary>x[0].</summary>
    public readonly struct Number<TFunction>(TFunction f) : ITerms
        where TFunction : struct, IFunction2
    {
        public static (bool X, bool Z) Moves => (false, false);

        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane a, TLane b)
            where TLane : ILane<TLane> => f.Of(a, b);

        [MethodImpl(Inline)]
        public TLane Take<TLane>(TLane sum, byte* x, byte* z, nint offset)
            where TLane : unmanaged, IVectorLane<TLane> => f.Of(sum, TLane.Repeat(x));
    }

    /// <summary>x[i] z[i].</summary>
    public readonly struct Products : ITerms
    {
        public static (bool X, bool Z) Moves => (true, true);

        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane a, TLane b)
            where TLane : ILane<TLane> => TLane.Add(a, b);

        [MethodImpl(Inline)]
        public TLane Take<TLane>(TLane sum, byte* x, byte* z, nint offset)
            where TLane : unmanaged, IVectorLane<TLane> =>
            TLane.MultiplyAdd(TLane.Load(x + offset), TLane.Load(z + offset), sum);
    }

    /// <summary>x[i] z[0].</summary>
    public readonly struct Multiples : ITerms
    {
        public static (bool X, bool Z) Moves => (true, false);

        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane a, TLane b)
            where TLane : ILane<TLane> => TLane.Add(a, b);

        [MethodImpl(Inline)]
        public TLane Take<TLane>(TLane sum, byte* x, byte* z, nint offset)
            where TLane : unmanaged, IVectorLane<TLane> =>
            TLane.MultiplyAdd(TLane.Load(x + offset), TLane.Repeat(z), sum);
    }

    /// <summary>x[0] z[0].</summary>
    public readonly struct Product : ITerms
    {
        public static (bool X, bool Z) Moves => (false, false);

        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane a, TLane b)
            where TLane : ILane<TLane> => TLane.Add(a, b);

        [MethodImpl(Inline)]
        public TLane Take<TLane>(TLane sum, byte* x, byte* z, nint offset)
            where TLane : unmanaged, IVectorLane<TLane> => TLane.MultiplyAdd(TLane.Repeat(x), TLane.Repeat(z), sum);
    }
}
