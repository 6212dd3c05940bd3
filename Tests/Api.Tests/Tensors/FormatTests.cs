using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>What tensors, series, runs and results print: six digits or those asked for, in every culture alike.</summary>
public sealed class FormatTests
{
    private static readonly Tensor Thirds = Tensor.From([1.0, 2.0]) / 3;

    [Fact]
    public void Six_digits_are_the_default_and_others_are_asked_for()
    {
        Assert.Equal("[0.333333, 0.666667]", $"{Thirds}");
        Assert.Equal("[0.333, 0.667]", $"{Thirds:f3}");
        Assert.Equal("[0.3333333333333333, 0.6666666666666666]", $"{Thirds:R}");
        Assert.Equal("[3.3E-001, 6.7E-001]", Thirds.ToString("E1"));
        Assert.Equal("0.10000000000000001", $"{Tensor.Scalar(0.1):G17}");
        Assert.Equal("0.1", $"{Tensor.Scalar(0.1f):R}");
        Assert.Equal("[1, 2]", $"{Tensor.From([1, 2]):R}");
        Assert.Equal("[1.00, 2.00]", $"{Tensor.From([1, 2]):f2}");
        Assert.Equal("9007199254740993", $"{Tensor.Scalar(9007199254740993L):G17}");
        Assert.Equal("[true, false]", $"{Tensor.From([true, false]):f3}");
        Assert.Equal("[NaN, Infinity]", $"{Tensor.From([double.NaN, double.PositiveInfinity]):f1}");
        Assert.Throws<FormatException>(() => Thirds.ToString("Q"));
    }

    [Fact]
    public void Derivatives_are_printed_marked_and_formatted()
    {
        var text = "";
        Gradient.Of(
            (Tensor x) =>
            {
                text = $"{x / 3:f2}";
                return x;
            }
        )(1.0);
        Assert.Equal("0.33 (Gradient)", text);
    }

    [Fact]
    public void No_culture_changes_what_is_printed()
    {
        using var _ = new OtherCulture();
        var data = Tensor.From([1.5, 2.25, 3.125, 4.5]);
        var run = Optimizer
            .GradientDescent(0.25)
            .Then(Optimizer.Momentum(0.5))
            .Minimize((Tensor p, Tensor d) => (p - d).Square().Sum())
            .From(Tensor.Scalar(-1.5))
            .FullBatch(Tensor.Scalar(0.0));
        var fit = run.AtMost(1).Fit();
        var table = Dataset.FromColumns(("y", [-1.5, 2.5, 2.25]), ("x", [-1, 2, 3]));
        var regression = Regression.Fit(
            table,
            "y",
            options: new()
            {
                Method = RegressionMethod.FullBatch,
                LearningRate = 0.125,
                Epochs = 3,
            }
        );
        object[] shown =
        [
            -Thirds,
            Taylor.Series(x => -x / 3, 1.5, 2),
            run,
            fit,
            fit.State,
            new TrainProgress(1, 2, -0.5),
            new RandomKey(-5),
            Thirds.Shape,
            table,
            table.Standardize("x").Scale,
            Inference.LeastSquares(data.ExpandDims(1), -data.Square()),
            Inference.LeastSquares(data.ExpandDims(1), -data.Square())["x1"],
            regression,
            new RegressionOptions { LearningRate = 0.25, Seed = -1 },
            new CosineCycle(0.5, -1, 5),
            CheckDerivatives.Of((Tensor x) => x * x, -1.5),
        ];
        string[] texts =
        [
            .. shown.Select(one => $"{one}"),
            $"{-Thirds:f3}",
            string.Format(CultureInfo.CurrentCulture, "{0:f3}", -Thirds),
            Assert.Throws<ShapeException>(() => Thirds[-7]).Message,
            Assert.Throws<ShapeException>(() => Thirds.Sum(-7)).Message,
            Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.GradientDescent(-0.5)).Message,
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Polynomial(1, 0, -0.5, 3)).Message,
            Assert.Throws<ArgumentOutOfRangeException>(() => Derivative.Nth(x => x, -1)).Message,
            Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.AllClose(Thirds, Thirds, rtol: -0.5)).Message,
            Assert.Throws<ShapeException>(() => Thirds.Entry(-7)).Message,
            Assert.Throws<ShapeException>(() => Thirds.Take(Tensor.From([-7]))).Message,
            Assert.Throws<DTypeException>(() => (-Thirds * 1e99).ToArray<int>()).Message,
            Assert.Throws<DataException>(() => new RandomKey(0).Bernoulli(1.5)).Message,
            Assert.Throws<DataException>(() => new RandomKey(0).Choice(2, Tensor.From([0.5, -1.5]))).Message,
            Assert.Throws<DataException>(() => new RandomKey(0).TruncatedNormal(1.5, 0.5)).Message,
            Assert.Throws<LinearAlgebraException>(() => (Tensor.Eye(2) * -1.5).Cholesky()).Message,
            Assert
                .Throws<DifferentiationException>(() =>
                    Derivative.Transpose((Tensor x) => x + 0.5, Tensor.Scalar(0.0))(1.0)
                )
                .Message,
            Assert
                .Throws<WrongDerivativeException>(() =>
                    CheckDerivatives
                        .Of(CustomRule.Forward((Tensor x) => x * x, (x, dx) => (x * x, 1.5 * dx)), -0.7)
                        .ThrowIfWrong()
                )
                .Message,
            Assert.Throws<DataException>(() => Inference.LeastSquares(data.ExpandDims(1), 0 * data - 1.5)).Message,
            Assert
                .Throws<LoopException>(() => Implicit.Root((Tensor x) => x * x + 1.5, Tensor.Scalar(0.5), maxSteps: 3))
                .Message,
            Assert.Throws<ShapeException>(() => Thirds.Reshape(-1, -1)).Message,
            Assert
                .Throws<ArgumentException>(() =>
                    Regression.Fit(
                        table,
                        "y",
                        options: new() { Method = RegressionMethod.FullBatch, LearningRate = -0.5 }
                    )
                )
                .Message,
        ];
        Assert.All(texts, text => Assert.DoesNotContain("\u2212", text));
        Assert.All(texts, text => Assert.DoesNotMatch(@"\d,\d", text));
        Assert.All(texts, text => Assert.DoesNotContain("`", text));
    }

    [Fact]
    public void The_debugger_shows_dtype_shape_and_numbers()
    {
        var shown = typeof(Tensor).GetCustomAttribute<DebuggerDisplayAttribute>()!.Value;
        var property = typeof(Tensor).GetProperty(
            shown.Split(',')[0].TrimStart('{'),
            BindingFlags.NonPublic | BindingFlags.Instance
        )!;
        Assert.Equal("float64[2] [0.333333, 0.666667]", property.GetValue(Thirds));
        object? traced = null;
        Gradient.Of(
            (Tensor x) =>
            {
                traced = property.GetValue(x);
                return x.Sum();
            }
        )(Thirds);
        Assert.Equal("float64[2] [0.333333, 0.666667] (Gradient)", traced);
    }

    [Fact]
    public void Every_public_object_prints_more_than_its_type()
    {
        var types = new[] { typeof(Tensor), typeof(Optimizer) }
            .SelectMany(type => type.Assembly.GetExportedTypes())
            .Where(type => type is { IsAbstract: false, IsEnum: false } && !type.Name.Contains('<'))
            .Where(type => !typeof(Exception).IsAssignableFrom(type) && !typeof(Delegate).IsAssignableFrom(type))
            .ToArray();
        Assert.InRange(types.Length, 30, int.MaxValue);
        Assert.DoesNotContain(
            types,
            type => type.GetMethod("ToString", Type.EmptyTypes)!.DeclaringType!.Assembly == typeof(object).Assembly
        );
    }

    [Fact]
    public void Series_runs_and_results_say_what_they_are()
    {
        Assert.Equal("TaylorSeries of order 2 about 0: 1, 1, 0.5", $"{Taylor.Series(x => x.Exp(), 0.0, 2)}");
        Assert.Equal("round 1, step 2: loss 0.5", $"{new TrainProgress(1, 2, 0.5)}");
        var run = Optimizer
            .GradientDescent(0.1)
            .Minimize((Tensor p, Tensor d) => (p - d).Square().Sum())
            .From(Tensor.Scalar(1.0))
            .FullBatch(Tensor.Scalar(0.0));
        Assert.Equal("TrainingRun of Tensor: without a limit", $"{run}");
        Assert.Equal(
            "TrainingRun of Tensor: until it converges, at most 7 rounds",
            $"{run.UntilConverged(1e-3).AtMost(7)}"
        );
        Assert.StartsWith("StepLimit after 1 rounds (1 updates): loss 1, parameters 0.8", $"{run.AtMost(1).Fit()}");
    }

    [Fact]
    public void A_power_is_not_an_exclusive_or()
    {
        Assert.Contains("Pow", Assert.Throws<DTypeException>(() => Thirds ^ 2).Message);
        Assert.Equal([3, 0], (Tensor.From([1, 2]) ^ 2).ToArray<int>());
    }
}
