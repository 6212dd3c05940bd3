using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Derivatives by choice of argument, as maps and as arrays, the way C# writes them.</summary>
public sealed class DerivativeFaceTests
{
    private sealed record Model(Tensor W, Tensor B, int Kind);

    private static double[] A(Tensor x) => x.ToArray<double>();

    [Fact]
    public void Gradients_by_choice_of_argument()
    {
        var f = (Tensor a, Tensor b) => a * a * b;
        Assert.Equal(9.0, (double)Gradient.OfSecond(f)(3.0, 5.0));
        var (first, second) = Gradient.OfBoth(f)(3.0, 5.0);
        Assert.Equal((30.0, 9.0), ((double)first, (double)second));
        var g = (Model m, Tensor x, Tensor y) => (m.W * x + m.B - y).Square();
        var all = Gradient.OfAll(g)(new Model(2.0, 1.0, 7), 3.0, 5.0);
        Assert.Equal((12.0, 4.0, 7), ((double)all.First.W, (double)all.First.B, all.First.Kind));
        Assert.Equal((8.0, -4.0), ((double)all.Second, (double)all.Third));
        Assert.Throws<DifferentiationException>(() => Gradient.OfSecond((Tensor a, int n) => a * n)(3.0, 2));
    }

    [Fact]
    public void Linear_maps_and_transposes()
    {
        var (value, map) = Derivative.Linearize((Model m) => m.W * m.W + m.B)(new Model(3.0, 1.0, 0));
        Assert.Equal((10.0, 6.5), ((double)value, (double)map(new Model(1.0, 0.5, 0))));
        Assert.Throws<TreeException>(() => map(new Model(1.0, 0.5, 1)));
        var back = Derivative.Transpose((Tensor x) => x.Sum(), Tensor.Zeros([3]));
        Assert.Equal([2.0, 2.0, 2.0], A(back(2.0)));
        var error = Assert.Throws<DifferentiationException>(() =>
            Derivative.Transpose((Tensor x) => x.Square(), Tensor.Zeros([3]))
        );
        Assert.Contains("not linear", error.Message);
    }

    [Fact]
    public void Arrays_of_derivatives_and_what_is_summed_from_them()
    {
        var f = (Tensor x) => (x[0] * x[0] * x[1]) + x[2].Exp();
        var x = Tensor.From([2.0, 3.0, 0.0]);
        var (value, gradient, hessian) = Hessian.WithGradient(f)(x);
        Assert.Equal(13.0, (double)value);
        Assert.Equal([12.0, 4.0, 1.0], A(gradient));
        Assert.Equal([6.0, 4.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 1.0], A(hessian));
        Assert.Equal(A(hessian), A(Hessian.Of(f)(x)));
        var product = Hessian.TimesVectorWithGradient(f)(x, Tensor.From([1.0, 1.0, 0.0]));
        Assert.Equal((13.0, 10.0), ((double)product.Value, (double)product.Product[0]));
        Assert.Equal(7.0, (double)Laplacian.Of(f)(x));
        Assert.Equal(
            (13.0, 7.0),
            ((double)Laplacian.WithValue(f)(x).Value, (double)Laplacian.WithValue(f)(x).Laplacian)
        );
        var field = (Tensor p) => Tensor.Stack([p[1] * p[2], p[0].Square(), p[2]]);
        // (dF2/dx1 - dF1/dx2, dF0/dx2 - dF2/dx0, dF1/dx0 - dF0/dx1) = (0, x1, 2 x0 - x2).
        Assert.Equal([0.0, 3.0, 4.0], A(Curl.Of(field)(x)));
        Assert.Equal(1.0, (double)Divergence.Of(field)(x));
        Assert.Equal(1.0, (double)Curl.WithDivergence(field)(x).Divergence);
        var tree = Jacobian.ReverseWithValue((Model m) => m.W * m.B)(new Model(x, 2.0, 1));
        Assert.Equal([4.0, 6.0, 0.0], A(tree.Value));
        Assert.Equal([2.0, 3.0, 0.0], A(tree.Jacobian.B));
        Assert.Equal([3, 3], tree.Jacobian.W.Shape);
    }

    [Fact]
    public void Axes_for_each_tensor()
    {
        var f = ((Tensor A, Tensor B) p) => (p.A.Dot(p.B), p.B);
        var a = Tensor.From(
            new[,]
            {
                { 1.0, 2.0 },
                { 3.0, 4.0 },
            }
        );
        var (dots, whole) = Vectorized.Of(f, [-1, null], [0, null])((a, Tensor.From([1.0, 10.0])));
        Assert.Equal([31.0, 42.0], A(dots));
        Assert.Equal([1.0, 10.0], A(whole));
        Assert.Throws<ShapeException>(() => Vectorized.Of(f, [0], [0, null])((a, a)));
    }

    [Fact]
    public void Custom_rules_and_their_check()
    {
        var softplus = CustomRule.Forward(
            (Tensor x) => (1 + x.Exp()).Log(),
            (x, dx) => ((1 + x.Exp()).Log(), dx / (1 + (-x).Exp()))
        );
        var check = CheckDerivatives.Of(softplus, 0.3, order: 3).ThrowIfWrong();
        Assert.Equal(14, check.Paths.Count);
        var sign = CustomRule.Reverse((Tensor x) => x.Sign(), x => (x.Sign(), x), (_, u) => u);
        Assert.Equal(1.0, (double)Gradient.Of(sign)(0.4));
        Assert.Equal([1.0, 1.0], A(Vectorized.Of(Gradient.Of(sign))(Tensor.From([0.4, -3.0]))));
        Assert.Throws<WrongDerivativeException>(() => CheckDerivatives.Of(sign, 0.4).ThrowIfWrong());
        var bad = CustomRule.Reverse((Tensor x) => x.Square(), x => (x.Square(), x), (x, u) => (x * u).Sum());
        var error = Assert.Throws<CustomRuleException>(() => bad(Tensor.From([1.0, 2.0])));
        Assert.Contains("[2]", error.Message);
    }
}
