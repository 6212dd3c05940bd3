using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Nothing else runs beside tests that count programs.</summary>
[CollectionDefinition("CountedPrograms", DisableParallelization = true)]
public sealed class CountedPrograms;

/// <summary>A number that changes is no reason to compile: by the public counter.</summary>
[Collection("CountedPrograms")]
public sealed class ProgramCountTests
{
    private static double D(Tensor x) => x.ToDouble();

    private static long Compiling(Action action)
    {
        var before = Compiled.ProgramCount;
        action();
        return Compiled.ProgramCount - before;
    }

    private sealed record Line(Tensor W, Tensor B, double Rate);

    private static readonly Tensor X = Tensor.From([1.0, 2.0, 3.0]);

    [Fact]
    public void A_rate_that_decays_in_a_loop_compiles_two_programs()
    {
        var captured = 0.1;
        var holder = new double[] { 0.1 };
        var loss = (Tensor w) => ((X * w - 1.5) * 0.875).Square().Sum();
        var slope = Gradient.Of(loss);
        var kinds = new Dictionary<string, Func<Tensor, double, Tensor>>
        {
            ["argument"] = Compiled.Of((Tensor w, double rate) => w - rate * slope(w)),
            ["part of a tree"] = Argument(Compiled.Of((Line line) => line.W - line.Rate * slope(line.W) + line.B)),
            ["captured"] = Captured(
                Compiled.Of((Tensor w) => w - captured * slope(w) * 1.0625),
                rate => captured = rate
            ),
            ["array"] = Captured(Compiled.Of((Tensor w) => w - holder[0] * slope(w) * 1.125), rate => holder[0] = rate),
            ["derivative of compiled"] = Differentiated(Compiled.Of((Tensor w, double rate) => rate * loss(w))),
        };
        foreach (var (name, step) in kinds)
        {
            Tensor w = 0.5;
            var programs = Compiling(() =>
            {
                for (var (i, rate) = (0, 0.1); i < 30; i++, rate *= 0.9)
                    w = step(w, rate);
            });
            // The derivative of a compiled function is a program for the value and one for the slope, each at most twice.
            var most = name == "derivative of compiled" ? 6 : 2;
            Assert.True(programs <= most, $"{name}: {programs} programs");
        }

        static Func<Tensor, double, Tensor> Argument(Func<Line, Tensor> f) => (w, rate) => f(new(w, 0.0, rate));
        static Func<Tensor, double, Tensor> Captured(Func<Tensor, Tensor> f, Action<double> set) =>
            (w, rate) =>
            {
                set(rate);
                return f(w);
            };
        static Func<Tensor, double, Tensor> Differentiated(Func<Tensor, double, Tensor> f) =>
            (w, rate) => w - Gradient.Of((Tensor v) => f(v, rate))(w);
    }

    [Fact]
    public void Functions_made_in_a_loop_share_programs()
    {
        var programs = Compiling(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                var rate = 0.01 * i;
                Assert.Equal(3.5 + 6 * rate, D(Compiled.Of((Tensor x) => (x * rate + 3.5 / 3).Sum())(X)), 12);
            }
        });
        Assert.True(programs <= 2, $"{programs} programs");
    }

    [Fact]
    public void Optimizers_of_other_rates_share_their_training_loops()
    {
        var data = (X, Y: 2.25 * X);
        var programs = Compiling(() =>
        {
            for (var i = 1; i < 12; i++)
            {
                var fit = Optimizer
                    .GradientDescent(0.004 * i)
                    .Minimize((Tensor w, (Tensor X, Tensor Y) d) => (d.X * w - d.Y).Square().Sum())
                    .From(Tensor.Scalar(0.0))
                    .FullBatch(data)
                    .AtMost(3)
                    .Fit();
                Assert.True(double.IsFinite(D(fit.Parameters)));
            }
        });
        Assert.True(programs <= 4, $"{programs} programs");
    }

    [Fact]
    public void A_number_that_is_a_shape_gives_another_program()
    {
        var repeat = Compiled.Of((Tensor x, int n) => Loop.For(0, n, (_, y) => y * 1.375 + 1, x));
        Assert.Equal(3, Compiling(() => Assert.All([1, 2, 5, 2, 1], n => repeat(X, n))));
    }

    [Fact]
    public void More_programs_than_were_allowed_are_refused_by_name()
    {
        var f = Compiled.Of(
            (Tensor x, double rate, bool twice) => twice ? x * rate * 2.625 : x * rate + 2.625,
            maxPrograms: 2
        );
        for (var i = 0; i < 10; i++)
            Assert.Equal(6 * (0.1 + i) + 3 * 2.625, D(f(X, 0.1 + i, false).Sum()), 10);
        var error = Assert.Throws<ProgramLimitException>(() => f(X, 0.1, true));
        Assert.Contains("maxPrograms: 2", error.Message);
        Assert.Contains("twice", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Compiled.Of((Tensor x) => x, maxPrograms: -1));
    }

    private sealed class Listener : EventListener
    {
        public ConcurrentQueue<string> Reasons { get; } = new();
        public ConcurrentQueue<object?[]> RunsOn { get; } = new();

        protected override void OnEventSourceCreated(EventSource source)
        {
            if (source.Name == "Pipeline.Compiled")
                EnableEvents(source, EventLevel.Informational);
        }

        protected override void OnEventWritten(EventWrittenEventArgs data)
        {
            if (data.EventName == "ProgramCompiled")
                Reasons.Enqueue((string)data.Payload![0]!);
            if (data.EventName == "RunsOn")
                RunsOn.Enqueue([.. data.Payload!]);
        }
    }

    [Fact]
    public void Listeners_are_told_what_programs_run_on_when_one_begins()
    {
        Compiled.Of((Tensor x) => x * 2.5)(1.0);
        using var first = new Listener();
        using var second = new Listener();
        Compiled.Of((Tensor x) => x * 3.5)(1.0);
        foreach (var listener in new[] { first, second })
        {
            var told = listener.RunsOn.ToArray();
            Assert.NotEmpty(told);
            foreach (var one in told)
            {
                Assert.Contains((int)one[0]!, new[] { 64, 128, 256, 512 });
                Assert.Equal(Fma.IsSupported || AdvSimd.IsSupported, one[1]);
                Assert.Equal(RuntimeFeature.IsDynamicCodeSupported, one[2]);
            }
        }
    }

    [Fact]
    public void Each_program_is_told_with_what_changed()
    {
        using var listener = new Listener();
        var momentum = 0.5;
        var f = Compiled.Of((Tensor x, double rate) => (x * rate - 5.125 * momentum).Cosh().Atan().Sinh());
        f(X, 0.1);
        f(X, 0.2);
        momentum = 0.75;
        f(X, 0.2);
        f(1.0, 0.2);
        var reasons = listener.Reasons.ToArray();
        Assert.Equal(4, reasons.Length);
        Assert.Equal("the first call", reasons[0]);
        Assert.Contains("rate changed from 0.1 to 0.2", reasons[1]);
        Assert.Contains("momentum changed from 0.5 to 0.75", reasons[2]);
        Assert.Contains("float64[]", reasons[3]);
    }
}
