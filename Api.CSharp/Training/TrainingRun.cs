using System.Collections;
using System.Diagnostics;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>A run of training: a lazy sequence of the states after each round, and with <see cref="Fit"/> one compiled loop.</summary>
/// <remarks>Nothing runs before the first state is asked for. The sequence ends when the run converges, diverges or reaches its limit; without a
/// tolerance or a limit it never ends. Enumerating again starts again. Runs are immutable: every method gives another run.</remarks>
public sealed class TrainingRun<T> : IEnumerable<TrainState<T>>
{
    /// <summary>The most rounds of a run that names a tolerance but no limit.</summary>
    public const int DefaultLimit = 1_000_000;

    /// <summary>Rounds of one call of the compiled loop, where nobody watches.</summary>
    private const int Unwatched = 100_000;

    /// <summary>How long a call of the compiled loop may take where a token may end it, and its rounds with it.</summary>
    private static readonly TimeSpan Call = TimeSpan.FromMilliseconds(20);

    private readonly Func<Func<T, TrainState<T>, Tensor>?, IRounds<T>> create;
    private readonly Lazy<IRounds<T>> rounds;
    private readonly Settings settings;

    private TrainingRun(Func<Func<T, TrainState<T>, Tensor>?, IRounds<T>> create, Settings settings)
    {
        this.create = create;
        this.settings = settings;
        rounds = new(() => create(settings.Converged));
    }

    /// <summary>What a run was told.</summary>
    /// <param name="Converged">The stop test, from the parameters before the last update and the state after it.</param>
    /// <param name="Limit">The most rounds.</param>
    /// <param name="Progress">Who is told, and from the round of one report that of the next.</param>
    /// <param name="Cancellation">What stops it.</param>
    private sealed record Settings(
        Func<T, TrainState<T>, Tensor>? Converged,
        int? Limit,
        (IProgress<TrainProgress> Listener, Func<int, int> Next)? Progress,
        CancellationToken Cancellation
    );

    internal static TrainingRun<T> Create<TBatch>(
        TrainState<T> start,
        TBatch data,
        Func<TrainState<T>, TBatch, Tensor, (TrainState<T> After, T Before)> round
    ) =>
        new(
            converged => new Rounds<T, TBatch>(start, data, round, converged),
            new(null, null, null, CancellationToken.None)
        );

    /// <summary>Stops when the norm of the last update of every parameter tensor is below a tolerance.</summary>
    /// <param name="tolerance">A positive number.</param>
    public TrainingRun<T> UntilConverged(double tolerance)
    {
        Limits.Positive(tolerance);
        return UntilConverged(
            (before, after) =>
                Engine
                    .Tree.tensors(before)
                    .Zip(Engine.Tree.tensors(after.Parameters))
                    .Where(pair => DTypeOf.IsFloat(pair.First))
                    .Select(pair => (pair.Second - pair.First).Norm() < tolerance)
                    .Aggregate((Tensor)true, (all, one) => all & one)
        );
    }

    /// <summary>Stops when a test of one's own holds. It runs once, with stand-ins, and is compiled into the loop.</summary>
    /// <param name="converged">From the parameters before the last update, and the state after it: a bool scalar.</param>
    /// <example><code>
    /// run.UntilConverged((before, after) => (after.Loss - lastLoss).Abs() &lt; 1e-9)
    /// </code></example>
    public TrainingRun<T> UntilConverged(Func<T, TrainState<T>, Tensor> converged)
    {
        ArgumentNullException.ThrowIfNull(converged);
        return new(create, settings with { Converged = converged });
    }

    /// <summary>Stops after a number of rounds.</summary>
    public TrainingRun<T> AtMost(int rounds)
    {
        Limits.Positive(rounds);
        return new(create, settings with { Limit = rounds });
    }

    /// <summary>Reports the first round and every so many after it, from <see cref="Fit"/>.</summary>
    /// <param name="progress">Who is told.</param>
    /// <param name="every">Rounds from one report to the next.</param>
    public TrainingRun<T> ReportTo(IProgress<TrainProgress> progress, int every = 100)
    {
        Limits.Positive(every);
        return ReportTo(progress, round => (int)Math.Min(int.MaxValue, round + (long)every));
    }

    /// <summary>Reports the first round and those that a function names, from <see cref="Fit"/>.</summary>
    /// <param name="progress">Who is told.</param>
    /// <param name="next">From the number of a round that is reported, that of the next: <c>round => round + 1 + round / 10</c>
    /// reports ever more seldom. Not later than the next round is the next round.</param>
    public TrainingRun<T> ReportTo(IProgress<TrainProgress> progress, Func<int, int> next)
    {
        ArgumentNullException.ThrowIfNull(progress);
        ArgumentNullException.ThrowIfNull(next);
        return new(create, settings with { Progress = (progress, next) });
    }

    /// <summary>Stops soon after the token is cancelled, in the middle of a round too, however long that takes: <see cref="Fit"/> says so in its
    /// status and gives the state before the call of the compiled loop that was stopped (one round, or those of the last 20 ms), enumeration throws.</summary>
    /// <remarks>A program that is being compiled is compiled to its end on another thread, for the next call that needs it; the run does not wait for that.</remarks>
    public TrainingRun<T> WithCancellation(CancellationToken token) =>
        new(create, settings with { Cancellation = token });

    /// <summary>Runs to the end as a compiled loop: updates, stop test and loss inside, reports between its calls.</summary>
    /// <exception cref="InvalidOperationException">The run has no end: neither a tolerance nor a limit.</exception>
    public FitResult<T> Fit()
    {
        if (settings is { Converged: null, Limit: null })
            throw new InvalidOperationException(
                "Fit: this run never ends; give it a tolerance (UntilConverged) or a limit (AtMost)."
            );

        var most = settings.Limit ?? DefaultLimit;
        RunState<T> state;
        try
        {
            state = Watched(() => rounds.Value.Start);
        }
        catch (OperationCanceledException) when (settings.Cancellation.IsCancellationRequested)
        {
            return new(FitStatus.Cancelled, rounds.Value.Given, 0);
        }

        var chunk = settings.Cancellation.CanBeCanceled ? 1 : Unwatched;
        var (done, reported) = (0, 0);
        while (true)
        {
            if (settings.Cancellation.IsCancellationRequested)
                return new(FitStatus.Cancelled, state.State, done);

            var began = Stopwatch.GetTimestamp();
            var before = state;
            var stop = (int)Math.Min(most, done + (long)chunk);
            if (settings.Progress is not null)
                stop = (int)Math.Min(stop, reported + 1L);
            try
            {
                state = Watched(() => rounds.Value.Until(before, stop));
            }
            catch (OperationCanceledException) when (settings.Cancellation.IsCancellationRequested)
            {
                return new(FitStatus.Cancelled, before.State, done);
            }

            done = (int)state.Round;
            if (!IsFinite(state.State))
                return new(FitStatus.Diverged, LastFinite(before, done), done);
            if (settings.Progress is var (listener, next) && done == reported + 1)
            {
                listener.Report(new(done - 1, (int)state.State.Step, state.State.Loss.ToDouble()));
                reported = Math.Max(reported + 1, next(reported));
            }

            if ((bool)state.Converged)
                return new(FitStatus.Converged, state.State, done);
            if (done >= most)
                return new(FitStatus.StepLimit, state.State, done);
            if (settings.Cancellation.CanBeCanceled)
                chunk =
                    Stopwatch.GetElapsedTime(began) < Call / 2
                        ? Math.Min(2 * chunk, Unwatched)
                        : Math.Max(chunk / 2, 1);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<TrainState<T>> GetEnumerator()
    {
        var state = Watched(() => rounds.Value.Start);
        var most = settings.Limit ?? (settings.Converged is null ? int.MaxValue : DefaultLimit);
        for (var done = 0; done < most; done++)
        {
            settings.Cancellation.ThrowIfCancellationRequested();
            var before = state;
            state = Watched(() => rounds.Value.Next(before));
            yield return state.State;
            if ((bool)state.Converged || !double.IsFinite(state.State.Loss.ToDouble()))
                yield break;
        }
    }

    /// <summary>What the compiled rounds give, which end soon after the token is cancelled, however long one takes.</summary>
    private RunState<T> Watched(Func<RunState<T>> run)
    {
        if (!settings.Cancellation.CanBeCanceled)
            return run();
        using var scope = CancellationScope.Begin(settings.Cancellation);
        return run();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The loss and every parameter are numbers.</summary>
    private static bool IsFinite(TrainState<T> state) =>
        double.IsFinite(state.Loss.ToDouble())
        && Engine
            .Tree.tensors(state.Parameters)
            .Where(DTypeOf.IsFloat)
            .All(tensor => double.IsFinite((0.0 * tensor).Sum().ToDouble()));

    /// <summary>The last finite state between two rounds: the loop is run again, since the same rounds give the same states.</summary>
    private TrainState<T> LastFinite(RunState<T> from, int diverged)
    {
        var (finite, bad) = ((int)from.Round, diverged);
        while (bad - finite > 1)
        {
            var middle = finite + (bad - finite) / 2;
            (finite, bad) = IsFinite(rounds.Value.Until(from, middle).State) ? (middle, bad) : (finite, middle);
        }

        return rounds.Value.Until(from, finite).State;
    }

    /// <summary>What ends the run; nothing is run.</summary>
    public override string ToString()
    {
        var limit = settings.Limit ?? (settings.Converged is null ? null : DefaultLimit);
        var rounds = limit is int most ? FormattableString.Invariant($"at most {most} rounds") : "without a limit";
        return $"TrainingRun of {typeof(T).Name}: {(settings.Converged is null ? "" : "until it converges, ")}{rounds}";
    }
}
