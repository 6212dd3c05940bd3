using System.Runtime.CompilerServices;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>A minimization with its starting point, which lacks its data.</summary>
public sealed class TrainingStart<T, TBatch>
{
    private readonly Minimization<T, TBatch> minimization;
    private readonly TrainState<T> start;

    internal TrainingStart(Minimization<T, TBatch> minimization, TrainState<T> start)
    {
        this.minimization = minimization;
        this.start = start;
    }

    /// <summary>A run whose every round is one update with all of the data.</summary>
    /// <exception cref="DTypeException">The parameters and the floating tensors of the data differ in dtype.</exception>
    public TrainingRun<T> FullBatch(TBatch data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var step = minimization.Step;
        return Run(data, (state, batch, _) => (step(state, batch), state.Parameters));
    }

    /// <summary>A run whose every round is an epoch of updates, each with rows drawn at random with repetition inside the compiled step: a row
    /// may come twice in an epoch, or not at all. For epochs of each row once: <see cref="ShuffledMinibatch"/>.</summary>
    /// <param name="data">Tensors with one row for each observation along their first axes.</param>
    /// <param name="batchSize">The rows of a minibatch.</param>
    /// <param name="batchesPerEpoch">The updates of an epoch.</param>
    /// <param name="keyOfEpoch">The key from which the indices of an epoch are drawn, from its number (an int32 scalar).</param>
    /// <exception cref="DTypeException">The parameters and the floating tensors of the data differ in dtype.</exception>
    public TrainingRun<T> Minibatch(TBatch data, int batchSize, int batchesPerEpoch, Func<Tensor, RandomKey> keyOfEpoch)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(keyOfEpoch);
        Limits.Positive(batchSize);
        Limits.Positive(batchesPerEpoch);
        var rows = Batches.Rows("Minibatch", data);
        var step = minimization.Step;

        return Run(
            data,
            (state, all, epoch) =>
            {
                var indices = keyOfEpoch(epoch).Integers([batchesPerEpoch, batchSize], 0, rows);
                var ((last, before), losses) = Loop.Scan<(TrainState<T>, T), Tensor, Tensor>(
                    (carried, chosen) =>
                    {
                        var (current, _) = carried;
                        var next = step(current, Batches.Take(all, chosen));
                        return ((next, current.Parameters), next.Loss);
                    },
                    (state, state.Parameters),
                    indices
                );
                return (last with { Loss = losses.Mean() }, before);
            }
        );
    }

    /// <summary>The same with the keys of epochs folded from one key: <c>key.FoldIn(epoch)</c>.</summary>
    public TrainingRun<T> Minibatch(TBatch data, int batchSize, int batchesPerEpoch, RandomKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Minibatch(data, batchSize, batchesPerEpoch, key.FoldIn);
    }

    /// <summary>A run whose every round is an epoch in random order: each row once, the last minibatch with the rows that are left.</summary>
    /// <param name="data">Tensors with one row for each observation along their first axes.</param>
    /// <param name="batchSize">The rows of a minibatch, no more than there are.</param>
    /// <param name="key">Epoch e has the batches of <c>Batches.Shuffled(data, batchSize, key.FoldIn(e))</c>.</param>
    /// <exception cref="ShapeException">The tensors have no common number of rows, or fewer than a minibatch.</exception>
    /// <exception cref="DTypeException">The parameters and the floating tensors of the data differ in dtype.</exception>
    public TrainingRun<T> ShuffledMinibatch(TBatch data, int batchSize, RandomKey key)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(key);
        Batches.Check("ShuffledMinibatch", data, batchSize);
        var rows = Batches.Rows("ShuffledMinibatch", data);
        var (whole, rest) = Math.DivRem(rows, batchSize);
        var step = minimization.Step;

        return Run(
            data,
            (state, all, epoch) =>
            {
                var order = key.FoldIn(epoch).Permutation(rows);
                var ((last, before), losses) = Loop.Scan<(TrainState<T>, T), Tensor, Tensor>(
                    (carried, chosen) =>
                    {
                        var (current, _) = carried;
                        var next = step(current, Batches.Take(all, chosen));
                        return ((next, current.Parameters), next.Loss);
                    },
                    (state, state.Parameters),
                    order.Slice(0, whole * batchSize).Reshape(whole, batchSize)
                );
                if (rest == 0)
                    return (last with { Loss = losses.Mean() }, before);
                var end = step(last, Batches.Take(all, order.Slice(whole * batchSize, rows)));
                // The mean over rows: a minibatch counts by the rows that it has.
                var total = losses.Sum() * (double)batchSize + end.Loss * (double)rest;
                return (end with { Loss = total / (double)rows }, last.Parameters);
            }
        );
    }

    /// <summary>The minimization and the state that it starts from.</summary>
    public override string ToString() => $"{minimization}, from {start}";

    private TrainingRun<T> Run(
        TBatch data,
        Func<TrainState<T>, TBatch, Tensor, (TrainState<T> After, T Before)> round,
        [CallerMemberName] string operation = ""
    )
    {
        FloatTypes.RequireOne(operation, start.Parameters, data);
        return TrainingRun<T>.Create(start, data, round);
    }
}
