using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Norms of every order, as NumPy's of vectors; reference values of orders 1, 3 and infinity are golden ones.</summary>
public sealed class NormTests
{
    private static readonly Tensor X = Tensor.From([3.0, -4.0, 0.0, 12.0]);

    public static TheoryData<double, double> Orders() =>
        new()
        {
            { 0, 3 },
            { 0.5, Math.Pow(Math.Sqrt(3) + 2 + Math.Sqrt(12), 2) },
            { 1, 19 },
            { 1.5, Math.Pow(Math.Pow(3, 1.5) + 8 + Math.Pow(12, 1.5), 1 / 1.5) },
            { 2, 13 },
            { 3, Math.Cbrt(27 + 64 + 1728) },
            { 4, Math.Pow(81 + 256 + 20736, 0.25) },
            { 5000, 12 },
            { double.PositiveInfinity, 12 },
            { double.NegativeInfinity, 0 },
        };

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_norm_of_an_order_is_its_formula(double order, double expected)
    {
        foreach (
            var norm in new Func<Tensor, Tensor>[] { x => x.Norm(order), Compiled.Of((Tensor x) => x.Norm(order)) }
        )
        {
            Assert.Equal(expected, (double)norm(X), 1e-13 * expected + 1e-300);
            Assert.Equal(0.0, (double)norm(Tensor.Zeros([3])));
            Assert.Equal(double.NaN, (double)norm(Tensor.From([1.0, double.NaN])) + (order == 0 ? double.NaN : 0));
        }

        Assert.True(Tensor.Norm(X, order).SameBits(X.Norm(order)));
        var rows = Tensor.Stack([X, 2 * X]);
        Assert.True(rows.Norm(1, order: order).SameBits(Tensor.Stack([X.Norm(order), (2 * X).Norm(order)])));
        Assert.Equal<Shape>([2, 1], rows.Norm([1], keepAxes: true, order: order).Shape);
        Assert.Equal((2 * X).Norm(order).DType, Tensor.From([6, -8, 0, 24]).Norm(order).DType);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Norms_stay_in_the_range_of_their_value(double order, double expected)
    {
        if (order == 0)
            return; // A number of entries does not grow with them.
        foreach (var scale in new[] { 1e-300, 1e290 })
        {
            Assert.Equal(expected, (double)(scale * X).Norm(order) / scale, 1e-13 * expected + 1e-300);
            if (order is > 1 and < 100)
                Assert.True(
                    Gradient
                        .Of((Tensor x) => x.Norm(order))(scale * X)
                        .AllClose(Gradient.Of((Tensor x) => x.Norm(order))(X), 1e-12, 1e-15)
                );
        }
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Derivatives_of_norms_are_right(double order, double expected)
    {
        Assert.True(expected >= 0);
        var smooth = Tensor.From([3.0, -4.0, 1.5, 12.0]);
        if (order < 100)
            CheckDerivatives.Of((Tensor x) => x.Norm(order), smooth, order: 3).ThrowIfWrong();
        // At zero, and of entries that are 0, nothing: a minimum has slope 0 there.
        Assert.Equal([0.0, 0, 0], Gradient.Of((Tensor x) => x.Norm(order))(Tensor.Zeros([3])).ToArray<double>());
        Assert.Equal(0.0, (double)Gradient.Of((Tensor x) => x.Norm(order))(X)[2]);
    }

    [Fact]
    public void Entries_of_zero_have_the_higher_derivatives_of_even_orders()
    {
        // d2/dx2 of (1 + x^4)^(1/4) is 0 at 0, and the fourth is 24 / 4.
        var f = (Tensor x) => Tensor.Stack([Tensor.Scalar(1.0), x]).Norm(order: 4);
        Assert.Equal(6.0, (double)Derivative.Nth(f, 4)(0.0), 1e-12);
    }

    [Fact]
    public void Ties_for_the_largest_share_its_derivative()
    {
        var slope = Gradient.Of((Tensor x) => x.Norm(double.PositiveInfinity))(Tensor.From([2.0, -2, 1]));
        Assert.Equal([0.5, -0.5, 0], slope.ToArray<double>());
    }

    [Fact]
    public void What_is_no_order_is_refused_by_name()
    {
        Assert.Contains("Norm", Assert.Throws<ArgumentOutOfRangeException>(() => X.Norm(-1.0)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => X.Norm(0, order: double.NaN));
    }
}
