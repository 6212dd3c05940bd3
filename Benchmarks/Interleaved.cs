// Compares contenders in one process: batches in turn, so that a loaded machine slows all alike; the median of each is reported.
using System.Diagnostics;

namespace Pipeline.Benchmarks;

internal static class Interleaved
{
    /// <summary>Nanoseconds of one unit of work of each contender: the median over the batches.</summary>
    public static double[] Medians(int batches, double unitsPerBatch, params Action[] contenders)
    {
        Warm(1, contenders);
        var times = contenders.Select(_ => new double[batches]).ToArray();

        for (var batch = 0; batch < batches; batch++)
        {
            for (var k = 0; k < contenders.Length; k++)
            {
                var start = Stopwatch.GetTimestamp();
                contenders[k]();
                times[k][batch] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / unitsPerBatch;
            }
        }

        return times.Select(t => t.Order().ElementAt(batches / 2)).ToArray();
    }

    /// <summary>Nanoseconds of the processor's time that each contender takes: the median over the batches.</summary>
    public static double[] ProcessorMedians(int batches, double secondsToWarm, params Action[] contenders)
    {
        Warm(secondsToWarm, contenders);
        var times = contenders.Select(_ => new double[batches]).ToArray();

        for (var batch = 0; batch < batches; batch++)
        {
            for (var k = 0; k < contenders.Length; k++)
            {
                var start = Environment.CpuUsage.TotalTime;
                contenders[k]();
                times[k][batch] = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds;
            }
        }

        return times.Select(t => t.Order().ElementAt(batches / 2)).ToArray();
    }

    /// <summary>Runs each contender long enough for the runtime to have replaced its first, unoptimised code.</summary>
    private static void Warm(double seconds, Action[] contenders)
    {
        foreach (var contender in contenders)
        {
            var start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(seconds))
            {
                contender();
            }
        }
    }
}
