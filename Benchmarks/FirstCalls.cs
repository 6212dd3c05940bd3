// The first answer of a compiled function in a process that has compiled others: as programs begin, and with machine code made before.
using System.Diagnostics;

namespace Pipeline.Benchmarks;

internal static class FirstCalls
{
    private const int Processes = 5;
    private const int Versions = 4;

    /// <summary>Sines, hyperbolic tangents, products and sums, one after the other.</summary>
    private static Tensor Chain(Tensor x, int operations)
    {
        var sum = Tensor.Scalar(1f);
        var y = x;
        for (var i = 0; i < operations / 4; i++)
        {
            var z = (y.Sin() * x).Tanh();
            if (i % 5 == 4)
                sum = z.Sum();
            y = z + sum;
        }

        return y;
    }

    private static Tensor Inner(Tensor x, int version)
    {
        var y = x.Sin();
        for (var i = 0; i < version; i++)
            y += x;
        return y.Exp();
    }

    /// <summary>Each version is a program of its own.</summary>
    private static Func<Tensor, Tensor> Function(string name, int version) =>
        name switch
        {
            "chain of 1,000" => x => Chain(x, 1_000 + 4 * version),
            "chain of 10,000" => x => Chain(x, 10_000 + 4 * version),
            "its gradient" => Gradient.Of((Tensor x) => Chain(x, 10_000 + 4 * version).Sum()),
            _ => x => Tensor.Stack([.. Taylor.Series((Tensor x) => Inner(x, version), x, 30).Coefficients]),
        };

    /// <summary>What a child process does: first calls of several versions, of which the first warms it.</summary>
    public static void Measure(string name)
    {
        var x = Tensor.From(Enumerable.Range(0, 16).Select(i => i / 16f).ToArray());
        var times = new List<double>();
        for (var version = 0; version < Versions; version++)
        {
            var f = Compiled.Of(Function(name, version));
            var watch = Stopwatch.StartNew();
            f(x);
            if (version > 0)
                times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine(times[times.Count / 2]);
    }

    private static double Median(string name, string way)
    {
        var times = new List<double>();
        for (var i = 0; i < Processes; i++)
        {
            using var child = Process.Start(
                new ProcessStartInfo(Environment.ProcessPath!, ["first-call", name, way])
                {
                    RedirectStandardOutput = true,
                }
            )!;
            times.Add(double.Parse(child.StandardOutput.ReadToEnd()));
            child.WaitForExit();
        }

        times.Sort();
        return times[Processes / 2];
    }

    public static void Run()
    {
        Console.WriteLine(
            $"First call of a compiled function on 16 numbers, ms, as programs begin and with machine code made before (medians of {Processes} processes)"
        );
        foreach (var name in (string[])["chain of 1,000", "chain of 10,000", "its gradient", "exp(sin x) to order 30"])
            Console.WriteLine($"  {name, -24} {Median(name, "tiers"), 8:F1} {Median(name, "code"), 8:F1}");
    }
}
