using System.Numerics;

namespace Pipeline.Kernels;

/// <summary>The operations of integers, and conversions, that have no form in lanes.</summary>
internal static class ScalarFunctions
{
    /// <summary>Towards zero; x / 0 = 0; the smallest number divided by -1 is itself.</summary>
    public readonly struct Divide<T> : IScalarFunction2<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public T Of(T x, T z) =>
            T.IsZero(z) ? T.Zero
            : IsMinusOne(z) ? unchecked(T.Zero - x)
            : x / z;
    }

    /// <summary>With the sign of the dividend; x % 0 = x.</summary>
    public readonly struct Remainder<T> : IScalarFunction2<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public T Of(T x, T z) =>
            T.IsZero(z) ? x
            : IsMinusOne(z) ? T.Zero
            : x % z;
    }

    /// <summary>0 for a count of the width or more; a negative count is a large one.</summary>
    public readonly struct ShiftLeftBy<T> : IScalarFunction2<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public unsafe T Of(T x, T z) =>
            ulong.CreateTruncating(z) >= (ulong)(8 * sizeof(T)) ? T.Zero : x << int.CreateTruncating(z);
    }

    /// <summary>0, or all sign bits, for a count of the width or more.</summary>
    public readonly struct ShiftRightBy<T> : IScalarFunction2<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public unsafe T Of(T x, T z) =>
            ulong.CreateTruncating(z) < (ulong)(8 * sizeof(T)) ? x >> int.CreateTruncating(z)
            : T.IsNegative(x) ? T.AllBitsSet
            : T.Zero;
    }

    /// <summary>The absolute value of the smallest number is itself.</summary>
    public readonly struct Absolute<T> : IScalarFunction<T, T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public T Of(T x) => T.IsNegative(x) ? unchecked(T.Zero - x) : x;
    }

    public readonly struct ShiftLeft<T>(int count) : IScalarFunction<T, T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public T Of(T x) => x << count;
    }

    /// <summary>Copies of the sign come in.</summary>
    public readonly struct ShiftRight<T>(int count) : IScalarFunction<T, T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public T Of(T x) => x >> count;
    }

    public readonly struct RotateLeft<T>(int count) : IScalarFunction<T, T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public T Of(T x) => T.RotateLeft(x, count);
    }

    /// <summary>Of floats towards zero, saturating, NaN to 0; of integers modulo 2^bits. To floats the nearest.</summary>
    public readonly struct Convert<T, TResult> : IScalarFunction<T, TResult>
        where T : unmanaged, INumber<T>
        where TResult : unmanaged, INumber<TResult>
    {
        public TResult Of(T x) =>
            typeof(T) == typeof(float) || typeof(T) == typeof(double)
                ? TResult.CreateSaturating(x)
                : TResult.CreateTruncating(x);
    }

    /// <summary>A mask of other elements.</summary>
    public readonly struct Resize<T, TResult> : IScalarFunction<T, TResult>
        where T : unmanaged, IBinaryInteger<T>
        where TResult : unmanaged, IBinaryInteger<TResult>
    {
        public TResult Of(T x) => T.IsZero(x) ? TResult.Zero : TResult.AllBitsSet;
    }

    /// <summary>The byte 1 or 0.</summary>
    public readonly struct Narrow<T> : IScalarFunction<T, byte>
        where T : unmanaged, IBinaryInteger<T>
    {
        public byte Of(T x) => T.IsZero(x) ? (byte)0 : (byte)1;
    }

    private static bool IsMinusOne<T>(T x)
        where T : unmanaged, IBinaryInteger<T> => T.IsNegative(x) && x == T.AllBitsSet;
}
