using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>The rotation of a field in three dimensions: (dF2/dx1 - dF1/dx2, dF0/dx2 - dF2/dx0, dF1/dx0 - dF0/dx1).</summary>
/// <example><code>
/// var curl = Curl.Of(x => Tensor.Stack([-x[1], x[0], 0.0]))(Tensor.From([1.0, 2.0, 3.0]));      // [0, 0, 2]
/// </code></example>
public static class Curl
{
    /// <summary>The curl of a function from 3 to 3 numbers.</summary>
    /// <exception cref="ShapeException">When called: argument and result are not of shape [3].</exception>
    public static Func<Tensor, Tensor> Of(Func<Tensor, Tensor> f)
    {
        var all = WithDivergence(f);
        return x => all(x).Curl;
    }

    /// <summary>The value of the field, its curl and its divergence, from one evaluation.</summary>
    /// <exception cref="ShapeException">When called: argument and result are not of shape [3].</exception>
    public static Func<Tensor, (Tensor Value, Tensor Curl, Tensor Divergence)> WithDivergence(Func<Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Jacobians.curl(nameof(Curl), FuncConvert.FromFunc(f), x);
    }
}
