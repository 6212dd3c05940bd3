using System.Reflection;

namespace Pipeline.Api.Tests;

/// <summary>The assemblies of the library, each after those that it knows.</summary>
internal static class LibraryAssemblies
{
    internal static readonly Assembly Core = typeof(PipelineException).Assembly;
    internal static readonly Assembly Statistics = typeof(LeastSquaresResult).Assembly;
    internal static readonly Assembly Engine = typeof(Tensor).Assembly;
    internal static readonly Assembly Face = typeof(Optimizer).Assembly;

    internal static readonly Assembly[] All = [Core, Statistics, Engine, Face];
}
