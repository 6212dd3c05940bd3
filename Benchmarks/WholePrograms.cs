// Whole programs as users write them, eager: each beside its compiled self, in the processor's time.
namespace Pipeline.Benchmarks;

internal static partial class WholePrograms
{
    private static readonly RandomKey Key = new(7);

    private static Tensor Normal(int stream, params int[] shape) => Key.FoldIn(stream).Normal<float>(shape);

    private static Tensor Normal64(int stream, params int[] shape) => Key.FoldIn(stream).Normal(shape);

    public static void Run()
    {
        (string Name, Func<Tensor, Tensor> Program, Tensor Argument)[] programs =
        [
            ("LSTM over a sequence", Lstm, Normal(0, 20, 32, 16)),
            ("Gaussian process", GaussianProcess, Tensor.Scalar(0.7)),
            ("Kalman filter", Kalman, Normal64(1, 50, 2)),
            ("logistic regression, Newton", NewtonRegression, Normal64(2, 1_000, 10)),
            ("pendulums, Runge-Kutta", RungeKutta, Normal64(3, 2, 1_000)),
            ("perceptron step", PerceptronStep, 0.1f * Normal(4, 784, 128)),
            ("k-means", KMeans, Normal(5, 2_000, 8)),
            ("principal components", PowerIteration, Normal(6, 1_000, 50)),
            ("leapfrog sampler", Leapfrog, Normal64(7, 10)),
            ("softmax regression", SoftmaxRegression, 0.1f * Normal(8, 64, 10)),
            ("convolution by gathers", Convolution, Normal(9, 8, 64 * 64)),
            ("equilibrium layer", Equilibrium, 0.5f * Normal(10, 64, 32)),
            ("Metropolis chains", Metropolis, Normal64(11, 1_000)),
            ("kernel density", KernelDensity, Normal64(12, 1_000)),
            ("attention", Attention, Normal(13, 4, 64, 32)),
        ];
        Console.WriteLine("Whole programs, milliseconds of the processor: eager, compiled, and the sum of the results");

        foreach (var (name, program, argument) in programs)
        {
            var compiled = Compiled.Of(program);
            var sum = program(argument).Sum().ToDouble();
            var times = Interleaved.ProcessorMedians(21, 1, () => program(argument), () => compiled(argument));
            Console.WriteLine($"  {name, -30} {times[0] / 1e6, 9:F3} {times[1] / 1e6, 9:F3}   {sum:G6}");
        }
    }
}
