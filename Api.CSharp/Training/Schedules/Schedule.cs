using Pipeline.Engine;

namespace Pipeline;

/// <summary>
/// A number that depends on the step, such as a learning rate: a pure function of the number of the step (an int32 scalar from 0), compiled
/// into the training loop. A plain number is a constant schedule.
/// </summary>
/// <remarks>Values are weakly typed float64, so float32 parameters stay float32. What depends on the part of a decay that is over, 0 to 1, is a
/// <see cref="Decay"/>: it becomes a schedule <see cref="Decay.Over"/> some steps, or by <see cref="Restarts(Decay, double, double)"/>.</remarks>
/// <example><code>
/// Optimizer.Adam(Schedule.WarmupCosine(peak: 0.001, warmup: 100, steps: 5000));
/// Optimizer.Sgd(Schedule.Of(step => 0.1 / (1 + step * 0.01)));
/// </code></example>
public sealed partial class Schedule
{
    private readonly Func<Tensor, Tensor> value;

    private Schedule(Func<Tensor, Tensor> value, double? constant = null) =>
        (this.value, IsConstant) = (value, constant);

    /// <summary>The number, where it is the same at every step.</summary>
    internal double? IsConstant { get; }

    /// <summary>The value at a step.</summary>
    /// <param name="step">The number of the step, from 0: an integer tensor.</param>
    public Tensor At(Tensor step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return value(step);
    }

    /// <summary>The number, where it is one; else that it depends on the step.</summary>
    public override string ToString() =>
        IsConstant is { } value
            ? FormattableString.Invariant($"Schedule: {value} at every step")
            : "Schedule: a function of the step";

    /// <summary>A constant.</summary>
    public static implicit operator Schedule(double value) => Constant(value);

    /// <summary>A schedule of one's own.</summary>
    /// <param name="value">From the number of the step, an int32 scalar from 0.</param>
    public static Schedule Of(Func<Tensor, Tensor> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(value);
    }

    /// <summary>The same number at every step.</summary>
    public static Schedule Constant(double value) => new(step => 0.0 * step + value, value);

    /// <summary>From one number to another in a straight line; before it begins the first, after it the second.</summary>
    /// <param name="from">The first value.</param>
    /// <param name="to">The last.</param>
    /// <param name="steps">The steps between; where there are none the value stays the first.</param>
    /// <param name="begin">The step at which it begins.</param>
    public static Schedule Linear(double from, double to, int steps, int begin = 0) =>
        Polynomial(from, to, 1, steps, begin);

    /// <summary>(from - to)(1 - c / steps)^power + to, c = step - begin between 0 and steps; from, where there are no steps.</summary>
    /// <param name="from">The first value.</param>
    /// <param name="to">The last.</param>
    /// <param name="power">1 is a straight line.</param>
    /// <param name="steps">The steps between.</param>
    /// <param name="begin">The step at which it begins.</param>
    public static Schedule Polynomial(double from, double to, double power, int steps, int begin = 0)
    {
        if (steps <= 0)
            return Constant(from);
        Limits.Positive(power);
        return new(step =>
        {
            var left = 1.0 - Since(step, begin).Minimum(steps) / (double)steps;
            return (from - to) * (power == 1 ? left : Tensor.Pow(left, power)) + to;
        });
    }

    /// <summary>A factor for every so many steps: rate * factor^((step - begin) / steps); the rate itself until it begins.</summary>
    /// <param name="rate">The first value, positive.</param>
    /// <param name="steps">The steps in which it is multiplied by the factor, positive.</param>
    /// <param name="factor">Positive; below 1 for a decay.</param>
    /// <param name="begin">The step at which it begins.</param>
    /// <param name="staircase">In whole powers of the factor.</param>
    /// <param name="limit">The least value, or where it grows the largest.</param>
    public static Schedule Exponential(
        double rate,
        double steps,
        double factor,
        int begin = 0,
        bool staircase = false,
        double? limit = null
    )
    {
        Check(rate, steps);
        Limits.Positive(factor);
        return new(step =>
        {
            var exponent = Since(step, begin) / steps;
            var now = rate * Tensor.Pow(factor, staircase ? Floor(exponent) : exponent);
            return limit is not { } last ? now
                : factor < 1 ? now.Maximum(last)
                : now.Minimum(last);
        });
    }

    /// <summary>Half a cosine: rate * ((1 - floor) ((1 + cos(pi min(step, steps) / steps)) / 2)^exponent + floor).</summary>
    /// <param name="rate">The first value, positive.</param>
    /// <param name="steps">The steps of the decay, positive. Later the value stays.</param>
    /// <param name="floor">What is left of the rate at the end.</param>
    /// <param name="exponent">Positive.</param>
    public static Schedule Cosine(double rate, double steps, double floor = 0, double exponent = 1)
    {
        Check(rate, steps);
        return Decay.Cosine(rate, floor, exponent).Over(steps);
    }

    /// <summary>The rate divided by a number that grows with the steps: rate / (1 + factor * step / steps).</summary>
    /// <param name="rate">The first rate, positive.</param>
    /// <param name="steps">The steps in which the divisor grows by the factor, positive.</param>
    /// <param name="factor">Positive.</param>
    public static Schedule InverseTime(double rate, double steps, double factor = 1)
    {
        Check(rate, steps);
        Limits.Positive(factor);
        return new(step => rate / (1.0 + step * (factor / steps)));
    }

    /// <summary>The steps since one, 0 before it.</summary>
    private static Tensor Since(Tensor step, int begin) => begin == 0 ? step : (step - begin).Maximum(0);

    private static Tensor Floor(Tensor notNegative) => notNegative.AsType(DType.Int32).AsType(DType.Float64);

    private static void Check(double rate, double steps)
    {
        Limits.Positive(rate);
        Limits.Positive(steps);
    }
}
