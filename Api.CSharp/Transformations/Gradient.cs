using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>The gradient of a function with a scalar result, with respect to its first argument: one backward pass whatever the number of parameters.</summary>
/// <remarks>The argument is a tensor or a tree of tensors: a record, record struct, tuple, array, list or dictionary, nested as you like. The gradient
/// has the same shape; leaves that are not float32 or float64 have gradient zero. Gradients compose: of each other, and with every other transformation.
/// OfSecond, OfBoth and OfAll choose other arguments; any other choice is a lambda of the arguments that are to be differentiated. C# infers no types from a method's name (CS0411): <c>var f = Loss; Gradient.Of(f)</c>.</remarks>
public static class Gradient
{
    /// <summary>The function that gives the gradient of <paramref name="f"/>.</summary>
    /// <exception cref="DifferentiationException">When called: the result is no float scalar, or the argument holds no float tensor.</exception>
    public static Func<T, T> Of<T>(Func<T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return point => At(f, point).Gradient;
    }

    /// <summary>The gradient with respect to the first argument; the second is passed through.</summary>
    public static Func<T, A, T> Of<T, A>(Func<T, A, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (point, a) => At(p => f(p, a), point).Gradient;
    }

    /// <summary>The gradient with respect to the first argument; the others are passed through.</summary>
    public static Func<T, A, B, T> Of<T, A, B>(Func<T, A, B, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (point, a, b) => At(p => f(p, a, b), point).Gradient;
    }

    /// <summary>The gradient with respect to the second argument; the first is passed through.</summary>
    public static Func<A, T, T> OfSecond<A, T>(Func<A, T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (a, point) => At(p => f(a, p), point).Gradient;
    }

    /// <summary>The gradients with respect to both arguments, from one evaluation.</summary>
    /// <example><code>
    /// var (dw, dx) = Gradient.OfBoth((Tensor w, Tensor x) => (w * x).Sum())(w, x);
    /// </code></example>
    public static Func<A, B, (A First, B Second)> OfBoth<A, B>(Func<A, B, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (a, b) => At(p => f(p.a, p.b), (a, b)).Gradient;
    }

    /// <summary>The gradients with respect to all three arguments, from one evaluation.</summary>
    public static Func<A, B, C, (A First, B Second, C Third)> OfAll<A, B, C>(Func<A, B, C, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (a, b, c) => At(p => f(p.a, p.b, p.c), (a, b, c)).Gradient;
    }

    /// <summary>The value of <paramref name="f"/> and its gradient, from one evaluation.</summary>
    public static Func<T, (Tensor Value, T Gradient)> WithValue<T>(Func<T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return point => At(f, point);
    }

    /// <summary>The value and the gradient with respect to the first argument; the second is passed through.</summary>
    public static Func<T, A, (Tensor Value, T Gradient)> WithValue<T, A>(Func<T, A, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (point, a) => At(p => f(p, a), point);
    }

    /// <summary>The value, what else the function returns beside it (carried along, not differentiated), and the gradient.</summary>
    public static Func<T, (Tensor Value, R Auxiliary, T Gradient)> WithAuxiliary<T, R>(Func<T, (Tensor, R)> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return point => Differentiation.gradient(nameof(Gradient), FuncConvert.FromFunc(f), point);
    }

    /// <summary>The value, what else the function returns beside it, and the gradient with respect to the first argument.</summary>
    public static Func<T, A, (Tensor Value, R Auxiliary, T Gradient)> WithAuxiliary<T, A, R>(Func<T, A, (Tensor, R)> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (point, a) => Differentiation.gradient(nameof(Gradient), FuncConvert.FromFunc((T p) => f(p, a)), point);
    }

    private static (Tensor Value, T Gradient) At<T>(Func<T, Tensor> f, T point) =>
        Differentiation.valueAndGradient(nameof(Gradient), FuncConvert.FromFunc(f), point);
}
