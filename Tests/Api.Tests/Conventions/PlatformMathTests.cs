using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// Nothing calls the platform's mathematical library, whose bits differ from one platform to another. Square roots, remainders, roundings and fused
/// multiply-adds are exact and may be called; so may what .NET computes by itself everywhere alike (SinPi, CosPi, TanPi, ILogB, ScaleB).
/// </summary>
public sealed class PlatformMathTests
{
    private static readonly HashSet<string> Functions =
    [
        .. new[] { "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Tanh", "Asinh", "Acosh", "Atanh" },
        .. new[]
        {
            "Atan2",
            "SinCos",
            "Exp",
            "Exp2",
            "Exp10",
            "ExpM1",
            "Exp2M1",
            "Exp10M1",
            "Pow",
            "Cbrt",
            "RootN",
            "Hypot",
        },
        .. new[] { "Log", "Log2", "Log10", "LogP1", "Log2P1", "Log10P1" },
    ];

    [Fact]
    public void Nothing_calls_the_platforms_mathematical_library()
    {
        Assembly[] assemblies = [Assembly.Load("Pipeline.Kernels"), .. LibraryAssemblies.All];
        Assert.Equal([], assemblies.SelectMany(Calls));
    }

    [Fact]
    public void Calls_of_the_platforms_mathematical_library_are_found()
    {
        var found = Calls(typeof(PlatformMathTests).Assembly);
        Assert.Contains($"{typeof(PlatformMathTests).Assembly.GetName().Name}: Math.Pow", found);
        Assert.NotEqual(Math.Pow(found.Length, 0.5), found.Length);
    }

    /// <summary>The functions of the list that the assembly refers to outside the library.</summary>
    private static string[] Calls(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        return
        [
            .. metadata
                .MemberReferences.Select(metadata.GetMemberReference)
                .Where(member => Functions.Contains(metadata.GetString(member.Name)))
                .Select(member => (Type: Parent(metadata, member.Parent), Name: metadata.GetString(member.Name)))
                .Where(member => !member.Type.StartsWith("Pipeline"))
                .Select(member => $"{assembly.GetName().Name}: {member.Type.Split('.')[^1]}.{member.Name}")
                .Distinct()
                .Order(),
        ];
    }

    /// <summary>The full name of a type that is referred to by name; another is a generic one of the platform.</summary>
    private static string Parent(MetadataReader metadata, EntityHandle handle)
    {
        if (handle.Kind != HandleKind.TypeReference)
            return handle.Kind.ToString();

        var type = metadata.GetTypeReference((TypeReferenceHandle)handle);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }
}
