using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The schedules as optax has them, eager and compiled.</summary>
public sealed class ScheduleGoldenTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Schedules_agree_with_optax(bool compiled)
    {
        var wrong = new List<string>();
        var (numbers, cases) = (0, 0);
        foreach (var one in OptaxCase.Of("optax-schedules.json"))
        {
            var name = one.Operation["schedule.".Length..];
            var values =
                name == "reduce_on_plateau"
                    ? Plateau(one, compiled)
                    : At(OptaxNames.Schedule(name, one.Arguments), one.In[0], compiled);
            numbers += one.Compare("values", one.Out[0], values, wrong);
            cases++;
        }

        output.WriteLine($"optax-schedules.json: {cases} cases, {numbers} numbers compared, none left out");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(cases >= 60);
    }

    /// <summary>All steps at once, and each by itself, as a run asks for them.</summary>
    private static double[] At(Schedule schedule, Tensor steps, bool compiled)
    {
        Func<Tensor, Tensor> at = compiled ? Compiled.Of<Tensor, Tensor>(schedule.At) : schedule.At;
        var values = at(steps).AsType(DType.Float64).ToArray<double>();
        var one = compiled ? Compiled.Of((Tensor step) => schedule.At(step)) : schedule.At;
        Assert.Equal(
            values,
            steps.ToArray<int>().Select(step => one(Tensor.Scalar(step)).ToDouble()),
            (x, y) => Math.Abs(x - y) <= 1e-14
        );
        return values;
    }

    private static double[] Plateau(OptaxCase one, bool compiled)
    {
        var a = one.Arguments;
        var optimizer = Optimizer.ReduceOnPlateau(
            OptaxNames.Number(a, "factor"),
            (int)OptaxNames.Number(a, "patience"),
            OptaxNames.Number(a, "rtol"),
            OptaxNames.Number(a, "atol"),
            (int)OptaxNames.Number(a, "cooldown"),
            (int)OptaxNames.Number(a, "accumulation_size"),
            OptaxNames.Number(a, "min_scale")
        );
        var apply = (Tensor p, OptimizerState state, Tensor loss) =>
            optimizer.Apply(p, -Tensor.Scalar(1.0), state, loss);
        var step = compiled ? Compiled.Of(apply) : apply;
        var losses = one.In[0];
        var now = (Parameters: Tensor.Scalar(0.0), State: optimizer.Start(Tensor.Scalar(0.0)));
        var scales = new double[losses.Size];
        for (var i = 0; i < scales.Length; i++)
        {
            var next = step(now.Parameters, now.State, losses.Entry(i));
            scales[i] = next.State.Get<PlateauState>().Scale.ToDouble();
            // The update of -1 scaled.
            Assert.Equal(-scales[i], (next.Parameters - now.Parameters).ToDouble(), 1e-12);
            now = next;
        }

        return scales;
    }
}
