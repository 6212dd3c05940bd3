using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>The sum of the derivatives of a field's components along their own coordinates: the trace of its Jacobian.</summary>
/// <remarks>The Jacobian is not made: of each of its columns the one entry is kept.</remarks>
/// <example><code>
/// var three = Divergence.Of(x => x)(Tensor.From([1.0, 2.0, 3.0]));
/// </code></example>
public static class Divergence
{
    /// <summary>The divergence of a function whose result has the shape of its argument.</summary>
    /// <exception cref="ShapeException">When called: the result has another shape than the argument.</exception>
    public static Func<Tensor, Tensor> Of(Func<Tensor, Tensor> f)
    {
        var both = WithValue(f);
        return x => both(x).Divergence;
    }

    /// <summary>The value of the field and its divergence, from one evaluation.</summary>
    /// <exception cref="ShapeException">When called: the result has another shape than the argument.</exception>
    public static Func<Tensor, (Tensor Value, Tensor Divergence)> WithValue(Func<Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Jacobians.divergence(nameof(Divergence), FuncConvert.FromFunc(f), x);
    }
}
