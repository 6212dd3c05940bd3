// What an element costs in compiled functions and in eager ones.
using Pipeline.Engine;

namespace Pipeline.Benchmarks;

internal static class ElementwiseFunctions
{
    public static void Run()
    {
        Console.WriteLine(
            "Functions, ns an element: compiled at 1,024 and 65,536 elements, eager at 65,536 (medians of 15 interleaved batches)"
        );
        Console.WriteLine($"  {"", -14} {"float32", 26} {"float64", 26}");
        Row[] rows =
        [
            Elementwise.exp,
            Elementwise.log,
            Elementwise.sin,
            Elementwise.tanh,
            Elementwise.erf,
            Elementwise.sinh,
            Elementwise.cosh,
            Elementwise.erfc,
            Elementwise.lgamma,
            Elementwise.digamma,
            Elementwise.polygamma(1),
            Elementwise.besselI(0),
            Elementwise.sinc(0),
        ];
        var functions = rows.Select(row => (row.Text, (Func<Tensor, Tensor>)(x => Tensor.Map(row, x))));
        var pairs = new[] { Zip.Power, Zip.Atan2 }.Select(zip => (zip.ToString(), Binary(zip)));
        foreach (var (name, function) in functions.Concat(pairs))
        {
            var figures = new[] { DType.Float32, DType.Float64 }.SelectMany(dtype => Measure(dtype, function));
            Console.WriteLine($"  {name, -14}" + string.Concat(figures.Select(figure => $" {figure, 8:F2}")));
        }
    }

    private static Func<Tensor, Tensor> Binary(Zip zip) => zip.IsPower ? x => x.Pow(x + 0.5) : x => x.Atan2(x + 0.5);

    /// <summary>Positive numbers up to 4, at which every function has a value.</summary>
    private static double[] Measure(DType dtype, Func<Tensor, Tensor> function)
    {
        const int small = 1_024;
        const int large = 65_536;
        var compiled = Compiled.Of(function);
        var many = new RandomKey(0).Uniform([large], 0.01, 4.0).AsType(dtype);
        var few = many[..small];
        return Interleaved.Medians(
            15,
            large,
            () =>
            {
                for (var i = 0; i < large / small; i++)
                    compiled(few);
            },
            () => compiled(many),
            () => function(many)
        );
    }
}
