using Pipeline;

namespace Notebook;

/// <summary>In [7]: minibatch gradient descent, its indices drawn inside the compiled epoch.</summary>
sealed class MinibatchSection : Section
{
    private static readonly Dictionary<int, Epoch> Printed = new()
    {
        [0] = new(9.73923110961914, [-10.867279, 11.956], 2.8681633472442627),
        [10] = new(9.454119682312012, [-10.868103, 11.957705], 2.868723154067993),
        [20] = new(8.845235824584961, [-10.866956, 11.957055], 2.8659415245056152),
        [30] = new(8.964531898498535, [-10.86666, 11.955393], 2.8698999881744385),
        [40] = new(9.640743255615234, [-10.867653, 11.96116], 2.8705267906188965),
        [50] = new(9.333024978637695, [-10.869248, 11.963926], 2.870386838912964),
        [60] = new(9.223723411560059, [-10.871053, 11.964029], 2.8773386478424072),
        [70] = new(8.821696281433105, [-10.873198, 11.964625], 2.8794002532958984),
        [80] = new(9.098153114318848, [-10.8722725, 11.961653], 2.8798582553863525),
        [90] = new(9.080175399780273, [-10.872027, 11.959692], 2.8780481815338135),
        [100] = new(8.819097518920898, [-10.870214, 11.952191], 2.8761041164398193),
    };

    /// <summary>The state that an earlier run of the notebook's cell had left; it follows from the printed rows.</summary>
    private static readonly Line Hidden = new(
        Tensor.From(
            new[,]
            {
                { -10.86847826f },
                { 11.95620991f },
            }
        ),
        Tensor.From([2.86865477f])
    );

    private readonly Dictionary<int, Epoch> computed;
    private readonly FitResult<Line> fromFullBatch;

    public MinibatchSection(Line fullBatch)
        : base("Linear regression by minibatch gradient descent")
    {
        // The notebook divides the rate by the size of the batch.
        var minimization = Optimizer.GradientDescent(0.001 / 16).Minimize<Line, Batch>(Problem.Loss);

        TrainingRun<Line> From(Line start) =>
            minimization
                .From(start)
                .Minibatch(Problem.Data, 16, 100, epoch => RandomKey.FromSeed(epoch, RandomLayout.Original))
                .UntilConverged(1e-5);

        computed = From(Hidden)
            .Take(101)
            .Index()
            .Where(s => s.Index % 10 == 0)
            .ToDictionary(s => s.Index, s => Epoch.Of(s.Item));
        fromFullBatch = From(fullBatch).Fit();
    }

    public override string Name => "minibatch";

    public override object Json =>
        new
        {
            learning_rate = 0.001,
            batch_size = 16,
            batches_per_epoch = 100,
            step = "W -= learning_rate * grad / batch_size, indices of epoch e from randint(PRNGKey(e), (100,16), 0, 1000)",
            hidden_state = "the notebook's cell ran again (In [7]) from the state an earlier run had left; that state follows from the printed rows",
            start = new { W = Numbers(Hidden.W), b = Hidden.B[0].ToDouble() },
            printed_epochs = computed.ToDictionary(row => row.Key.ToString(), row => row.Value.Json),
            tolerance_absolute_parameters = 3e-6,
            tolerance_absolute_loss = 2e-5,
            reached_by_jax_from_this_start = new { parameters = 5e-7, loss = 4e-6 },
            from_the_full_batch_solution = new
            {
                stops_at_epoch = fromFullBatch.Rounds - 1,
                W = Numbers(fromFullBatch.Parameters.W),
                b = fromFullBatch.Parameters.B[0].ToDouble(),
            },
        };

    protected override void Body()
    {
        Say("From the state that an earlier run of the cell had left (it follows from the printed rows):");
        Row("loss; W, b", "printed", "computed");
        foreach (var (epoch, row) in Printed)
            Row($"epoch {epoch}", $"{row}", $"{computed[epoch]}");
        var end = fromFullBatch.Parameters;
        Say("From the full-batch solution, which is what the notebook's text describes:");
        Row("stops at epoch", "(141)", $"{fromFullBatch.Rounds - 1}");
        Row("final W, b", "(-10.866315, 11.954393, 2.8714218)", $"{Text(Numbers(end.W))}, {Text(end.B[0].ToDouble())}");
    }
}
