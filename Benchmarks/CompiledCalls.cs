// What a call of a compiled function costs beside its arithmetic: taking arguments apart, finding the program, building the result.
namespace Pipeline.Benchmarks;

internal static class CompiledCalls
{
    private const int Calls = 2_000;

    private sealed class Model
    {
        public double Rate { get; set; } = 0.5;

        public Func<Tensor, Tensor> Compiled() => Pipeline.Compiled.Of((Tensor x) => x * Rate);
    }

    private sealed record Scaled(Tensor W, double Rate);

    public static void Run()
    {
        var x = Tensor.From([1f, 2f, 3f]);
        var (y, z) = (x + 1f, x + 2f);
        var line = new Line(x, y);
        var scaled = new Scaled(x, 0.5);
        var rate = 0.5;
        var weights = y;
        var one = Compiled.Of((Tensor a) => a + 1f);
        var three = Compiled.Of((Tensor a, Tensor b, Tensor c) => a + b * c);
        var record = Compiled.Of((Line l) => new Line(l.W + 1f, l.B * 2f));
        var plain = Compiled.Of((Scaled s) => s with { W = s.W * s.Rate });
        var captured = Compiled.Of((Tensor a) => a * rate + weights);
        var model = new Model().Compiled();
        var recordCaptured = Compiled.Of((Line l) => new Line(l.W * rate, l.B + weights));
        var step = Optimizer.GradientDescent(0.01).Minimize<Line, Batch>(Regression.Loss).Step.Compile();
        var small = Regression.Draw(1);
        var start = TrainState<Line>.Start(Regression.Start, Optimizer.GradientDescent(0.01));
        var momentum = Optimizer.Adam(0.01);
        var adam = momentum.Minimize<Line, Batch>(Regression.Loss).Step.Compile();
        var adamStart = TrainState<Line>.Start(Regression.Start, momentum);
        var contenders = new (string Name, Action Call)[]
        {
            ("a tensor", () => one(x)),
            ("three tensors", () => three(x, y, z)),
            ("a record", () => record(line)),
            ("a record with a number", () => plain(scaled)),
            ("a tensor, variables captured", () => captured(x)),
            ("a tensor, a property of this", () => model(x)),
            ("a record, variables captured", () => recordCaptured(line)),
            ("a step of descent on one row", () => step(start, small)),
            ("a step of Adam on one row", () => adam(adamStart, small)),
        };
        var medians = Interleaved.Medians(
            31,
            Calls,
            [
                .. contenders.Select(contender =>
                    (Action)(
                        () =>
                        {
                            for (var i = 0; i < Calls; i++)
                                contender.Call();
                        }
                    )
                ),
            ]
        );
        Console.WriteLine(
            "Calls of compiled functions of 3 float32, ns and bytes allocated (medians of 31 interleaved batches)"
        );
        foreach (var ((name, call), median) in contenders.Zip(medians))
            Console.WriteLine($"  {name, -30} {median, 8:F1} {Bytes(call), 8:F0}");
    }

    private static double Bytes(Action call)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++)
            call();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Calls;
    }
}
