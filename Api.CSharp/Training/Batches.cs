using Pipeline.Engine;

namespace Pipeline;

/// <summary>
/// Minibatches of rows as lazy sequences: nothing is drawn before a batch is asked for, and enumerating again gives the same batches.
/// Data are a tensor, a record or another tree of tensors with one row for each observation along their first axes, or a
/// <see cref="Dataset"/>. A training run draws the same batches inside its compiled loop: see <c>Minibatch</c> (rows drawn with repetition) and <c>ShuffledMinibatch</c>.
/// </summary>
/// <example><code>
/// foreach (var batch in Batches.Shuffled(rows, 16, key.FoldIn(epoch)))
///     state = step(state, batch);
/// </code></example>
public static class Batches
{
    /// <summary>One epoch in random order: each row once, in the order of <c>key.Permutation(rows)</c>; the last batch has the rows that are left.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="batchSize">The rows of a batch, no more than there are.</param>
    /// <param name="key">What decides the order: another key, such as <c>key.FoldIn(epoch)</c>, for another epoch.</param>
    /// <exception cref="ShapeException">The tensors have no common number of rows, or fewer than a batch.</exception>
    public static IEnumerable<T> Shuffled<T>(T data, int batchSize, RandomKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Check("Shuffled", data, batchSize);
        return Parts(data, batchSize, () => key.Permutation(Rows("Shuffled", data)));
    }

    /// <summary>One epoch in the order of the rows; the last batch has the rows that are left.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="batchSize">The rows of a batch, no more than there are.</param>
    /// <exception cref="ShapeException">The tensors have no common number of rows, or fewer than a batch.</exception>
    public static IEnumerable<T> InOrder<T>(T data, int batchSize)
    {
        Check("InOrder", data, batchSize);
        return Parts(data, batchSize, () => Tensor.Arange(Rows("InOrder", data)));
    }

    /// <summary>Batches without end, each of rows drawn at random with repetition: batch i from <c>key.FoldIn(i)</c>.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="batchSize">The rows of a batch.</param>
    /// <param name="key">What decides the draws.</param>
    /// <exception cref="ShapeException">The tensors have no common number of rows.</exception>
    public static IEnumerable<T> Drawn<T>(T data, int batchSize, RandomKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Limits.Positive(batchSize);
        var rows = Rows("Drawn", data);
        return Sequence();

        IEnumerable<T> Sequence()
        {
            for (long number = 0; ; number++)
                yield return Take(data, key.FoldIn(number % uint.MaxValue).Integers([batchSize], 0, rows));
        }
    }

    /// <inheritdoc cref="Shuffled{T}"/>
    public static IEnumerable<Dataset> Shuffled(Dataset data, int batchSize, RandomKey key) =>
        Tables(data, columns => Shuffled(columns, batchSize, key));

    /// <inheritdoc cref="InOrder{T}"/>
    public static IEnumerable<Dataset> InOrder(Dataset data, int batchSize) =>
        Tables(data, columns => InOrder(columns, batchSize));

    /// <inheritdoc cref="Drawn{T}"/>
    public static IEnumerable<Dataset> Drawn(Dataset data, int batchSize, RandomKey key) =>
        Tables(data, columns => Drawn(columns, batchSize, key));

    /// <summary>The rows at indices within them, in every tensor.</summary>
    internal static T Take<T>(T data, Tensor indices) =>
        Engine.Tree.map<T>((Converter<Tensor, Tensor>)(x => x.TakeClamped(indices)), data);

    internal static int Rows<T>(string operation, T data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var sizes = Engine
            .Tree.tensors(data)
            .Select(tensor => tensor.Rank == 0 ? -1 : tensor.Shape[0])
            .Distinct()
            .ToArray();
        return sizes is [> 0]
            ? sizes[0]
            : throw new ShapeException(
                $"{operation}: the data's tensors have {(Shape)sizes} rows (-1: a scalar); they need one number of rows, at least 1."
            );
    }

    /// <summary>A batch of different rows has at least one and no more than there are.</summary>
    internal static void Check<T>(string operation, T data, int batchSize)
    {
        Limits.Positive(batchSize);
        var rows = Rows(operation, data);
        if (batchSize > rows)
            throw new ShapeException(
                $"{operation}: batches of {batchSize} rows need more than the {rows} rows there are."
            );
    }

    private static IEnumerable<T> Parts<T>(T data, int batchSize, Func<Tensor> order)
    {
        var indices = order();
        var rows = indices.Shape[0];
        for (var first = 0; first < rows; first += batchSize)
            yield return Take(data, indices.Slice(first, Math.Min(rows, first + batchSize)));
    }

    private static IEnumerable<Dataset> Tables(Dataset data, Func<Tensor[], IEnumerable<Tensor[]>> batches)
    {
        ArgumentNullException.ThrowIfNull(data);
        string[] names = [.. data.Columns];
        return batches(Array.ConvertAll(names, data.Vector))
            .Select(columns => new Dataset(names, Array.ConvertAll(columns, column => column.ToArray<double>())));
    }
}
