using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Minibatches as lazy sequences, and as a compiled run draws them.</summary>
public sealed class BatchesTests
{
    private static readonly RandomKey Key = new(4);

    private static Tensor Rows(int count) => Tensor.Arange(count, DType.Float64);

    private static double[] Flat(IEnumerable<Tensor> batches) => [.. batches.SelectMany(b => b.ToArray<double>())];

    [Fact]
    public void An_epoch_has_each_row_once()
    {
        var batches = Batches.Shuffled(Rows(10), 4, Key).ToList();
        Assert.Equal([4, 4, 2], batches.Select(batch => batch.Shape[0]));
        Assert.Equal(Flat([Rows(10)]), Flat(batches).Order());
        Assert.NotEqual(Flat([Rows(10)]), Flat(batches));
        Assert.Equal(Flat(batches), Flat(Batches.Shuffled(Rows(10), 4, Key)));
        Assert.NotEqual(Flat(batches), Flat(Batches.Shuffled(Rows(10), 4, Key.FoldIn(1))));
        Assert.Equal([0.0, 1, 2, 3, 4, 5, 6], Flat(Batches.InOrder(Rows(7), 3)));
    }

    [Fact]
    public void Random_draws_never_end_and_may_repeat()
    {
        var draws = Batches.Drawn(Rows(3), 5, Key);
        Assert.Equal(100, draws.Take(20).Sum(batch => batch.Shape[0]));
        Assert.Equal(Flat(draws.Take(20)), Flat(draws.Take(20)));
        Assert.Equal([0.0, 1, 2], Flat(draws.Take(20)).Distinct().Order());
    }

    [Fact]
    public void Rows_of_records_and_tables_stay_together()
    {
        foreach (var (x, y) in Batches.Shuffled((X: Rows(9), Y: 10 * Rows(9)), 4, Key))
            Assert.Equal((10 * x).ToArray<double>(), y.ToArray<double>());
        var table = Dataset.FromColumns(("a", [1, 2, 3]), ("b", [10, 20, 30]));
        var tables = Batches.Shuffled(table, 2, Key).ToList();
        Assert.Equal([2, 1], tables.Select(batch => batch.Rows));
        Assert.Equal(["a", "b"], tables[0].Columns);
        Assert.All(tables, batch => Assert.Equal(batch["a"].ToArray().Select(a => 10 * a), batch["b"].ToArray()));
        Assert.Equal(3, Batches.InOrder(table, 3).Single().Rows);
        Assert.Equal(8, Batches.Drawn(table, 4, Key).Take(2).Sum(batch => batch.Rows));
    }

    [Fact]
    public void Mistakes_are_told_at_the_call()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Batches.Shuffled(Rows(3), 0, Key));
        Assert.Contains("4", Assert.Throws<ShapeException>(() => Batches.Shuffled(Rows(3), 4, Key)).Message);
        Assert.Throws<ShapeException>(() => Batches.InOrder((Rows(3), Rows(4)), 2));
        Assert.Throws<ArgumentNullException>(() => Batches.Drawn(Rows(3), 2, null!));
    }

    [Theory]
    [InlineData(10, 4)]
    [InlineData(8, 4)]
    [InlineData(3, 3)]
    public void A_compiled_run_takes_the_same_batches_and_its_loss_is_the_mean_over_rows(int rows, int batchSize)
    {
        var minimization = Optimizer.GradientDescent(0.05).Minimize<Tensor, Tensor>((p, x) => (p - x).Square().Mean());
        var run = minimization.From(Tensor.Scalar(0.0)).ShuffledMinibatch(Rows(rows), batchSize, Key).AtMost(3);
        var state = TrainState<Tensor>.Start(Tensor.Scalar(0.0), minimization.Optimizer);
        var losses = new List<double>();
        for (var epoch = 0; epoch < 3; epoch++)
        {
            losses.Clear();
            foreach (var batch in Batches.Shuffled(Rows(rows), batchSize, Key.FoldIn(epoch)))
            {
                state = minimization.Step(state, batch);
                losses.Add(state.Loss.ToDouble() * batch.Shape[0]);
            }
        }

        var fit = run.Fit();
        Assert.Equal((int)state.Step, fit.Steps);
        Assert.Equal(state.Parameters.ToDouble(), fit.Parameters.ToDouble(), 1e-12);
        Assert.Equal(losses.Sum() / rows, fit.Loss, 1e-12);
        Assert.Equal(fit.Loss, run.Last().Loss.ToDouble());
    }

    [Fact]
    public void The_loss_of_an_epoch_is_the_mean_over_rows()
    {
        // Nothing is learned, so the loss of an epoch is that of all rows, whatever the size of its last minibatch.
        var start = Optimizer
            .Scale(0)
            .Minimize<Tensor, Tensor>((p, x) => (p - x).Square().Mean())
            .From(Tensor.Scalar(0.0));
        var whole = Rows(11).Square().Mean().ToDouble();
        Assert.Equal(whole, start.ShuffledMinibatch(Rows(11), 4, Key).AtMost(1).Fit().Loss, 1e-12);
        Assert.Equal(whole, start.ShuffledMinibatch(Rows(11), 11, Key).First().Loss.ToDouble(), 1e-12);
        Assert.Equal(whole, start.FullBatch(Rows(11)).First().Loss.ToDouble(), 1e-12);
    }

    [Fact]
    public void The_two_samplings_have_two_names()
    {
        // With repetition rows come twice in an epoch of as many; shuffled, each comes once.
        var start = Optimizer
            .GradientDescent(1)
            .Minimize<Tensor, (Tensor X, Tensor Hot)>((p, d) => -(p * d.Hot.Sum(0)).Sum())
            .From(Tensor.Zeros([9]));
        var counted = (X: Rows(9), Hot: Tensor.Eye(9));
        Assert.All(
            start.ShuffledMinibatch(counted, 3, Key).First().Parameters.ToArray<double>(),
            count => Assert.Equal(1, count)
        );
        var drawn = start.Minibatch(counted, 3, 3, Key).First().Parameters.ToArray<double>();
        Assert.Equal(9, drawn.Sum());
        Assert.Contains(0.0, drawn);
        var names = typeof(TrainingStart<Tensor, Tensor>)
            .GetMethods()
            .Where(m => m.ReturnType == typeof(TrainingRun<Tensor>));
        Assert.All(names.Where(m => m.Name == "Minibatch"), m => Assert.Equal(4, m.GetParameters().Length));
        Assert.Single(names, m => m.Name == "ShuffledMinibatch");
    }
}
