using System.Reflection;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Every transformation has its curried form in <c>Pipeline.FSharp</c>, or a reason beside it why F# needs none.</summary>
public sealed class CurriedTransformationTests
{
    /// <summary>The curried functions that say the same, by class and method.</summary>
    private static readonly Dictionary<string, string[]> Curried = new()
    {
        ["Gradient.Of"] = ["grad"],
        ["Gradient.WithValue"] = ["grad'", "valueAndGrad"],
        ["Gradient.WithAuxiliary"] = ["valueAuxAndGrad"],
        ["Taylor.Series"] = ["taylor"],
        ["Taylor.Solution"] = ["taylorSolution"],
        ["Derivative.Of"] = ["diff", "diff'"],
        ["Derivative.Nth"] = ["diffn", "diffn'"],
        ["Derivative.Along"] = ["jvp", "gradv"],
        ["Derivative.Pullback"] = ["vjp"],
        ["Derivative.Linearize"] = ["linearize"],
        ["Derivative.Transpose"] = ["linearTranspose"],
        ["Jacobian.Of"] = ["jacobian"],
        ["Jacobian.WithValue"] = ["jacobian'"],
        ["Jacobian.Forward"] = ["jacobian", "jacobianv"],
        ["Jacobian.Reverse"] = ["jacobianT", "jacobianTv"],
        ["Jacobian.ForwardWithValue"] = ["jacobian'", "jacobianv'"],
        ["Jacobian.ReverseWithValue"] = ["jacobianT'", "jacobianTv'"],
        ["Hessian.Of"] = ["hessian", "hessian'"],
        ["Hessian.WithGradient"] = ["gradhessian", "gradhessian'"],
        ["Hessian.TimesVector"] = ["hessianv", "hessianv'"],
        ["Hessian.TimesVectorWithGradient"] = ["gradhessianv", "gradhessianv'"],
        ["Laplacian.Of"] = ["laplacian"],
        ["Laplacian.WithValue"] = ["laplacian'"],
        ["Divergence.Of"] = ["divergence"],
        ["Divergence.WithValue"] = ["divergence'"],
        ["Curl.Of"] = ["curl", "curl'"],
        ["Curl.WithDivergence"] = ["curldivergence", "curldivergence'"],
        ["Vectorized.Of"] = ["vmap", "vmapAxes"],
        ["Compiled.Of"] = ["jit"],
        ["Staged.Print"] = ["stage"],
        ["CheckCompiled.Of"] = ["checkCompiled"],
        ["CustomRule.Forward"] = ["customForward"],
        ["CustomRule.Reverse"] = ["customReverse"],
        ["CheckDerivatives.Of"] = ["checkDerivatives"],
        ["CheckNumbers.Of"] = ["checkNumbers"],
        ["CheckNumbers.Annihilations"] = ["checkAnnihilations"],
        ["Checkpoint.Of"] = ["checkpoint"],
        ["Checkpoint.Scan"] = ["scanCheckpointed", "scanTimesCheckpointed"],
        ["Loop.Scan"] = ["scan", "scanTimes"],
        ["Loop.ScanBackwards"] = ["scanBackwards"],
        ["Loop.While"] = ["whileLoop", "whileBounded"],
        ["Loop.For"] = ["forLoop", "forLoopBetween", "forLoopBounded"],
        ["Loop.AssociativeScan"] = ["associativeScan", "associativeScanAlong"],
        ["Branch.Cond"] = ["cond"],
        ["Branch.Switch"] = ["switch"],
        ["Implicit.FixedPoint"] = ["fixedPoint", "fixedPointWithin"],
        ["Implicit.Root"] = ["root", "rootWithin", "rootBy"],
        ["Implicit.Minimum"] = ["minimizer", "minimizerWithin", "minimizerBy"],
    };

    /// <summary>What F# says without a function of its own.</summary>
    private static readonly Dictionary<string, string> Without = new()
    {
        ["Gradient.OfSecond"] = "a partially applied function: grad (f a)",
        ["Gradient.OfBoth"] = "grad of a function of a tuple",
        ["Gradient.OfAll"] = "grad of a function of a tuple",
        ["Checkpoint.Slots"] = "a number, of no function",
        ["Compiled.get_ProgramCount"] = "a number, of no function",
    };

    private static readonly Type[] Engine = LibraryAssemblies.Engine.GetExportedTypes();

    /// <summary>Those that are written in C#: a file each.</summary>
    private static readonly IEnumerable<Type> Face = Directory
        .GetFiles(RepositoryFolder.Of("Api.CSharp", "Transformations"))
        .Select(file => LibraryAssemblies.Face.GetType($"Pipeline.{Path.GetFileNameWithoutExtension(file)}", true)!);

    private static readonly HashSet<string> Functions =
    [
        .. Engine
            .Where(type => type.Namespace == "Pipeline.FSharp")
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Select(method => method.Name),
    ];

    /// <summary>Members of random keys are methods in F# too.</summary>
    private static readonly string[] Transformations =
    [
        .. Engine
            .Where(type => type.Namespace == "Pipeline" && type.IsAbstract && type.IsSealed)
            .Concat(Face)
            .Where(type => !type.Name.StartsWith("Random"))
            .SelectMany(type =>
                type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
                    .Select(method => $"{type.Name}.{method.Name}")
            )
            .Distinct()
            .Order(),
    ];

    [Fact]
    public void Every_transformation_has_its_curried_form_or_a_reason_to_have_none() =>
        Assert.Equal(Curried.Keys.Concat(Without.Keys).Order(), Transformations);

    [Fact]
    public void Every_curried_form_exists() =>
        Assert.Empty(Curried.Values.SelectMany(names => names).Except(Functions));
}
