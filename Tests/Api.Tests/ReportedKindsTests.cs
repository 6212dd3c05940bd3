using System.Text;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// Kinds of faults that users of libraries like this one have reported, each by its right answer. (Derivatives and norms beyond the
/// range are held by RangeTests, names and mistakes of files by CsvSpellingTests and FitSampleTests too.)
/// </summary>
public sealed class ReportedKindsTests
{
    private static Dataset Read(byte[] content, CsvOptions? options = null, params string[] columns)
    {
        using var file = new TextFile("data.csv", content);
        return Dataset.FromCsv(file.Path, options ?? new CsvOptions(), columns);
    }

    private static Dataset Read(string content, CsvOptions? options = null, params string[] columns) =>
        Read(Encoding.UTF8.GetBytes(content), options, columns);

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.NaN)]
    public void A_check_of_derivatives_does_not_pass_an_infinite_or_NaN_one(double factor)
    {
        foreach (var dtype in new[] { DType.Float64, DType.Float32 })
        {
            var at = Tensor.Scalar(3.0).AsType(dtype);
            var forward = CustomRule.Forward((Tensor x) => x * x, (x, v) => (x * x, v * factor));
            Assert.Throws<WrongDerivativeException>(() => CheckDerivatives.Of(forward, at, order: 1).ThrowIfWrong());
            var reverse = CustomRule.Reverse((Tensor x) => x * x, x => (x * x, x), (_, u) => u * factor);
            Assert.False(CheckDerivatives.Of(reverse, at, order: 1).Agrees);
            Assert.True(CheckDerivatives.Of((Tensor x) => x * x, at, order: 1).Agrees);
        }
    }

    [Fact]
    public void Equality_of_tensors_is_elementwise()
    {
        var (a, b) = (Tensor.From([1.0, 2, 3]), Tensor.From([1.0, 5, 3]));
        Assert.Equal([1.0, 0, 1], Tensor.Where(a == b, 1.0, 0.0).ToArray<double>());
        Assert.Equal([0.0, 1, 0], Tensor.Where(a != b, 1.0, 0.0).ToArray<double>());
    }

    [Fact]
    public void Sums_of_small_integers_are_made_in_64_bits()
    {
        var pixels = Tensor.From(new byte[] { 200, 100 });
        foreach (var sum in new Func<Tensor, Tensor>[] { x => x.Sum(), Compiled.Of((Tensor x) => x.Sum()) })
            Assert.Equal((DType.UInt64, 300UL), (sum(pixels).DType, (ulong)sum(pixels)));
        Assert.Equal(150.0, (double)pixels.Mean());
        Assert.Equal([200UL, 300], pixels.CumulativeSum().ToArray<ulong>());
        Assert.Equal(20_000UL, (ulong)pixels.Product());
    }

    [Fact]
    public void A_remainder_of_floats_has_values_derivatives_and_series()
    {
        Assert.Equal(1.0, (double)(Tensor.Scalar(4.0) % 3));
        Assert.Equal(1.0, (double)Derivative.Nth(t => t % 3, 1)(4.0));
        Assert.Equal([1.0, 1, 0], Taylor.Series(t => t % 3, about: 4.0, order: 2).Coefficients.Select(c => (double)c));
    }

    [Theory]
    [InlineData(5, 5.1865)]
    [InlineData(8, 8.1216)]
    [InlineData(30, 30.0333)]
    public void Truncated_normals_are_right_in_a_tail(double low, double mean)
    {
        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            var key = new RandomKey(1);
            var draws = key.TruncatedNormal(
                [10000],
                Tensor.Scalar(low).AsType(dtype),
                Tensor.Scalar(1e6).AsType(dtype)
            );
            var numbers = draws.AsType(DType.Float64).ToArray<double>();
            Assert.Equal(dtype, draws.DType);
            Assert.Equal(mean, numbers.Average(), 0.01);
            Assert.True(numbers.Min() >= low);
            // A float32 beyond 30 has some 17,000 values where most draws lie.
            Assert.InRange(numbers.Distinct().Count(), dtype == DType.Float64 ? 9990 : 8500, 10000);
        }
    }

    [Fact]
    public void Weights_that_are_no_distribution_are_refused()
    {
        foreach (var weights in new double[][] { [0.0, 0, 0], [0.5, -0.5, 1], [1, double.NaN, 1] })
            Assert.ThrowsAny<PipelineException>(() => new RandomKey(0).Choice([5], 3, weights: Tensor.From(weights)));
    }

    [Fact]
    public void Restarts_take_a_decay_by_parts()
    {
        var rate = Schedule.Restarts(Decay.Cosine(0.1), steps: 100);
        Assert.Equal(0.1, rate.At(Tensor.Scalar(0)).ToDouble(), 1e-12);
        Assert.Equal(0.05, rate.At(Tensor.Scalar(50)).ToDouble(), 1e-12);
        Assert.Equal(2.467e-5, rate.At(Tensor.Scalar(99)).ToDouble(), 1e-7);
    }

    [Fact]
    public void A_column_without_a_name_is_no_matter_where_it_is_not_asked_for()
    {
        var data = Read(
            "\"\",\"a\",\"b\",\"y\"\n\"1\",1,2.5,3.1\n\"2\",2,1.5,3.9\n\"3\",3,5.25,8.2\n\"4\",4,3,7.0\n",
            null,
            "y",
            "a",
            "b"
        );
        Assert.Equal(["y", "a", "b"], data.Columns);
        Assert.True(double.IsFinite(Inference.LeastSquares(data, "y", ["a", "b"]).Sigma));
    }

    [Fact]
    public void Decimal_commas_are_read_beside_another_separator()
    {
        Assert.Equal([3.1, 3.9, 8.2, 7.0], Read("a;b;y\n1;2,5;3,1\n2;1,5;3,9\n3;5,25;8,2\n4;3;7,0\n")["y"].ToArray());
    }

    [Fact]
    public void A_line_that_begins_with_an_error_value_is_data()
    {
        const string content = "y,a,b\n3.1,1,2.5\n3.9,2,1.5\n8.2,3,5.25\n#N/A,4,3\n";
        Assert.Contains("line 5, column 'y'", Assert.ThrowsAny<Exception>(() => Read(content)).Message);
        var dropped = Read(content, new() { Missing = MissingRows.Drop });
        Assert.Equal((3, 1), (dropped.Rows, dropped.DroppedRows));
    }

    [Fact]
    public void A_perfect_fit_says_that_it_is_exact()
    {
        var text = Inference.LeastSquares(Read("x,y\n1,2\n2,4\n3,6\n4,8\n"), "y", ["x"]).ToString()!;
        Assert.Contains("exact", text);
        Assert.DoesNotContain("NaN", text);
    }

    [Fact]
    public void Rows_with_missing_values_are_named_or_left_out_and_counted()
    {
        const string content = "ozone,wind,temperature\n41,7.4,67\n36,8,72\nNA,12.6,74\n18,11.5,62\n";
        Assert.Contains("Missing", Assert.ThrowsAny<Exception>(() => Read(content)).Message);
        Assert.Equal(1, Read(content, new() { Missing = MissingRows.Drop }).DroppedRows);
    }

    [Fact]
    public void Another_encoding_is_asked_for_and_the_error_says_how()
    {
        var content = Encoding.Latin1.GetBytes("gr\u00F6\u00DFe,b,y\n1,2.5,3.1\n2,1.5,3.9\n3,5.25,8.2\n4,3,7.0\n");
        Assert.Contains("Encoding", Assert.ThrowsAny<Exception>(() => Read(content)).Message);
        Assert.Equal(["gr\u00F6\u00DFe", "b", "y"], Read(content, new() { Encoding = Encoding.Latin1 }).Columns);
    }

    [Fact]
    public void A_name_may_hold_a_comma()
    {
        var data = Read("age,\"strength (MPa, 28 days)\"\n1,3.1\n2,3.9\n3,8.2\n4,7.0\n");
        Assert.Equal(["age", "strength (MPa, 28 days)"], data.Columns);
        Assert.True(double.IsFinite(Inference.LeastSquares(data, "age", ["strength (MPa, 28 days)"]).Sigma));
    }
}
