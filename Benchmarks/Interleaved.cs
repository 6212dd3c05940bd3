// Compares contenders in one process: batches in turn, so that a loaded machine slows all alike; the median of each is reported.
using System.Diagnostics;

namespace Pipeline.Benchmarks;

internal static class Interleaved
{
    /// <summary>Nanoseconds of one unit of work of each contender: the median over the batches.</summary>
    public static double[] Medians(int batches, double unitsPerBatch, params Action[] contenders)
    {
        // Long enough for the runtime to have replaced its first, unoptimised code.
        foreach (var contender in contenders)
        {
            var start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1))
            {
                contender();
            }
        }

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
}
