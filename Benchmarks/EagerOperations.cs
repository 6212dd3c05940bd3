// Eager operations beside compiled ones of the same numbers, in the processor's time.
namespace Pipeline.Benchmarks;

internal static class EagerOperations
{
    public static void Run()
    {
        Console.WriteLine(
            "Eager operations, microseconds and times the compiled ones (processor time, medians of 21 interleaved batches)"
        );
        Console.WriteLine($"  {"", -22} {"10,000", 20} {"100,000", 20} {"1,000,000", 20}");

        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            (string Name, Func<Tensor, Tensor> Function, Func<int, int[]> Shape)[] rows =
            [
                ("exp", x => x.Exp(), n => [n]),
                ("tanh", x => x.Tanh(), n => [n]),
                ("erf", x => x.Erf(), n => [n]),
                ("a + b", x => x + x, n => [n]),
                ("sum of all", x => x.Sum(), n => [n]),
                ("sum, first axis", x => x.Sum(0), n => [n / 100, 100]),
                ("sum, middle axis", x => x.Sum(1), n => [10, n / 1_000, 100]),
                ("sum, last axis", x => x.Sum(1), n => [n / 100, 100]),
            ];

            foreach (var (name, function, shape) in rows)
            {
                var cells = new[] { 10_000, 100_000, 1_000_000 }.Select(n => Cell(dtype, shape(n), function));
                Console.WriteLine($"  {$"{dtype} {name}", -22} {string.Join(" ", cells)}");
            }
        }

        Console.WriteLine($"  {"", -22} {"64", 20} {"128", 20} {"256", 20} {"512", 20} {"1,024", 20}");

        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            var cells = new[] { 64, 128, 256, 512, 1_024 }.Select(n => Cell(dtype, [n, n], x => x.Dot(x)));
            Console.WriteLine($"  {$"{dtype} product", -22} {string.Join(" ", cells)}");
        }
    }

    private static string Cell(DType dtype, int[] shape, Func<Tensor, Tensor> function)
    {
        var compiled = Compiled.Of(function);
        var x = new RandomKey(0).Normal(shape).AsType(dtype);
        var repetitions = Math.Max(1, 200_000 / (int)x.Size);
        var times = Interleaved.ProcessorMedians(
            21,
            1,
            () => Repeat(repetitions, function, x),
            () => Repeat(repetitions, compiled, x)
        );
        return $"{$"{times[0] / 1e3 / repetitions:F1} ({times[0] / times[1]:F2} x)", 20}";
    }

    private static void Repeat(int repetitions, Func<Tensor, Tensor> function, Tensor x)
    {
        for (var i = 0; i < repetitions; i++)
            function(x);
    }
}
