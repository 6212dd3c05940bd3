using System.Collections;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>A run of training: a lazy sequence of the states after each round, and with <see cref="Fit"/> one compiled loop.</summary>
/// <remarks>Nothing runs before the first state is asked for. The sequence ends when the run converges, diverges or reaches its limit; without a
/// tolerance or a limit it never ends. Enumerating again starts again. Runs are immutable: every method gives another run.</remarks>
public sealed class TrainingRun<T> : IEnumerable<TrainState<T>>
{
    /// <summary>The most rounds of a run that names a tolerance but no limit.</summary>
    public const int DefaultLimit = 1_000_000;

    /// <summary>Rounds between two looks at the cancellation token.</summary>
    private const int Watched = 100;

    /// <summary>Rounds of one call of the compiled loop, where nobody watches.</summary>
    private const int Unwatched = 100_000;

    private readonly Func<double?, IRounds<T>> create;
    private readonly Lazy<IRounds<T>> rounds;
    private readonly double? tolerance;
    private readonly int? limit;
    private readonly IProgress<TrainProgress>? progress;
    private readonly int every = 1;
    private readonly CancellationToken cancellation;

    private TrainingRun(
        Func<double?, IRounds<T>> create,
        double? tolerance,
        int? limit,
        IProgress<TrainProgress>? progress,
        int every,
        CancellationToken cancellation
    )
    {
        this.create = create;
        rounds = new(() => create(tolerance));
        this.tolerance = tolerance;
        this.limit = limit;
        this.progress = progress;
        this.every = every;
        this.cancellation = cancellation;
    }

    internal static TrainingRun<T> Create<TBatch>(
        TrainState<T> start,
        TBatch data,
        Func<TrainState<T>, TBatch, Tensor, (TrainState<T> After, T Before)> round
    ) => new(tolerance => new Rounds<T, TBatch>(start, data, round, tolerance), null, null, null, 1, default);

    /// <summary>Stops when the norm of the last update of every parameter tensor is below a tolerance.</summary>
    /// <param name="tolerance">A positive number.</param>
    public TrainingRun<T> UntilConverged(double tolerance)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tolerance);
        return new(create, tolerance, limit, progress, every, cancellation);
    }

    /// <summary>Stops after a number of rounds.</summary>
    public TrainingRun<T> AtMost(int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rounds);
        return new(create, tolerance, rounds, progress, every, cancellation);
    }

    /// <summary>Reports the first round and every so many after it, from <see cref="Fit"/>.</summary>
    /// <param name="progress">Who is told.</param>
    /// <param name="every">Rounds from one report to the next.</param>
    public TrainingRun<T> ReportTo(IProgress<TrainProgress> progress, int every = 100)
    {
        ArgumentNullException.ThrowIfNull(progress);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(every);
        return new(create, tolerance, limit, progress, every, cancellation);
    }

    /// <summary>Stops between rounds when the token is cancelled: <see cref="Fit"/> says so in its status, enumeration throws.</summary>
    public TrainingRun<T> WithCancellation(CancellationToken token) =>
        new(create, tolerance, limit, progress, every, token);

    /// <summary>Runs to the end as a compiled loop: updates, stop test and loss inside, reports and cancellation between its calls.</summary>
    /// <exception cref="InvalidOperationException">The run has no end: neither a tolerance nor a limit.</exception>
    public FitResult<T> Fit()
    {
        if (tolerance is null && limit is null)
            throw new InvalidOperationException(
                "Fit: this run never ends; give it a tolerance (UntilConverged) or a limit (AtMost)."
            );

        var most = limit ?? DefaultLimit;
        var state = rounds.Value.Start;
        for (var done = 0; ; )
        {
            if (cancellation.IsCancellationRequested)
                return new(FitStatus.Cancelled, state.State, done);

            var target = Math.Min(most, NextStop(done));
            state = rounds.Value.Until(state, target);
            done = (int)state.Round;
            if (progress is not null && (done - 1) % every == 0)
                progress.Report(new(done - 1, (int)state.State.Step, state.State.Loss.ToDouble()));
            if ((bool)state.Converged)
                return new(FitStatus.Converged, state.State, done);
            if (!double.IsFinite(state.State.Loss.ToDouble()))
                return new(FitStatus.Diverged, state.State, done);
            if (done >= most)
                return new(FitStatus.StepLimit, state.State, done);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<TrainState<T>> GetEnumerator()
    {
        var state = rounds.Value.Start;
        for (var done = 0; done < (limit ?? (tolerance is null ? int.MaxValue : DefaultLimit)); done++)
        {
            cancellation.ThrowIfCancellationRequested();
            state = rounds.Value.Next(state);
            yield return state.State;
            if ((bool)state.Converged || !double.IsFinite(state.State.Loss.ToDouble()))
                yield break;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The round up to which the loop may run alone.</summary>
    private int NextStop(int done)
    {
        var chunk = done + (long)(cancellation.CanBeCanceled ? Watched : Unwatched);
        var report =
            progress is null ? long.MaxValue
            : done == 0 ? 1
            : done + (long)every - (done - 1) % every;
        return (int)Math.Min(int.MaxValue, Math.Min(chunk, report));
    }
}
