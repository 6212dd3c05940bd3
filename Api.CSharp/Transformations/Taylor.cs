using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Taylor expansions: all derivatives up to an order at once.</summary>
public static class Taylor
{
    /// <summary>The Taylor polynomial of <paramref name="f"/> about a point. Elementwise functions are expanded at each entry.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The order is negative.</exception>
    /// <exception cref="DifferentiationException">The point is not of a float dtype.</exception>
    /// <example><code>
    /// var sine = Taylor.Series(x => x.Sin(), about: 0.0, order: 3);   // 0, 1, 0, -1/6
    /// </code></example>
    public static TaylorSeries Series(Func<Tensor, Tensor> f, Tensor about, int order)
    {
        ArgumentNullException.ThrowIfNull(f);
        return Expansions.series(FuncConvert.FromFunc(f), about, order);
    }

    /// <summary>The Taylor polynomial in t about 0 of the solution y(t) of y' = slope(y), y(0) = <paramref name="start"/>: coefficients of the shape of the start, all from one pass.</summary>
    /// <remarks>Order k of slope(y) divided by k + 1 is order k + 1 of y, so the slope is recorded once and evaluated order by order: n orders cost O(n^2)
    /// (a loop, branch or factorization inside the slope O(n^3)). For an equation that depends on t make t a part of y, with slope 1. The coefficients are differentiable in the start and in what the slope captures.</remarks>
    /// <param name="slope">A function of the state; it is recorded, so it may not read numbers of its argument.</param>
    /// <param name="start">The state at t = 0.</param>
    /// <param name="order">The degree of the polynomial.</param>
    /// <exception cref="ArgumentOutOfRangeException">The order is negative.</exception>
    /// <exception cref="ShapeException">The slope has another shape than the start.</exception>
    /// <exception cref="DTypeException">The slope has another dtype than the start.</exception>
    /// <exception cref="DifferentiationException">The start is not of a float dtype.</exception>
    /// <example><code>
    /// var growth = Taylor.Solution(y => y, start: 1.0, order: 10);   // 1, 1, 1/2, 1/6, ...
    /// </code></example>
    public static TaylorSeries Solution(Func<Tensor, Tensor> slope, Tensor start, int order)
    {
        ArgumentNullException.ThrowIfNull(slope);
        return Expansions.solutionSeries(FuncConvert.FromFunc(slope), start, order);
    }
}
