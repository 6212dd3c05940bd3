using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Derivatives of functions of one real number, of any order, and directional derivatives of functions of trees.</summary>
public static class Derivative
{
    /// <summary>df/dx of a function of a scalar, by forward mode; the result may be a tensor or a tree of tensors.</summary>
    /// <remarks>A function (<see cref="Func{T, TResult}"/>) in the result is differentiated at each of its applications; any other part without a tensor is returned as it is.</remarks>
    /// <exception cref="DifferentiationException">When called: the argument is not a scalar, or an integer.</exception>
    public static Func<Tensor, R> Of<R>(Func<Tensor, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => FunctionResults.derivative(FuncConvert.FromFunc(f), x);
    }

    /// <summary>The derivative of the given order of a function of a scalar, by one Taylor expansion: the cost grows with the square of the order.</summary>
    public static Func<Tensor, Tensor> Nth(Func<Tensor, Tensor> f, int order)
    {
        ArgumentNullException.ThrowIfNull(f);
        Limits.NotNegative(order, nameof(order));
        return x => Expansions.derivatives(FuncConvert.FromFunc(f), x, order)[order];
    }

    /// <summary>The value of <paramref name="f"/> at a point and its change along a direction (a Jacobian-vector product), by forward mode.</summary>
    public static Func<T, T, (R Value, R Change)> Along<T, R>(Func<T, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (point, direction) =>
            Differentiation.pushforward(nameof(Derivative), FuncConvert.FromFunc(f), point, direction);
    }

    /// <summary>The value of <paramref name="f"/> at a point, and the map from cotangents of the result to cotangents of the argument (a vector-Jacobian product), by reverse mode.</summary>
    public static Func<T, (R Value, Func<R, T> Pullback)> Pullback<T, R>(Func<T, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return point =>
        {
            var (value, back) = Differentiation.pullback(nameof(Derivative), FuncConvert.FromFunc(f), point);
            return (value, back.Invoke);
        };
    }

    /// <summary>The value of <paramref name="f"/> at a point and its change as a linear map of the direction, recorded from one evaluation: applying the map does not run <paramref name="f"/> again.</summary>
    /// <remarks>The map is worth it for many directions at one point; for one, <see cref="Along{T, R}"/> keeps nothing. It can be differentiated, batched and compiled.</remarks>
    /// <example><code>
    /// var (value, map) = Derivative.Linearize((Tensor x) => x * x)(3.0);     // value 9, map(1.0) is 6
    /// </code></example>
    public static Func<T, (R Value, Func<T, R> Map)> Linearize<T, R>(Func<T, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return point =>
        {
            var (value, map) = Differentiation.linearize(nameof(Derivative), FuncConvert.FromFunc(f), point);
            return (value, map.Invoke);
        };
    }

    /// <summary>The transpose of a linear function: the map g with &lt;u, f(x)&gt; = &lt;g(u), x&gt; for every x and u.</summary>
    /// <param name="f">A linear function of a tree.</param>
    /// <param name="example">An argument; only its structure, shapes and dtypes matter. Leaves that are not float are passed on as they are.</param>
    /// <exception cref="DifferentiationException">The function is not linear, found by the equation above at a random x and u
    /// (not inside a function that is being compiled or vectorized, where nothing has numbers).</exception>
    /// <example><code>
    /// var sumBack = Derivative.Transpose((Tensor x) => x.Sum(), Tensor.Zeros([3]));   // sumBack(2.0) is [2, 2, 2]
    /// </code></example>
    public static Func<R, T> Transpose<T, R>(Func<T, R> f, T example)
    {
        ArgumentNullException.ThrowIfNull(f);
        return Differentiation.transpose(nameof(Transpose), FuncConvert.FromFunc(f), example).Invoke;
    }
}
