using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Rates as functions of the step: their formulas, and descent with them, compiled and step by step.</summary>
public sealed class ScheduleTests
{
    private static double At(Schedule schedule, int step) => schedule.At(Tensor.Scalar(step)).ToDouble();

    [Theory]
    // optax 0.2.8: cosine_decay_schedule(1.0, 50), exponential_decay(1.0, 10, 0.5).
    [InlineData(1, 0.9990133642141358, 0.9330329915368074)]
    [InlineData(2, 0.996057350657239, 0.8705505632961241)]
    public void They_agree_with_optax(int step, double cosine, double exponential)
    {
        Assert.Equal(cosine, At(Schedule.Cosine(1, 50), step), 1e-14);
        Assert.Equal(exponential, At(Schedule.Exponential(1, 10, 0.5), step), 1e-14);
    }

    [Fact]
    public void Their_ends()
    {
        Assert.Equal(0.3, At(Schedule.Cosine(0.3, 50), 0));
        Assert.Equal(0.0, At(Schedule.Cosine(0.3, 50), 50), 1e-16);
        Assert.Equal(0.0, At(Schedule.Cosine(0.3, 50), 1_000_000), 1e-16);
        Assert.Equal(0.1, At(Schedule.InverseTime(0.3, 10), 20), 1e-16);
        Assert.Equal(0.075, At(Schedule.Exponential(0.3, 10, 0.5), 20), 1e-15);
    }

    [Theory]
    [InlineData(10, 2)]
    [InlineData(7.5, 3)]
    [InlineData(1, 1.5)]
    [InlineData(10, 1)]
    [InlineData(7.5, 1)]
    public void Restarts_grow(double steps, double growth)
    {
        var parts = Schedule.Restarts(Decay.Of(part => part), steps, growth);
        var (start, length) = (0.0, steps);
        for (var step = 0; step < 5000; step++)
        {
            while (step > start + length * (1 + 1e-9) - 1e-9)
                (start, length) = (start + length, length * growth);
            var part = (step - start) / length;
            var computed = At(parts, step);
            // At a boundary the end of one and the start of the next are one step.
            Assert.True(
                Math.Abs(part - computed) < 1e-8 || Math.Abs(Math.Abs(part - computed) - 1) < 1e-8,
                $"step {step}: {part} and {computed}"
            );
        }
    }

    [Fact]
    public void Restarting_a_schedule_of_steps_does_not_compile()
    {
        // What was meant: a decay by parts, restarted every 100 steps.
        var restarts = Schedule.Restarts(Decay.Cosine(0.1), 100);
        Assert.Equal((0.1, 0.05), (At(restarts, 0), Math.Round(At(restarts, 50), 14)));
        Assert.Equal(2.4672e-5, At(restarts, 99), 1e-8);
        // Nothing turns a schedule of steps into a decay by parts, or the other way, and no overload takes either.
        var conversions = new[] { typeof(Schedule), typeof(Decay) }
            .SelectMany(type => type.GetMethods())
            .Where(method => method.Name is "op_Implicit" or "op_Explicit")
            .Select(method => (method.GetParameters()[0].ParameterType, method.ReturnType));
        Assert.Equal([(typeof(double), typeof(Schedule))], conversions);
        Assert.Equal(
            [typeof(CosineCycle[]), typeof(Decay)],
            typeof(Schedule)
                .GetMethods()
                .Where(method => method.Name == nameof(Schedule.Restarts))
                .Select(method => method.GetParameters()[0].ParameterType)
                .OrderBy(type => type.Name)
        );
        Assert.True(typeof(Schedule).IsSealed && typeof(Decay).IsSealed);
        // A decay over steps is a schedule again.
        Assert.Equal(At(Schedule.Cosine(0.1, 100), 30), At(Decay.Cosine(0.1).Over(100), 30));
    }

    [Fact]
    public void Descent_with_a_schedule_is_the_same_step_by_step_and_compiled()
    {
        var run = Optimizer
            .GradientDescent(step => 0.1f / (1 + step))
            .Minimize<Tensor, Tensor>((p, target) => (p - target).Square().Sum())
            .From(Tensor.From([0f, 0f]))
            .FullBatch(Tensor.From([1f, 2f]))
            .AtMost(3);
        // p <- p + 2 rate (target - p), so what is missing shrinks by 1 - 2 rate.
        var missing = (1 - 0.2) * (1 - 0.1) * (1 - 0.2 / 3);
        foreach (var state in new[] { run.Last(), run.Fit().State })
        {
            Assert.Equal(DType.Float32, state.Parameters.DType);
            Assert.Equal(1 - missing, state.Parameters[0].ToDouble(), 1e-6);
            Assert.Equal(2 * (1 - missing), state.Parameters[1].ToDouble(), 1e-6);
        }
    }

    [Fact]
    public void Mistakes_are_told_at_the_call()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Cosine(0, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Exponential(0.1, 10, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.InverseTime(0.1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Restarts(Decay.Of(part => part), 10, 0.5));
        Assert.Throws<ArgumentNullException>(() => Optimizer.GradientDescent((Func<Tensor, Tensor>)null!));
    }
}
