using Pipeline;

namespace Notebook;

/// <summary>In [4]: full-batch gradient descent.</summary>
sealed class FullBatchSection : Section
{
    private static readonly Dictionary<int, Epoch> Printed = new()
    {
        [0] = new(283.57696533203125, [0.53832495, 1.2374916], -0.11600104719400406),
        [100] = new(13.434798240661621, [-9.48734, 10.64589], 2.352383852005005),
        [200] = new(9.301318168640137, [-10.71081, 11.789786], 2.786647319793701),
        [300] = new(9.236554145812988, [-10.860037, 11.930452], 2.857306957244873),
        [400] = new(9.235513687133789, [-10.87819, 11.947992], 2.8682963848114014),
    };

    private readonly Dictionary<int, Epoch> computed;

    public FullBatchSection()
        : base("Linear regression by full-batch gradient descent")
    {
        var run = Optimizer
            .GradientDescent(0.01)
            .Minimize<Line, Batch>(Problem.Loss)
            .From(Problem.Start())
            .FullBatch(Problem.Data)
            .UntilConverged(1e-5);

        // The whole run is one compiled loop; the sequence of its states is made lazily, for the rows that the notebook printed.
        Fitted = run.Fit();
        computed = run.Take(401)
            .Index()
            .Where(s => s.Index % 100 == 0)
            .ToDictionary(s => s.Index, s => Epoch.Of(s.Item));
    }

    public FitResult<Line> Fitted { get; }

    public override string Name => "full_batch";

    public override object Json =>
        new
        {
            learning_rate = 0.01,
            stop = "norm(W - old_W) < 1e-5 and norm(b - old_b) < 1e-5",
            printed_epochs = computed.ToDictionary(row => row.Key.ToString(), row => row.Value.Json),
            stops_at_epoch = Fitted.Rounds - 1,
            printed_final = new
            {
                W = Numbers(Fitted.Parameters.W),
                b = Fitted.Parameters.B[0].ToDouble(),
                sqrt_loss = Math.Sqrt(Fitted.Loss),
            },
            tolerance = 2e-6,
        };

    protected override void Body()
    {
        Row("loss; W, b", "printed", "computed");
        foreach (var (epoch, row) in Printed)
            Row($"epoch {epoch}", $"{row}", $"{computed[epoch]}");
        Row(
            "final W, b",
            "[-10.880371, 11.950205], 2.86994553",
            $"[{Text(Numbers(Fitted.Parameters.W))}], {Text(Fitted.Parameters.B[0].ToDouble())}"
        );
        Row("square root of the loss", "3.03899622", Text(Math.Sqrt(Fitted.Loss)));
        Row("stops at epoch", "(498)", $"{Fitted.Rounds - 1}");
    }
}
