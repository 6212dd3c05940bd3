// Least squares with full inference on a million rows by ten columns in memory, beside a pass that only adds the same numbers up.
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Benchmarks;

internal static class LeastSquaresFit
{
    private const int Rows = 1_000_000;
    private const int Features = 10;

    private static double sink;

    public static void Run()
    {
        var random = new Random(1);
        var columns = Enumerable
            .Range(0, Features)
            .Select(k => (Name: $"x{k}", Values: Enumerable.Range(0, Rows).Select(_ => random.NextDouble()).ToArray()))
            .ToArray();
        var target = Enumerable
            .Range(0, Rows)
            .Select(row => columns.Sum(column => column.Values[row]) + random.NextDouble())
            .ToArray();
        var data = Dataset.FromColumns([("y", target), .. columns]);
        var medians = Interleaved.Medians(
            21,
            1e6,
            () => Inference.LeastSquares(data, "y"),
            () => sink = data.Columns.Sum(name => Sum(data[name].Span))
        );
        Console.WriteLine(
            $"Least squares with inference, {Rows:N0} x {Features}, float64, {Environment.ProcessorCount} threads"
        );
        Console.WriteLine($"  fit: estimates, errors, t, p, intervals, F  {medians[0], 8:0.0} ms");
        Console.WriteLine($"  adding the numbers up, one thread           {medians[1], 8:0.0} ms");
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var (a, b) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(values);
        for (var k = 0; k + 1 < vectors.Length; k += 2)
        {
            a += vectors[k];
            b += vectors[k + 1];
        }

        return Vector512.Sum(a + b);
    }
}
