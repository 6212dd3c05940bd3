using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Checks a function's derivatives, as of one with a custom rule: no proof, but a wrong constant in a rule does not pass.</summary>
/// <remarks>At a point, along one random direction v and for one random cotangent u: the change by forward mode against a central difference of step 1e-4,
/// and &lt;v, pullback(u)&gt; = &lt;change(v), u&gt;; then the same for the derivatives by forward and by reverse mode, and so on. The tolerance is 1e-5
/// of the reference, or 2e-3 where anything is float32, and what the difference loses by rounding; an infinite or NaN derivative agrees only with a reference that is the same.</remarks>
public static class CheckDerivatives
{
    /// <summary>Checks the derivatives of a function of a tree at a point, through every mix of forward and reverse mode to an order.</summary>
    /// <param name="f">The function; its result is a tree too.</param>
    /// <param name="at">A point where it is smooth.</param>
    /// <param name="order">The highest order: 2 (2^order - 1) comparisons.</param>
    /// <param name="seed">Of the key of the directions.</param>
    /// <exception cref="DifferentiationException">The argument or the result holds no float tensor.</exception>
    /// <example><code>
    /// CheckDerivatives.Of((Tensor x) => softplus(x), at: 0.3, order: 3).ThrowIfWrong();
    /// </code></example>
    public static DerivativeCheck Of<T, R>(Func<T, R> f, T at, int order = 2, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(f);
        return DerivativeChecks.run(FuncConvert.FromFunc(f), at, order, seed);
    }
}
