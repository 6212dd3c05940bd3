// Reverse mode through long loops: memory above the start of the process and time, each in a process of its own.
using System.Diagnostics;

namespace Pipeline.Benchmarks;

internal static class LongLoops
{
    private static readonly Tensor Start = Tensor.From([0.5, -0.3, 0.2, 0.1]);

    /// <summary>Two coupled, damped pendulums: angles and velocities after a small step.</summary>
    private static Tensor Step(Tensor state)
    {
        var (angles, velocities) = (state[..2], state[2..]);
        var force = -angles.Sin() + 0.1 * angles.Flip() - 0.05 * velocities;
        return state + 1e-3 * Tensor.Concatenate([velocities, force]);
    }

    private static Tensor Scanned(Tensor start, int steps) =>
        Checkpoint.Scan((Tensor state) => (Step(state), 0), start, steps).Carry.Square().Sum();

    /// <summary>What a child process does: the gradient of a loop of so many steps.</summary>
    public static void Measure(string kind, int steps)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.WorkingSet64;
        var (forward, gradient) = (Stopwatch.StartNew(), new Stopwatch());
        Tensor slope;
        if (kind == "eager")
        {
            gradient.Start();
            slope = Gradient.Of(
                (Tensor x) =>
                {
                    for (var i = 0; i < steps; i++)
                        x = 0.999999 * x;
                    return x.Sum();
                }
            )(Start);
        }
        else
        {
            var value = Compiled.Of((Tensor x) => Scanned(x, steps));
            var compiled = Compiled.Of(Gradient.Of((Tensor x) => Scanned(x, steps)));
            value(Start);
            compiled(Start);
            forward.Restart();
            value(Start);
            forward.Stop();
            gradient.Start();
            slope = compiled(Start);
        }

        gradient.Stop();
        process.Refresh();
        Console.WriteLine(
            $"{kind, -12} {steps, 9:N0} steps  {(process.PeakWorkingSet64 - before) / 1e6, 6:F0} MB above the start  "
                + (kind == "eager" ? "" : $"forward {forward.Elapsed.TotalMilliseconds, 7:F1} ms  ")
                + $"gradient {gradient.Elapsed.TotalMilliseconds, 8:F1} ms  first entry {slope[0].ToDouble():e6}"
        );
    }

    private static double Milliseconds(Func<Tensor, Tensor> f, Tensor x)
    {
        f(x);
        var times = new double[7];
        for (var i = 0; i < times.Length; i++)
        {
            var watch = Stopwatch.StartNew();
            f(x);
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    /// <summary>A loop that reads one entry of a vector in each step: its gradient collects n cotangents, each of one entry.</summary>
    private static void Reads(int n)
    {
        var x = Tensor.From(Enumerable.Range(0, n).Select(i => Math.Sin(i)).ToArray());
        Tensor Product(Tensor x) =>
            Loop.For(0, n, (i, product) => product + 1e-3 * product * x.Take(i).Sin(), Tensor.Scalar(1.0));

        Console.WriteLine(
            $"n = {n, 7:N0}  value, compiled {Milliseconds(Compiled.Of((Tensor x) => Product(x)).Invoke, x), 7:F3} ms  "
                + $"gradient, compiled {Milliseconds(Compiled.Of(Gradient.Of((Tensor x) => Product(x))).Invoke, x), 7:F3} ms  "
                + $"gradient, eager {Milliseconds(Gradient.Of((Tensor x) => Product(x)), x), 8:F1} ms"
        );
    }

    public static void Run()
    {
        Console.WriteLine("n reads of an n-vector in a loop of n steps, medians of 7");
        foreach (var n in new[] { 1_000, 10_000, 100_000 })
            Reads(n);
        Console.WriteLine("Reverse mode through long loops, state of 4 float64, each in a process of its own");
        foreach (
            var (kind, steps) in new[] { ("checkpoint", 100_000), ("checkpoint", 1_000_000), ("eager", 1_000_000) }
        )
        {
            using var child = Process.Start(Environment.ProcessPath!, ["long-loop", kind, $"{steps}"]);
            child.WaitForExit();
            if (child.ExitCode != 0)
                throw new InvalidOperationException($"The {kind} loop of {steps} steps ended with {child.ExitCode}.");
        }
    }
}
