// Steps of training through the façade: inside a compiled run, by functional call, and a minibatch with its random indices.
namespace Pipeline.Benchmarks;

internal static class TrainingSteps
{
    public static void Run()
    {
        const int steps = 20_000;
        const int epochs = 200;
        const int calls = 2_000;
        var minimization = Optimizer.GradientDescent(0.01).Minimize<Line, Batch>(Regression.Loss);

        // A rate so small that no run arrives, and a tolerance: the stop test, norms and all, stays inside every step.
        var fullBatch = Optimizer
            .GradientDescent(1e-5)
            .Minimize<Line, Batch>(Regression.Loss)
            .From(Regression.Start)
            .FullBatch(Regression.Data)
            .UntilConverged(1e-30)
            .AtMost(steps);
        var minibatch = Optimizer
            .GradientDescent(0.001 / 16)
            .Minimize<Line, Batch>(Regression.Loss)
            .From(Regression.Start)
            .Minibatch(Regression.Data, 16, 100, epoch => RandomKey.FromSeed(epoch, RandomLayout.Original))
            .UntilConverged(1e-30)
            .AtMost(epochs);
        var step = minimization.Step.Compile();
        var state = TrainState<Line>.Start(Regression.Start, Optimizer.GradientDescent(0.01));
        state = step(state, Regression.Data);

        if (fullBatch.Fit().Rounds != steps || minibatch.Fit().Rounds != epochs)
            throw new InvalidOperationException("A measured run ended early.");
        var medians = Interleaved.Medians(
            31,
            1,
            () => FullBatchStep.ByHand(steps),
            () => FullBatchStep.ByHandRounded(steps),
            () => fullBatch.Fit(),
            () =>
            {
                for (var i = 0; i < calls; i++)
                    state = step(state, Regression.Data);
            },
            () => minibatch.Fit()
        );
        var hand = medians[0] / steps;
        Console.WriteLine(
            "Training steps through the façade, 1000 x 2 float32, ns (medians of 31 interleaved batches)"
        );
        Row("best loop by hand", hand, hand);
        Row("the same, products rounded", medians[1] / steps, hand);
        Row("full-batch step in a run", medians[2] / steps, hand);
        Row("full-batch step by call", medians[3] / calls, hand);
        Row("minibatch step with indices", medians[4] / (epochs * 100), hand);
        Console.WriteLine(
            $"  bytes allocated a step in a run: {Allocated(fullBatch, steps):F4}; in an epoch's: {Allocated(minibatch, epochs * 100):F4}"
        );
    }

    /// <summary>Bytes for each step beyond what a run of one step allocates.</summary>
    private static double Allocated<T>(TrainingRun<T> run, int steps)
    {
        long Bytes(TrainingRun<T> timed)
        {
            timed.Fit();
            var before = GC.GetAllocatedBytesForCurrentThread();
            timed.Fit();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return Math.Max(0, Bytes(run) - Bytes(run.AtMost(1))) / (double)steps;
    }

    private static void Row(string name, double nanoseconds, double hand) =>
        Console.WriteLine($"  {name, -30} {nanoseconds, 10:F1}   {nanoseconds / hand, 6:F2} x");
}
