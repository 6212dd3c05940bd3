using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>128 bits of float32 or float64 numbers; of integers too, which are only added and multiplied, modulo 2^bits.</summary>
internal unsafe struct Lanes128<T> : IVectorLane<Lanes128<T>>
    where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    // Each operation is one call of an intrinsic: an inlining less than a constructor, and a choice by type outside of it, so that no address lives across a branch.
    // Numbers and multiply-adds, of which functions consist, are cast by boxes that the JIT never makes: As costs it several times as much.
    private Vector128<T> v;

    public static bool IsSingle
    {
        [MethodImpl(Inline)]
        get => typeof(T) == typeof(float);
    }

    public static int Count
    {
        [MethodImpl(Inline)]
        get => Vector128<T>.Count;
    }

    [MethodImpl(Inline)]
    public static Lanes128<T> Of(Vector128<T> value) => new() { v = value };

    [MethodImpl(Inline)]
    public static Lanes128<T> Load(void* source) => new() { v = *(Vector128<T>*)source };

    [MethodImpl(Inline)]
    public static Lanes128<T> LoadWidened(void* source) =>
        new() { v = Vector128.WidenLower(Vector64.Load((float*)source).ToVector128Unsafe()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> Repeat(void* source) => new() { v = Vector128.Create(*(T*)source) };

    public static Lanes128<T> Nothing
    {
        [MethodImpl(Inline)]
        get =>
            typeof(T) == typeof(float) || typeof(T) == typeof(double) ? Number(-0.0) : new() { v = Vector128<T>.Zero };
    }

    [MethodImpl(Inline)]
    public static Lanes128<T> Number(double value)
    {
        if (typeof(T) == typeof(float))
            return new() { v = (Vector128<T>)(object)Vector128.Create((float)value) };

        if (typeof(T) == typeof(double))
            return new() { v = (Vector128<T>)(object)Vector128.Create(value) };

        return new() { v = Vector128.Create(value).As<double, T>() };
    }

    [MethodImpl(Inline)]
    public static Lanes128<T> Pattern(ulong bits) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector128.Create((uint)bits).As<uint, T>() }
            : new() { v = Vector128.Create(bits).As<ulong, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> Add(Lanes128<T> a, Lanes128<T> b) => new() { v = a.v + b.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> Subtract(Lanes128<T> a, Lanes128<T> b) => new() { v = a.v - b.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> Multiply(Lanes128<T> a, Lanes128<T> b) => new() { v = a.v * b.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> Divide(Lanes128<T> a, Lanes128<T> b) => new() { v = a.v / b.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> MultiplyAdd(Lanes128<T> a, Lanes128<T> b, Lanes128<T> c)
    {
        if (typeof(T) == typeof(float))
            return new()
            {
                v =
                    (Vector128<T>)
                        (object)
                            Vector128.FusedMultiplyAdd(
                                (Vector128<float>)(object)a.v,
                                (Vector128<float>)(object)b.v,
                                (Vector128<float>)(object)c.v
                            ),
            };

        if (typeof(T) == typeof(double))
            return new()
            {
                v =
                    (Vector128<T>)
                        (object)
                            Vector128.FusedMultiplyAdd(
                                (Vector128<double>)(object)a.v,
                                (Vector128<double>)(object)b.v,
                                (Vector128<double>)(object)c.v
                            ),
            };

        return new() { v = a.v * b.v + c.v };
    }

    [MethodImpl(Inline)]
    public static Lanes128<T> Negate(Lanes128<T> a) => new() { v = -a.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> Absolute(Lanes128<T> a) => new() { v = Vector128.Abs(a.v) };

    [MethodImpl(Inline)]
    public static Lanes128<T> SquareRoot(Lanes128<T> a) => new() { v = Vector128.Sqrt(a.v) };

    [MethodImpl(Inline)]
    public static Lanes128<T> Minimum(Lanes128<T> a, Lanes128<T> b) => new() { v = Vector128.Min(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes128<T> Maximum(Lanes128<T> a, Lanes128<T> b) => new() { v = Vector128.Max(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes128<T> AtLeast(Lanes128<T> a, double constant) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector128.MaxNative(Vector128.Create((float)constant), a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector128.MaxNative(Vector128.Create(constant), a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> AtMost(Lanes128<T> a, double constant) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector128.MinNative(Vector128.Create((float)constant), a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector128.MinNative(Vector128.Create(constant), a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> Floor(Lanes128<T> a) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector128.Floor(a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector128.Floor(a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> Round(Lanes128<T> a) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector128.Round(a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector128.Round(a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> Equal(Lanes128<T> a, Lanes128<T> b) => new() { v = Vector128.Equals(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes128<T> Less(Lanes128<T> a, Lanes128<T> b) => new() { v = Vector128.LessThan(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes128<T> LessEqual(Lanes128<T> a, Lanes128<T> b) =>
        new() { v = Vector128.LessThanOrEqual(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes128<T> Select(Lanes128<T> mask, Lanes128<T> a, Lanes128<T> b) =>
        new() { v = Vector128.ConditionalSelect(mask.v, a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes128<T> And(Lanes128<T> a, Lanes128<T> b) => new() { v = a.v & b.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> Or(Lanes128<T> a, Lanes128<T> b) => new() { v = a.v | b.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> Xor(Lanes128<T> a, Lanes128<T> b) => new() { v = a.v ^ b.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> Not(Lanes128<T> a) => new() { v = ~a.v };

    [MethodImpl(Inline)]
    public static Lanes128<T> AddBits(Lanes128<T> a, Lanes128<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = (a.v.AsInt32() + b.v.AsInt32()).As<int, T>() }
            : new() { v = (a.v.AsInt64() + b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> SubtractBits(Lanes128<T> a, Lanes128<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = (a.v.AsInt32() - b.v.AsInt32()).As<int, T>() }
            : new() { v = (a.v.AsInt64() - b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> ShiftLeft(Lanes128<T> a, int count) =>
        sizeof(T) == 4
            ? new() { v = (a.v.AsInt32() << count).As<int, T>() }
            : new() { v = (a.v.AsInt64() << count).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> ShiftRight(Lanes128<T> a, int count) =>
        sizeof(T) == 4
            ? new() { v = (a.v.AsInt32() >>> count).As<int, T>() }
            : new() { v = (a.v.AsInt64() >>> count).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> EqualBits(Lanes128<T> a, Lanes128<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector128.Equals(a.v.AsInt32(), b.v.AsInt32()).As<int, T>() }
            : new() { v = Vector128.Equals(a.v.AsInt64(), b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes128<T> FromInteger(Lanes128<T> bits) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector128.ConvertToSingle(bits.v.AsInt32()).As<float, T>() }
            : new() { v = Vector128.ConvertToDouble(bits.v.AsInt64()).As<double, T>() };

    [MethodImpl(Inline)]
    public static void Store(void* target, Lanes128<T> value) => *(Vector128<T>*)target = value.v;

    [MethodImpl(Inline)]
    public static void StoreHalved<TFunction>(TFunction f, void* target, Lanes128<T> value)
        where TFunction : struct, IFunction2
    {
        value = f.Of(
            value,
            new() { v = Vector128.Shuffle(value.v.AsUInt64(), Vector128.Create(1UL, 0)).As<ulong, T>() }
        );

        if (sizeof(T) <= 4)
            value = f.Of(value, new() { v = (value.v.AsUInt64() >>> 32).As<ulong, T>() });

        if (sizeof(T) <= 2)
            value = f.Of(value, new() { v = (value.v.AsUInt64() >>> 16).As<ulong, T>() });

        if (sizeof(T) == 1)
            value = f.Of(value, new() { v = (value.v.AsUInt64() >>> 8).As<ulong, T>() });

        *(T*)target = value.v.ToScalar();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Lanes128<T> Remainder(Lanes128<T> a, Lanes128<T> b)
    {
        ScalarCalls.Remainder((T*)&a, (T*)&b, Count);
        return a;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Lanes128<T> Call(ScalarFunction f, Lanes128<T> x)
    {
        ScalarCalls.Each(f, (T*)&x, Count);
        return x;
    }

    [MethodImpl(Inline)]
    public static Lanes128<T> CallWhere(Lanes128<T> mask, ScalarFunction f, Lanes128<T> x, Lanes128<T> y) =>
        mask.v == Vector128<T>.Zero ? y : CallSome(mask, f, x, y);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Lanes128<T> CallSome(Lanes128<T> mask, ScalarFunction f, Lanes128<T> x, Lanes128<T> y)
    {
        ScalarCalls.Where((T*)&mask, f, (T*)&x, (T*)&y, Count);
        return y;
    }
}
