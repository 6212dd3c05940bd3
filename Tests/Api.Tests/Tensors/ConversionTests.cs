using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Tensors from .NET's collections and arrays, and back.</summary>
public sealed class ConversionTests
{
    private static readonly Tensor Matrix = Tensor.From([
        [1.0, 2.0, 3.0],
        [4.0, 5.0, 6.0],
    ]);
    private static readonly Tensor Cube = Tensor.Arange(24, DType.Float64).Reshape(2, 3, 4);

    [Fact]
    public void Lists_and_sequences_become_vectors()
    {
        Same([1.0, 2.0], [2], Tensor.From(new List<double> { 1, 2 }));
        Same([0.0, 1.0, 4.0], [3], Tensor.From(Enumerable.Range(0, 3).Select(i => (double)(i * i))));
        Same([1.0, 2.0, 3.0, 4.0], [2, 2], Tensor.From(new List<double> { 1, 2, 3, 4 }, [2, 2]));
        Assert.Equal(DType.Float32, Tensor.From(new List<float> { 1 }).DType);
        Assert.Equal(DType.Int64, Tensor.From(new HashSet<long> { 1 }).DType);
        Same([], [0], Tensor.From(new List<double>()));
    }

    [Fact]
    public void Jagged_arrays_and_lists_become_tensors()
    {
        Assert.Equal([2, 3], Matrix.Shape);
        Same([1, 2, 3, 4], [2, 2], Tensor.From(new double[][] { [1, 2], [3, 4] }));
        Same(
            [1, 2, 3, 4],
            [2, 2],
            Tensor.From(
                new List<List<double>>
                {
                    new() { 1, 2 },
                    new() { 3, 4 },
                }
            )
        );
        Same([1, 2, 3, 4], [2, 2], Tensor.From(new List<double[]> { new double[] { 1, 2 }, new double[] { 3, 4 } }));
        Same(
            [1, 2, 3, 4],
            [2, 2, 1],
            Tensor.From(
                new double[][][]
                {
                    [
                        [1],
                        [2],
                    ],
                    [
                        [3],
                        [4],
                    ],
                }
            )
        );
        Assert.Equal([0, 0], Tensor.From(Array.Empty<double[]>()).Shape);
        Assert.Equal([2, 0], Tensor.From(new double[][] { [], [] }).Shape);
    }

    [Fact]
    public void Rectangular_arrays_of_rank_3_and_4_become_tensors()
    {
        Same(Enumerable.Range(0, 24).Select(i => (double)i), [2, 3, 4], Tensor.From(Cube.ToArray3D<double>()));
        var four = new float[2, 1, 1, 2];
        four[1, 0, 0, 0] = 5;
        Same([0, 0, 5, 0], [2, 1, 1, 2], Tensor.From(four));
        Assert.Equal([2, 0, 3], Tensor.From(new int[2, 0, 3]).Shape);
    }

    [Fact]
    public void Ragged_rows_are_named()
    {
        var message = Assert
            .Throws<ShapeException>(() =>
                Tensor.From([
                    [1.0, 2.0],
                    [3.0],
                ])
            )
            .Message;
        Assert.Contains("entry 1 has the shape [1] where entry 0 has [2]", message);
        Assert.Throws<ShapeException>(() =>
            Tensor.From(
                new double[][][]
                {
                    [
                        [1, 2],
                    ],
                    [
                        [1],
                    ],
                }
            )
        );
        Assert.Throws<ArgumentNullException>(() => Tensor.From(new double[]?[] { [1], null }!));
        Assert.Throws<ShapeException>(() => Tensor.From(new List<double> { 1, 2, 3 }, [2, 2]));
    }

    [Fact]
    public void Matrices_and_cubes_are_read_into_arrays()
    {
        Assert.Equal(
            new[,]
            {
                { 1.0, 4.0 },
                { 2.0, 5.0 },
                { 3.0, 6.0 },
            },
            Matrix.T.ToArray2D<double>()
        );
        Assert.Equal(6, Matrix.ToArray2D<int>()[1, 2]);
        Assert.Equal(23.0, Cube.ToArray3D<double>()[1, 2, 3]);
        Assert.Equal(3, Tensor.Zeros([3, 0]).ToArray2D<double>().GetLength(0));
        Assert.Contains("[2, 3]", Assert.Throws<ShapeException>(() => Matrix.ToArray3D<double>()).Message);
        Assert.Throws<DTypeException>(() => (Matrix * 1e300).ToArray2D<int>());
    }

    [Fact]
    public void Numbers_are_copied_to_spans()
    {
        var numbers = new double[8];
        Matrix.CopyTo(numbers.AsSpan(1));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 0], numbers);
        Span<float> floats = stackalloc float[6];
        Matrix.CopyTo(floats);
        Assert.Equal(6f, floats[5]);
        Assert.Throws<ArgumentException>(() => Matrix.CopyTo(new double[5].AsSpan()));
        Assert.Throws<TracedValueException>(() =>
            Gradient.Of(
                (Tensor x) =>
                {
                    x.CopyTo(new double[6].AsSpan());
                    return x.Sum();
                }
            )(Matrix)
        );
    }

    [Fact]
    public void Foreach_goes_over_rows()
    {
        var sums = new List<double>();
        foreach (var row in Matrix)
            sums.Add(row.Sum().ToDouble());
        Assert.Equal([6.0, 15.0], sums);
        Tensor[] rows = [.. Matrix];
        Assert.Equal(2, rows.Length);
        Assert.False(typeof(System.Collections.IEnumerable).IsAssignableFrom(typeof(Tensor)));
        Assert.Contains(
            "scalar",
            Assert
                .Throws<ShapeException>(() =>
                {
                    foreach (var row in Tensor.Scalar(1.0))
                        Assert.Fail("A scalar has no rows.");
                })
                .Message
        );
    }

    [Fact]
    public void Rows_and_entries_are_differentiated_and_compiled()
    {
        Tensor Weighted(Tensor x)
        {
            Tensor sum = 0;
            var weight = 1;
            foreach (var row in x)
                sum += weight++ * row.Sum();
            return sum;
        }

        Same([1, 1, 1, 2, 2, 2], [2, 3], Gradient.Of((Tensor x) => Weighted(x))(Matrix));
        Same([36], [], Compiled.Of((Tensor x) => Weighted(x))(Matrix));
        Same([0, 1, 0, 0, 1, 0], [2, 3], Gradient.Of((Tensor x) => x.Unstack(axis: 1)[1].Sum())(Matrix));
    }

    [Fact]
    public void Unstack_is_the_reverse_of_stack()
    {
        IReadOnlyList<Tensor> columns = Matrix.Unstack(-1);
        Assert.Equal(3, columns.Count);
        Same([2, 5], [2], columns[1]);
        Assert.True(Tensor.SameBits(Matrix, Tensor.Stack([.. columns], axis: 1)));
        Assert.Throws<ShapeException>(() => Tensor.Scalar(1.0).Unstack());
    }

    private static void Same(IEnumerable<double> values, Shape shape, Tensor found)
    {
        Assert.Equal(values, found.ToArray<double>());
        Assert.Equal(shape, found.Shape);
    }
}
