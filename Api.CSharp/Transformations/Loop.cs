using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Loops over trees of tensors. The body runs once, with stand-ins, whatever the number of steps; tensors that it captures may belong to any transformation.</summary>
/// <remarks>What is carried keeps its type. A plain number (weakly typed) starts in the type in which the body returns it, for which the body runs once more;
/// a tensor that the body turns into another type is an error, never truncated.</remarks>
public static class Loop
{
    /// <summary>Applies the body to what is carried and to each slice of the inputs along their first axes; its second results are stacked.</summary>
    /// <exception cref="LoopException">The body changes the shape, dtype or structure of what it carries, or the inputs differ in length.</exception>
    public static (C Carry, Y Outputs) Scan<C, X, Y>(Func<C, X, (C, Y)> body, C initial, X inputs)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Loops.scanOver(false, FuncConvert.FromFunc(body), initial, inputs);
    }

    /// <summary>The same with one tensor carried, which a plain number may start: it takes the type that the body gives it.</summary>
    [OverloadResolutionPriority(1)]
    public static (Tensor Carry, Y Outputs) Scan<X, Y>(Func<Tensor, X, (Tensor, Y)> body, Tensor initial, X inputs) =>
        Scan<Tensor, X, Y>(body, initial, inputs);

    /// <summary>The same from the last slice to the first; the outputs keep the order of the inputs.</summary>
    public static (C Carry, Y Outputs) ScanBackwards<C, X, Y>(Func<C, X, (C, Y)> body, C initial, X inputs)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Loops.scanOver(true, FuncConvert.FromFunc(body), initial, inputs);
    }

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static (Tensor Carry, Y Outputs) ScanBackwards<X, Y>(
        Func<Tensor, X, (Tensor, Y)> body,
        Tensor initial,
        X inputs
    ) => ScanBackwards<Tensor, X, Y>(body, initial, inputs);

    /// <summary>Applies the body a number of times; its second results are stacked.</summary>
    public static (C Carry, Y Outputs) Scan<C, Y>(Func<C, (C, Y)> body, C initial, int length)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Loops.scanTimes(length, FuncConvert.FromFunc(body), initial);
    }

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static (Tensor Carry, Y Outputs) Scan<Y>(Func<Tensor, (Tensor, Y)> body, Tensor initial, int length) =>
        Scan<Tensor, Y>(body, initial, length);

    /// <summary>Applies the body while the condition holds.</summary>
    /// <remarks>Where the number of steps is not known before the function runs, reverse mode rewinds the loop through a fixed number of saved states; the overload with a bound saves every step.</remarks>
    public static C While<C>(Func<C, Tensor> condition, Func<C, C> body, C initial)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(body);
        return Loops.whileLoop("While", FuncConvert.FromFunc(condition), FuncConvert.FromFunc(body), initial, 0);
    }

    /// <summary>The same with one tensor carried, which a plain number may start: <c>Loop.While(x =&gt; x &lt; 100, x =&gt; x * 1.5, 1)</c>.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor While(Func<Tensor, Tensor> condition, Func<Tensor, Tensor> body, Tensor initial) =>
        While<Tensor>(condition, body, initial);

    /// <summary>Applies the body while the condition holds, at most <paramref name="bound"/> times; going on after that is an error.</summary>
    /// <exception cref="LoopException">The condition still holds after the bound.</exception>
    public static C While<C>(Func<C, Tensor> condition, Func<C, C> body, C initial, int bound)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(body);
        Limits.Positive(bound);
        return Loops.whileLoop("While", FuncConvert.FromFunc(condition), FuncConvert.FromFunc(body), initial, bound);
    }

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    /// <exception cref="LoopException">The condition still holds after the bound.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor While(Func<Tensor, Tensor> condition, Func<Tensor, Tensor> body, Tensor initial, int bound) =>
        While<Tensor>(condition, body, initial, bound);

    /// <summary>Applies the body to each number from <paramref name="start"/> up to, but without, <paramref name="limit"/> (an int32 scalar) and what is carried.</summary>
    /// <exception cref="LoopException">The body changes the shape, dtype or structure of what it carries.</exception>
    public static C For<C>(int start, int limit, Func<Tensor, C, C> body, C initial)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Loops.forLoop(start, limit, FuncConvert.FromFunc(body), initial, 0);
    }

    /// <summary>The same with one tensor carried, which a plain number may start: <c>Loop.For(0, 3, (_, s) =&gt; s + 0.5, 0)</c> is 1.5.</summary>
    /// <exception cref="LoopException">The body changes the shape or dtype of what it carries.</exception>
    [OverloadResolutionPriority(2)]
    public static Tensor For(int start, int limit, Func<Tensor, Tensor, Tensor> body, Tensor initial) =>
        For<Tensor>(start, limit, body, initial);

    /// <summary>The same between limits that are integer scalars, of a compiled, vectorized or differentiated function too; each lane of a batch takes its own number of steps.</summary>
    /// <remarks>Where the limits are not known before the function runs, reverse mode rewinds the loop through a fixed number of saved states; the overload with a bound saves every step.
    /// Example: <c>Compiled.Of((Tensor n) =&gt; Loop.For(0, n, (i, sum) =&gt; sum + i, Tensor.Scalar(0)))</c>.</remarks>
    /// <exception cref="LoopException">A limit is no scalar, or the body changes the shape, dtype or structure of what it carries.</exception>
    /// <exception cref="DTypeException">A limit is no integer.</exception>
    public static C For<C>(Tensor start, Tensor limit, Func<Tensor, C, C> body, C initial)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Loops.forLoop(start, limit, FuncConvert.FromFunc(body), initial, 0);
    }

    /// <summary>The same between limits that are tensors, with one tensor carried, which a plain number may start.</summary>
    /// <exception cref="LoopException">A limit is no scalar, or the body changes the shape or dtype of what it carries.</exception>
    /// <exception cref="DTypeException">A limit is no integer.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor For(Tensor start, Tensor limit, Func<Tensor, Tensor, Tensor> body, Tensor initial) =>
        For<Tensor>(start, limit, body, initial);

    /// <summary>The same for at most <paramref name="bound"/> steps, which reverse mode saves; more are an error.</summary>
    /// <exception cref="LoopException">There are more steps than the bound, a limit is no scalar, or the body changes the shape, dtype or structure of what it carries.</exception>
    /// <exception cref="DTypeException">A limit is no integer.</exception>
    public static C For<C>(Tensor start, Tensor limit, Func<Tensor, C, C> body, C initial, int bound)
    {
        ArgumentNullException.ThrowIfNull(body);
        Limits.Positive(bound);
        return Loops.forLoop(start, limit, FuncConvert.FromFunc(body), initial, bound);
    }

    /// <summary>The same for at most <paramref name="bound"/> steps, with one tensor carried, which a plain number may start.</summary>
    /// <exception cref="LoopException">There are more steps than the bound, a limit is no scalar, or the body changes the shape or dtype of what it carries.</exception>
    /// <exception cref="DTypeException">A limit is no integer.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor For(
        Tensor start,
        Tensor limit,
        Func<Tensor, Tensor, Tensor> body,
        Tensor initial,
        int bound
    ) => For<Tensor>(start, limit, body, initial, bound);

    /// <summary>All running results of an associative operation along an axis, in a number of rounds that grows as the logarithm of their number: combine(a, combine(b, c)) must be combine(combine(a, b), c).</summary>
    /// <remarks>Entry i is combine(... combine(x0, x1) ..., xi), or from the last entry to the first if <paramref name="reverse"/>: the earlier one met comes first. The operation sees one pair of elements,
    /// without the axis, and is traced once. Any tree of tensors, of any transformation. Example, running products of matrices with the later one on the left: <c>Loop.AssociativeScan((Tensor a, Tensor b) =&gt; b.Dot(a), matrices)</c>.
    /// The rounds are those of Blelloch, "Prefix sums and their applications" (1990).</remarks>
    /// <exception cref="LoopException">The tensors differ in length along the axis, there is none, or the operation changes the shape, dtype or structure of the elements.</exception>
    /// <exception cref="ShapeException">A tensor has no such axis.</exception>
    public static T AssociativeScan<T>(Func<T, T, T> combine, T elements, int axis = 0, bool reverse = false)
    {
        ArgumentNullException.ThrowIfNull(combine);
        return Engine.AssociativeScan.run(FuncConvert.FromFunc(combine), elements, axis, reverse);
    }
}
