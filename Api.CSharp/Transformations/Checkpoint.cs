using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Functions whose intermediate values are computed again in the backward pass instead of being kept.</summary>
public static class Checkpoint
{
    /// <summary>The same function; under reverse mode it keeps its arguments only.</summary>
    public static Func<T, R> Of<T, R>(Func<T, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return argument => Checkpoints.rerun(FuncConvert.FromFunc(f), argument);
    }

    /// <summary>The least number of slots with which reverse mode runs no step of a scan more than <paramref name="runs"/> times before it takes it back:
    /// the least s with C(s + runs, s) at least <paramref name="steps"/>.</summary>
    /// <remarks>With 3 runs: 17 slots for 1,000 steps, 83 for 100,000, 180 for 1,000,000.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The steps are negative, or the runs not positive.</exception>
    public static int Slots(int steps, int runs) => Checkpoints.slots(steps, runs);

    /// <summary><c>Loop.Scan</c> for long loops: reverse mode keeps a few of the carried states, and runs the steps between them again.</summary>
    /// <remarks>The value and every other mode are those of <c>Loop.Scan</c>. Reverse mode keeps <c>Checkpoint.Slots(steps, 3)</c> states at a time, by the binomial
    /// schedule of Griewank and Walther (2000): every step runs at most three times more, and memory beside the inputs, the outputs and their cotangents grows as the cube root of the steps.
    /// Example: <c>Checkpoint.Scan((Tensor x, Tensor u) => (x + 0.1 * u, x), start, controls)</c>.</remarks>
    /// <exception cref="LoopException">The body changes the shape, dtype or structure of what it carries, or the inputs differ in length.</exception>
    public static (C Carry, Y Outputs) Scan<C, X, Y>(Func<C, X, (C, Y)> body, C initial, X inputs)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Checkpoints.scanOver(0, FuncConvert.FromFunc(body), initial, inputs);
    }

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static (Tensor Carry, Y Outputs) Scan<X, Y>(Func<Tensor, X, (Tensor, Y)> body, Tensor initial, X inputs) =>
        Scan<Tensor, X, Y>(body, initial, inputs);

    /// <summary>The same with at most so many states kept at a time: with s slots, C(s + r, s) steps run at most r times more each.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no slot.</exception>
    /// <exception cref="LoopException">The body changes the shape, dtype or structure of what it carries, or the inputs differ in length.</exception>
    public static (C Carry, Y Outputs) Scan<C, X, Y>(Func<C, X, (C, Y)> body, C initial, X inputs, int slots)
    {
        ArgumentNullException.ThrowIfNull(body);
        Limits.Positive(slots);
        return Checkpoints.scanOver(slots, FuncConvert.FromFunc(body), initial, inputs);
    }

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static (Tensor Carry, Y Outputs) Scan<X, Y>(
        Func<Tensor, X, (Tensor, Y)> body,
        Tensor initial,
        X inputs,
        int slots
    ) => Scan<Tensor, X, Y>(body, initial, inputs, slots);

    /// <summary>The body applied a number of times, its second results stacked; reverse mode keeps <c>Checkpoint.Slots(length, 3)</c> states.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="LoopException">The body changes the shape, dtype or structure of what it carries.</exception>
    public static (C Carry, Y Outputs) Scan<C, Y>(Func<C, (C, Y)> body, C initial, int length)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Checkpoints.scanTimes(0, length, FuncConvert.FromFunc(body), initial);
    }

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static (Tensor Carry, Y Outputs) Scan<Y>(Func<Tensor, (Tensor, Y)> body, Tensor initial, int length) =>
        Scan<Tensor, Y>(body, initial, length);

    /// <summary>The body applied a number of times, its second results stacked; reverse mode keeps at most so many states at a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or there is no slot.</exception>
    /// <exception cref="LoopException">The body changes the shape, dtype or structure of what it carries.</exception>
    public static (C Carry, Y Outputs) Scan<C, Y>(Func<C, (C, Y)> body, C initial, int length, int slots)
    {
        ArgumentNullException.ThrowIfNull(body);
        Limits.Positive(slots);
        return Checkpoints.scanTimes(slots, length, FuncConvert.FromFunc(body), initial);
    }

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static (Tensor Carry, Y Outputs) Scan<Y>(
        Func<Tensor, (Tensor, Y)> body,
        Tensor initial,
        int length,
        int slots
    ) => Scan<Tensor, Y>(body, initial, length, slots);
}
