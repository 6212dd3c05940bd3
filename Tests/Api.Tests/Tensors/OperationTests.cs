using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Determinants, special functions and reductions that leave NaN out, as C# calls them.</summary>
public sealed class OperationTests
{
    private static readonly Tensor Singular = Tensor.From(
        new[,]
        {
            { 1.0, 2.0 },
            { 2.0, 4.0 },
        }
    );

    [Fact]
    public void A_determinant_is_differentiated_at_a_singular_matrix()
    {
        Assert.Equal(0.0, Singular.Determinant().ToDouble());
        var gradient = Gradient.Of((Tensor a) => a.Determinant())(Singular);
        Assert.Equal([4.0, -2.0, -2.0, 1.0], gradient.ToArray<double>());
    }

    [Fact]
    public void A_log_determinant_comes_with_its_sign()
    {
        var (sign, logMagnitude) = (-Tensor.Eye(3) * 10).LogDeterminant();
        Assert.Equal(-1.0, sign.ToDouble());
        Assert.Equal(3 * Math.Log(10), logMagnitude.ToDouble(), 1e-14);
        Assert.Equal(0.0, Singular.LogDeterminant().Sign.ToDouble());
    }

    [Fact]
    public void Reductions_leave_out_what_is_no_number()
    {
        var x = Tensor.From([double.NaN, 1.0, 2.0, 3.0, 4.0]);
        Assert.Equal(10.0, x.NanSum().ToDouble());
        Assert.Equal(2.5, x.NanMean().ToDouble());
        Assert.Equal(1.25, x.NanVariance().ToDouble());
        Assert.Equal(5.0 / 3, x.NanVariance(correction: 1).ToDouble(), 1e-15);
        Assert.Equal(Math.Sqrt(1.25), x.NanStandardDeviation().ToDouble());
        var gradient = Gradient.Of((Tensor a) => a.NanVariance())(x);
        Assert.Equal([0.0, -0.75, -0.25, 0.25, 0.75], gradient.ToArray<double>());
        var rows = Tensor.Stack([x, Tensor.Ones([5])]);
        Assert.Equal([10.0, 5.0], rows.NanSum(axis: 1).ToArray<double>());
        Assert.Equal([1.25, 0.0], rows.NanVariance(1).ToArray<double>());
        Assert.Equal([2, 1], rows.NanMean(1, keepAxis: true).Shape);
        Assert.Equal([0.25, 1.0, 2.25], rows[.., 2..].Variance(0).ToArray<double>());
        Assert.Equal([0.5, 1.0, 1.5], rows[.., 2..].StandardDeviation([0]).ToArray<double>());
    }

    [Fact]
    public void Special_functions_are_exact_where_formulas_are_not()
    {
        Tensor zero = 0.0;
        Assert.Equal(1.0, zero.Sinc().ToDouble());
        Assert.Equal(-Math.PI * Math.PI / 3, Derivative.Nth(x => x.Sinc(), 2)(zero).ToDouble(), 1e-14);
        Assert.Equal(0.0, zero.XLogY(zero).ToDouble());
        Assert.Equal(0.0, zero.XLog1PY(-1.0).ToDouble());
        Assert.Equal(1.5374597944280349e-12, ((Tensor)5.0).Erfc().ToDouble(), 1e-26);
        Assert.Equal(1.2660658777520084, ((Tensor)1.0).BesselI(0).ToDouble(), 1e-15);
        Assert.Equal(Math.Cosh(2), Derivative.Of((Tensor x) => x.Sinh())(2.0).ToDouble(), 1e-15);
        Assert.Throws<ArgumentOutOfRangeException>(() => zero.BesselI(-1));
    }
}
