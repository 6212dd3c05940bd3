using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The optimizers step for step as optax makes them: eager, compiled, and inside a run.</summary>
public sealed class OptimizerGoldenTests(ITestOutputHelper output)
{
    private static IEnumerable<OptaxCase> Cases => OptaxCase.Of("optax.json");

    /// <summary>Not made yet: Muon, and L-BFGS with its line search.</summary>
    private static readonly string[] LeftOut = ["optimizer.muon", "optimizer.lbfgs"];

    [Fact]
    public void Optimizers_agree_with_optax_step_for_step_eagerly() => Check(Steps(compiled: false));

    [Fact]
    public void Optimizers_agree_with_optax_step_for_step_compiled() => Check(Steps(compiled: true));

    [Fact]
    public void Optimizers_agree_with_optax_step_for_step_inside_a_run() => Check(RunSteps);

    /// <summary>Every state of a case's steps, the initial parameters first.</summary>
    private static Func<OptaxCase, IEnumerable<(Tensor[] Parameters, OptimizerState State)>> Steps(bool compiled)
    {
        return Sequence;

        IEnumerable<(Tensor[], OptimizerState)> Sequence(OptaxCase one)
        {
            var (optimizer, start, gradients) = Problem(one);
            var apply = (Tensor[] p, Tensor[] g, OptimizerState s) => optimizer.Apply(p, g, s);
            var step = compiled ? Compiled.Of(apply) : apply;
            var now = (Parameters: start, State: optimizer.Start(start));
            yield return now;
            for (var t = 0; t < 25; t++)
            {
                now = step(now.Parameters, Array.ConvertAll(gradients, g => g.Entry(t)), now.State);
                yield return now;
            }
        }
    }

    private static IEnumerable<(Tensor[] Parameters, OptimizerState State)> RunSteps(OptaxCase one)
    {
        var (optimizer, start, gradients) = Problem(one);
        // The case's gradients, in the place of those of a loss that does not depend on the parameters.
        var replay = Optimizer.Of<Tensor>(
            _ => Tensor.Scalar(0),
            (_, step, _) => (Array.ConvertAll(gradients, g => g.Take(step)), step + 1),
            "Replay"
        );
        var run = replay
            .Then(optimizer)
            .Minimize<Tensor[], Tensor>((_, data) => data.Sum())
            .From(start)
            .FullBatch(Tensor.Zeros([1]).AsType(start[0].DType))
            .AtMost(25);
        yield return (start, replay.Then(optimizer).Start(start));
        var last = (Parameters: start, State: OptimizerState.Empty);
        foreach (var state in run)
            yield return last = (state.Parameters, state.OptimizerState);
        // The whole run as one loop. (A run whose parameters are not finite goes back to the last that were.)
        if (last.Parameters.All(p => double.IsFinite((0.0 * p).Sum().ToDouble())))
            yield return (run.Fit().Parameters, run.Fit().State.OptimizerState);
    }

    private static (Optimizer, Tensor[] Start, Tensor[] Gradients) Problem(OptaxCase one)
    {
        var arrays = one.In;
        var leaves = arrays.Length / 2;
        return (
            OptaxNames.Optimizer(one.Operation["optimizer.".Length..], one.Arguments),
            arrays[..leaves],
            arrays[leaves..]
        );
    }

    private void Check(Func<OptaxCase, IEnumerable<(Tensor[] Parameters, OptimizerState State)>> steps)
    {
        var wrong = new List<string>();
        var (numbers, cases) = (0, 0);
        foreach (var one in Cases.Where(one => !LeftOut.Contains(one.Operation)))
        {
            Assert.False(one.IsInformational);
            try
            {
                var (expected, t) = (one.Out, 0);
                foreach (var (parameters, state) in steps(one))
                {
                    Tensor[] all = [.. parameters, .. Beside(one, parameters, state)];
                    Assert.Equal(expected.Length, all.Length);
                    // After the 25th step comes the end of the same run as one loop.
                    var row = Math.Min(t++, 25);
                    for (var k = 0; k < all.Length; k++)
                        numbers += one.Compare(
                            $"array {k}",
                            expected[k],
                            all[k].AsType(DType.Float64).ToArray<double>(),
                            wrong,
                            row * all[k].Size
                        );
                    Assert.All(parameters, p => Assert.Equal(one.In[0].DType, p.DType));
                }

                Assert.InRange(t, 26, 27);
                cases++;
            }
            catch (Exception exception) when (exception is PipelineException or ArgumentException)
            {
                wrong.Add($"{one.Id}: {exception.Message}");
            }
        }

        output.WriteLine(
            $"optax.json: {cases} cases, {numbers} numbers compared; left out: {string.Join(", ", LeftOut)}"
        );
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.DistinctBy(text => text.Split(',')[0])));
        Assert.True(cases > 150);
    }

    /// <summary>The averages that some optimizers keep beside the parameters.</summary>
    private static IEnumerable<Tensor> Beside(OptaxCase one, Tensor[] parameters, OptimizerState state) =>
        one.Operation switch
        {
            "optimizer.params_ema" => state.Get<ParameterAverages>().In(parameters),
            "optimizer.schedule_free_sgd" or "optimizer.schedule_free_adamw" => state
                .Get<ScheduleFreeState>()
                .In(parameters),
            _ => [],
        };
}
