using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The figures that scripts print are the answers, computed here without the engine: from textbook equations, closed forms and published results.</summary>
[Collection(Script.Name)]
public sealed partial class ScriptAnswerTests
{
    /// <summary>The numbers that follow a phrase on its line and the next lines.</summary>
    private static double[] Numbers(string script, string phrase, int count)
    {
        var output = Script.Output(script + ".cs");
        var from = output.IndexOf(phrase, StringComparison.Ordinal);
        Assert.True(from >= 0, output);
        return
        [
            .. Number()
                .Matches(output[(from + phrase.Length)..])
                .Take(count)
                .Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture)),
        ];
    }

    [GeneratedRegex(@"-?\d+(\.\d+)?([eE][-+]?\d+)?")]
    private static partial Regex Number();

    [Fact]
    public void The_orbit_ends_where_Kepler_s_equation_says()
    {
        // x = cos E - e, y = sqrt(1 - e^2) sin E with E - e sin E = t, 1 after ten years.
        const double e = 0.9;
        var anomaly = 2.0;
        for (var i = 0; i < 50; i++)
            anomaly -= (anomaly - e * Math.Sin(anomaly) - 1) / (1 - e * Math.Cos(anomaly));
        var place = Numbers("orbit", "place ", 2);
        Assert.Equal(Math.Cos(anomaly) - e, place[0], 2e-11);
        Assert.Equal(Math.Sqrt(1 - e * e) * Math.Sin(anomaly), place[1], 2e-11);
        Assert.Equal(-0.5, Numbers("orbit", "energy ", 1)[0], 1e-13);
    }

    [Fact]
    public void The_double_pendulum_follows_the_textbook_equations()
    {
        const double g = 9.81;
        static double[] Slope(double[] s)
        {
            var (a, b, u, v) = (s[0], s[1], s[2], s[3]);
            var (sine, cosine, below) = (Math.Sin(a - b), Math.Cos(a - b), 3 - Math.Cos(2 * a - 2 * b));
            return
            [
                u,
                v,
                (-3 * g * Math.Sin(a) - g * Math.Sin(a - 2 * b) - 2 * sine * (v * v + u * u * cosine)) / below,
                2 * sine * (2 * u * u + 2 * g * Math.Cos(a) + v * v * cosine) / below,
            ];
        }

        static double[] Plus(double[] s, double h, double[] d) => [.. s.Zip(d, (x, y) => x + h * y)];
        static double[] Step(double[] s, double h)
        {
            var a = Slope(s);
            var b = Slope(Plus(s, h / 2, a));
            var c = Slope(Plus(s, h / 2, b));
            var d = Slope(Plus(s, h, c));
            return Plus(Plus(s, h / 6, Plus(a, 1, d)), h / 3, Plus(b, 1, c));
        }

        // Kinetic energy (u^2 + (u^2 + v^2 + 2 u v cos(a - b))) / 2, potential energy -g (2 cos a + cos b).
        var energy = 0.5 * 0.5 * 0.5 - g * (2 * Math.Cos(2) + Math.Cos(1.5));
        var end = Enumerable.Range(0, 10_000).Aggregate(new[] { 2, 1.5, 0, 0.5 }, (s, _) => Step(s, 2e-4));
        var angles = Numbers("double-pendulum", "angles ", 2);
        Assert.Equal(end[0], angles[0], 2e-9);
        Assert.Equal(end[1], angles[1], 2e-9);
        Assert.All(
            [Numbers("double-pendulum", "energy ", 1), Numbers("double-pendulum", "at the end ", 1)],
            printed => Assert.Equal(energy, printed[0], 1e-9)
        );
    }

    [Fact]
    public void The_slope_of_an_equilibrium_is_that_of_plain_iteration()
    {
        var keys = new RandomKey(1).Split(3);
        double[] Draw(int key, params int[] shape) =>
            [.. keys[key].Normal(shape).ToArray<double>().Select(x => 0.4 * x)];
        var (w, u, readout) = (Draw(0, 4, 4), Draw(1, 4, 2), Draw(2, 4));

        double Loss(double change)
        {
            double sum = 0;
            foreach (var (x0, x1) in new[] { (-1, -1), (-1, 1), (1, -1), (1, 1) })
            {
                var z = new double[4];
                for (var i = 0; i < 500; i++)
                    z =
                    [
                        .. Enumerable
                            .Range(0, 4)
                            .Select(r =>
                                Math.Tanh(
                                    Enumerable
                                        .Range(0, 4)
                                        .Sum(c => (w[4 * r + c] + (r == 0 && c == 1 ? change : 0)) * z[c])
                                        + u[2 * r] * x0
                                        + u[2 * r + 1] * x1
                                )
                            ),
                    ];
                sum += Math.Pow(z.Zip(readout, (a, b) => a * b).Sum() + x0 * x1, 2) / 4;
            }
            return sum;
        }

        // The difference quotient of fourth order.
        const double h = 1e-3;
        var slope = (8 * (Loss(h) - Loss(-h)) - (Loss(2 * h) - Loss(-2 * h))) / (12 * h);
        var losses = Numbers("equilibrium", "loss ", 3);
        Assert.Equal(Loss(0), losses[0], 1e-6);
        Assert.True(losses[2] < 0.1 * losses[0], $"{losses[2]}");
        var output = Script.Output("equilibrium.cs");
        var printed = Regex.Matches(output, @"slope in W\[0, 1\] (.+)").Select(m => m.Groups[1].Value.Trim()).ToArray();
        Assert.Equal(2, printed.Length);
        Assert.All(printed, text => Assert.Equal(slope, double.Parse(text, CultureInfo.InvariantCulture), 1e-10));
        Assert.Equal(double.Parse(printed[0]), double.Parse(printed[1]), 2e-12);
    }

    [Fact]
    public void Hamiltonian_draws_have_the_posterior_in_closed_form()
    {
        // Precision X'X / 0.25 + 1, mean its inverse times X'y / 0.25.
        var x = new RandomKey(0).Normal([20, 2]).ToArray<double>();
        var noise = new RandomKey(1).Normal([20]).ToArray<double>();
        var (a, b, d, right0, right1) = (1.0, 0.0, 1.0, 0.0, 0.0);
        for (var i = 0; i < 20; i++)
        {
            var (p, q) = (x[2 * i], x[2 * i + 1]);
            var y = p - 0.5 * q + 0.5 * noise[i];
            (a, b, d) = (a + 4 * p * p, b + 4 * p * q, d + 4 * q * q);
            (right0, right1) = (right0 + 4 * p * y, right1 + 4 * q * y);
        }

        var determinant = a * d - b * b;
        var covariance = new[] { d, -b, -b, a }.Select(e => e / determinant).ToArray();
        var mean = new[]
        {
            covariance[0] * right0 + covariance[1] * right1,
            covariance[2] * right0 + covariance[3] * right1,
        };
        var printed = Numbers("hamiltonian", "mean ", 4);
        var drawn = Numbers("hamiltonian", "covariance ", 4);
        for (var i = 0; i < 2; i++)
        {
            Assert.InRange(printed[2 + i], 1e-4, 1e-2);
            Assert.InRange((printed[i] - mean[i]) / printed[2 + i], -3.5, 3.5);
        }
        for (var i = 0; i < 4; i++)
        {
            var scale = Math.Sqrt(covariance[i / 2 * 3] * covariance[i % 2 * 3]);
            Assert.InRange((drawn[i] - covariance[i]) / scale, -0.06, 0.06);
        }
    }

    [Fact]
    public void The_Nile_has_the_published_variances_and_the_errors_of_plain_differences()
    {
        // Durbin and Koopman, Time Series Analysis by State Space Methods (2012), section 2.10: 15099 and 1469.1, from the diffuse likelihood.
        var noise = Numbers("kalman", "of the noise ", 2);
        var drift = Numbers("kalman", "of the drift ", 2);
        Assert.Equal(15099, noise[0], 0.5);
        Assert.Equal(1469.1, drift[0], 0.1);
        var y = Regex
            .Matches(File.ReadAllText(Path.Combine(Script.Folder, "kalman.cs")).Split("\"\"\"")[1], @"\d+")
            .Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture))
            .ToArray();
        Assert.Equal((100, 91935.0), (y.Length, y.Sum()));

        double Negative(double noise, double drift)
        {
            var (level, uncertainty, sum) = (y[0], noise + drift, 0.0);
            foreach (var value in y.Skip(1))
            {
                var (error, variance) = (value - level, uncertainty + noise);
                sum += 0.5 * (Math.Log(2 * Math.PI * variance) + error * error / variance);
                level += uncertainty / variance * error;
                uncertainty = uncertainty * noise / variance + drift;
            }
            return sum;
        }

        Assert.Equal(-Negative(noise[0], drift[0]), Numbers("kalman", "log-likelihood ", 1)[0], 1e-4);
        // At the maximum the information in the variances themselves gives the errors that the delta method gives.
        const double h = 20;
        const double k = 4;
        double F(double i, double j) => Negative(noise[0] + i * h, drift[0] + j * k);
        var nn = (F(1, 0) - 2 * F(0, 0) + F(-1, 0)) / (h * h);
        var dd = (F(0, 1) - 2 * F(0, 0) + F(0, -1)) / (k * k);
        var nd = (F(1, 1) - F(1, -1) - F(-1, 1) + F(-1, -1)) / (4 * h * k);
        var determinant = nn * dd - nd * nd;
        Assert.Equal(Math.Sqrt(dd / determinant), noise[1], 0.5);
        Assert.Equal(Math.Sqrt(nn / determinant), drift[1], 0.5);
    }
}
