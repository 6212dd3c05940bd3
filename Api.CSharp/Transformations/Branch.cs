using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Choices between computations. Where the predicate is known at once, only the branch that is taken computes anything.</summary>
/// <remarks>The others are then run once with stand-ins, for the types of their results alone: eager and compiled functions return the same types.
/// The branches return one structure, shape and type, as in JAX; what differs is refused by name and nothing is converted in silence. Plain numbers
/// (weakly typed) take the type of the others: beside a float32 tensor <c>0</c> and <c>0.5</c> are float32; 0.5 beside an int32 tensor is refused.
/// Of a branch that throws or calls itself nothing is asked (no function that holds it can be compiled). Where one that is not taken reads a number
/// and the one that is taken returns a plain number, whose type it would decide, that is an error.</remarks>
public static class Branch
{
    /// <summary>One of two computations, by a scalar.</summary>
    /// <remarks>In a compiled or vectorized function too only the computation that is taken runs, with all that it makes of the function's tensors (in a
    /// vectorized function, where lanes differ: both, and one that may fail for the lanes that take it). What it makes of numbers that are known while the
    /// function is compiled, of captured arrays alone, is made then: where that may fail, not end, or cost much, pass them as the operand of the other overload.
    /// Example: <c>Branch.Cond(x &gt; 0, () =&gt; x.Log(), () =&gt; 0)</c>, where 0 has the type of x.</remarks>
    /// <exception cref="LoopException">The computations return tensors of other types, shapes or structures.</exception>
    public static R Cond<R>(Tensor predicate, Func<R> ifTrue, Func<R> ifFalse)
    {
        ArgumentNullException.ThrowIfNull(ifTrue);
        ArgumentNullException.ThrowIfNull(ifFalse);
        return Conditionals.cond(predicate, Of(ifTrue), Of(ifFalse), (Unit)null!);
    }

    /// <summary>The same of two computations of a tensor, which may be plain numbers: they take the type of the other.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor Cond(Tensor predicate, Func<Tensor> ifTrue, Func<Tensor> ifFalse) =>
        Cond<Tensor>(predicate, ifTrue, ifFalse);

    /// <summary>One of two functions of an operand, by a scalar.</summary>
    /// <exception cref="LoopException">The functions return tensors of other types, shapes or structures.</exception>
    public static R Cond<T, R>(Tensor predicate, Func<T, R> ifTrue, Func<T, R> ifFalse, T operand)
    {
        ArgumentNullException.ThrowIfNull(ifTrue);
        ArgumentNullException.ThrowIfNull(ifFalse);
        return Conditionals.cond(predicate, Of(ifTrue), Of(ifFalse), operand);
    }

    /// <summary>The same of two functions from a tensor to a tensor, the operand of which may be a plain number.</summary>
    /// <exception cref="LoopException">The functions return tensors of other types or shapes.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor Cond(
        Tensor predicate,
        Func<Tensor, Tensor> ifTrue,
        Func<Tensor, Tensor> ifFalse,
        Tensor operand
    ) => Cond<Tensor, Tensor>(predicate, ifTrue, ifFalse, operand);

    /// <summary>The function of the given number (an integer scalar, clamped) applied to an operand.</summary>
    /// <remarks>Only the function that is taken runs, as in <c>Cond</c>; what is made of captured arrays alone is made for all of them: pass those with the operand.</remarks>
    /// <exception cref="DTypeException">The number is no integer.</exception>
    /// <exception cref="ShapeException">The number is no scalar.</exception>
    /// <exception cref="LoopException">There is no function, or they return tensors of other types, shapes or structures.</exception>
    public static R Switch<T, R>(Tensor index, T operand, params Func<T, R>[] branches)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(branches);
        return Conditionals.@switch(index, Array.ConvertAll(branches, Of), operand);
    }

    /// <summary>The same of functions from a tensor to a tensor, the operand of which may be a plain number.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor Switch(Tensor index, Tensor operand, params Func<Tensor, Tensor>[] branches) =>
        Switch<Tensor, Tensor>(index, operand, branches);

    private static Branch<Unit, R> Of<R>(Func<R> f) => new(f, FuncConvert.FromFunc((Unit _) => f()));

    private static Branch<T, R> Of<T, R>(Func<T, R> f) => new(f, FuncConvert.FromFunc(f));
}
