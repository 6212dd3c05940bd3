// The hand-written contender on its own data, for the comparisons of the façade.
using System.Runtime.InteropServices;

namespace Pipeline.Benchmarks;

internal static unsafe partial class FullBatchStep
{
    private static readonly float* Columns = Random(2 * Rows);
    private static readonly float* Targets = Random(Rows);
    private static readonly float* Parameters = Random(3);

    /// <summary>Steps of the best hand-written loop on data of the same size.</summary>
    public static void ByHand(int steps)
    {
        new Span<float>(Parameters, 3).Clear();
        ByHand<OneRounding>(Columns, Columns + Rows, Targets, Parameters, steps);
    }

    /// <summary>The same, with the engine's rule for sums of products: each product is rounded.</summary>
    public static void ByHandRounded(int steps)
    {
        new Span<float>(Parameters, 3).Clear();
        ByHand<TwoRoundings>(Columns, Columns + Rows, Targets, Parameters, steps);
    }

    private static float* Random(int count)
    {
        var random = new Random(1);
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)(4 * count), 64);
        for (var i = 0; i < count; i++)
            memory[i] = random.NextSingle();
        return memory;
    }
}
