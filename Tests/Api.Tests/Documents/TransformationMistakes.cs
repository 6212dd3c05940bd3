namespace Pipeline.Api.Tests;

/// <summary>Wrong programs of docs/errors.md and their mended forms: transformed functions, training and trees of parameters.</summary>
internal static class TransformationMistakes
{
    private static Tensor smuggled = 0;

    private sealed record Line(Tensor W, Tensor B);

    private sealed class Hidden(double start)
    {
        public Tensor Weights { get; } = start;
    }

    public static Mistake[] Values =>
        [
            Mistake.Of<TracedValueException>(
                "A number read inside a compiled function",
                () =>
                {
                    var f = Compiled.Of((Tensor x) => x.ToDouble() > 0 ? x : -x);
                    return f(-2.0);
                },
                () =>
                {
                    var f = Compiled.Of((Tensor x) => Branch.Cond(x > 0, () => x, () => -x));
                    return f(-2.0);
                }
            ),
            Mistake.Of<TracedValueException>(
                "An if inside a vectorized function",
                () =>
                {
                    var f = Vectorized.Of((Tensor x) => x > 0 ? x : 0 * x);
                    return f(Tensor.From([-1.0, 2.0]));
                },
                () =>
                {
                    var f = Vectorized.Of((Tensor x) => Tensor.Where(x > 0, x, 0));
                    return f(Tensor.From([-1.0, 2.0]));
                }
            ),
            Mistake.Of<TracedValueException>(
                "A mask inside a compiled function, whose shape would depend on numbers",
                () => Compiled.Of((Tensor x) => x[x > 0].Sum())(Tensor.From([-1.0, 2.0])),
                () => Compiled.Of((Tensor x) => Tensor.Where(x > 0, x, 0).Sum())(Tensor.From([-1.0, 2.0]))
            ),
            Mistake.Of<TracedValueException>(
                "A number read inside a differentiated function",
                () => Gradient.Of((Tensor x) => x * (double)x)(3.0),
                () => Gradient.Of((Tensor x) => x * (double)x.StopGradient())(3.0) // or x * x, whose gradient is 6
            ),
        ];

    public static Mistake[] Ended =>
        [
            Mistake.Of<EndedTransformationException>(
                "A tensor kept in a field",
                () =>
                {
                    Gradient.Of((Tensor x) => smuggled = x * x)(3.0);
                    return smuggled + 1;
                },
                () =>
                {
                    var (value, _) = Gradient.WithValue((Tensor x) => x * x)(3.0);
                    return value + 1;
                }
            ),
            Mistake.Of<EndedTransformationException>(
                "A lazy sequence that outlives its transformation",
                () =>
                {
                    IEnumerable<Tensor> rows = [];
                    Gradient.Of(
                        (Tensor x) =>
                        {
                            rows = Enumerable.Range(1, 3).Select(i => x * i);
                            return x;
                        }
                    )(3.0);
                    return rows.Last();
                },
                () =>
                {
                    var gradient = Gradient.Of((Tensor x) => Enumerable.Range(1, 3).Select(i => x * i).Last());
                    return gradient(3.0);
                }
            ),
            Mistake.Of<EndedTransformationException>(
                "A task that outlives its transformation",
                () =>
                {
                    var start = new TaskCompletionSource();
                    Task<Tensor>? later = null;
                    Gradient.Of(
                        (Tensor x) =>
                        {
                            later = start.Task.ContinueWith(_ => x * x);
                            return x;
                        }
                    )(3.0);
                    start.SetResult();
                    return later!.GetAwaiter().GetResult();
                },
                () =>
                {
                    var gradient = Gradient.Of((Tensor x) => x * Task.Run(() => x * x).GetAwaiter().GetResult());
                    return gradient(3.0);
                }
            ),
            Mistake.Of<EndedTransformationException>(
                "A delegate that outlives its transformation",
                () =>
                {
                    Func<Tensor, Tensor>? scale = null;
                    Compiled.Of(
                        (Tensor x) =>
                        {
                            scale = y => x * y;
                            return x;
                        }
                    )(3.0);
                    return scale!(2.0);
                },
                () =>
                {
                    var scale = Compiled.Of((Tensor x, Tensor y) => x * y);
                    return scale(3.0, 2.0);
                }
            ),
        ];

    public static Mistake[] Differentiation =>
        [
            Mistake.Of<DifferentiationException>(
                "The gradient of a function that is not scalar",
                () => Gradient.Of((Tensor x) => x.Square())(Tensor.From([1.0, 2.0])),
                () => Gradient.Of((Tensor x) => x.Square().Sum())(Tensor.From([1.0, 2.0]))
            ),
            Mistake.Of<DifferentiationException>(
                "The gradient with respect to an integer",
                () => Gradient.Of((Tensor x) => x * x)(Tensor.Scalar(3)),
                () => Gradient.Of((Tensor x) => x * x)(Tensor.Scalar(3.0))
            ),
        ];

    public static Mistake[] Loops =>
        [
            Mistake.Of<LoopException>(
                "A body that changes the shape of what it carries",
                () => Loop.For(0, 3, (_, x) => Tensor.Concatenate([x, x]), Tensor.Ones([1])),
                () => Loop.For(0, 3, (_, x) => x + x, Tensor.Ones([1]))
            ),
            Mistake.Of<LoopException>(
                "A loop that runs past its bound",
                () => Loop.While(x => x < 100, x => 2 * x, Tensor.Scalar(1.0), bound: 5),
                () => Loop.While(x => x < 100, x => 2 * x, Tensor.Scalar(1.0), bound: 10)
            ),
        ];

    public static Mistake[] Rules =>
        [
            Mistake.Of<CustomRuleException>(
                "A rule that returns the wrong shape",
                () =>
                {
                    var f = CustomRule.Reverse((Tensor x) => x.Sum(), x => (x.Sum(), x), (x, u) => u);
                    return Gradient.Of(f)(Tensor.From([1.0, 2.0]));
                },
                () =>
                {
                    var f = CustomRule.Reverse((Tensor x) => x.Sum(), x => (x.Sum(), x), (x, u) => u + 0 * x);
                    return Gradient.Of(f)(Tensor.From([1.0, 2.0]));
                }
            ),
        ];

    public static Mistake[] Checks =>
        [
            Mistake.Of<WrongDerivativeException>(
                "A rule whose derivative is another function's",
                () =>
                {
                    var square = CustomRule.Forward((Tensor x) => x * x, (x, v) => (x * x, x * v));
                    CheckDerivatives.Of(square, at: 3.0, order: 1).ThrowIfWrong();
                    return square(3.0);
                },
                () =>
                {
                    var square = CustomRule.Forward((Tensor x) => x * x, (x, v) => (x * x, 2 * x * v));
                    CheckDerivatives.Of(square, at: 3.0, order: 1).ThrowIfWrong();
                    return square(3.0);
                }
            ),
        ];

    public static Mistake[] Numbers =>
        [
            Mistake.Of<NonFiniteException>(
                "A logarithm of zero, which Where only hides",
                () => CheckNumbers.Of((Tensor x) => Tensor.Where(x > 0, x.Log(), 0))(Tensor.From([2.0, 0.0])),
                () => CheckNumbers.Of((Tensor x) => Tensor.Where(x > 0, x, 1).Log())(Tensor.From([2.0, 0.0]))
            ),
        ];

    public static Mistake[] Optimizers =>
        [
            Mistake.Of<OptimizerException>(
                "The state of another optimizer",
                () =>
                {
                    var (w, g) = (Tensor.From([1.0, 2.0]), Tensor.From([0.5, -1.0]));
                    return Optimizer.Adam(0.1).Apply(w, g, Optimizer.Sgd(0.1, momentum: 0.9).Start(w)).Parameters;
                },
                () =>
                {
                    var (w, g) = (Tensor.From([1.0, 2.0]), Tensor.From([0.5, -1.0]));
                    return Optimizer.Adam(0.1).Apply(w, g, Optimizer.Adam(0.1).Start(w)).Parameters;
                }
            ),
            Mistake.Of<OptimizerException>(
                "An optimizer of one's own whose state changes its type",
                () =>
                {
                    var own = Optimizer.Of<Tensor>(_ => Tensor.Scalar(0), (g, t, _) => (g, t + 0.5), "Halves");
                    return own.Apply(Tensor.From([1.0]), Tensor.From([0.5]), own.Start(Tensor.From([1.0]))).Parameters;
                },
                () =>
                {
                    var own = Optimizer.Of<Tensor>(_ => Tensor.Scalar(0.0), (g, t, _) => (g, t + 0.5), "Halves");
                    return own.Apply(Tensor.From([1.0]), Tensor.From([0.5]), own.Start(Tensor.From([1.0]))).Parameters;
                }
            ),
        ];

    public static Mistake[] Trees =>
        [
            Mistake.Of<TreeException>(
                "A class whose tensors no constructor takes",
                () => Gradient.Of((Hidden p) => p.Weights.Square())(new Hidden(1.0)),
                () => Gradient.Of((Line p) => p.W.Square() + p.B)(new Line(1.0, 2.0))
            ),
        ];
}
