using Xunit;
using static Pipeline.Api.Tests.Notebook;

namespace Pipeline.Api.Tests;

/// <summary>Full-batch descent reaches what the notebook printed, as a lazy sequence and as one compiled loop.</summary>
public sealed class FullBatchTests
{
    private static TrainingRun<Line> Run() =>
        Optimizer
            .GradientDescent(0.01)
            .Minimize<Line, Batch>(Loss)
            .From(Start())
            .FullBatch(Data())
            .UntilConverged(1e-5);

    private static void Close(double printed, double computed) =>
        Assert.Equal(printed, computed, 2e-6 * Math.Abs(printed));

    [Fact]
    public void The_printed_epochs()
    {
        var printed = new Dictionary<int, (double Loss, double W1, double W2, double B)>
        {
            [0] = (283.57696533203125, 0.53832495, 1.2374916, -0.11600104719400406),
            [100] = (13.434798240661621, -9.48734, 10.64589, 2.352383852005005),
            [200] = (9.301318168640137, -10.71081, 11.789786, 2.786647319793701),
            [300] = (9.236554145812988, -10.860037, 11.930452, 2.857306957244873),
            [400] = (9.235513687133789, -10.87819, 11.947992, 2.8682963848114014),
        };
        var last = Run().Last();
        foreach (
            var (state, epoch) in Run()
                .Select((state, epoch) => (state, epoch))
                .Where(s => printed.ContainsKey(s.epoch))
        )
        {
            var row = printed[epoch];
            Close(row.Loss, state.Loss.ToDouble());
            Close(row.W1, state.Parameters.W[0, 0].ToDouble());
            Close(row.W2, state.Parameters.W[1, 0].ToDouble());
            Close(row.B, state.Parameters.B[0].ToDouble());
        }

        Assert.Equal(499, (int)last.Step);
        Assert.Equal(DType.Float32, last.Parameters.W.DType);
    }

    [Fact]
    public void The_compiled_loop_stops_where_the_notebook_does()
    {
        var reports = new List<TrainProgress>();
        var fitted = Run().ReportTo(new Reporter(reports.Add)).Fit();
        Assert.Equal((FitStatus.Converged, 499, 499), (fitted.Status, fitted.Rounds, fitted.Steps));
        Close(-10.880371, fitted.Parameters.W[0, 0].ToDouble());
        Close(11.950205, fitted.Parameters.W[1, 0].ToDouble());
        Close(2.869945526123047, fitted.Parameters.B[0].ToDouble());
        Close(3.0389962196350098, Math.Sqrt(fitted.Loss));
        Assert.Equal([0, 100, 200, 300, 400], reports.Select(report => report.Round));
        Close(13.434798240661621, reports[1].Loss);
    }

    [Fact]
    public void Not_converging_is_a_status()
    {
        Assert.Equal((FitStatus.StepLimit, 120), Ended(Run().AtMost(120).Fit()));
        Assert.Equal((FitStatus.Cancelled, 0), Ended(Run().WithCancellation(new(canceled: true)).Fit()));
        var steep = Optimizer
            .GradientDescent(10)
            .Minimize<Line, Batch>(Loss)
            .From(Start())
            .FullBatch(Data())
            .AtMost(1000)
            .Fit();
        Assert.Equal(FitStatus.Diverged, steep.Status);
        Assert.InRange(steep.Rounds, 2, 100);
        // The last finite state is the one before the parameters or their loss were not: one more round is not.
        Assert.True(double.IsFinite(steep.Loss));
        Assert.True(steep.Parameters.W.ToArray<float>().All(float.IsFinite));
        Assert.InRange(steep.Rounds - steep.Steps, 1, 2);
        var after = Optimizer
            .GradientDescent(10)
            .Minimize<Line, Batch>(Loss)
            .From(steep.State)
            .FullBatch(Data())
            .First();
        Assert.False(double.IsFinite(after.Loss.ToDouble()) && after.Parameters.W.ToArray<float>().All(float.IsFinite));

        static (FitStatus, int) Ended(FitResult<Line> fitted) => (fitted.Status, fitted.Rounds);
    }

    [Fact]
    public void Cancellation_falls_between_rounds()
    {
        using var source = new CancellationTokenSource();
        var run = Run().WithCancellation(source.Token);
        var fitted = run.ReportTo(
                new Reporter(report =>
                {
                    if (report.Round >= 200)
                        source.Cancel();
                })
            )
            .Fit();
        Assert.Equal((FitStatus.Cancelled, 201), (fitted.Status, fitted.Rounds));
        Assert.Throws<OperationCanceledException>(() => run.First());
    }

    [Fact]
    public void A_run_ends_by_a_test_of_its_own()
    {
        var run = Run().UntilConverged((_, after) => after.Loss < 9.3).ReportTo(new Reporter(_ => { }));
        var fitted = run.Fit();
        Assert.Equal(FitStatus.Converged, fitted.Status);
        Assert.InRange(fitted.Loss, 9.2, 9.3);
        Assert.Equal(fitted.Rounds, run.Count());
        Assert.True(Run().Skip(fitted.Rounds - 2).First().Loss.ToDouble() >= 9.3);
    }

    [Fact]
    public void Reports_can_become_seldom()
    {
        var rounds = new List<int>();
        Run().ReportTo(new Reporter(report => rounds.Add(report.Round)), round => 2 * round + 1).Fit();
        Assert.Equal([0, 1, 3, 7, 15, 31, 63, 127, 255], rounds);
        rounds.Clear();
        Run().AtMost(4).ReportTo(new Reporter(report => rounds.Add(report.Round)), _ => 0).Fit();
        Assert.Equal([0, 1, 2, 3], rounds);
    }

    [Fact]
    public void A_run_goes_on_where_another_ended()
    {
        var minimization = Optimizer.GradientDescent(0.01).Minimize<Line, Batch>(Loss);
        var half = minimization.From(Start()).FullBatch(Data()).AtMost(200).Fit();
        var rest = minimization.From(half.State).FullBatch(Data()).UntilConverged(1e-5).Fit();
        var whole = Run().Fit();
        Assert.Equal(499, rest.Steps);
        Assert.Equal(whole.Parameters.W.ToArray<float>(), rest.Parameters.W.ToArray<float>());
    }

    [Fact]
    public void Steps_compose_and_compile()
    {
        var (start, data) = (TrainState<Line>.Start(Start(), Optimizer.GradientDescent(0.01)), Data());
        var step = Optimizer.GradientDescent(0.01).Minimize<Line, Batch>(Loss).Step;
        var one = step(step(step(start, data), data), data);
        foreach (
            var three in new[]
            {
                step.Then(step).Then(step),
                step.Repeat(3),
                step.Repeat(3).Compile(),
                step.Compile().Repeat(3),
            }
        )
        {
            var state = three(start, data);
            Assert.Equal(3, (int)state.Step);
            Assert.Equal(one.Parameters.W[0, 0].ToDouble(), state.Parameters.W[0, 0].ToDouble(), 1e-6);
            Assert.Equal(one.Loss.ToDouble(), state.Loss.ToDouble(), 1e-4);
        }
    }

    [Fact]
    public void Mistakes_are_told_at_the_call()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.GradientDescent(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Run().UntilConverged(0));
        Assert.Throws<ArgumentNullException>(() => Optimizer.GradientDescent(1).Minimize<Line, Batch>(null!));
        var endless = Optimizer.GradientDescent(0.01).Minimize<Line, Batch>(Loss).From(Start()).FullBatch(Data());
        Assert.Contains("UntilConverged", Assert.Throws<InvalidOperationException>(() => endless.Fit()).Message);
        Assert.Equal(7, (int)endless.Take(7).Last().Step);
    }

    [Fact]
    public void Counters_and_keys_among_the_parameters_are_carried_unchanged()
    {
        var step = Optimizer
            .GradientDescent(0.1)
            .Minimize<(Tensor W, Tensor Count, RandomKey Key), Tensor>((p, x) => (p.W * x).Square().Sum())
            .Step;
        var optimizer = Optimizer.GradientDescent(0.1);
        var start = TrainState<(Tensor W, Tensor Count, RandomKey Key)>.Start(
            (Tensor.Scalar(1f), Tensor.Scalar(5), Key),
            optimizer
        );
        var after = step.Compile()(start, Tensor.Scalar(2f)).Parameters;
        Assert.Equal((1 - 0.1f * 8, 5), ((float)after.W, (int)after.Count));
        Assert.Equal(Key.Data.ToArray<uint>(), after.Key.Data.ToArray<uint>());
    }

    private sealed class Reporter(Action<TrainProgress> report) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value) => report(value);
    }

    private sealed record Weighted(Tensor W, Tensor B);

    /// <summary>Integers have no derivative: a parameter of them would stay as it is without a word.</summary>
    [Fact]
    public void Plain_whole_numbers_are_trained_and_tensors_of_integers_refused()
    {
        var x = Tensor.From([
            [1.0, 2.0],
            [3.0, 1.0],
            [0.0, 1.0],
        ]);
        var y = x.Dot(Tensor.From([2.0, -1.0])) + 3;
        var minimization = Optimizer
            .Adam(0.1)
            .Minimize<Weighted, Tensor>((p, y) => (x.Dot(p.W) + p.B - y).Square().Mean());
        Weighted Fitted(Weighted start) => minimization.From(start).FullBatch(y).AtMost(3000).Fit().Parameters;
        var real = Fitted(new(Tensor.Zeros([2]), 0.0));
        Assert.Equal(3.0, real.B.ToDouble(), 1e-2);
        Assert.True(Tree.SameBits(real, Fitted(new(Tensor.Zeros([2]), 0))));
        var refused = Assert.Throws<DTypeException>(() => Fitted(new(Tensor.From([0, 0]), 0.0)));
        Assert.StartsWith(
            "From: parameter W holds int32[2], which no step can change; start from floats",
            refused.Message
        );
        Assert.Throws<DTypeException>(() => Fitted(new(Tensor.Zeros([2]), Tensor.Scalar(0))));
    }
}
