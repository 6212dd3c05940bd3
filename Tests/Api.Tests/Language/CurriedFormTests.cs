using System.Reflection;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Every function of tensors that C# has is a curried function of <c>Pipeline.FSharp</c> too, or one of F#'s own that takes tensors.</summary>
public sealed class CurriedFormTests
{
    /// <summary>F#'s own functions, which call these members of <see cref="Tensor"/>.</summary>
    private static readonly string[] Own =
    [
        "Abs",
        "Sign",
        "Round",
        "Exp",
        "Log",
        "Sqrt",
        "Sin",
        "Cos",
        "Tan",
        "Atan",
        "Atan2",
        "Sinh",
        "Cosh",
        "Tanh",
    ];

    /// <summary>Where F# says it in another word.</summary>
    private static readonly Dictionary<string, string> Words = new()
    {
        ["From"] = "tensor",
        ["Max"] = "maxOf",
        ["Min"] = "minOf",
        ["Determinant"] = "det",
        ["LogDeterminant"] = "slogdet",
        ["LogGamma"] = "lgamma",
        ["SolveTriangular"] = "triangularSolve",
        ["MatMul"] = "matmul",
        ["XLogY"] = "xlogy",
        ["XLog1PY"] = "xlog1py",
        ["IsEqualTo"] = "op_DotEquals",
        ["IsNotEqualTo"] = "op_DotLessGreater",
    };

    /// <summary>What F#'s own <c>List.average</c> calls.</summary>
    private static readonly string[] OfLists = ["DivideByInt"];

    /// <summary>Comparisons of whole tensors for tests stand in the module Tree.</summary>
    private static readonly string[] OfTrees = ["AllClose", "SameBits"];

    private static readonly HashSet<string> Curried =
    [
        .. typeof(Tensor)
            .Assembly.GetExportedTypes()
            .Where(type => type.Namespace == "Pipeline.FSharp")
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Select(method => method.Name),
    ];

    public static TheoryData<string> Functions() =>
        [
            .. typeof(Optimizer)
                .Assembly.GetExportedTypes()
                .Where(type => type.IsAbstract && type.IsSealed && type.Name.StartsWith("Tensor"))
                .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
                .Concat(typeof(Tensor).GetMethods(BindingFlags.Public | BindingFlags.Static))
                .Where(method =>
                    method.ReturnType == typeof(Tensor)
                    && !method.Name.StartsWith("op_")
                    && !method.Name.StartsWith("get_")
                )
                .Select(method => method.Name)
                .Except(OfTrees)
                .Except(OfLists)
                .Distinct()
                .Order(),
        ];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Every_function_of_the_table_has_its_curried_form(string function)
    {
        if (Own.Contains(function))
            Assert.NotNull(typeof(Tensor).GetMethod(function, BindingFlags.Public | BindingFlags.Static));
        else
            Assert.Contains(
                Words.GetValueOrDefault(function, char.ToLowerInvariant(function[0]) + function[1..]),
                Curried
            );
    }

    [Fact]
    public void The_functions_were_found() => Assert.True(Functions().Count() > 90, $"{Functions().Count()} functions");
}
