using System.Diagnostics;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>A run is cancelled in the middle of a round, within 100 ms, whatever the round costs.</summary>
public sealed class CancellationTests
{
    /// <summary>Each takes many seconds in one round, in one kind of code each.</summary>
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Rounds = new()
    {
        ["a loop of a thousand million short steps"] = x =>
            Loop.For(0, 2_000_000_000, (_, s) => (s * 0.999 + x).Cos(), Tensor.Scalar(0.0)),
        ["a while loop"] = x =>
            Loop.While<(Tensor I, Tensor S)>(
                c => c.I < 2_000_000_000,
                c => (c.I + 1, (c.S * 0.999 + x).Cos()),
                (Tensor.Scalar(0), Tensor.Scalar(0.0))
            ).S,
        ["a chain of products"] = x =>
            Loop.For(0, 400, (_, a) => (a.Dot(a) / 2000.0).Sin(), Tensor.Ones([2000, 2000]) * x).Sum(),
        ["products over a long axis"] = x =>
            Loop.For(
                0,
                40,
                (_, s) => (Tensor.Ones([500, 20_000]) * s.Cos()).Dot(Tensor.Ones([20_000, 500]) * x).Sum(),
                Tensor.Scalar(1.0)
            ),
        ["a sum over one axis"] = x => (Tensor.Arange<double>(2_000_000_000) * x).Cos().Exp().Sum(),
        ["a sum over three axes"] = x =>
            (
                (Tensor.Arange<double>(3000) * x).Reshape(3000, 1, 1)
                + (Tensor.Arange<double>(3000) * x).Reshape(3000, 1)
                + Tensor.Arange<double>(200) * x
            )
                .Cos()
                .Exp()
                .Sum(),
        ["a scan"] = x =>
            Loop.Scan<Tensor, Tensor>(
                    s => (Loop.For(0, 10_000, (_, t) => (t * 0.99 + x).Cos(), s), s.Sin()),
                    Tensor.Zeros([10]),
                    100_000
                )
                .Outputs.Sum(),
        ["Cholesky factors"] = x =>
            Loop.For(0, 20, (_, a) => a + (a * 1e-9).Cholesky(), Tensor.Eye(2500) * 1e9 * x).Sum(),
        ["systems"] = x => Loop.For(0, 20, (_, a) => a + (a * 1e-9).Inverse(), Tensor.Eye(2000) * 1e9 * x).Sum(),
        ["sorting"] = x =>
            Loop.For(0, 100, (_, a) => (a.Sort() * 1e3).Cos(), Tensor.Arange<double>(3_000_000) * x).Sum(),
        // At once, while the step is recorded: what they are given does not depend on it.
        ["draws of a captured key"] = x => new RandomKey(0).Normal([60_000_000]).Sum() * x,
        ["sorting what is captured"] = x => ((Tensor.Arange<double>(20_000_000) * 7919) % 1_000_003).Sort().Sum() * x,
        ["a product of what is captured"] = x => Tensor.Ones([7000, 7000]).Dot(Tensor.Ones([7000, 7000])).Sum() * x,
        ["a function of what is captured"] = x => Tensor.Ones([60_000_000]).Polygamma(2).Sum() * x,
    };

    public static TheoryData<string> Kinds => [.. Rounds.Keys];

    private static TrainingRun<Tensor> Run(string kind) =>
        Optimizer
            .GradientDescent(0.1)
            .Minimize<Tensor, Tensor>((w, x) => w.Square() + Rounds[kind](x * w.StopGradient()).StopGradient())
            .From(Tensor.Scalar(1.0))
            .FullBatch(Tensor.Scalar(1.0))
            .AtMost(1);

    [Theory, MemberData(nameof(Kinds))]
    public void A_round_is_cancelled_whatever_it_costs(string kind)
    {
        using var source = new CancellationTokenSource();
        var cancelled = 0L;
        using var timer = new Timer(
            _ =>
            {
                cancelled = Stopwatch.GetTimestamp();
                source.Cancel();
            },
            null,
            600,
            Timeout.Infinite
        );
        var fitted = Run(kind).WithCancellation(source.Token).Fit();
        var late = Stopwatch.GetElapsedTime(cancelled);
        // The state before the round, which alone takes several seconds.
        Assert.Equal((FitStatus.Cancelled, 0, 1.0), (fitted.Status, fitted.Rounds, fitted.Parameters.ToDouble()));
        // 100 ms, and what a busy machine adds.
        Assert.True(late < TimeSpan.FromMilliseconds(700), $"{kind}: {late.TotalMilliseconds} ms");
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {late.TotalMilliseconds} ms");
    }

    /// <summary>A step of so many operations takes seconds to compile; other sizes are other programs.</summary>
    private static TrainingRun<Tensor> Wide(int size, CancellationToken token) =>
        Optimizer
            .GradientDescent(0.1)
            .Minimize<Tensor, Tensor>(
                (w, x) =>
                {
                    var s = x * w * Tensor.Ones([size]);
                    for (var i = 0; i < 1500; i++)
                        s = i % 2 == 0 ? s.Sin() + i : s * s.Cos();
                    return s.Sum();
                }
            )
            .From(Tensor.Scalar(1.0))
            .FullBatch(Tensor.Scalar(1.0))
            .AtMost(1)
            .WithCancellation(token);

    [Theory, InlineData(50), InlineData(400)]
    public void Compilation_before_the_first_round_is_not_waited_for_and_not_lost(int delay)
    {
        using var source = new CancellationTokenSource();
        var cancelled = 0L;
        using var timer = new Timer(
            _ =>
            {
                cancelled = Stopwatch.GetTimestamp();
                source.Cancel();
            },
            null,
            delay,
            Timeout.Infinite
        );
        var run = Wide(delay, source.Token);
        var fitted = run.Fit();
        var late = Stopwatch.GetElapsedTime(cancelled);
        Assert.Equal((FitStatus.Cancelled, 0, 1.0), (fitted.Status, fitted.Rounds, fitted.Parameters.ToDouble()));
        Assert.True(late < TimeSpan.FromMilliseconds(700), $"{late.TotalMilliseconds} ms");
        TestContext.Current.TestOutputHelper?.WriteLine($"{late.TotalMilliseconds} ms");
        // No cancellation is kept: the same run again, and with another token.
        Assert.Equal(FitStatus.Cancelled, run.Fit().Status);
        Assert.NotEqual(FitStatus.Cancelled, run.WithCancellation(CancellationToken.None).Fit().Status);
    }

    /// <summary>A loop so long that it waits for machine code; the JIT works for seconds on the branch, which nothing took before.</summary>
    [Fact]
    public void A_branch_that_is_first_taken_is_not_waited_for_and_not_lost()
    {
        static Tensor Long(Tensor x)
        {
            var s = x * Tensor.Ones([57]);
            for (var i = 0; i < 1500; i++)
                s = i % 2 == 0 ? s.Sin() : s * s.Cos();
            return s.Sum();
        }

        var f = Compiled.Of(
            (Tensor x) => Loop.For(0, 20_000, (_, y) => Branch.Cond(y > 0.5, z => Long(z) - 1000, z => z, y), x)
        );
        Assert.Equal(-1.0, (double)f(-1.0));
        using var source = new CancellationTokenSource();
        var cancelled = 0L;
        using var timer = new Timer(
            _ =>
            {
                cancelled = Stopwatch.GetTimestamp();
                source.Cancel();
            },
            null,
            200,
            Timeout.Infinite
        );
        var fitted = Optimizer
            .GradientDescent(0.1)
            .Minimize<Tensor, Tensor>((w, x) => (w * x).Square() + f(2.0))
            .From(Tensor.Scalar(1.0))
            .FullBatch(Tensor.Scalar(1.0))
            .AtMost(1)
            .WithCancellation(source.Token)
            .Fit();
        var late = Stopwatch.GetElapsedTime(cancelled);
        Assert.Equal(FitStatus.Cancelled, fitted.Status);
        Assert.True(late < TimeSpan.FromMilliseconds(700), $"{late.TotalMilliseconds} ms");
        TestContext.Current.TestOutputHelper?.WriteLine($"{late.TotalMilliseconds} ms");
        Assert.Equal((double)Long(2.0) - 1000, (double)f(2.0), 1e-9);
    }

    [Fact]
    public void What_is_shared_is_made_to_its_end_by_another_thread()
    {
        using var source = new CancellationTokenSource();
        using var goOn = new ManualResetEventSlim();
        var made = 0;
        var shared = new Lazy<int>(() =>
        {
            Engine.CancellationScope.Check();
            goOn.Wait(TestContext.Current.CancellationToken);
            return ++made;
        });
        using (Engine.CancellationScope.Begin(source.Token))
        {
            source.Cancel();
            // Cancelled already, and the maker is not: it waits for us.
            Assert.Throws<OperationCanceledException>(() => Engine.CancellationScope.Shared(shared));
            Assert.Throws<OperationCanceledException>(Engine.CancellationScope.Check);
        }

        goOn.Set();
        Assert.Equal((1, 1), (Engine.CancellationScope.Shared(shared), made));
    }

    [Fact]
    public void Copies_of_large_views_and_recording_look_at_the_token()
    {
        using var source = new CancellationTokenSource();
        using var scope = Engine.CancellationScope.Begin(source.Token);
        source.Cancel();
        var wide = Tensor.From(new double[1000]);
        Assert.Throws<OperationCanceledException>(() =>
            Engine.KernelsViews.contiguous(Engine.KernelsViews.broadcast([100, 1000], [1], wide.Array))
        );
        Assert.Throws<OperationCanceledException>(() => Compiled.Of((Tensor x) => x * 2)(wide));
    }

    [Fact]
    public void Nothing_is_lost_by_cancelling_and_a_state_goes_on()
    {
        TrainingRun<Tensor> Steps(TrainState<Tensor>? from, int limit)
        {
            var minimization = Optimizer
                .Adam(0.001)
                .Minimize<Tensor, Tensor>((w, x) => (w - x).Square().Sum() + (w * 1e-3).Cos().Sum());
            var start = from is null ? minimization.From(Tensor.Zeros([1000])) : minimization.From(from);
            return start.FullBatch(Tensor.Ones([1000])).AtMost(limit);
        }

        using var source = new CancellationTokenSource();
        source.CancelAfter(1500);
        var cancelled = Steps(null, 100_000_000).WithCancellation(source.Token).Fit();
        Assert.Equal(FitStatus.Cancelled, cancelled.Status);
        Assert.InRange(cancelled.Rounds, 1, 99_999_999);
        Assert.Equal(cancelled.Rounds, cancelled.Steps);
        var same = Steps(null, cancelled.Rounds).Fit();
        Assert.True(Tensor.SameBits(same.Parameters, cancelled.Parameters));
        var on = Steps(cancelled.State, 10).Fit();
        Assert.True(Tensor.SameBits(Steps(null, cancelled.Rounds + 10).Fit().Parameters, on.Parameters));
    }

    [Fact]
    public void An_enumeration_is_cancelled_in_the_middle_of_a_round()
    {
        using var source = new CancellationTokenSource();
        source.CancelAfter(400);
        var run = Run("a while loop").WithCancellation(source.Token);
        var thrown = Assert.Throws<OperationCanceledException>(() => run.First());
        Assert.Equal(source.Token, thrown.CancellationToken);
    }

    [Fact]
    public async Task A_token_of_one_run_stops_no_other()
    {
        using var source = new CancellationTokenSource();
        source.CancelAfter(300);
        var other = Task.Run(() =>
        {
            var f = Compiled.Of(
                (Tensor x) => Loop.For(0, 100_000_000, (_, s) => (s * 0.999 + x).Cos(), Tensor.Scalar(0.0))
            );
            return (double)f(1.0);
        });
        Assert.Equal(FitStatus.Cancelled, Run("a while loop").WithCancellation(source.Token).Fit().Status);
        Assert.True(double.IsFinite(await other));
    }

    [Fact]
    public void Intermediate_results_beyond_two_gigabytes_are_a_named_error()
    {
        var f = Compiled.Of(
            (Tensor x) =>
                (
                    (Tensor.Arange<double>(20_000) * x).Reshape(20_000, 1, 1)
                    + (Tensor.Arange<double>(20_000) * x).Reshape(20_000, 1)
                    + Tensor.Arange<double>(2) * x
                )
                    .Cos()
                    .Sum()
        );
        Assert.Contains("intermediate results", Assert.Throws<ShapeException>(() => f(1.0)).Message);
    }
}
