using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Second derivatives of a scalar function.</summary>
public static class Hessian
{
    /// <summary>The matrix of second derivatives of a scalar function of a tensor, by forward over reverse mode; the argument's axes twice.</summary>
    /// <exception cref="DifferentiationException">When called: the result is no float scalar, or the argument is not float.</exception>
    /// <example><code>
    /// var h = Hessian.Of(x => (x * x * x).Sum())(Tensor.From([1.0, 2.0]));      // [[6, 0], [0, 12]]
    /// </code></example>
    public static Func<Tensor, Tensor> Of(Func<Tensor, Tensor> f)
    {
        var all = WithGradient(f);
        return x => all(x).Hessian;
    }

    /// <summary>The value, the gradient and the Hessian, from one evaluation.</summary>
    /// <exception cref="DifferentiationException">When called: the result is no float scalar, or the argument is not float.</exception>
    public static Func<Tensor, (Tensor Value, Tensor Gradient, Tensor Hessian)> WithGradient(Func<Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Jacobians.hessian(nameof(Hessian), FuncConvert.FromFunc(f), x);
    }

    /// <summary>The Hessian at a point times a direction, without the matrix: the change of the gradient along the direction. Trees of parameters too.</summary>
    /// <exception cref="DifferentiationException">When called: the result is no float scalar, or the argument holds no float tensor.</exception>
    public static Func<T, T, T> TimesVector<T>(Func<T, Tensor> f)
    {
        var all = TimesVectorWithGradient(f);
        return (point, direction) => all(point, direction).Product;
    }

    /// <summary>The value, the gradient, and the Hessian times a direction, from one evaluation: what a step of a Newton method by conjugate gradients needs.</summary>
    /// <exception cref="DifferentiationException">When called: the result is no float scalar, or the argument holds no float tensor.</exception>
    public static Func<T, T, (Tensor Value, T Gradient, T Product)> TimesVectorWithGradient<T>(Func<T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (point, direction) =>
            Jacobians.hessianProduct(nameof(Hessian), FuncConvert.FromFunc(f), point, direction);
    }
}
