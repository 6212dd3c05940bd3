namespace Pipeline;

/// <summary>
/// Learning rates as functions of the number of the step (an int32 scalar from 0), for <see cref="Optimizer.GradientDescent(Func{Tensor, Tensor})"/>.
/// They are ordinary functions on tensors: compiled into the training loop, and as easily written by hand. The rates are weakly typed
/// float64, so float32 parameters stay float32.
/// </summary>
public static class Schedule
{
    /// <summary>Half a cosine from a rate down to 0: rate * (1 + cos(pi * min(step, steps) / steps)) / 2.</summary>
    /// <param name="rate">The first rate, positive.</param>
    /// <param name="steps">The steps of the decay, positive. Later the rate is 0.</param>
    public static Func<Tensor, Tensor> Cosine(double rate, double steps)
    {
        Check(rate, steps);
        return step => 0.5 * rate * (1.0 + ((step * (1.0 / steps)).Minimum(1.0) * Math.PI).Cos());
    }

    /// <summary>
    /// A decay that starts again and again, each time growth times as long (warm restarts; Loshchilov and Hutter, 2017): the parameters
    /// settle at the end of each, however many are needed.
    /// </summary>
    /// <param name="rate">The rate from the part of a decay that is over, 0 to 1: <c>part => 0.1 * (-5 * part).Exp()</c>.</param>
    /// <param name="steps">The steps of the first, positive. Number k, from 0, ends after steps * (growth^(k+1) - 1) / (growth - 1).</param>
    /// <param name="growth">How many times longer the next is, above 1.</param>
    public static Func<Tensor, Tensor> Restarts(Func<Tensor, Tensor> rate, double steps, double growth = 2)
    {
        ArgumentNullException.ThrowIfNull(rate);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(growth, 1);
        return step =>
        {
            // growth^k at the start of number k, whose part that is over is (scaled / growth^k - 1) / (growth - 1).
            var scaled = 1.0 + step * ((growth - 1) / steps);
            // The last bits of the logarithm must not put a start before itself.
            Tensor number = (scaled.Log() * (1 / Math.Log(growth)) + 1e-12).AsType(DType.Int32);
            var start = (number * Math.Log(growth)).Exp();
            return rate(((scaled / start - 1.0) * (1 / (growth - 1))).Minimum(1.0).Maximum(0.0));
        };
    }

    /// <summary>A factor for every so many steps: rate * factor^(step / steps).</summary>
    /// <param name="rate">The first rate, positive.</param>
    /// <param name="steps">The steps in which the rate is multiplied by the factor, positive.</param>
    /// <param name="factor">Positive; below 1 for a decay.</param>
    public static Func<Tensor, Tensor> Exponential(double rate, double steps, double factor)
    {
        Check(rate, steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        return step => rate * (step * (Math.Log(factor) / steps)).Exp();
    }

    /// <summary>The rate divided by a number that grows with the steps: rate / (1 + factor * step / steps).</summary>
    /// <param name="rate">The first rate, positive.</param>
    /// <param name="steps">The steps in which the divisor grows by the factor, positive.</param>
    /// <param name="factor">Positive.</param>
    public static Func<Tensor, Tensor> InverseTime(double rate, double steps, double factor = 1)
    {
        Check(rate, steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        return step => rate / (1.0 + step * (factor / steps));
    }

    private static void Check(double rate, double steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
    }
}
