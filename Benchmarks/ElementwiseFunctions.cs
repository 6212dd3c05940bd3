// What an element costs in compiled functions, and where each is called by itself with the function's scalar meaning instead.
using Pipeline.Engine;

namespace Pipeline.Benchmarks;

internal static class ElementwiseFunctions
{
    public static void Run()
    {
        Console.WriteLine(
            "Compiled functions, ns an element of 1,024 and of 65,536, and called once for each (medians of 15 interleaved batches)"
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
        var functions = rows.Select(row =>
            (row.Text, (Func<Tensor, Tensor>)(x => Tensor.Map(row, x)), (Func<double, double>)row.Scalar.Invoke)
        );
        var pairs = new[] { Zip.Power, Zip.Atan2 }.Select(zip =>
        {
            var scalar = Zips.scalar(zip);
            return (zip.ToString(), Binary(zip), (Func<double, double>)(x => scalar.Invoke(x).Invoke(0.5 + x)));
        });
        foreach (var (name, function, scalar) in functions.Concat(pairs))
        {
            var figures = new[] { DType.Float32, DType.Float64 }.SelectMany(dtype => Measure(dtype, function, scalar));
            Console.WriteLine($"  {name, -14}" + string.Concat(figures.Select(figure => $" {figure, 8:F2}")));
        }
    }

    private static Func<Tensor, Tensor> Binary(Zip zip) => zip.IsPower ? x => x.Pow(x + 0.5) : x => x.Atan2(x + 0.5);

    /// <summary>Positive numbers up to 4, at which every function has a value.</summary>
    private static double[] Measure(DType dtype, Func<Tensor, Tensor> function, Func<double, double> scalar)
    {
        const int small = 1_024;
        const int large = 65_536;
        var compiled = Compiled.Of(function);
        var many = new RandomKey(0).Uniform([large], 0.01, 4.0).AsType(dtype);
        var few = many[..small];
        var numbers = few.AsType(DType.Float64).ToArray<double>();
        var results = new double[small];
        return Interleaved.Medians(
            15,
            large,
            () =>
            {
                for (var i = 0; i < large / small; i++)
                    compiled(few);
            },
            () => compiled(many),
            () =>
            {
                for (var i = 0; i < large; i++)
                    results[i % small] = scalar(numbers[i % small]);
            }
        );
    }
}
