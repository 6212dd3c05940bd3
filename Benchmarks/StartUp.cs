// From the start of the process to the first trained step: compiled, on the notebook's data.
using System.Diagnostics;

namespace Pipeline.Benchmarks;

internal static class StartUp
{
    /// <summary>What a child process does: one compiled step.</summary>
    public static void FirstStep()
    {
        var state = Optimizer
            .GradientDescent(0.01)
            .Minimize<Line, Batch>(Regression.Loss)
            .From(Regression.Start)
            .FullBatch(Regression.Data)
            .First();
        var elapsed = DateTime.Now - Process.GetCurrentProcess().StartTime;
        Console.WriteLine($"{elapsed.TotalMilliseconds:F0} ms to loss {state.Loss.ToDouble():F4}");
    }

    public static void Run()
    {
        Console.WriteLine("Process start to first trained step, ms of the whole child process (median of 15)");
        var times = new List<double>();
        for (var i = 0; i < 15; i++)
        {
            var watch = Stopwatch.StartNew();
            using var child = Process.Start(
                new ProcessStartInfo(Environment.ProcessPath!, ["first-step"]) { RedirectStandardOutput = true }
            )!;
            child.StandardOutput.ReadToEnd();
            child.WaitForExit();
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine($"  start to step {times[7], 8:F0} ms   (from {times[0]:F0} to {times[^1]:F0})");
    }
}
