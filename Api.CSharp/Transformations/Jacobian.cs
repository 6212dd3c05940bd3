using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>First derivatives of a tensor with respect to each tensor of the argument; the axes are those of the result, then those of the argument.</summary>
/// <remarks>The argument is a tensor or a tree of tensors, and the derivative has its shape. The function is evaluated once, whatever the number of
/// entries; many basis vectors are taken at the same time, a large basis in turns.</remarks>
/// <example><code>
/// var j = Jacobian.Forward((Tensor x) => a.Dot(x))(x);        // a
/// </code></example>
public static class Jacobian
{
    /// <summary>By the cheaper mode: reverse where the result has no more entries than the argument, else forward, which evaluates the function a second time.</summary>
    /// <exception cref="DifferentiationException">When called: the argument holds no float tensor, or the result is none.</exception>
    /// <example><code>
    /// var j = Jacobian.Of((Tensor x) => x * x)(Tensor.From([1.0, 2.0]));        // [[2, 0], [0, 4]]
    /// </code></example>
    public static Func<T, T> Of<T>(Func<T, Tensor> f)
    {
        var both = WithValue(f);
        return x => both(x).Jacobian;
    }

    /// <summary>The value and the derivatives, by the cheaper mode.</summary>
    /// <exception cref="DifferentiationException">When called: the argument holds no float tensor, or the result is none.</exception>
    public static Func<T, (Tensor Value, T Jacobian)> WithValue<T>(Func<T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Jacobians.cheaper(nameof(Jacobian), FuncConvert.FromFunc(f), x);
    }

    /// <summary>By forward mode: the cheaper way where the argument has fewer entries than the result.</summary>
    /// <exception cref="DifferentiationException">When called: the argument holds no float tensor, or the result is none.</exception>
    public static Func<T, T> Forward<T>(Func<T, Tensor> f)
    {
        var both = ForwardWithValue(f);
        return x => both(x).Jacobian;
    }

    /// <summary>By reverse mode: the cheaper way where the result has fewer entries than the argument.</summary>
    /// <exception cref="DifferentiationException">When called: the argument holds no float tensor, or the result is none.</exception>
    public static Func<T, T> Reverse<T>(Func<T, Tensor> f)
    {
        var both = ReverseWithValue(f);
        return x => both(x).Jacobian;
    }

    /// <summary>The value and the derivatives by forward mode, from one evaluation.</summary>
    /// <exception cref="DifferentiationException">When called: the argument holds no float tensor, or the result is none.</exception>
    public static Func<T, (Tensor Value, T Jacobian)> ForwardWithValue<T>(Func<T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Jacobians.forward(nameof(Jacobian), FuncConvert.FromFunc(f), x);
    }

    /// <summary>The value and the derivatives by reverse mode, from one evaluation.</summary>
    /// <exception cref="DifferentiationException">When called: the argument holds no float tensor, or the result is none.</exception>
    public static Func<T, (Tensor Value, T Jacobian)> ReverseWithValue<T>(Func<T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Jacobians.reverse(nameof(Jacobian), FuncConvert.FromFunc(f), x);
    }
}
