using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Optimizers as chains of pure parts: their states, masks, mistakes and derivatives.</summary>
public sealed class OptimizerTests
{
    private sealed record Net(Tensor Encoder, Tensor Weights, Tensor Bias);

    private static Net Start() => new(Tensor.From([1.0, 2.0]), Tensor.From([3.0, -4.0]), Tensor.Scalar(0.5));

    private static Tensor Loss(Net net, Tensor target) =>
        ((net.Encoder * net.Weights).Sum() + net.Bias - target).Square() + 0.1 * net.Weights.Square().Sum();

    private static readonly Tensor Target = Tensor.Scalar(2.0);

    [Fact]
    public void A_state_has_ordered_parts_and_leaves_by_name_and_is_saved_and_read()
    {
        var optimizer = Optimizer.Chain(
            Optimizer.ClipByGlobalNorm(1),
            Optimizer.ScaleByAdam(),
            Optimizer.ScaleByLearningRate(Schedule.Cosine(0.1, 50))
        );
        var run = optimizer.Minimize<Net, Tensor>(Loss).From(Start()).FullBatch(Target);
        var half = run.AtMost(10).Fit().State;
        Assert.Equal(["ScaleByAdam", "ScaleByLearningRate"], half.OptimizerState.Parts);
        Assert.Equal(10, (int)half.OptimizerState.Get<PerLeaf<GradientMoments>>().Step);
        Assert.Equal(10, (int)half.OptimizerState.Get<Tensor>("ScaleByLearningRate"));
        Assert.Equal([2], half.OptimizerState.Get<PerLeaf<GradientMoments>>().Leaves[0].First.Shape);

        var names = half.OptimizerState.Leaves.Select(leaf => leaf.Key).ToArray();
        Assert.Equal(names.Distinct(), names);
        Assert.Equal(names, optimizer.Start(Start()).Leaves.Select(leaf => leaf.Key));
        var saved = half.OptimizerState.Leaves.ToDictionary(leaf => leaf.Key, leaf => leaf.Value.ToArray<double>());
        var read = optimizer
            .Start(Start())
            .With(name =>
                optimizer.Start(Start()).Leaves.ToDictionary()[name] is var like
                    ? Tensor.From<double>(saved[name], [.. like.Shape]).AsType(like.DType)
                    : null
            );
        var rest = optimizer
            .Minimize<Net, Tensor>(Loss)
            .From(half with { OptimizerState = read })
            .FullBatch(Target)
            .AtMost(10)
            .Fit();
        Assert.Equal(
            run.AtMost(20).Fit().Parameters.Weights.ToArray<double>(),
            rest.Parameters.Weights.ToArray<double>()
        );

        Assert.Contains(
            "0.ScaleByAdam.0",
            Assert.Throws<OptimizerException>(() => optimizer.Start(Start()).With(_ => null)).Message
        );
        Assert.Contains(
            "float64[2]",
            Assert.Throws<OptimizerException>(() => optimizer.Start(Start()).With(_ => Tensor.Scalar(0))).Message
        );
        Assert.Contains("ScaleByAdam", Assert.Throws<OptimizerException>(() => read.Get<PlateauState>()).Message);
    }

    [Fact]
    public void The_state_of_another_chain_is_a_named_error_at_From()
    {
        var adam = Optimizer.Adam(0.1).Minimize<Net, Tensor>(Loss);
        var state = adam.From(Start()).FullBatch(Target).AtMost(2).Fit().State;
        foreach (
            var other in new[]
            {
                Optimizer.Sgd(0.1, 0.9),
                Optimizer.GradientDescent(0.1),
                Optimizer.Adam(Schedule.Linear(1, 0, 9)),
            }
        )
        {
            var message = Assert
                .Throws<OptimizerException>(() => other.Minimize<Net, Tensor>(Loss).From(state))
                .Message;
            Assert.Contains("From", message);
            Assert.Contains("'ScaleByAdam'", message);
            Assert.Throws<OptimizerException>(() => other.Minimize<Net, Tensor>(Loss).Step(state, Target));
        }

        var longer = state with
        {
            Parameters = Start() with { Encoder = Tensor.Zeros([3]), Weights = Tensor.Zeros([3]) },
        };
        Assert.Contains("float64[3]", Assert.Throws<OptimizerException>(() => adam.From(longer)).Message);
        Assert.Equal(4, adam.From(state).FullBatch(Target).AtMost(2).Fit().Steps);
    }

    [Fact]
    public void An_optimizer_of_ones_own_whose_state_changes_type_or_shape_says_so_by_name()
    {
        Refused("int32[]", Optimizer.Of<Tensor>(_ => Tensor.Scalar(0), (g, s, _) => (g, s + 0.5), "Mine"));
        Refused("float64[2]", Optimizer.PerLeaf(p => Tensor.Scalar(0.0), (g, _, _, _) => (g, g), "Mine"));
        Refused(
            "float32[]",
            Optimizer.Of<Tensor>(_ => Tensor.Scalar(1.0), (g, s, _) => (g, s.AsType(DType.Float32)), "Mine")
        );
        Refused("structure", Optimizer.Of<Tensor[]>(_ => [Tensor.Scalar(1.0)], (g, s, _) => (g, [.. s, s[0]]), "Mine"));
        Refused("2 updates for 3", Optimizer.Of((g, _) => [.. g.Take(2)], "Mine"));
        Refused("update 0", Optimizer.Of((g, _) => [.. g.Select(x => x.Sum())], "Mine"));

        static void Refused(string words, Optimizer own)
        {
            var minimization = own.Then(Optimizer.GradientDescent(0.1)).Minimize<Net, Tensor>(Loss);
            var state = TrainState<Net>.Start(Start(), minimization.Optimizer);
            var eager = Assert.Throws<OptimizerException>(() => minimization.Step(state, Target)).Message;
            var run = minimization.From(Start()).FullBatch(Target).AtMost(3);
            var inRun = Assert.Throws<OptimizerException>(() => run.Fit()).Message;
            Assert.Equal(eager, inRun);
            Assert.Contains("'Mine'", eager);
            Assert.Contains(words, eager);
        }
    }

    [Fact]
    public void Own_parts_are_compiled_into_the_run_and_equal_the_built_ones()
    {
        var own = Optimizer
            .PerLeaf(p => 0 * p, (g, v, _, _) => (g + 0.9 * v, g + 0.9 * v), "Own")
            .Then(Optimizer.GradientDescent(0.01));
        Assert.Equal(Weights(Optimizer.Sgd(0.01, 0.9)), Weights(own));

        static double[] Weights(Optimizer optimizer) =>
            optimizer
                .Minimize<Net, Tensor>(Loss)
                .From(Start())
                .FullBatch(Target)
                .AtMost(20)
                .Fit()
                .Parameters.Weights.ToArray<double>();
    }

    [Fact]
    public void Masks_choose_parts_by_the_members_of_the_parameters()
    {
        var zero = Tensor.From([1.0, 1.0]);
        var net = new Net(zero, zero, Tensor.Scalar(1.0));
        var noGradient = new Net(Tensor.Zeros([2]), Tensor.Zeros([2]), Tensor.Scalar(0.0));
        Assert.Equal((1, 2, 1), After(ParameterMask.Of((Net n) => n.Weights)));
        Assert.Equal((2, 1, 2), After(!ParameterMask.Of((Net n) => n.Weights)));
        Assert.Equal((2, 1, 2), After(ParameterMask.Of((Net n) => (n.Bias, n.Encoder))));
        Assert.Equal((2, 2, 1), After(ParameterMask.Where(p => p.Rank > 0)));
        Assert.Equal((1, 1, 2), After(ParameterMask.Of(false, false, true)));
        Assert.Contains("none of the parameters'", Refused(ParameterMask.Of((Net n) => n.Weights[0])));
        Assert.Contains("2 answers for 3", Refused(ParameterMask.Of(true, false)));
        Assert.Contains("Tensor[]", Refused(ParameterMask.Of((Tensor[] n) => n[0])));

        (double, double, double) After(ParameterMask mask)
        {
            var optimizer = Optimizer.AddDecayedWeights(1, mask);
            var after = optimizer.Apply(net, noGradient, optimizer.Start(net)).Parameters;
            return (after.Encoder[0].ToDouble(), after.Weights[0].ToDouble(), after.Bias.ToDouble());
        }

        string Refused(ParameterMask mask) => Assert.Throws<OptimizerException>(() => After(mask)).Message;
    }

    [Fact]
    public void Frozen_parameters_stay_and_groups_have_optimizers_of_their_own()
    {
        var encoder = ParameterMask.Of((Net n) => n.Encoder);
        var fit = Optimizer
            .Adam(0.1)
            .Freeze(encoder)
            .Minimize<Net, Tensor>(Loss)
            .From(Start())
            .FullBatch(Target)
            .AtMost(30)
            .Fit();
        Assert.Equal(Start().Encoder.ToArray<double>(), fit.Parameters.Encoder.ToArray<double>());
        Assert.NotEqual(Start().Weights.ToArray<double>(), fit.Parameters.Weights.ToArray<double>());
        Assert.Equal(2, fit.State.OptimizerState.Get<PerLeaf<GradientMoments>>().Leaves.Count);
        // A plain descent that freezes keeps nothing, and its runs go on all the same.
        var plain = Optimizer.GradientDescent(0.01).Freeze(encoder).Minimize<Net, Tensor>(Loss);
        var state = plain.From(Start()).FullBatch(Target).AtMost(3).Fit().State;
        Assert.Equal(6, plain.From(state).FullBatch(Target).AtMost(3).Fit().Steps);

        var both = Optimizer.Scale(-1).Only(encoder).Then(Optimizer.Scale(-0.5).Only(!encoder));
        var ones = new Net(Tensor.Ones([2]), Tensor.Ones([2]), Tensor.Scalar(1.0));
        var after = both.Apply(ones, ones, both.Start(ones)).Parameters;
        Assert.Equal((0, 0.5, 0.5), (after.Encoder[0].ToDouble(), after.Weights[0].ToDouble(), after.Bias.ToDouble()));
    }

    [Fact]
    public void Steps_can_be_differentiated_through_with_respect_to_the_rate()
    {
        foreach (
            var of in new Func<Schedule, Optimizer>[]
            {
                rate => Optimizer.Adam(rate, epsRoot: 1e-8),
                rate => Optimizer.Chain(Optimizer.ClipByGlobalNorm(5), Optimizer.Sgd(rate, 0.9, nesterov: true)),
                rate => Optimizer.AdamW(rate, epsRoot: 1e-8).Accumulate(2),
                rate => Optimizer.Lamb(rate, epsRoot: 1e-8, weightDecay: 0.01),
            }
        )
        {
            var after = (Tensor rate) =>
            {
                var optimizer = of(Schedule.Of(_ => rate));
                var (net, state) = (Start(), optimizer.Start(Start()));
                for (var i = 0; i < 6; i++)
                    (net, state) = optimizer.Apply(net, Gradient.Of((Net n) => Loss(n, Target))(net), state);
                return Loss(net, Target);
            };
            const double h = 1e-5;
            var quotient = (after(0.01 + h).ToDouble() - after(0.01 - h).ToDouble()) / (2 * h);
            var slope = Gradient.Of(after)(0.01).ToDouble();
            Tolerance.AssertRelative(1e-5, quotient, slope);
            Tolerance.AssertRelative(1e-10, slope, Compiled.Of(Gradient.Of(after))(0.01).ToDouble());
            Assert.NotEqual(0, slope);
        }
    }

    [Fact]
    public void Reduction_on_a_plateau_sees_the_loss_of_a_run()
    {
        var optimizer = Optimizer.GradientDescent(1).Then(Optimizer.ReduceOnPlateau(0.5, patience: 2));
        // At rate 1 it jumps from one side of the minimum to the other, 1, -1, 1: losses 1, 1, 1. After two that are no better the rate is
        // halved, and it is there at once.
        var fit = optimizer
            .Minimize<Tensor, Tensor>((p, _) => p.Square())
            .From(Tensor.Scalar(1f))
            .FullBatch(Target.AsType(DType.Float32))
            .AtMost(4)
            .Fit();
        Assert.Equal(DType.Float32, fit.Parameters.DType);
        Assert.Equal(0.5, fit.State.OptimizerState.Get<PlateauState>().Scale.ToDouble());
        Assert.Equal(0, fit.Parameters.ToDouble());
        Assert.Contains(
            "loss",
            Assert.Throws<OptimizerException>(() => optimizer.Apply(Target, Target, optimizer.Start(Target))).Message
        );
    }

    [Fact]
    public void Mistakes_are_told_at_the_call()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Adam(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Adam(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Adam(0.1, b1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Sgd(0.1, momentum: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.ClipByValue(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.AddDecayedWeights(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Adam(0.1).Accumulate(0));
        Assert.Throws<ArgumentNullException>(() => Optimizer.Adam(null!));
        Assert.Throws<ArgumentNullException>(() => Optimizer.Of<Tensor>(null!, (g, s, _) => (g, s)));
    }
}
