using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Integers: sums in 64 bits, plain numbers of every .NET type, reading, conversion, remainders and quotients.</summary>
public sealed class IntegerTests
{
    private static readonly DType[] Integers =
    [
        DType.Int32,
        DType.Int64,
        DType.UInt8,
        DType.UInt16,
        DType.UInt32,
        DType.UInt64,
    ];

    private static readonly DType[] Floats = [DType.Float32, DType.Float64];

    /// <summary>The least and the greatest number of an integer type.</summary>
    private static (Int128 Least, Int128 Most) Limits(DType dtype) =>
        dtype switch
        {
            DType.Int32 => (int.MinValue, int.MaxValue),
            DType.Int64 => (long.MinValue, long.MaxValue),
            DType.UInt8 => (0, byte.MaxValue),
            DType.UInt16 => (0, ushort.MaxValue),
            DType.UInt32 => (0, uint.MaxValue),
            _ => (0, ulong.MaxValue),
        };

    /// <summary>A vector of numbers that the type holds.</summary>
    private static Tensor Vector(DType dtype, IEnumerable<Int128> numbers) =>
        dtype switch
        {
            DType.Int32 => Tensor.From([.. numbers.Select(n => (int)n)]),
            DType.Int64 => Tensor.From([.. numbers.Select(n => (long)n)]),
            DType.UInt8 => Tensor.From([.. numbers.Select(n => (byte)n)]),
            DType.UInt16 => Tensor.From([.. numbers.Select(n => (ushort)n)]),
            DType.UInt32 => Tensor.From([.. numbers.Select(n => (uint)n)]),
            _ => Tensor.From([.. numbers.Select(n => (ulong)n)]),
        };

    private static Int128[] Numbers(Tensor x) =>
        x.DType == DType.UInt64
            ? Array.ConvertAll(x.ToArray<ulong>(), n => (Int128)n)
            : Array.ConvertAll(x.ToArray<long>(), n => (Int128)n);

    /// <summary>Numbers near 0, near the ends of the type, and in between.</summary>
    private static Int128[] Corners(DType dtype)
    {
        var (least, most) = Limits(dtype);
        Int128[] candidates = [0, 1, 2, 3, 7, 100, -1, -2, -7, least, least + 1, most, most - 1, most / 2, most / 3];
        return [.. candidates.Where(n => n >= least && n <= most).Distinct()];
    }

    /// <summary>The same numbers eagerly, compiled, compiled on one number, and vectorized.</summary>
    private static void Everywhere(Func<Tensor, Tensor> f, Tensor x, Int128[] expected)
    {
        foreach (var g in new[] { f, Compiled.Of(f), Vectorized.Of(f), Compiled.Of(Vectorized.Of(f)) })
            Assert.Equal(expected, Numbers(g(x)));
        Assert.Equal(expected[0], Numbers(Compiled.Of(f)(x[0]).Reshape(1))[0]);
    }

    [Fact]
    public void Sums_products_and_running_sums_of_integers_are_made_in_64_bits()
    {
        foreach (var dtype in Integers)
        {
            var wide = dtype.ToString().StartsWith('U') ? DType.UInt64 : DType.Int64;
            var most = Limits(dtype).Most;
            var x = Vector(dtype, [most, most, 1, 2]);
            var sum = (2 * most + 3) & ulong.MaxValue;
            var product = (2 * (most * most & ulong.MaxValue)) & ulong.MaxValue;
            Int128 Wrapped(Int128 n) => wide == DType.Int64 ? (long)(ulong)n : n;
            (Func<Tensor, Tensor> Of, Int128[] Expected)[] cases =
            [
                (x => x.Sum(), [Wrapped(sum)]),
                (x => x.Sum(0, keepAxis: true), [Wrapped(sum)]),
                (x => x.Sum([]), [most, most, 1, 2]),
                (x => x.Reshape(2, 2).Sum(1), [Wrapped((2 * most) & ulong.MaxValue), 3]),
                (x => x.Product(), [Wrapped(product)]),
                (x => x.Reshape(2, 2).Product([1]), [Wrapped((most * most) & ulong.MaxValue), 2]),
                (
                    x => x.CumulativeSum(),
                    [most, Wrapped((2 * most) & ulong.MaxValue), Wrapped((2 * most + 1) & ulong.MaxValue), Wrapped(sum)]
                ),
            ];
            foreach (var (of, expected) in cases)
            foreach (var f in new[] { of, Compiled.Of(of) })
            {
                Assert.Equal(wide, f(x).DType);
                Assert.Equal(expected, Numbers(f(x).Reshape(-1)));
            }
        }
    }

    [Fact]
    public void Bytes_are_summed_without_wrapping_and_true_counts_one()
    {
        var pixels = Tensor.From(new byte[] { 200, 100 });
        Assert.Equal(300, (int)pixels.Sum());
        Assert.Equal(DType.UInt64, pixels.Sum().DType);
        Assert.Equal(150.0, (double)pixels.Mean());
        Assert.Equal(2500.0, (double)pixels.Variance());
        var truths = Tensor.From([true, false, true]);
        Assert.Equal(2, (int)truths.Sum());
        Assert.Equal(DType.Int64, truths.Sum().DType);
        Assert.Equal([1L, 1, 2], truths.CumulativeSum().ToArray<long>());
        Assert.Equal([1L, 1, 2], Compiled.Of((Tensor t) => t.CumulativeSum())(truths).ToArray<long>());
        Assert.Equal(0, (int)truths.Product());
        Assert.Equal(300_000, (int)Tensor.Full([1000], 300, DType.UInt16).Sum());
        Assert.Equal(2.0, (double)Gradient.Of((Tensor x) => x * (x > 0).Sum())(2.0) + 1);
    }

    [Fact]
    public void Every_integer_type_is_a_weakly_typed_tensor()
    {
        (Tensor Number, Int128 Value)[] numbers =
        [
            ((sbyte)-3, -3),
            ((byte)200, 200),
            ((short)-300, -300),
            ((ushort)65535, 65535),
            ('A', 65),
            (16777217, 16777217),
            (4294967295u, 4294967295),
            (long.MinValue, long.MinValue),
            (9007199254740993L, 9007199254740993),
            (ulong.MaxValue, ulong.MaxValue),
        ];
        Assert.All(numbers, n => Assert.Equal([n.Value], Numbers(n.Number.Reshape(1))));
        Assert.All(numbers, n => Assert.Equal(DType.Float32, (n.Number * Tensor.From([1f])).DType));
        Assert.Equal(DType.Int32, ((Tensor)(byte)2 * Tensor.From([1])).DType);
    }

    /// <summary>The rows of JAX's table, 64-bit types enabled: the columns are uint8, uint16, uint32, uint64, int32, int64, float32, float64.</summary>
    [Theory]
    [InlineData(DType.UInt8, "u8 u16 u32 u64 i32 i64 f32 f64")]
    [InlineData(DType.UInt16, "u16 u16 u32 u64 i32 i64 f32 f64")]
    [InlineData(DType.UInt32, "u32 u32 u32 u64 i64 i64 f32 f64")]
    [InlineData(DType.UInt64, "u64 u64 u64 u64 f64 f64 f32 f64")]
    [InlineData(DType.Int32, "i32 i32 i64 f64 i32 i64 f32 f64")]
    [InlineData(DType.Int64, "i64 i64 i64 f64 i64 i64 f32 f64")]
    [InlineData(DType.Float32, "f32 f32 f32 f32 f32 f32 f32 f64")]
    [InlineData(DType.Float64, "f64 f64 f64 f64 f64 f64 f64 f64")]
    public void Mixed_integers_and_floats_promote_as_in_JAX(DType left, string row)
    {
        DType[] columns = [DType.UInt8, DType.UInt16, DType.UInt32, DType.UInt64, DType.Int32, DType.Int64, .. Floats];
        var add = (Tensor a, Tensor b) => a + b;
        foreach (var sum in new[] { add, Compiled.Of(add) })
            Assert.Equal(
                row.Replace("i", "Int").Replace("u", "UInt").Replace("f", "Float").Split(' '),
                columns.Select(right => $"{sum(Tensor.Ones([2]).AsType(left), Tensor.Ones([2]).AsType(right)).DType}")
            );
        // The sum of the largest and -1 is no larger number than the nearest of the float that holds both.
        Assert.Equal(Math.Pow(2, 64), (double)(Tensor.Scalar(ulong.MaxValue) + Tensor.Scalar(-1L)));
    }

    [Fact]
    public void Plain_numbers_survive_operators()
    {
        var t = Tensor.Scalar(1L << 53);
        var u = Tensor.Scalar(ulong.MaxValue - 10);
        Assert.Equal((1L << 53) + 5, (long)(t + 5L));
        Assert.Equal(5 - (1L << 53), (long)(5L - t));
        Assert.Equal((1L << 53) + 16777217, (long)(16777217 + t));
        Assert.Equal(ulong.MaxValue - 5, (ulong)(u + 5UL));
        Assert.Equal(ulong.MaxValue - 8, (ulong)((ulong.MaxValue - 2) % u + u - 6UL));
        Assert.Equal(9007199254740993L, (long)(Tensor.Scalar(1L) * 9007199254740993L));
        Assert.Equal(16777217.0, (double)(Tensor.Scalar(1.0) * 16777217));
        var f = Compiled.Of((Tensor x) => x * 9007199254740993L + 1L);
        Assert.Equal(9007199254740994L, (long)f(Tensor.Scalar(1L)));
        Assert.Equal(ulong.MaxValue, (ulong)Compiled.Of((Tensor x) => x + 18446744073709551610UL)(Tensor.Scalar(5UL)));
        Assert.Equal(
            [false, true, false],
            (Tensor.From([5L, 9007199254740993L, 7]) == 9007199254740993L).ToArray<bool>()
        );
    }

    [Fact]
    public void A_plain_number_that_the_tensors_type_cannot_hold_is_refused_and_compares_by_value()
    {
        var x = Tensor.From(new byte[] { 0, 255 });
        Assert.Contains("300", Assert.Throws<DTypeException>(() => x + 300).Message);
        Assert.Throws<DTypeException>(() => -1 * x);
        Assert.Throws<DTypeException>(() => Tensor.From([1]) + 5_000_000_000L);
        Assert.Throws<DTypeException>(() => Compiled.Of((Tensor x) => x - 256)(x));
        Assert.Throws<DTypeException>(() => Tensor.Where(x > 1, x, -1));
        Assert.Equal([true, true], (x < 300).ToArray<bool>());
        Assert.Equal([false, false], (x == -1).ToArray<bool>());
        Assert.Equal([true, true], (x != 256L).ToArray<bool>());
        Assert.Equal([true, true], (-1 < x).ToArray<bool>());
        Assert.Equal([false, false], (x >= 256).ToArray<bool>());
        Assert.Equal([true, true], Compiled.Of((Tensor x) => x <= 256)(x).ToArray<bool>());
        Assert.True((bool)(Tensor.Scalar(long.MaxValue) < 9223372036854775808UL));
        Assert.Equal([256L, 511], (x.AsType(DType.Int64) + 256).ToArray<long>());
    }

    /// <summary>By the compiler itself: no .NET number is ambiguous beside a tensor.</summary>
    [Fact]
    public void No_number_type_is_ambiguous() =>
        Assert.Empty(
            ProgramText.InCSharp(
                string.Join(
                    "\n",
                    new[]
                    {
                        "sbyte",
                        "byte",
                        "short",
                        "ushort",
                        "char",
                        "int",
                        "uint",
                        "long",
                        "ulong",
                        "nint",
                        "nuint",
                        "float",
                        "double",
                    }.Select(type =>
                        $$"""
                            static class Of_{{type}}
                            {
                                static Tensor Implicitly({{type}} n) => n;
                                static Tensor[] Operators(Tensor t, {{type}} n) => [t + n, n + t, t - n, n - t, t * n, n * t, t / n, n / t, t % n, n % t];
                                static Tensor[] Relations(Tensor t, {{type}} n) => [t < n, n < t, t <= n, t > n, t >= n, t == n, n == t, t != n];
                                static Tensor[] Arguments(Tensor t, {{type}} n) => [Tensor.Where(t > n, n, t), t.Maximum(n), t.FloorDivide(n)];
                            }
                            """
                    )
                )
                    + """

                    static class Literals
                    {
                        const byte Small = 3;
                        static Tensor[] Operators(Tensor t) => [t + Small, t + 5, t + 5L, t + 5u, t + 5UL, t + 'c', t % 3, t == 1, 1.5f * t];
                        static (sbyte, byte, short, ushort, int, uint) Casts(Tensor t) =>
                            ((sbyte)t, (byte)t, (short)t, (ushort)t, (int)t, (uint)t);
                        static (long, ulong, float, double, decimal, bool) Wide(Tensor t) =>
                            ((long)t, (ulong)t, (float)t, (double)t, (decimal)t, (bool)t);
                    }
                    """
            )
        );

    [Fact]
    public void Casts_convert_from_the_tensors_own_value()
    {
        Assert.Equal(long.MaxValue, (long)Tensor.Scalar(long.MaxValue));
        Assert.Equal(ulong.MaxValue, (ulong)Tensor.Scalar(ulong.MaxValue));
        Assert.Equal(uint.MaxValue, (uint)Tensor.Scalar(4294967295L));
        Assert.Equal(18446744073709551615m, (decimal)Tensor.Scalar(ulong.MaxValue));
        Assert.Equal(-9223372036854775807m, (decimal)Tensor.Scalar(-long.MaxValue));
        Assert.Equal(0.1m, (decimal)Tensor.Scalar(0.1));
        Assert.Equal(-2, (int)Tensor.Scalar(-2.9));
        Assert.Equal(-128, (sbyte)Tensor.Scalar(-128));
        Assert.Equal(1, (int)Tensor.Scalar(true));
        Assert.Equal(0.1f, (float)Tensor.Scalar(0.1));
        Assert.True((bool)Tensor.Scalar(1L << 40));
    }

    [Fact]
    public void Reading_a_number_that_does_not_fit_names_value_and_place()
    {
        void Refused(Action read, params string[] parts)
        {
            var message = Assert.Throws<DTypeException>(read).Message;
            Assert.All(parts, part => Assert.Contains(part, message));
        }

        var x = Tensor.From([1, 2, 3, 5_000_000_000L]).Reshape(2, 2);
        Refused(() => x.ToArray<int>(), "5000000000", "[1, 1]", "int64", "Int32");
        Refused(() => x.T[1].ToArray<byte>(), "5000000000", "[1]");
        Refused(() => _ = (int)x[1, 1], "5000000000", "Int32");
        Refused(() => _ = (uint)Tensor.Scalar(-1), "-1");
        Refused(() => _ = (ulong)Tensor.Scalar(-0.5 - 1), "-1.5");
        Refused(() => _ = (long)Tensor.Scalar(ulong.MaxValue), "18446744073709551615");
        Refused(() => _ = (long)Tensor.Scalar(9.3e18), "9.3E+18");
        Refused(() => _ = (int)Tensor.Scalar(double.NaN), "NaN");
        Refused(() => _ = (decimal)Tensor.Scalar(1e30), "1E+30");
        Refused(() => _ = (decimal)Tensor.Scalar(float.PositiveInfinity), "Infinity");
        Refused(() => Tensor.From([0.0, double.NaN]).ToArray<long>(), "NaN", "[1]");
        Refused(() => x.ToArray<Half>(), "Half");
        Assert.Equal([1, 2, 3], x.Reshape(4)[..3].ToArray<int>());
        Assert.Equal([1, -2], Tensor.From([1.9, -2.9]).ToArray<int>());
        Assert.Equal([5e9f], x[1, 1..].ToArray<float>());
        Assert.Equal([true, false], Tensor.From([2.5, 0.0]).ToArray<bool>());
    }

    [Fact]
    public void AsType_saturates_and_takes_NaN_to_0_for_every_pair_of_types()
    {
        foreach (var target in Integers)
        {
            var (least, most) = Limits(target);
            foreach (var source in Integers)
            {
                var numbers = Corners(source);
                Everywhere(
                    x => x.AsType(target),
                    Vector(source, numbers),
                    [.. numbers.Select(n => Int128.Clamp(n, least, most))]
                );
            }

            foreach (var source in Floats)
            {
                double[] numbers =
                [
                    2.9,
                    -2.9,
                    0.0,
                    double.NaN,
                    double.PositiveInfinity,
                    double.NegativeInfinity,
                    1e30,
                    -1e30,
                    255.5,
                    -0.5,
                    65536,
                    3e9,
                    -3e9,
                    5e9,
                    1e19,
                ];
                var x = Tensor.From(numbers).AsType(source);
                Everywhere(
                    x => x.AsType(target),
                    x,
                    [
                        .. x.ToArray<double>()
                            .Select(n =>
                                double.IsNaN(n) ? 0
                                : n >= (double)most ? most
                                : n <= (double)least ? least
                                : (Int128)n
                            ),
                    ]
                );
            }

            Everywhere(x => x.AsType(target), Tensor.From([true, false]), [1, 0]);
            Assert.Equal(
                [true, false, true],
                Compiled.Of((Tensor x) => x.AsType(DType.Bool))(Vector(target, [1, 0, most])).ToArray<bool>()
            );
        }
    }

    [Fact]
    public void Mixed_integers_and_floats_promote_as_JAX_with_64_bits()
    {
        foreach (var integer in Integers)
        foreach (var real in Floats)
            Assert.Equal(real, (Tensor.Ones([1], integer) + Tensor.Ones([1], real)).DType);
        Assert.Equal(DType.Float64, (Tensor.Scalar(1UL) + Tensor.Scalar(1L)).DType);
        Assert.Equal(DType.Float32, (Tensor.Scalar(1UL) + Tensor.Scalar(1) + Tensor.Scalar(1f)).DType);
        Assert.Equal(DType.Int64, (Tensor.Scalar(1u) + Tensor.Scalar(1)).DType);
        Assert.Equal(DType.Int32, (Tensor.Scalar((byte)1) + Tensor.Scalar(1)).DType);
        Assert.Equal(DType.Float64, (Tensor.Scalar(1) / Tensor.Scalar(2)).DType);
    }

    [Fact]
    public void Remainders_and_quotients_of_integers_are_defined_everywhere_eager_and_compiled()
    {
        foreach (var dtype in Integers)
        {
            var (least, most) = Limits(dtype);
            var corners = Corners(dtype);
            var pairs = corners.SelectMany(a => corners.Select(b => (A: a, B: b))).ToArray();
            var (a, b) = (Vector(dtype, pairs.Select(p => p.A)), Vector(dtype, pairs.Select(p => p.B)));
            Int128 Remainder((Int128 A, Int128 B) p) => p.B == 0 ? p.A : p.A % p.B;
            Int128 Quotient((Int128 A, Int128 B) p)
            {
                if (p.B == 0)
                    return least < 0 ? -1 : most;
                var (quotient, rest) = (p.A / p.B, p.A % p.B);
                var floor = rest != 0 && rest < 0 != p.B < 0 ? quotient - 1 : quotient;
                return floor > most ? least : floor;
            }

            Func<Tensor, Tensor, Tensor> remainder = (a, b) => a % b;
            Func<Tensor, Tensor, Tensor> quotient = (a, b) => a.FloorDivide(b);
            foreach (var run in new[] { f => f, (Func<Tensor, Tensor, Tensor> f) => Compiled.Of(f) })
            {
                Assert.Equal(pairs.Select(Remainder), Numbers(run(remainder)(a, b)));
                Assert.Equal(pairs.Select(Quotient), Numbers(run(quotient)(a, b)));
                Assert.Equal(dtype, run(quotient)(a, b).DType);
            }

            // Numbers that the program holds.
            foreach (var n in new[] { 0, 1, 3, 7 })
            {
                var all = Vector(dtype, corners);
                Everywhere(x => x % n, all, [.. corners.Select(c => Remainder((c, n)))]);
                Everywhere(x => x.FloorDivide(n), all, [.. corners.Select(c => Quotient((c, n)))]);
                Everywhere(x => n % x, all, [.. corners.Select(c => Remainder((n, c)))]);
            }
        }
    }

    [Fact]
    public void The_remainder_of_floats_is_CSharps()
    {
        double[] numbers =
        [
            7.5,
            -7.5,
            0.3,
            0.1,
            -0.1,
            1e300,
            3,
            -3,
            0,
            -0.0,
            double.NaN,
            double.PositiveInfinity,
            1e-310,
            2.5,
        ];
        var pairs = numbers.SelectMany(a => numbers.Select(b => (A: a, B: b))).ToArray();
        var a = Tensor.From([.. pairs.Select(p => p.A)]);
        var b = Tensor.From([.. pairs.Select(p => p.B)]);
        var remainder = (Tensor a, Tensor b) => a % b;
        foreach (var f in new[] { remainder, Compiled.Of(remainder), Vectorized.Of(remainder) })
        {
            Assert.True(Tensor.AllClose(f(a, b), Tensor.From([.. pairs.Select(p => p.A % p.B)]), 0, 0, true));
            var (a32, b32) = (a.AsType(DType.Float32), b.AsType(DType.Float32));
            var expected = pairs.Select(p => (float)p.A % (float)p.B);
            Assert.True(Tensor.AllClose(f(a32, b32), Tensor.From([.. expected]), 0, 0, true));
        }

        Assert.Equal(1.5, (double)(Tensor.Scalar(7.5) % 3));
        Assert.Equal(3.0, (double)(7.5 % Tensor.Scalar(4.5)));
    }

    [Fact]
    public void The_remainder_of_floats_is_differentiated_in_every_mode()
    {
        var f = (Tensor a, Tensor b) => a % b;
        foreach (var (a, b) in new[] { (7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (0.3, 0.1), (1.0, 5.0), (1e10, 3.0) })
        {
            var slope = -Math.Round((a - a % b) / b);
            Assert.Equal(1.0, (double)Gradient.Of(f)(a, b));
            Assert.Equal(slope, (double)Gradient.OfSecond(f)(a, b));
            Assert.Equal(1.0, (double)Compiled.Of(Gradient.Of(f))(a, b));
            Assert.Equal(slope, (double)Compiled.Of(Gradient.OfSecond(f))(a, b));
            Assert.Equal(1.0, (double)Derivative.Of((Tensor x) => x % b)(a));
            Assert.Equal(slope, (double)Derivative.Of((Tensor x) => a % x)(b));
            Assert.Equal(0.0, (double)Derivative.Nth(x => a % x, 2)(b));
            Assert.Equal(0.0, (double)Derivative.Nth(x => x % b, 2)(a));
            Assert.Equal(0.0, (double)Gradient.Of(Gradient.Of((Tensor x) => a % x))(b));
            // x^2 % b: 2 x, 2; x % x^2 for x > 1: 1 - 0.
            Assert.Equal(2.0, (double)Derivative.Nth(x => x * x % b, 2)(a));
            Assert.Equal(2.0, (double)Hessian.Of((Tensor x) => (x * x % b).Sum())(Tensor.From([a]))[0, 0]);
        }

        // Report 08: a remainder has a series.
        Assert.Equal(1.0, (double)Derivative.Nth(t => t % 3, 1)(4.0));
        Assert.Equal(
            [1.0, 1, 0],
            Taylor.Series((Tensor t) => t % 3, about: 4.0, order: 2).Coefficients.Select(c => (double)c)
        );
        CheckDerivatives.Of((Tensor x) => (x % 2.0 * x).Sum(), at: Tensor.From([5.3, -3.1]), order: 2).ThrowIfWrong();
        Assert.Equal(0.0, (double)Gradient.Of((Tensor x) => x.FloorDivide(2.0))(7.0));
        Assert.Equal(3.0, (double)Derivative.Of((Tensor x) => x * x.FloorDivide(2.0))(7.0));
    }

    [Fact]
    public void Products_of_integer_matrices_keep_their_dtype_and_wrap()
    {
        var x = Tensor.From([65536, 65536]);
        foreach (var dot in new Func<Tensor, Tensor>[] { a => a.Dot(a), Compiled.Of((Tensor a) => a.Dot(a)) })
            Assert.Equal((DType.Int32, unchecked((int)(2L * 65536 * 65536))), (dot(x).DType, (int)dot(x)));
        Assert.Equal(2L * 65536 * 65536, (long)x.AsType(DType.Int64).Dot(x.AsType(DType.Int64)));
    }
}
