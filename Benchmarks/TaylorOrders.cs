// The n-th derivative by Taylor mode beside nested derivatives: how the cost grows with the order.
using System.Diagnostics;

namespace Pipeline.Benchmarks;

internal static class TaylorOrders
{
    private static readonly Tensor W1 = new RandomKey(0).Normal([32, 32]) / 6;
    private static readonly Tensor W2 = new RandomKey(1).Normal([32, 32]) / 6;
    private static readonly Tensor Point = new RandomKey(2).Normal([32]);
    private static readonly Tensor Direction = new RandomKey(3).Normal([32]);

    private static readonly (string Name, Func<Tensor, Tensor> F, double At)[] Functions =
    [
        ("sqrt", x => x.Sqrt(), 1.5),
        ("tanh", x => x.Tanh(), 0.5),
        ("exp(sin x)", x => x.Sin().Exp(), 0.5),
        ("network", t => W2.Dot(W1.Dot(Point + t * Direction).Tanh()).Tanh().Sum(), 0.0),
    ];

    private static readonly int[] Orders = [1, 2, 4, 8, 15, 22, 30];

    public static void Run()
    {
        Console.WriteLine(
            "n-th derivative by Taylor mode, microseconds (median of 31 calls); compiling, milliseconds, once"
        );
        Console.WriteLine($"{"", -22}{string.Concat(Orders.Select(n => $"{"n = " + n, 10}"))}   exponent from n = 8");
        foreach (var (name, f, at) in Functions)
        {
            var eager = Orders.Select(n => Median(Derivative.Nth(f, n), at)).ToArray();
            var compiled = Orders.Select(n => Compiled.Of(Derivative.Nth(f, n))).ToArray();
            var compiling = compiled.Select(g => Time(g, at) / 1000).ToArray();
            var called = compiled.Select(g => Median(g, at)).ToArray();
            Print($"{name}, eager", eager, Exponent(eager));
            Print($"{name}, compiled", called, Exponent(called));
            Print($"{name}, compiling", compiling, null);
            var nested = Enumerable.Range(0, 8).Aggregate(f, (g, _) => Derivative.Of(g));
            Console.WriteLine($"{name}, 8 nested derivatives, eager: {Median(nested, at):F0} microseconds");
        }

        static void Print(string name, double[] times, double? exponent) =>
            Console.WriteLine(
                $"{name, -22}{string.Concat(times.Select(time => $"{time, 10:F1}"))}{(exponent is null ? "" : $"   {exponent:F2}")}"
            );
    }

    /// <summary>The slope of log time against log order by least squares, from order 8: below it the fixed cost of a call rules.</summary>
    private static double Exponent(double[] times)
    {
        var points = Orders
            .Zip(times)
            .Where(p => p.First >= 8)
            .Select(p => (X: Math.Log(p.First), Y: Math.Log(p.Second)));
        var (x, y) = (points.Average(p => p.X), points.Average(p => p.Y));
        return points.Sum(p => (p.X - x) * (p.Y - y)) / points.Sum(p => (p.X - x) * (p.X - x));
    }

    private static double Median(Func<Tensor, Tensor> f, double at)
    {
        // Long enough for the runtime to have replaced its first, unoptimised code.
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(300))
            f(at);
        return Enumerable.Range(0, 31).Select(_ => Time(f, at)).Order().ElementAt(15);
    }

    private static double Time(Func<Tensor, Tensor> f, double at)
    {
        var start = Stopwatch.GetTimestamp();
        f(at);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }
}
