// Programs that the compiler's constants decide about; cost-model.sh runs them once for each value of each constant.
using System.Diagnostics;

namespace Pipeline.Benchmarks;

internal static class CompilerPrograms
{
    private static Tensor Normal(int seed, params int[] shape) => new RandomKey(seed).Normal<float>(shape);

    private static Tensor Softmax(Tensor x) => x.Softmax(-1);

    /// <summary>Steps of three bodies in the plane under gravity.</summary>
    private static Tensor Bodies(Tensor start) =>
        Loop.For(
            0,
            200,
            (_, state) =>
            {
                var (at, velocity) = (state[..3], state[3..]);
                var apart = at.Reshape([1, 3, 2]) - at.Reshape([3, 1, 2]);
                var force = (apart / ((apart * apart).Sum(-1, keepAxis: true) + 0.1).Pow(1.5)).Sum(1);
                return state + 0.01 * Tensor.Concatenate([velocity, force]);
            },
            start
        );

    /// <summary>A recurrent cell with gates over a sequence, and its gradient.</summary>
    private static Tensor Recurrent(Tensor weights, Tensor inputs) =>
        Loop.Scan(
                (Tensor h, Tensor x) =>
                {
                    var gate = (h * weights[0] + x).Logistic();
                    var next = gate * h + (1 - gate) * (h * weights[1] + x).Tanh();
                    return (next, next.Sum());
                },
                Tensor.ZerosLike(weights[0]),
                inputs
            )
            .Outputs.Sum();

    private static Tensor Chain(Tensor x, int seed, int count)
    {
        Func<Tensor, Tensor>[] operations =
        [
            t => t.Sin(),
            t => t.Exp().Log(),
            t => t / (1 + t * t),
            t => t - t.Mean(),
            t => t * t.Sum() / 100,
            t => t.Transpose(),
            t => t.Dot(t.Transpose()) / 30,
        ];
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
            x = operations[random.Next(operations.Length)](x).Tanh();
        return x.Sum();
    }

    public static void Run()
    {
        Tensor x = Normal(1, 512, 24),
            thin = Normal(2, 24, 6),
            wide = Normal(3, 1000, 64),
            key = Normal(4, 40, 16),
            bodies = Normal(5, 6, 2),
            small = Normal(6, 12),
            weights = Normal(7, 2, 128),
            inputs = Normal(8, 50, 128);
        var programs = new (string Name, Func<Tensor> Run)[]
        {
            ("softmax of rows", Of(Softmax, x)),
            (
                "thin layers, gradient",
                Of(Gradient.Of((Tensor w) => x.Dot(w).Tanh().Dot(w.Transpose()).Square().Mean()), thin)
            ),
            ("attention", Of(k => Softmax(k.Dot(k.Transpose()) / 4).Dot(k), key)),
            (
                "shared expression",
                Of(
                    t =>
                    {
                        var y = (t.Sin() * t.Exp()).Tanh();
                        return y / y.Sum(1, keepAxis: true) + y;
                    },
                    wide
                )
            ),
            (
                "normalised rows",
                Of(t => (t - t.Mean(1, keepAxis: true)) / t.StandardDeviation(1, keepAxis: true), wide)
            ),
            ("three bodies, 200 steps", Of(Bodies, bodies)),
            ("twelve numbers", Of(t => Loop.For(0, 500, (_, s) => s + 1e-3 * (s * s).Sum().Sin() * s, t), small)),
            ("recurrent gradient", Of(Gradient.Of((Tensor w) => Recurrent(w, inputs)), weights)),
        };

        foreach (var (name, run) in programs)
        {
            var until = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(until).TotalSeconds < 0.2)
                run();
            var least = double.MaxValue;
            for (var batch = 0; batch < 15; batch++)
            {
                var start = Stopwatch.GetTimestamp();
                var calls = 0;
                while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < 10)
                {
                    run();
                    calls++;
                }

                least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls);
            }

            Console.WriteLine($"{name, -26}{least, 10:F2} microseconds");
        }

        var compiling = Enumerable
            .Range(0, 20)
            .Select(seed =>
            {
                var square = Normal(9, 30, 30);
                var start = Stopwatch.GetTimestamp();
                Compiled.Of((Tensor t) => Chain(t, seed, 40))(square);
                return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            })
            .Order()
            .ElementAt(5);
        Console.WriteLine($"{"compiling 80 operations", -26}{compiling, 10:F0} microseconds");
    }

    private static Func<Tensor> Of(Func<Tensor, Tensor> f, Tensor argument)
    {
        var compiled = Compiled.Of(f);
        return () => compiled(argument);
    }
}
