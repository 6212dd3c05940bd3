using System.Globalization;
using Pipeline.Engine;

namespace Pipeline;

/// <content>Schedules made of pieces.</content>
sealed partial class Schedule
{
    /// <summary>Schedules one after the other: number i + 1 from boundary i on, each with its own count of steps from 0.</summary>
    /// <param name="schedules">At least one.</param>
    /// <param name="boundaries">The steps at which the next begins, ascending: one less than schedules.</param>
    public static Schedule Join(IReadOnlyList<Schedule> schedules, IReadOnlyList<int> boundaries)
    {
        ArgumentNullException.ThrowIfNull(schedules);
        ArgumentNullException.ThrowIfNull(boundaries);
        if (schedules.Count != boundaries.Count + 1)
            throw new ArgumentException(
                $"Join: {schedules.Count} schedules need {schedules.Count - 1} boundaries, not {boundaries.Count}.",
                nameof(boundaries)
            );
        int[] starts = [.. boundaries];
        Ascending("Join", starts, nameof(boundaries));
        Schedule[] parts = [.. schedules];
        return new(step =>
        {
            var now = parts[0].At(step);
            for (var i = 0; i < starts.Length; i++)
                now = Tensor.Where(step >= starts[i], parts[i + 1].At((step - starts[i]).Maximum(0)), now);
            return now;
        });
    }

    /// <summary>A straight line up to a peak, then half a cosine down from it.</summary>
    /// <param name="peak">The largest value, positive.</param>
    /// <param name="warmup">The steps of the line, positive.</param>
    /// <param name="steps">All steps, those of the line included.</param>
    /// <param name="from">The first value.</param>
    /// <param name="to">The last.</param>
    /// <param name="exponent">Of the cosine.</param>
    public static Schedule WarmupCosine(
        double peak,
        int warmup,
        int steps,
        double from = 0,
        double to = 0,
        double exponent = 1
    )
    {
        Limits.Positive(peak);
        Limits.Positive(warmup);
        Limits.Require(
            steps > warmup,
            steps,
            string.Create(CultureInfo.InvariantCulture, $"greater than warmup ({warmup})")
        );
        return Join([Linear(from, peak, warmup), Cosine(peak, steps - warmup, to / peak, exponent)], [warmup]);
    }

    /// <summary>A straight line up to a peak, then <see cref="Exponential"/> from it with its own count of steps.</summary>
    /// <param name="peak">The largest value, positive.</param>
    /// <param name="warmup">The steps of the line, positive.</param>
    /// <param name="steps">The steps in which it is multiplied by the factor.</param>
    /// <param name="factor">Positive; below 1 for a decay.</param>
    /// <param name="from">The first value.</param>
    /// <param name="begin">The steps after the line at which the decay begins.</param>
    /// <param name="staircase">In whole powers of the factor.</param>
    /// <param name="limit">The least value, or where it grows the largest.</param>
    public static Schedule WarmupExponential(
        double peak,
        int warmup,
        double steps,
        double factor,
        double from = 0,
        int begin = 0,
        bool staircase = false,
        double? limit = null
    )
    {
        Limits.Positive(warmup);
        return Join([Linear(from, peak, warmup), Exponential(peak, steps, factor, begin, staircase, limit)], [warmup]);
    }

    /// <summary>
    /// A decay that starts again and again, each time growth times as long (warm restarts; Loshchilov and Hutter, 2017): the parameters
    /// settle at the end of each, however many are needed.
    /// </summary>
    /// <param name="decay">The value from the part of a decay that is over: <c>Decay.Cosine(0.1)</c>.</param>
    /// <param name="steps">The steps of the first, positive. Number k, from 0, ends after steps * (1 + growth + ... + growth^k).</param>
    /// <param name="growth">How many times longer the next is, 1 or more.</param>
    public static Schedule Restarts(Decay decay, double steps, double growth = 2)
    {
        ArgumentNullException.ThrowIfNull(decay);
        Limits.Positive(steps);
        Limits.Require(growth >= 1, growth, "1 or more");
        if (growth == 1)
            return new(step =>
            {
                // The last bits of the quotient must not put a start before itself.
                var turns = step / steps;
                return decay.At((turns - Floor(turns + 1e-12)).Maximum(0.0));
            });
        return new(step =>
        {
            // growth^k at the start of number k, whose part that is over is (scaled / growth^k - 1) / (growth - 1).
            var scaled = 1.0 + step * ((growth - 1) / steps);
            // The last bits of the logarithm must not put a start before itself.
            Tensor number = (scaled.Log() * (1 / Special.log(growth)) + 1e-12).AsType(DType.Int32);
            var start = (number * Special.log(growth)).Exp();
            return decay.At(((scaled / start - 1.0) * (1 / (growth - 1))).Minimum(1.0).Maximum(0.0));
        });
    }

    /// <summary>Cycles of <see cref="WarmupCosine"/> one after the other, each with its own count of steps; the last goes on.</summary>
    /// <param name="cycles">At least one.</param>
    public static Schedule Restarts(params CosineCycle[] cycles)
    {
        ArgumentNullException.ThrowIfNull(cycles);
        if (cycles.Length == 0)
            throw new ArgumentException("Restarts: there is no cycle; give at least one.", nameof(cycles));
        var end = 0;
        return Join(
            [.. cycles.Select(c => WarmupCosine(c.Peak, c.Warmup, c.Steps, c.From, c.To, c.Exponent))],
            [.. cycles.SkipLast(1).Select(c => end += c.Steps)]
        );
    }

    /// <summary>A value multiplied by a factor from each of some steps on.</summary>
    /// <param name="value">The first value.</param>
    /// <param name="factors">Steps and their factors, ascending.</param>
    /// <example><code>
    /// Schedule.PiecewiseConstant(0.1, (1000, 0.1), (2000, 0.1));   // 0.1, 0.01, 0.001
    /// </code></example>
    public static Schedule PiecewiseConstant(double value, params (int Step, double Factor)[] factors)
    {
        var (starts, values) = Knots("PiecewiseConstant", value, factors);
        return new(step =>
        {
            var now = Constant(value).At(step);
            for (var i = 0; i < starts.Length; i++)
                now = Tensor.Where(step >= starts[i], values[i + 1], now);
            return now;
        });
    }

    /// <summary>A value multiplied by a factor at each of some steps, with straight lines between them.</summary>
    /// <param name="value">The value at step 0.</param>
    /// <param name="factors">Steps and their factors, ascending. After the last the value stays.</param>
    public static Schedule PiecewiseLinear(double value, params (int Step, double Factor)[] factors) =>
        Interpolated("PiecewiseLinear", value, factors, (a, b, part) => (b - a) * part + a);

    /// <summary>A value multiplied by a factor at each of some steps, with half cosines between them.</summary>
    /// <param name="value">The value at step 0.</param>
    /// <param name="factors">Steps and their factors, ascending. After the last the value stays.</param>
    public static Schedule PiecewiseCosine(double value, params (int Step, double Factor)[] factors) =>
        Interpolated(
            "PiecewiseCosine",
            value,
            factors,
            (a, b, part) => b + (a - b) / 2 * ((Math.PI * part).Cos() + 1.0)
        );

    /// <summary>One cycle of straight lines: from peak / divisor up to the peak at the part start of the steps, down again at the part final, then to that over finalDivisor (Smith and Topin, 2018).</summary>
    /// <param name="steps">All steps.</param>
    /// <param name="peak">The largest value, positive.</param>
    /// <param name="start">The part of the steps at which it is reached.</param>
    /// <param name="final">The part at which the first value is reached again.</param>
    /// <param name="divisor">The peak over the first value.</param>
    /// <param name="finalDivisor">The first value over the last.</param>
    public static Schedule OneCycleLinear(
        int steps,
        double peak,
        double start = 0.3,
        double final = 0.85,
        double divisor = 25,
        double finalDivisor = 1e4
    )
    {
        Cycle(steps, peak, divisor, finalDivisor);
        return PiecewiseLinear(
            peak / divisor,
            ((int)(start * steps), divisor),
            ((int)(final * steps), 1 / divisor),
            (steps, 1 / finalDivisor)
        );
    }

    /// <summary>One cycle of half cosines: from peak / divisor up to the peak at the part start of the steps, then down to peak / divisor / finalDivisor.</summary>
    /// <param name="steps">All steps.</param>
    /// <param name="peak">The largest value, positive.</param>
    /// <param name="start">The part of the steps at which it is reached.</param>
    /// <param name="divisor">The peak over the first value.</param>
    /// <param name="finalDivisor">The first value over the last.</param>
    public static Schedule OneCycleCosine(
        int steps,
        double peak,
        double start = 0.3,
        double divisor = 25,
        double finalDivisor = 1e4
    )
    {
        Cycle(steps, peak, divisor, finalDivisor);
        return PiecewiseCosine(peak / divisor, ((int)(start * steps), divisor), (steps, 1 / (divisor * finalDivisor)));
    }

    private static void Cycle(int steps, double peak, double divisor, double finalDivisor)
    {
        Limits.Positive(steps);
        Limits.Positive(peak);
        Limits.Positive(divisor);
        Limits.Positive(finalDivisor);
    }

    private static Schedule Interpolated(
        string operation,
        double value,
        (int Step, double Factor)[] factors,
        Func<double, double, Tensor, Tensor> between
    )
    {
        var (starts, values) = Knots(operation, value, factors);
        return new(step =>
        {
            var now = Constant(values[^1]).At(step);
            for (var i = starts.Length - 1; i >= 0; i--)
            {
                var begin = i == 0 ? 0 : starts[i - 1];
                if (starts[i] == begin)
                    continue;
                var part = ((step - begin) / (double)(starts[i] - begin)).Maximum(0.0).Minimum(1.0);
                now = Tensor.Where(step < starts[i], between(values[i], values[i + 1], part), now);
            }

            return now;
        });
    }

    /// <summary>The steps, and the values: the first, and the products from each step on.</summary>
    private static (int[] Starts, double[] Values) Knots(
        string operation,
        double value,
        (int Step, double Factor)[] factors
    )
    {
        ArgumentNullException.ThrowIfNull(factors);
        int[] starts = Array.ConvertAll(factors, factor => factor.Step);
        Ascending(operation, starts, nameof(factors));
        var values = new double[factors.Length + 1];
        values[0] = value;
        for (var i = 0; i < factors.Length; i++)
            values[i + 1] = values[i] * factors[i].Factor;
        return (starts, values);
    }

    private static void Ascending(string operation, int[] steps, string name)
    {
        for (var i = 0; i < steps.Length; i++)
            if (steps[i] < (i == 0 ? 0 : steps[i - 1]))
                throw new ArgumentException(
                    FormattableString.Invariant(
                        $"{operation}: step {steps[i]} follows {(i == 0 ? 0 : steps[i - 1])}; give the steps in ascending order, from 0."
                    ),
                    name
                );
    }
}
