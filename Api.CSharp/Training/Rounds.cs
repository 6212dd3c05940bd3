using Pipeline.Engine;

namespace Pipeline;

/// <summary>The compiled rounds of a run: one at a time, or as a loop.</summary>
internal sealed class Rounds<T, TBatch> : IRounds<T>
{
    private readonly TBatch data;
    private readonly Lazy<RunState<T>> typed;
    private readonly Func<RunState<T>, TBatch, RunState<T>> next;
    private readonly Func<RunState<T>, TBatch, Tensor, RunState<T>> until;

    public Rounds(
        TrainState<T> start,
        TBatch data,
        Func<TrainState<T>, TBatch, Tensor, (TrainState<T> After, T Before)> round,
        Func<T, TrainState<T>, Tensor>? converged
    )
    {
        this.data = data;

        RunState<T> One(RunState<T> current, TBatch batch)
        {
            var (after, before) = round(current.State, batch, current.Round);
            return new(after, current.Round + 1, converged is null ? false : converged(before, after));
        }

        next = Compiled.Of<RunState<T>, TBatch, RunState<T>>(One);
        until = Compiled.Of<RunState<T>, TBatch, Tensor, RunState<T>>(
            (state, batch, limit) =>
                Loop.While(
                    current => !current.Converged & (current.Round < limit) & IsFinite(current),
                    current => One(current, batch),
                    state
                )
        );
        Given = start;
        typed = new(
            () => Typed(new(start, Tensor.Scalar(0), Tensor.Scalar(false)), data, One),
            // A cancellation is not kept.
            LazyThreadSafetyMode.PublicationOnly
        );
    }

    public TrainState<T> Given { get; }

    public RunState<T> Start => typed.Value;

    public RunState<T> Next(RunState<T> state) => next(state, data);

    public RunState<T> Until(RunState<T> state, int round) => until(state, data, Tensor.Scalar(round));

    /// <summary>Not yet a round, or a loss that is a number.</summary>
    private static Tensor IsFinite(RunState<T> state) =>
        state.State.Loss.Abs() < double.PositiveInfinity | state.Round <= 0;

    /// <summary>The state in the dtypes that a round gives it, so that one program serves all rounds.</summary>
    private static RunState<T> Typed(RunState<T> state, TBatch data, Func<RunState<T>, TBatch, RunState<T>> round)
    {
        var (leaves, structure) = Engine.Tree.flatten(state);
        var types = Engine.Tree.tensors(
            Staging.zerosOf("Training", given => round(given.State, given.Data), (State: state, Data: data))
        );
        if (types.Length != leaves.Length)
            throw new TreeException("A step of training returns another structure of parameters than it takes.");
        var typed = leaves.Zip(types, (leaf, type) => Tensor.Cast(leaf, type.DType, type.Weak)).ToArray();
        return Engine.Tree.rebuild<RunState<T>>(structure, typed);
    }
}
