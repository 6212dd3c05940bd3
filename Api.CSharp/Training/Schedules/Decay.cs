using Pipeline.Engine;

namespace Pipeline;

/// <summary>
/// A number that depends on the part of a decay that is over, from 0 at its start to 1 at its end, however many steps it has. It becomes a
/// <see cref="Schedule"/> <see cref="Over"/> some steps, or starting again and again (<see cref="Schedule.Restarts(Decay, double, double)"/>).
/// </summary>
/// <example><code>
/// Optimizer.Adam(Schedule.Restarts(Decay.Cosine(0.1), steps: 100));
/// Optimizer.Adam(Decay.Of(part => 0.1 * (1 - part)).Over(5000));
/// </code></example>
public sealed class Decay
{
    private readonly Func<Tensor, Tensor> value;

    private Decay(Func<Tensor, Tensor> value) => this.value = value;

    /// <summary>The value at a part.</summary>
    /// <param name="part">From 0 to 1: a float tensor.</param>
    public Tensor At(Tensor part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return value(part);
    }

    /// <summary>That it depends on the part that is over.</summary>
    public override string ToString() => "Decay: a function of the part that is over";

    /// <summary>A decay of one's own.</summary>
    /// <param name="value">From the part that is over, 0 to 1: <c>part => 0.1 * (-5 * part).Exp()</c>.</param>
    public static Decay Of(Func<Tensor, Tensor> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(value);
    }

    /// <summary>From one number to another in a straight line.</summary>
    public static Decay Linear(double from, double to) => new(part => (from - to) * (1.0 - part) + to);

    /// <summary>From one number to another by a factor for each equal part.</summary>
    /// <param name="from">The first value, positive.</param>
    /// <param name="to">The last, positive.</param>
    public static Decay Exponential(double from, double to)
    {
        Limits.Positive(from);
        Limits.Positive(to);
        return new(part => from * (part * Special.log(to / from)).Exp());
    }

    /// <summary>Half a cosine: rate * ((1 - floor) ((1 + cos(pi part)) / 2)^exponent + floor).</summary>
    /// <param name="rate">The first value, positive.</param>
    /// <param name="floor">What is left of the rate at the end.</param>
    /// <param name="exponent">Positive.</param>
    public static Decay Cosine(double rate, double floor = 0, double exponent = 1)
    {
        Limits.Positive(rate);
        Limits.Positive(exponent);
        return new(part =>
        {
            var half = 0.5 * (1.0 + (part * Math.PI).Cos());
            return rate * ((1 - floor) * (exponent == 1 ? half : Tensor.Pow(half, exponent)) + floor);
        });
    }

    /// <summary>The schedule of this decay over some steps; then its last value.</summary>
    /// <param name="steps">Positive.</param>
    public Schedule Over(double steps)
    {
        Limits.Positive(steps);
        return Schedule.Of(step => At((step / steps).Minimum(1.0)));
    }
}
