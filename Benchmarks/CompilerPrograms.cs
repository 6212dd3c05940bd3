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

    /// <summary>Steps of a line's descent on 1,000 rows, or on 16 of them that each step draws.</summary>
    private static Func<Tensor, Tensor> Descent(Tensor x, Tensor y, bool isMinibatch) =>
        start =>
            Loop.For(
                0,
                50,
                (i, w) =>
                {
                    var rows = new RandomKey(1).FoldIn(i).Integers([16], 0, 1000);
                    var (a, b) = isMinibatch ? (x[rows], y[rows]) : (x, y);
                    return w - 0.01f * Gradient.Of((Tensor w) => (a.Dot(w) - b).Square().Mean())(w);
                },
                start
            );

    private static Tensor Times(int count, Func<Tensor, int, Tensor> step, Tensor x) =>
        Enumerable.Range(0, count).Aggregate(x, step);

    /// <summary>Operations of a cycle or two each.</summary>
    private static Tensor Cheap(Tensor t, int i, Tensor x) =>
        (i % 3) switch
        {
            0 => t * x + x,
            1 => t - x * 0.5f,
            _ => t.Maximum(x),
        };

    public static void Run()
    {
        Tensor x = Normal(1, 512, 24),
            thin = Normal(2, 24, 6),
            wide = Normal(3, 1000, 64),
            key = Normal(4, 40, 16),
            bodies = Normal(5, 6, 2),
            small = Normal(6, 12),
            weights = Normal(7, 2, 128),
            inputs = Normal(8, 50, 128),
            rows = Normal(9, 1000, 2),
            line = Normal(10, 2),
            many = Normal(11, 5000, 20),
            labels = Normal(12, 5000).Sign(),
            column = Normal(13, 20),
            numbers = Normal(14, 4096),
            tall = Normal(15, 20000, 10),
            square = Normal(16, 4, 4),
            eight = Normal(17, 8, 8);
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
            ("full-batch steps", Of(Descent(rows, rows.Dot(line), false), line)),
            ("minibatch steps", Of(Descent(rows, rows.Dot(line), true), line)),
            (
                "logistic gradient",
                Of(Gradient.Of((Tensor w) => (1 + (-labels * many.Dot(w)).Exp()).Log().Mean()), column)
            ),
            ("300 cheap operations", Of(t => Times(300, (s, i) => Cheap(s, i, t), t), numbers)),
            ("functions", Of(t => Times(14, (s, _) => s.Sin().Exp().Tanh(), t), numbers)),
            ("functions and means", Of(t => Times(6, (s, _) => s.Sin().Tanh() - s.Sin().Tanh().Mean(), t), numbers)),
            ("sums of columns", Of(t => t.Sum(0) + t.Max(0), tall)),
            ("places of the largest", Of(t => t.ArgMax(1), tall)),
            ("4x4 matrices, 100 steps", Of(t => Loop.For(0, 100, (_, p) => t.Dot(p).Dot(t.T) * 0.3f + t, t), square)),
            ("8 numbers, 100 steps", Of(t => Loop.For(0, 100, (_, h) => t.Dot(h).Tanh(), t[0]), eight)),
            ("normalised long rows", Of(t => (t - t.Mean(1, keepAxis: true)).Softmax(-1), Normal(18, 64, 1000))),
            ("running sums", Of(t => t.CumulativeSum(1), Normal(19, 100, 1000))),
            ("distances", Of(t => (-(t.Reshape([-1, 1]) - t).Square()).Exp().Dot(t), Normal(20, 600))),
            ("variance", Of(t => t.Variance(), Normal(21, 300_000))),
            ("x + x'", Of(t => t + t.T, Normal(22, 512, 512))),
            ("choices", Of(t => Times(10, (s, _) => Tensor.Where(s > t, s * 0.5f, s + t), t), numbers)),
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
