using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Rows too long to be sorted by comparison: in order, equal entries in that of their indices, NaN last.</summary>
public sealed class LongSortTests
{
    [Theory]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(70_001)]
    public void Long_rows_are_sorted_as_short_ones(int n)
    {
        var random = new System.Random(n);
        double[] specials =
        [
            0.0,
            -0.0,
            double.NaN,
            double.PositiveInfinity,
            double.NegativeInfinity,
            double.Epsilon,
            -1e300,
        ];
        var x = Enumerable
            .Range(0, 2 * n)
            .Select(i =>
                i % 5 == 0 ? specials[random.Next(specials.Length)] : Math.Round(random.NextDouble() * 1000 - 500, 1)
            )
            .ToArray();
        foreach (var (order, row) in new[] { (Order(0), 0), (Order(1), 1) })
        {
            var expected = Enumerable
                .Range(0, n)
                .OrderBy(i => double.IsNaN(x[row * n + i]))
                .ThenBy(i => x[row * n + i] + 0.0)
                .ToArray();
            Assert.Equal(expected, order);
        }

        int[] Order(int row) => Tensor.From(x).Reshape(2, n).ArgSort(1)[row].ToArray<int>();
    }

    [Fact]
    public void Long_rows_of_integers_are_sorted()
    {
        var random = new System.Random(1);
        var x = Enumerable.Range(0, 10_000).Select(_ => random.NextInt64(long.MinValue, long.MaxValue)).ToArray();
        Assert.Equal(x.Order().ToArray(), Tensor.From(x).Sort().ToArray<long>());
    }
}
