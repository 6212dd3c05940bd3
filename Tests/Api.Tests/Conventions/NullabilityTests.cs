using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>What C# sees of null in the engine: every reference says whether it may be null, and no type parameter refuses a nullable type.</summary>
public sealed class NullabilityTests
{
    private static readonly MethodBase[] Methods =
    [
        .. LibraryAssemblies
            .All.SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type.Namespace != "Pipeline.FSharp" && !typeof(Delegate).IsAssignableFrom(type))
            .SelectMany(type =>
                type.GetMethods(
                        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly
                    )
                    .Concat<MethodBase>(type.GetConstructors())
            )
            // The compiler itself leaves out annotations on a record struct's ToString and Equals.
            .Where(method =>
                !method.Name.Contains('<')
                && !method.DeclaringType!.Name.Contains('<')
                && !method.IsDefined(typeof(CompilerGeneratedAttribute))
            ),
    ];

    private static NullabilityState State(ParameterInfo parameter)
    {
        var found = new NullabilityInfoContext().Create(parameter);
        return parameter.IsRetval || parameter.Position < 0 ? found.ReadState : found.WriteState;
    }

    [Fact]
    public void Every_reference_says_whether_it_may_be_null()
    {
        var parameters = Methods
            .SelectMany(method =>
                method
                    .GetParameters()
                    .Concat(
                        method is MethodInfo { ReturnParameter: var result } ? [result] : Array.Empty<ParameterInfo>()
                    )
            )
            .Where(parameter => !parameter.ParameterType.IsValueType && !parameter.ParameterType.IsByRef)
            .ToArray();
        Assert.InRange(parameters.Length, 1000, int.MaxValue);
        var unknown = parameters
            .Where(parameter => State(parameter) == NullabilityState.Unknown)
            .Select(parameter => $"{parameter.Member.DeclaringType!.Name}.{parameter.Member}: {parameter}");
        Assert.True(
            !unknown.Any(),
            $"NullableContext(1uy) on the type, Nullable(2uy) on its type parameters and what may be null: {string.Join("; ", unknown)}"
        );
    }

    [Fact]
    public void A_parameter_that_is_null_by_default_may_be_null() =>
        Assert.Empty(
            Methods
                .SelectMany(method => method.GetParameters())
                .Where(parameter =>
                    parameter is { HasDefaultValue: true, DefaultValue: null, ParameterType.IsValueType: false }
                    && State(parameter) != NullabilityState.Nullable
                )
                .Select(parameter => $"{parameter.Member.DeclaringType!.Name}.{parameter.Member}: {parameter}")
        );

    [Fact]
    public void The_compiler_warns_of_null_where_it_is_refused_and_nowhere_else()
    {
        const string program = """
            static class Program
            {
                static readonly Tensor X = 1.0;
                static Func<T, T> Slope<T>(Func<T, Tensor> f) => Gradient.Of(f);
                static Func<T, R> Fast<T, R>(Func<T, R> f) => Vectorized.Of(Compiled.Of(f));
                static T[] Read<T>(Tensor x) => x.ToArray<T>();
                static void Right(RandomKey key, Tensor? bias)
                {
                    string shown = $"{X.Shape}{X.T.Sum()}{key.Data}{key.Split()[0].FoldIn(1)}".ToString();
                    Tensor draw = key.Uniform(null, 0, 1) + key.Choice([3], 5, weights: null) + key.Normal();
                    Tensor masked = Compiled.Of((Tensor x, Tensor? b) => b == null ? x : x + b)(X, null);
                    if (bias != null) masked += bias;
                    if (null == bias || bias is null) masked.ToString(null);
                }
                static void Wrong(Tensor? a, Tensor? b, Tensor? c, Tensor? d)
                {
                    Tensor.Sin(null);
                    _ = X + a;
                    Gradient.Of<Tensor>(null);
                    new RandomKey(null, RandomLayout.Original);
                    Vectorized.Of((Tensor x, Tensor y) => x + y, [null, 0])(X, null);
                    Inference.LeastSquares(X, null);
                    b.Sum();
                    c.Shape.ToString();
                    Tensor t = d;
                }
            }
            """;
        var first = program.Split("static void Wrong")[0].Count(c => c == '\n') + 3;
        string[] codes = ["8625", "8604", "8625", "8625", "8625", "8625", "8604", "8602", "8600"];
        Assert.Equal(codes.Select((code, i) => $"{first + i}: CS{code}"), ProgramText.InCSharp(program));
    }
}
