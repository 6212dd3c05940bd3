using ScottPlot;
using ScottPlot.Rendering.RenderActions;

namespace Pipeline.Samples.Fit;

/// <summary>Draws a fit as SVG: the coefficients with their intervals and, of descent, the loss along the way.</summary>
internal static class Chart
{
    internal static void Draw(RegressionResult fit, Dataset data, string path)
    {
        // In deviations of the target for a deviation of the feature, so that features in any units share one axis.
        double Deviation(string column) => Standardization.Of(data, column).Deviations[0];
        var (intervals, losses) = (new Plot(), new Plot());
        var slopes = fit.Inference.Coefficients.Skip(1).Reverse().ToArray();
        for (var k = 0; k < slopes.Length; k++)
        {
            var unit = Deviation(slopes[k].Term) / Deviation(fit.Inference.Target);
            intervals.Add.Line(slopes[k].Low * unit, k, slopes[k].High * unit, k).Color = Colors.SteelBlue;
            intervals.Add.Marker(slopes[k].Estimate * unit, k, color: Colors.SteelBlue);
        }

        intervals.Axes.Left.SetTicks([.. slopes.Select((_, k) => (double)k)], [.. slopes.Select(slope => slope.Term)]);
        intervals.Title(
            $"{fit.MethodName}: deviations of {fit.Inference.Target} for one of the feature, 95 % intervals"
        );
        var steps = fit.Losses.Where(step => step.Loss > 0).ToArray();
        losses.Add.Scatter(Array.ConvertAll(steps, s => new Coordinates(Math.Log10(s.Round + 1), Math.Log10(s.Loss))));
        losses.XLabel("log10 of the epoch");
        losses.YLabel("log10 of the mean squared residual");
        Plot[] plots = steps.Length > 0 ? [intervals, losses] : [intervals];
        using var stream = File.Create(path);
        using var canvas = SkiaSharp.SKSvgCanvas.Create(new(0, 0, 800, 450 * plots.Length), stream);
        for (var k = 0; k < plots.Length; k++)
        {
            // SVG knows no clearing: it would paint the whole picture black.
            plots[k].RenderManager.RenderActions.RemoveAll(action => action is ClearCanvas);
            plots[k].Render(canvas, new PixelRect(0, 800, 450 * (k + 1), 450 * k));
        }
    }
}
