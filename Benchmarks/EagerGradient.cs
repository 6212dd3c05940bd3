// The eager gradient of the notebook's loss: with one row (what is not arithmetic) and with all of them.
namespace Pipeline.Benchmarks;

internal static class EagerGradient
{
    public static void Run()
    {
        const int calls = 1_000;
        var gradient = Gradient.Of<Line, Batch>(Regression.Loss);
        var one = Regression.Draw(1);

        void Repeat(Batch data)
        {
            for (var i = 0; i < calls; i++)
                gradient(Regression.Start, data);
        }

        for (var i = 0; i < 20; i++)
            Repeat(one);
        var medians = Interleaved.Medians(31, calls, () => Repeat(one), () => Repeat(Regression.Data));
        Console.WriteLine(
            "Eager gradient of the notebook's loss, microseconds a call (medians of 31 interleaved batches)"
        );
        Console.WriteLine($"  1 row      {medians[0] / 1000, 8:F2}");
        Console.WriteLine($"  1000 rows  {medians[1] / 1000, 8:F2}");
    }
}
