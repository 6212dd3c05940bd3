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
            SpecialFunctions.erf,
            Elementwise.sinh,
            Elementwise.cosh,
            SpecialFunctions.erfc,
            SpecialFunctions.lgamma,
            SpecialFunctions.digamma,
            SpecialFunctions.polygamma(1),
            SpecialFunctions.besselI(0),
            SpecialFunctions.sinc(0),
        ];
        var functions = rows.Select(row => (row.Text, (Func<Tensor, Tensor>)(x => Tensor.Map(row, x))));
        (string, Func<Tensor, Tensor>)[] pairs = [("Power", x => x.Pow(x + 0.5)), ("Atan2", x => x.Atan2(x + 0.5))];
        foreach (var (name, function) in functions.Concat(pairs))
        {
            var figures = new[] { DType.Float32, DType.Float64 }.SelectMany(dtype => Measure(dtype, function));
            Console.WriteLine($"  {name, -14}" + string.Concat(figures.Select(figure => $" {figure, 8:F2}")));
        }
    }

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
