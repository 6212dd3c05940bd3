using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Functions whose derivative the user gives: for numerical stability, for a cheaper formula, or because another derivative is wanted than the function has.</summary>
/// <remarks>
/// <para>The rule is what every transformation uses: forward and reverse mode of both kinds of rule and to any order (by differentiating the rule), Taylor
/// series (order 0 is the function's, the orders above follow from y' = rule(x, x') along the curve), batching, staging, loops. A rule that states the
/// function's own derivative cannot be told from none.</para>
/// <para>The function and its rule are recorded when the result is called, so they may not read numbers of their arguments (choose with Where or Cond). They may capture
/// tensors, of transformations in progress too: the rule is for the argument alone, and with respect to what is captured the derivative is the function's own
/// (<c>Tensor.StopGradient</c> where there should be none).</para>
/// <para>Parts of the argument or result that are not float have no derivative: a rule sees zeros in their places, and what it returns there is ignored.</para>
/// </remarks>
public static class CustomRule
{
    /// <summary>A function with a rule of forward mode: from a point and a direction to the value there and its change along the direction, linear in the direction.</summary>
    /// <param name="f">The function.</param>
    /// <param name="rule">Its value and change; reverse mode transposes the change.</param>
    /// <exception cref="CustomRuleException">When called: the rule returns another structure, shape or dtype than the function.</exception>
    /// <example><code>
    /// // log(1 + e^x), whose derivative written out overflows:
    /// var softplus = CustomRule.Forward((Tensor x) => (1 + x.Exp()).Log(), (x, dx) => ((1 + x.Exp()).Log(), dx / (1 + (-x).Exp())));
    /// </code></example>
    public static Func<T, R> Forward<T, R>(Func<T, R> f, Func<T, T, (R, R)> rule)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(rule);
        var wrapped = CustomRules.withForward(FuncConvert.FromFunc(f), FuncConvert.FromFunc(rule));
        return wrapped.Invoke;
    }

    /// <summary>A function with a rule of reverse mode: the value with what the backward pass needs, and the map from that and a cotangent of the result to a cotangent of the argument, linear in the cotangent.</summary>
    /// <param name="f">The function.</param>
    /// <param name="forward">Its value, and a tree of tensors that is kept for the backward pass.</param>
    /// <param name="backward">From what was kept and the cotangent of the result to the cotangent of the argument; forward mode transposes it, by its derivative at zero where it is not linear (a clipped gradient).</param>
    /// <exception cref="CustomRuleException">When called: forward returns another value's structure, shape or dtype than the function, or backward
    /// others than the argument's.</exception>
    /// <example><code>
    /// // The sign, with the identity's derivative (a straight-through estimator):
    /// var sign = CustomRule.Reverse((Tensor x) => x.Sign(), x => (x.Sign(), x), (x, u) => u);
    /// </code></example>
    public static Func<T, R> Reverse<T, S, R>(Func<T, R> f, Func<T, (R, S)> forward, Func<S, R, T> backward)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(backward);
        var wrapped = CustomRules.withReverse(
            FuncConvert.FromFunc(f),
            FuncConvert.FromFunc(forward),
            FuncConvert.FromFunc(backward)
        );
        return wrapped.Invoke;
    }
}
