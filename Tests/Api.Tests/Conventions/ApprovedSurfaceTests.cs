using PublicApiGenerator;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// The public surface of every assembly is the approved one, line by line. A change on purpose is approved by moving the file that a
/// failing test writes, NAME.received.txt, over NAME.approved.txt.
/// </summary>
public sealed class ApprovedSurfaceTests
{
    /// <summary>What the F# compiler writes on every type.</summary>
    private static readonly string[] CompilerAttributes =
    [
        "Microsoft.FSharp.Core.AbstractClassAttribute",
        "Microsoft.FSharp.Core.AllowNullLiteralAttribute",
        "Microsoft.FSharp.Core.AutoSerializableAttribute",
        "Microsoft.FSharp.Core.CompilationArgumentCountsAttribute",
        "Microsoft.FSharp.Core.CompilationMappingAttribute",
        "Microsoft.FSharp.Core.SealedAttribute",
        "Microsoft.FSharp.Core.StructAttribute",
    ];

    [Theory]
    [InlineData("Pipeline.Core")]
    [InlineData("Pipeline.Statistics")]
    [InlineData("Pipeline.Engine")]
    [InlineData("Pipeline")]
    public void The_public_surface_is_the_approved_one(string name)
    {
        var assembly = LibraryAssemblies.All.Single(assembly => assembly.GetName().Name == name);
        var found = assembly.GeneratePublicApi(
            new ApiGeneratorOptions { IncludeAssemblyAttributes = false, ExcludeAttributes = [.. CompilerAttributes] }
        );
        var folder = RepositoryFolder.Of("Tests", "Api.Tests", "Conventions");
        var approved = Path.Combine(folder, $"{name}.approved.txt");
        var received = Path.Combine(folder, $"{name}.received.txt");
        if (File.Exists(approved) && File.ReadAllText(approved).ReplaceLineEndings() == found.ReplaceLineEndings())
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, found);
        Assert.Equal(File.Exists(approved) ? File.ReadAllLines(approved) : [], found.ReplaceLineEndings().Split('\n'));
    }
}
