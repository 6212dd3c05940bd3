using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Finds what made a NaN or an infinity: runs a function operation by operation and looks at every result.</summary>
/// <remarks>Values, tangents and backward passes of the transformations inside the function are watched; compiled functions, loops and branches are run
/// step by step. Operations that touch nothing made from the argument (a cotangent times a constant, too) are not seen, only the NaN that they bring in: pass what matters as the argument. The line is the user's code that
/// called the operation; for an operation inside a compiled function, a loop or a backward pass, the code that called that. Optimized code may have lost a
/// frame or a line: then the caller is named, or the statement before. Put the check outermost: inside another transformation it sees only what already has numbers, and loops as one operation.</remarks>
public static class CheckNumbers
{
    /// <summary>The function, except that the first operation to make a NaN (or an infinity) from operands without one throws.</summary>
    /// <param name="f">A function of a tree; its results are the same.</param>
    /// <exception cref="NonFiniteException">When called: such an operation; the message names it, its operands, the place and the line. Or an operation that meets
    /// a NaN which was not made from the argument.</exception>
    /// <example><code>
    /// CheckNumbers.Of(Gradient.Of((Tensor x) => x.Sqrt()))(0.0);     // throws: the derivative of sqrt is infinite at 0
    /// </code></example>
    public static Func<T, R> Of<T, R>(Func<T, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Inspection.guard(FuncConvert.FromFunc(f), x);
    }

    /// <summary>The function's result with every place in its derivatives where zero met a NaN or an infinity and was kept as zero.</summary>
    /// <remarks>Zero times anything is zero in every derivative (docs/annihilation.md). That is what makes where(x > 0, log x, 0) differentiable at 0,
    /// and it can hide a mistake. Tangents that are zero by structure are never multiplied, so nothing is found there.</remarks>
    /// <param name="f">A function of a tree, as of <see cref="Of{T, R}(Func{T, R})"/>; no number makes it throw.</param>
    /// <example><code>
    /// var (slope, found) = CheckNumbers.Annihilations(Gradient.Of((Tensor x) => Tensor.Where(x > 0, x.Log(), 0)))(0.0);   // slope 0, one found
    /// </code></example>
    public static Func<T, (R Result, IReadOnlyList<Annihilation> Found)> Annihilations<T, R>(Func<T, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Inspection.annihilations(FuncConvert.FromFunc(f), x);
    }
}
