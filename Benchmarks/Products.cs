// Products of matrices against the processor's own limit: fused multiply-adds on registers, measured beside them. In time of the processor, so
// that other work on the machine, which a share of the limit would not survive, does not count.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Benchmarks;

internal static class Products
{
    private const int Batches = 31;

    public static void Run()
    {
        Console.WriteLine(
            $"Products, % of the multiply-adds that one core makes on registers (medians of {Batches} interleaved batches, processor time)"
        );
        Console.WriteLine($"  {"", -20} {"in a compiled loop", 30} {"compiled, a call", 30} {"eager", 10}");
        Console.WriteLine($"  {"", -20} {Layouts} {Layouts} {"x y", 10}");

        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            foreach (var n in new[] { 64, 128, 256, 512, 1_024 })
                Square(dtype, n);
        }

        Console.WriteLine("Other products, microseconds: compiled, eager");
        Other("1,000 of [4, 4] . [4, 4]", [1_000, 4, 4], [1_000, 4, 4]);
        Other("1,000 of [4, 4] . [4, 4]'", [1_000, 4, 4], [1_000, 4, 4], isTurned: true);
        Other("1,000 of [16, 16] . [16, 16]", [1_000, 16, 16], [1_000, 16, 16]);
        Other("1,000 of [16, 16] . [16, 16]'", [1_000, 16, 16], [1_000, 16, 16], isTurned: true);
        Other("[1000, 3] . [3, 1]", [1_000, 3], [3, 1]);
        Other("[128, 784] . [784, 128]", [128, 784], [784, 128]);
        Other("[128, 128] . [128, 10]", [128, 128], [128, 10]);
        Other("[127, 129] . [129, 131]", [127, 129], [129, 131]);
    }

    private static string Layouts => $"{"x y", 10}{"x' y", 10}{"x y'", 10}";

    private static Tensor Numbers(DType dtype, int[] shape) => new RandomKey(1).Normal(shape).AsType(dtype);

    private static void Square(DType dtype, int n)
    {
        // Scaled, so that powers of x stay within range.
        var (x, y) = (Numbers(dtype, [n, n]) / Math.Sqrt(n), Numbers(dtype, [n, n]));
        Func<Tensor, Tensor, Tensor>[] layouts = [(x, y) => x.Dot(y), (x, y) => x.T.Dot(y), (x, y) => x.Dot(y.T)];
        // Several also of the largest, since a loop does some work once: it copies y, and where that pays turns x.
        var turns = Math.Max(4, 50_000_000 / (n * n * n));
        var loops = layouts
            .Select(layout => Compiled.Of((Tensor x, Tensor y) => Loop.For(0, turns, (_, c) => layout(x, c), y)))
            .Select(loop => (Action)(() => loop(x, y)));
        var calls = layouts.Select(layout => Compiled.Of(layout)).Select(call => Repeated(turns, () => call(x, y)));
        var times = Interleaved.ProcessorMedians(
            Batches,
            0.5,
            [() => Peak.MultiplyAdds(200_000), .. loops, .. calls, Repeated(turns, () => x.Dot(y))]
        );
        var limit = times[0] / (200_000.0 * Peak.PerTurn * (dtype == DType.Float32 ? 2 : 1));
        var shares = times.Skip(1).Select(time => $"{(double)n * n * n * turns * limit / time, 10:P0}").ToArray();
        var name = $"{dtype} {n} x {n}";
        Console.WriteLine($"  {name, -20} {string.Concat(shares[..3])} {string.Concat(shares[3..6])} {shares[6]}");
    }

    private static void Other(string name, int[] left, int[] right, bool isTurned = false)
    {
        var (x, y) = (Numbers(DType.Float32, left), Numbers(DType.Float32, right));
        var product = (Tensor x, Tensor y) =>
            x.Rank < 3 ? x.Dot(y)
            : isTurned ? x.MatMul(y.Transpose(0, 2, 1))
            : x.MatMul(y);
        var compiled = Compiled.Of(product);
        const int repetitions = 200;
        var times = Interleaved.ProcessorMedians(
            Batches,
            0.5,
            Repeated(repetitions, () => compiled(x, y)),
            Repeated(repetitions, () => product(x, y))
        );
        Console.WriteLine(
            $"  {name, -29} {times[0] / 1_000 / repetitions, 9:F2} {times[1] / 1_000 / repetitions, 9:F2}"
        );
    }

    private static Action Repeated<T>(int repetitions, Func<T> run) =>
        () =>
        {
            for (var i = 0; i < repetitions; i++)
                run();
        };
}

/// <summary>What the processor makes at most.</summary>
internal static class Peak
{
    /// <summary>Multiply-adds of float64 numbers in a turn of the loop; of float32 ones twice as many.</summary>
    public static int PerTurn =>
        12 * (Vector512.IsHardwareAccelerated ? Vector512<double>.Count : Vector256<double>.Count);

    public static double MultiplyAdds(int turns) => Vector512.IsHardwareAccelerated ? Wide(turns) : Narrow(turns);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static double Wide(int turns)
    {
        var (x, y) = (Vector512.Create(1.0), Vector512.Create(0.999));
        var (a, b, c, d, e, f) = (x, x, x, x, x, x);
        var (g, h, i, j, k, l) = (x, x, x, x, x, x);

        for (var turn = 0; turn < turns; turn++)
        {
            a = Vector512.FusedMultiplyAdd(a, y, x);
            b = Vector512.FusedMultiplyAdd(b, y, x);
            c = Vector512.FusedMultiplyAdd(c, y, x);
            d = Vector512.FusedMultiplyAdd(d, y, x);
            e = Vector512.FusedMultiplyAdd(e, y, x);
            f = Vector512.FusedMultiplyAdd(f, y, x);
            g = Vector512.FusedMultiplyAdd(g, y, x);
            h = Vector512.FusedMultiplyAdd(h, y, x);
            i = Vector512.FusedMultiplyAdd(i, y, x);
            j = Vector512.FusedMultiplyAdd(j, y, x);
            k = Vector512.FusedMultiplyAdd(k, y, x);
            l = Vector512.FusedMultiplyAdd(l, y, x);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static double Narrow(int turns)
    {
        var (x, y) = (Vector256.Create(1.0), Vector256.Create(0.999));
        var (a, b, c, d, e, f) = (x, x, x, x, x, x);
        var (g, h, i, j, k, l) = (x, x, x, x, x, x);

        for (var turn = 0; turn < turns; turn++)
        {
            a = Vector256.FusedMultiplyAdd(a, y, x);
            b = Vector256.FusedMultiplyAdd(b, y, x);
            c = Vector256.FusedMultiplyAdd(c, y, x);
            d = Vector256.FusedMultiplyAdd(d, y, x);
            e = Vector256.FusedMultiplyAdd(e, y, x);
            f = Vector256.FusedMultiplyAdd(f, y, x);
            g = Vector256.FusedMultiplyAdd(g, y, x);
            h = Vector256.FusedMultiplyAdd(h, y, x);
            i = Vector256.FusedMultiplyAdd(i, y, x);
            j = Vector256.FusedMultiplyAdd(j, y, x);
            k = Vector256.FusedMultiplyAdd(k, y, x);
            l = Vector256.FusedMultiplyAdd(l, y, x);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
