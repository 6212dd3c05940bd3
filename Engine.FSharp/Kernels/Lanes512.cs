using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>512 bits of float32 or float64 numbers; of integers too, which are only added and multiplied, modulo 2^bits.</summary>
internal unsafe struct Lanes512<T> : IVectorLane<Lanes512<T>>
    where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    // Each operation is one call of an intrinsic: an inlining less than a constructor, and a choice by type outside of it, so that no address lives across a branch.
    // Numbers and multiply-adds, of which functions consist, are cast by boxes that the JIT never makes: As costs it several times as much.
    private Vector512<T> v;

    public static bool IsSingle
    {
        [MethodImpl(Inline)]
        get => typeof(T) == typeof(float);
    }

    public static int Count
    {
        [MethodImpl(Inline)]
        get => Vector512<T>.Count;
    }

    [MethodImpl(Inline)]
    public static Lanes512<T> Load(void* source) => new() { v = *(Vector512<T>*)source };

    [MethodImpl(Inline)]
    public static Lanes512<T> LoadWidened(void* source) =>
        new() { v = Vector512.WidenLower(Vector256.Load((float*)source).ToVector512Unsafe()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> Repeat(void* source) => new() { v = Vector512.Create(*(T*)source) };

    public static Lanes512<T> Nothing
    {
        [MethodImpl(Inline)]
        get =>
            typeof(T) == typeof(float) || typeof(T) == typeof(double) ? Number(-0.0) : new() { v = Vector512<T>.Zero };
    }

    [MethodImpl(Inline)]
    public static Lanes512<T> Number(double value)
    {
        if (typeof(T) == typeof(float))
            return new() { v = (Vector512<T>)(object)Vector512.Create((float)value) };

        if (typeof(T) == typeof(double))
            return new() { v = (Vector512<T>)(object)Vector512.Create(value) };

        return new() { v = Vector512.Create(value).As<double, T>() };
    }

    [MethodImpl(Inline)]
    public static Lanes512<T> Pattern(ulong bits) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector512.Create((uint)bits).As<uint, T>() }
            : new() { v = Vector512.Create(bits).As<ulong, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> Add(Lanes512<T> a, Lanes512<T> b) => new() { v = a.v + b.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> Subtract(Lanes512<T> a, Lanes512<T> b) => new() { v = a.v - b.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> Multiply(Lanes512<T> a, Lanes512<T> b) => new() { v = a.v * b.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> Divide(Lanes512<T> a, Lanes512<T> b) => new() { v = a.v / b.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> MultiplyAdd(Lanes512<T> a, Lanes512<T> b, Lanes512<T> c)
    {
        if (typeof(T) == typeof(float))
            return new()
            {
                v =
                    (Vector512<T>)
                        (object)
                            Vector512.FusedMultiplyAdd(
                                (Vector512<float>)(object)a.v,
                                (Vector512<float>)(object)b.v,
                                (Vector512<float>)(object)c.v
                            ),
            };

        if (typeof(T) == typeof(double))
            return new()
            {
                v =
                    (Vector512<T>)
                        (object)
                            Vector512.FusedMultiplyAdd(
                                (Vector512<double>)(object)a.v,
                                (Vector512<double>)(object)b.v,
                                (Vector512<double>)(object)c.v
                            ),
            };

        return new() { v = a.v * b.v + c.v };
    }

    [MethodImpl(Inline)]
    public static Lanes512<T> Negate(Lanes512<T> a) => new() { v = -a.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> Absolute(Lanes512<T> a) => new() { v = Vector512.Abs(a.v) };

    [MethodImpl(Inline)]
    public static Lanes512<T> SquareRoot(Lanes512<T> a) => new() { v = Vector512.Sqrt(a.v) };

    [MethodImpl(Inline)]
    public static Lanes512<T> Minimum(Lanes512<T> a, Lanes512<T> b) => new() { v = Vector512.Min(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes512<T> Maximum(Lanes512<T> a, Lanes512<T> b) => new() { v = Vector512.Max(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes512<T> AtLeast(Lanes512<T> a, double constant) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector512.MaxNative(Vector512.Create((float)constant), a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector512.MaxNative(Vector512.Create(constant), a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> AtMost(Lanes512<T> a, double constant) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector512.MinNative(Vector512.Create((float)constant), a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector512.MinNative(Vector512.Create(constant), a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> Floor(Lanes512<T> a) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector512.Floor(a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector512.Floor(a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> Round(Lanes512<T> a) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector512.Round(a.v.AsSingle()).As<float, T>() }
            : new() { v = Vector512.Round(a.v.AsDouble()).As<double, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> Equal(Lanes512<T> a, Lanes512<T> b) => new() { v = Vector512.Equals(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes512<T> Less(Lanes512<T> a, Lanes512<T> b) => new() { v = Vector512.LessThan(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes512<T> LessEqual(Lanes512<T> a, Lanes512<T> b) =>
        new() { v = Vector512.LessThanOrEqual(a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes512<T> Select(Lanes512<T> mask, Lanes512<T> a, Lanes512<T> b) =>
        new() { v = Vector512.ConditionalSelect(mask.v, a.v, b.v) };

    [MethodImpl(Inline)]
    public static Lanes512<T> And(Lanes512<T> a, Lanes512<T> b) => new() { v = a.v & b.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> Or(Lanes512<T> a, Lanes512<T> b) => new() { v = a.v | b.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> Xor(Lanes512<T> a, Lanes512<T> b) => new() { v = a.v ^ b.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> Not(Lanes512<T> a) => new() { v = ~a.v };

    [MethodImpl(Inline)]
    public static Lanes512<T> AddBits(Lanes512<T> a, Lanes512<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = (a.v.AsInt32() + b.v.AsInt32()).As<int, T>() }
            : new() { v = (a.v.AsInt64() + b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> SubtractBits(Lanes512<T> a, Lanes512<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = (a.v.AsInt32() - b.v.AsInt32()).As<int, T>() }
            : new() { v = (a.v.AsInt64() - b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> ShiftLeft(Lanes512<T> a, int count) =>
        sizeof(T) == 4
            ? new() { v = (a.v.AsInt32() << count).As<int, T>() }
            : new() { v = (a.v.AsInt64() << count).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> ShiftRight(Lanes512<T> a, int count) =>
        sizeof(T) == 4
            ? new() { v = (a.v.AsInt32() >>> count).As<int, T>() }
            : new() { v = (a.v.AsInt64() >>> count).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> EqualBits(Lanes512<T> a, Lanes512<T> b) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector512.Equals(a.v.AsInt32(), b.v.AsInt32()).As<int, T>() }
            : new() { v = Vector512.Equals(a.v.AsInt64(), b.v.AsInt64()).As<long, T>() };

    [MethodImpl(Inline)]
    public static Lanes512<T> FromInteger(Lanes512<T> bits) =>
        typeof(T) == typeof(float)
            ? new() { v = Vector512.ConvertToSingle(bits.v.AsInt32()).As<float, T>() }
            : new() { v = Vector512.ConvertToDouble(bits.v.AsInt64()).As<double, T>() };

    [MethodImpl(Inline)]
    public static void Store(void* target, Lanes512<T> value) => *(Vector512<T>*)target = value.v;

    [MethodImpl(Inline)]
    public static void StoreHalved<TFunction>(TFunction f, void* target, Lanes512<T> value)
        where TFunction : struct, IFunction2 =>
        Lanes256<T>.StoreHalved(
            f,
            target,
            f.Of(Lanes256<T>.Of(value.v.GetLower()), Lanes256<T>.Of(value.v.GetUpper()))
        );

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Lanes512<T> Remainder(Lanes512<T> a, Lanes512<T> b)
    {
        ScalarCalls.Remainder((T*)&a, (T*)&b, Count);
        return a;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Lanes512<T> Call(ScalarFunction f, Lanes512<T> x)
    {
        ScalarCalls.Each(f, (T*)&x, Count);
        return x;
    }

    [MethodImpl(Inline)]
    public static Lanes512<T> CallWhere(Lanes512<T> mask, ScalarFunction f, Lanes512<T> x, Lanes512<T> y) =>
        mask.v == Vector512<T>.Zero ? y : CallSome(mask, f, x, y);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Lanes512<T> CallSome(Lanes512<T> mask, ScalarFunction f, Lanes512<T> x, Lanes512<T> y)
    {
        ScalarCalls.Where((T*)&mask, f, (T*)&x, (T*)&y, Count);
        return y;
    }
}
