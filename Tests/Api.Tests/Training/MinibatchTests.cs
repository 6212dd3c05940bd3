using Xunit;
using static Pipeline.Api.Tests.Notebook;

namespace Pipeline.Api.Tests;

/// <summary>Minibatch descent with indices drawn inside the compiled epoch reaches what the notebook printed.</summary>
public sealed class MinibatchTests
{
    private static TrainingRun<Line> Run(Line start) =>
        Optimizer
            .GradientDescent(0.001 / 16)
            .Minimize<Line, Batch>(Loss)
            .From(start)
            .Minibatch(Data(), 16, 100, epoch => RandomKey.FromSeed(epoch, RandomLayout.Original))
            .UntilConverged(1e-5);

    private static readonly (int Epoch, double Loss, double W1, double W2, double B)[] Printed =
    [
        (0, 9.73923110961914, -10.867279, 11.956, 2.8681633472442627),
        (10, 9.454119682312012, -10.868103, 11.957705, 2.868723154067993),
        (20, 8.845235824584961, -10.866956, 11.957055, 2.8659415245056152),
        (30, 8.964531898498535, -10.86666, 11.955393, 2.8698999881744385),
        (40, 9.640743255615234, -10.867653, 11.96116, 2.8705267906188965),
        (50, 9.333024978637695, -10.869248, 11.963926, 2.870386838912964),
        (60, 9.223723411560059, -10.871053, 11.964029, 2.8773386478424072),
        (70, 8.821696281433105, -10.873198, 11.964625, 2.8794002532958984),
        (80, 9.098153114318848, -10.8722725, 11.961653, 2.8798582553863525),
        (90, 9.080175399780273, -10.872027, 11.959692, 2.8780481815338135),
        (100, 8.819097518920898, -10.870214, 11.952191, 2.8761041164398193),
    ];

    [Fact]
    public void The_printed_epochs_from_the_state_that_the_notebook_was_in()
    {
        var start = new Line(
            Tensor.From(
                new[,]
                {
                    { -10.86847826f },
                    { 11.95620991f },
                }
            ),
            Tensor.From([2.86865477f])
        );
        var states = Run(start).Take(101).ToList();
        foreach (var row in Printed)
        {
            var state = states[row.Epoch];
            Assert.Equal(row.Loss, state.Loss.ToDouble(), 2e-5);
            Assert.Equal(row.W1, state.Parameters.W[0, 0].ToDouble(), 3e-6);
            Assert.Equal(row.W2, state.Parameters.W[1, 0].ToDouble(), 3e-6);
            Assert.Equal(row.B, state.Parameters.B[0].ToDouble(), 3e-6);
        }
    }

    [Fact]
    public void From_the_full_batch_solution_it_stops_at_epoch_141()
    {
        var start = Optimizer
            .GradientDescent(0.01)
            .Minimize<Line, Batch>(Loss)
            .From(Start())
            .FullBatch(Data())
            .UntilConverged(1e-5)
            .Fit();
        var fitted = Run(start.Parameters).Fit();
        Assert.Equal((FitStatus.Converged, 142, 14200), (fitted.Status, fitted.Rounds, fitted.Steps));
        Assert.Equal(-10.866315, fitted.Parameters.W[0, 0].ToDouble(), 3e-6);
        Assert.Equal(11.954393, fitted.Parameters.W[1, 0].ToDouble(), 3e-6);
        Assert.Equal(2.8714218, fitted.Parameters.B[0].ToDouble(), 3e-6);
    }

    [Fact]
    public void Rows_must_agree()
    {
        var data = Data() with { Y = Tensor.Zeros([7, 1]) };
        var start = Optimizer.GradientDescent(1).Minimize<Line, Batch>(Loss).From(Start());
        Assert.Contains("1000, 7", Assert.Throws<ShapeException>(() => start.Minibatch(data, 16, 100, Key)).Message);
    }
}
