using Pipeline;

namespace Notebook;

/// <summary>In [1]: the gradient of a square.</summary>
sealed class GradientSection() : Section("The gradient of x^2 at 1")
{
    private readonly double slope = (double)Gradient.Of((Tensor x) => x.Pow(2))(1.0f);

    public override string Name => "grad";

    public override object Json =>
        new
        {
            f = "x**2",
            at = 1.0,
            printed = slope,
        };

    protected override void Body() => Row("slope", "2.0", Text(slope));
}

/// <summary>In [2] and [3]: sqrt(43) from the derivatives of the square root at 49.</summary>
sealed class TaylorSection : Section
{
    private const string Why =
        "the notebook multiplies the factorial after using it, so order i is divided by (i-1)! and the sum converges to 6.5425, not to sqrt(43)";

    private static readonly double[] Printed =
    [
        6.5714287757873535,
        6.54518985748291,
        6.542779922485352,
        6.542533874511719,
        6.542507648468018,
    ];

    private readonly double root = Tensor.Scalar(43f).Sqrt().ToDouble();
    private readonly double[] theNotebooksWay = [.. TheNotebooksWay(5)];
    private readonly double[] right =
    [
        .. Taylor.Series(Tensor.Sqrt, about: 49.0, order: 10).PartialSums(43.0).Skip(1).Select(sum => sum.ToDouble()),
    ];

    public TaylorSection()
        : base("sqrt(43) from the derivatives of the square root at 49") { }

    public override string Name => "taylor_sqrt_43_about_49";

    public override object Json =>
        new
        {
            true_float32 = root,
            printed_by_order = theNotebooksWay,
            why_printed_is_wrong = Why,
            right_by_order = right,
        };

    /// <summary>In float32, by gradients of gradients, with the factorial one order late.</summary>
    private static IEnumerable<double> TheNotebooksWay(int highest)
    {
        Func<Tensor, Tensor> d = x => x.Pow(0.5);
        Tensor sum = 7,
            factorial = 1;
        for (var i = 1; i <= highest; i++)
        {
            d = Gradient.Of(d);
            sum += d(Tensor.Scalar(49f)) * Math.Pow(-6, i) / factorial;
            factorial *= i;
            yield return sum.ToDouble();
        }
    }

    protected override void Body()
    {
        Row("", "printed", "computed the same way; the right sum, float64");
        for (var i = 0; i < right.Length; i++)
            Row(
                $"order {i + 1}",
                i < Printed.Length ? Text(Printed[i]) : "",
                $"{(i < theNotebooksWay.Length ? Text(theNotebooksWay[i]) : ""), -12} {right[i]:R}"
            );
        Say($"sqrt(43) = {Math.Sqrt(43):R}. Why the printed sums miss it: {Why}.");
    }
}
