using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>256 bits of float32 or float64 numbers; of integers too, which are only added and multiplied, modulo 2^bits.</summary>
internal unsafe struct Lanes256<T> : IVectorLane<Lanes256<T>>
    where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    // Each operation is one call of an intrinsic: an inlining less than a constructor, and a choice by type outside of it, so that no address lives across a branch.
    // Numbers and multiply-adds, of which functions consist, are cast by boxes that the JIT never makes: As costs it several times as much.
    private Vector256<T> v;

    public static bool IsSingle
    {
        [MethodImpl(Inline)]
        get => typeof(T) == typeof(float);
    }

    public static int Count
    {
        [MethodImpl(Inline)]
        get => Vector256<T>.Count;
    }

    [MethodImpl(Inline)]
    public static Lanes256<T> Of(Vector256<T> value) => new() { v = value };

    [MethodImpl(Inline)]
    public static Lanes256<T> Load(void* source) => new() { v = *(Vector256<T>*)source };

    [MethodImpl(Inline)]
    public static Lanes256<T> LoadWidened(void* source) =>
        new() { v = Vector256.WidenLower(Vector128.Load((float*)source).ToVector256Unsafe()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> Repeat(void* source) => new() { v = Vector256.Create(*(T*)source) };

    public static Lanes256<T> Nothing
    {
        [MethodImpl(Inline)]
        get =>
            typeof(T) == typeof(float) || typeof(T) == typeof(double) ? Number(-0.0) : new() { v = Vector256<T>.Zero };
    }

    [MethodImpl(Inline)]
    public static Lanes256<T> Number(double value)
    {
        if (typeof(T) == typeof(float))
            return new() { v = (Vector256<T>)(object)Vector256.Create((float)value) };

        if (typeof(T) == typeof(double))
            return new() { v = (Vector256<T>)(object)Vector256.Create(value) };

        return new() { v = Vector256.Create(value).As<double, T>() };
    }

    [MethodImpl(Inline)]
    public static Lanes256<T> Pattern(ulong bits) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector256.Create((uint)bits).As<uint, T>() }
            : new() { v = Vector256.Create(bits).As<ulong, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> Add(Lanes256<T> a, Lanes256<T> b) => new() { v = a.v + b.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> Subtract(Lanes256<T> a, Lanes256<T> b) => new() { v = a.v - b.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> Multiply(Lanes256<T> a, Lanes256<T> b) => new() { v = a.v * b.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> Divide(Lanes256<T> a, Lanes256<T> b) => new() { v = a.v / b.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> MultiplyAdd(Lanes256<T> a, Lanes256<T> b, Lanes256<T> c)
    {
        if (typeof(T) == typeof(float))
            return new()
            {
                v =
                    (Vector256<T>)
                        (object)
                            Vector256.FusedMultiplyAdd(
                                (Vector256<float>)(object)a.v,
                                (Vector256<float>)(object)b.v,
                                (Vector256<float>)(object)c.v
                            ),
            };

        if (typeof(T) == typeof(double))
            return new()
            {
                v =
                    (Vector256<T>)
                        (object)
                            Vector256.FusedMultiplyAdd(
                                (Vector256<double>)(object)a.v,
                                (Vector256<double>)(object)b.v,
                                (Vector256<double>)(object)c.v
                            ),
            };

        return new() { v = a.v * b.v + c.v };
    }

    [MethodImpl(Inline)]
    public static Lanes256<T> Negate(Lanes256<T> a) => new() { v = -a.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> Absolute(Lanes256<T> a) => new() { v = Vector256.Abs(a.v) };

    [MethodImpl(Inline)]
    public static Lanes256<T> SquareRoot(Lanes256<T> a) => new() { v = Vector256.Sqrt(a.v) };

    [MethodImpl(Inline)]
    public static Lanes256<T> Minimum(Lanes256<T> a, Lanes256<T> b) => new() { v = Vector256.Min(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes256<T> Maximum(Lanes256<T> a, Lanes256<T> b) => new() { v = Vector256.Max(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes256<T> AtLeast(Lanes256<T> a, double constant) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector256.MaxNative(Vector256.Create((float)constant), a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector256.MaxNative(Vector256.Create(constant), a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> AtMost(Lanes256<T> a, double constant) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector256.MinNative(Vector256.Create((float)constant), a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector256.MinNative(Vector256.Create(constant), a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> Floor(Lanes256<T> a) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector256.Floor(a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector256.Floor(a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> Round(Lanes256<T> a) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector256.Round(a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector256.Round(a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> Equal(Lanes256<T> a, Lanes256<T> b) => new() { v = Vector256.Equals(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes256<T> Less(Lanes256<T> a, Lanes256<T> b) => new() { v = Vector256.LessThan(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes256<T> LessEqual(Lanes256<T> a, Lanes256<T> b) =>
        new() { v = Vector256.LessThanOrEqual(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes256<T> Select(Lanes256<T> mask, Lanes256<T> a, Lanes256<T> b) =>
        new() { v = Vector256.ConditionalSelect(mask.v, a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes256<T> And(Lanes256<T> a, Lanes256<T> b) => new() { v = a.v & b.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> Or(Lanes256<T> a, Lanes256<T> b) => new() { v = a.v | b.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> Xor(Lanes256<T> a, Lanes256<T> b) => new() { v = a.v ^ b.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> Not(Lanes256<T> a) => new() { v = ~a.v };

    [MethodImpl(Inline)]
    public static Lanes256<T> AddBits(Lanes256<T> a, Lanes256<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = (a.v.AsInt32() + b.v.AsInt32()).As<int, T>() }
            : new() { v = (a.v.AsInt64() + b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> SubtractBits(Lanes256<T> a, Lanes256<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = (a.v.AsInt32() - b.v.AsInt32()).As<int, T>() }
            : new() { v = (a.v.AsInt64() - b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> ShiftLeft(Lanes256<T> a, int count) =>
        sizeof(T) == 4
            ? new() { v = (a.v.AsInt32() << count).As<int, T>() }
            : new() { v = (a.v.AsInt64() << count).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> ShiftRight(Lanes256<T> a, int count) =>
        sizeof(T) == 4
            ? new() { v = (a.v.AsInt32() >>> count).As<int, T>() }
            : new() { v = (a.v.AsInt64() >>> count).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> EqualBits(Lanes256<T> a, Lanes256<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector256.Equals(a.v.AsInt32(), b.v.AsInt32()).As<int, T>() }
            : new() { v = Vector256.Equals(a.v.AsInt64(), b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes256<T> FromInteger(Lanes256<T> bits) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector256.ConvertToSingle(bits.v.AsInt32()).As<float, T>() }
            : new() { v = Vector256.ConvertToDouble(bits.v.AsInt64()).As<double, T>() };

    [MethodImpl(Inline)]
    public static void Store(void* target, Lanes256<T> value) => *(Vector256<T>*)target = value.v;

    [MethodImpl(Inline)]
    public static void StoreHalved<TFunction>(TFunction f, void* target, Lanes256<T> value)
        where TFunction : struct, IFunction2 =>
        Lanes128<T>.StoreHalved(
            f,
            target,
            f.Of(Lanes128<T>.Of(value.v.GetLower()), Lanes128<T>.Of(value.v.GetUpper()))
        );

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Lanes256<T> Remainder(Lanes256<T> a, Lanes256<T> b)
    {
        ScalarCalls.Remainder((T*)&a, (T*)&b, Count);
        return a;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Lanes256<T> Call(ScalarFunction f, Lanes256<T> x)
    {
        ScalarCalls.Each(f, (T*)&x, Count);
        return x;
    }

    [MethodImpl(Inline)]
    public static Lanes256<T> CallWhere(Lanes256<T> mask, ScalarFunction f, Lanes256<T> x, Lanes256<T> y) =>
        mask.v == Vector256<T>.Zero ? y : CallSome(mask, f, x, y);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Lanes256<T> CallSome(Lanes256<T> mask, ScalarFunction f, Lanes256<T> x, Lanes256<T> y)
    {
        ScalarCalls.Where((T*)&mask, f, (T*)&x, (T*)&y, Count);
        return y;
    }
}
