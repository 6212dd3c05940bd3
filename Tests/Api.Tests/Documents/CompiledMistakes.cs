using System.Reflection;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Wrong programs with compiled functions.</summary>
internal static class CompiledMistakes
{
    private static double rate = 0.5;

    private static Tensor Loss(Tensor w) => (w * w).Sum();

    /// <summary>What the C# compiler says of a method that is passed by its name, and what is written instead.</summary>
    internal static string InferenceOfMethodGroups
    {
        get
        {
            static string Message() =>
                typeof(MethodGroupsOfGradient).GetMethod("Of")!.GetCustomAttribute<ObsoleteAttribute>()!.Message!;

            var f = Loss;
            return $"""
                ## CS0411, the compiler's

                > {Message()}

                ```csharp
                static Tensor Loss(Tensor w) => (w * w).Sum();
                Gradient.Of(Loss)(3.0); // error CS0619, or CS0411 where the method is generic or has overloads
                ```

                ```csharp
                var f = Loss;
                Gradient.Of(f)(3.0); // {Gradient.Of(f)(3.0)}
                ```
                """;
        }
    }

    /// <summary>An error that a compiled function does not raise, since nothing that it returns needs what throws.</summary>
    internal static string WhatIsNotComputed
    {
        get
        {
            using var _ = new OtherCulture();
            var x = Tensor.From([1.0, 2.0]);
            var f = (Tensor x) => Implicit.FixedPoint((z, p) => 2 * z + p, x, x).Sum();
            var gradient = Compiled.Of(Gradient.Of(f))(x);
            var compiled = Assert.Throws<LoopException>(() => Compiled.Of(Gradient.WithValue(f))(x));
            Assert.Throws<LoopException>(() => Gradient.Of(f)(x));
            return $"""
                ## What a compiled function does not compute

                A compiled function computes what its results need, as in JAX. What nothing needs does not run, so its errors are not raised: loops past
                their bounds, searches that find nothing, matrices without an inverse, indices outside their axes. (Shapes and element types are checked
                when the function is staged, whether results are needed or not.) This search runs away, but the gradient depends on its equation alone:

                ```csharp
                var f = (Tensor x) => Implicit.FixedPoint((z, p) => 2 * z + p, x, x).Sum();
                Compiled.Of(Gradient.Of(f))(Tensor.From([1.0, 2.0])); // {gradient}
                ```

                At once, or where the value is a result too, it is an error:

                ```csharp
                Compiled.Of(Gradient.WithValue(f))(Tensor.From([1.0, 2.0]));
                ```

                > {compiled.Message}
                """;
        }
    }

    internal static Mistake[] States =>
        [
            Mistake.Of<MutableStateException>(
                "Random numbers of .NET in a compiled function",
                () =>
                {
                    var random = new System.Random(1);
                    var f = Compiled.Of((Tensor x) => x + random.NextDouble());
                    return f(3.0);
                },
                () =>
                {
                    var f = Compiled.Of((Tensor x, RandomKey key) => x + key.Uniform());
                    return f(3.0, new RandomKey(1)) >= 3.0;
                }
            ),
            Mistake.Of<MutableStateException>(
                "A long array in a compiled function",
                () =>
                {
                    var rows = new double[5000];
                    var f = Compiled.Of((Tensor x) => x * rows.Sum());
                    return f(3.0);
                },
                () =>
                {
                    var rows = Tensor.From(new double[5000]);
                    var f = Compiled.Of((Tensor x) => x * rows.Sum());
                    return f(3.0);
                }
            ),
        ];

    internal static Mistake[] Limits =>
        [
            Mistake.Of<ProgramLimitException>(
                "A count of steps that is a number of the program",
                () =>
                {
                    var grow = Compiled.Of((Tensor x, int n) => Loop.For(0, n, (_, y) => 2 * y, x), maxPrograms: 1);
                    return grow(1.0, 3) + grow(1.0, 4);
                },
                () =>
                {
                    var grow = Compiled.Of(
                        (Tensor x, Tensor n) =>
                            Loop.While(s => s.I < n, s => (I: s.I + 1, Y: 2 * s.Y), (I: Tensor.Scalar(0), Y: x)).Y,
                        maxPrograms: 1
                    );
                    return grow(1.0, 3) + grow(1.0, 4);
                }
            ),
        ];

    internal static Mistake[] Stale =>
        [
            Mistake.Of<StaleProgramException>(
                "A static field in a compiled function, under CheckCompiled",
                () =>
                {
                    var f = CheckCompiled.Of((Tensor x) => x * rate);
                    rate = 0.5;
                    f(3.0);
                    rate = 0.25;
                    return f(3.0);
                },
                () =>
                {
                    var f = CheckCompiled.Of((Tensor x, double by) => x * by);
                    return f(3.0, 0.5) + f(3.0, 0.25);
                }
            ),
        ];
}
