using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>The sum of the second derivatives of a scalar function along each coordinate: the trace of its Hessian.</summary>
/// <remarks>By second-order Taylor expansions along the coordinates, many at the same time; the Hessian is not made.</remarks>
/// <example><code>
/// var six = Laplacian.Of(x => (x * x).Sum())(Tensor.From([1.0, 2.0, 3.0]));
/// </code></example>
public static class Laplacian
{
    /// <summary>The Laplacian of a scalar function of a tensor.</summary>
    /// <exception cref="DifferentiationException">When called: the result is no float scalar, or the argument is not float.</exception>
    public static Func<Tensor, Tensor> Of(Func<Tensor, Tensor> f)
    {
        var both = WithValue(f);
        return x => both(x).Laplacian;
    }

    /// <summary>The value and the Laplacian, from one evaluation.</summary>
    /// <exception cref="DifferentiationException">When called: the result is no float scalar, or the argument is not float.</exception>
    public static Func<Tensor, (Tensor Value, Tensor Laplacian)> WithValue(Func<Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Jacobians.laplacian(nameof(Laplacian), FuncConvert.FromFunc(f), x);
    }
}
