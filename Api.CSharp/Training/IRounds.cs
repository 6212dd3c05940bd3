namespace Pipeline;

/// <summary>The rounds of a run, whatever its data are.</summary>
internal interface IRounds<T>
{
    /// <summary>What the run starts from, as it was given.</summary>
    TrainState<T> Given { get; }

    /// <summary>Before the first round, in the dtypes that rounds keep: a round is recorded to find them.</summary>
    RunState<T> Start { get; }

    /// <summary>After one more round.</summary>
    RunState<T> Next(RunState<T> state);

    /// <summary>After the round of a number, or where the run ends before it.</summary>
    RunState<T> Until(RunState<T> state, int round);
}
