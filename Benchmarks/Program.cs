// dotnet run -c Release --project Benchmarks [-- step | training | calls | eager | eager-operations | programs | least-squares | start-up | first-calls | taylor | loops | elementwise | products | compiler]; without a name, all of them.
using Pipeline.Benchmarks;

// What is measured beside first answers is what runs in the long run: all but the child processes for these begin with machine code.
if (args is not (["first-step"] or ["first-call", _, "tiers"]))
    AppContext.SetData("Pipeline.RunsAs", "MachineCode");

var benchmarks = new (string Name, Action Run)[]
{
    ("step", FullBatchStep.Run),
    ("training", TrainingSteps.Run),
    ("calls", CompiledCalls.Run),
    ("eager", EagerGradient.Run),
    ("eager-operations", EagerOperations.Run),
    ("programs", WholePrograms.Run),
    ("least-squares", LeastSquaresFit.Run),
    ("start-up", StartUp.Run),
    ("first-calls", FirstCalls.Run),
    ("taylor", TaylorOrders.Run),
    ("loops", LongLoops.Run),
    ("elementwise", ElementwiseFunctions.Run),
    ("products", Products.Run),
    ("compiler", CompilerPrograms.Run),
};

if (args is ["first-step"])
    StartUp.FirstStep();
else if (args is ["first-call", var program, _])
    FirstCalls.Measure(program);
else if (args is ["long-loop", var kind, var steps])
    LongLoops.Measure(kind, int.Parse(steps));
else
    foreach (var benchmark in benchmarks.Where(b => args.Length == 0 || args.Contains(b.Name)))
        benchmark.Run();
