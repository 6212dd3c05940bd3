using Pipeline.Engine;

namespace Pipeline;

/// <summary>Steps made of steps.</summary>
public static class TrainSteps
{
    /// <summary>One step, then another, on the same batch.</summary>
    public static TrainStep<T, TBatch> Then<T, TBatch>(this TrainStep<T, TBatch> first, TrainStep<T, TBatch> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return (state, batch) => second(first(state, batch), batch);
    }

    /// <summary>The step a number of times on the same batch, as one loop.</summary>
    public static TrainStep<T, TBatch> Repeat<T, TBatch>(this TrainStep<T, TBatch> step, int times)
    {
        ArgumentNullException.ThrowIfNull(step);
        Limits.NotNegative(times);
        return (state, batch) => Loop.For(0, times, (_, current) => step(current, batch), state);
    }

    /// <summary>The step as machine code, staged once for each structure and type of states and batches.</summary>
    public static TrainStep<T, TBatch> Compile<T, TBatch>(this TrainStep<T, TBatch> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        var compiled = Compiled.Of<TrainState<T>, TBatch, TrainState<T>>((state, batch) => step(state, batch));
        return new(compiled);
    }
}
