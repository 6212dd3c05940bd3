using System.Reflection;
using System.Xml.Linq;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>What C# users see: no F# types in any signature, and a documentation comment on every member.</summary>
public sealed class PublicSurfaceTests
{
    /// <summary>All public types but the curried functions, which are for F#.</summary>
    private static IEnumerable<Type> Types =>
        LibraryAssemblies
            .All.SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type.Namespace != "Pipeline.FSharp" && !type.Name.Contains('<') && !type.Name.Contains('$'));

    private static IEnumerable<MemberInfo> Members(Type type) =>
        type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(member => !member.Name.Contains('<') && !member.Name.Contains('$'));

    [Fact]
    public void No_FSharp_type_is_in_a_signature()
    {
        var found =
            from type in Types
            from member in Members(type)
            from used in Signature(member)
            where Mentions(used)
            select $"{type.Name}.{member.Name}: {used}";
        Assert.Empty(found);
        Assert.True(Types.Count() > 30);

        static bool Mentions(Type type) =>
            type.Assembly.GetName().Name == "FSharp.Core"
            || type.GetGenericArguments().Any(Mentions)
            || (type.HasElementType && Mentions(type.GetElementType()!));
    }

    [Fact]
    public void Every_member_has_a_documentation_comment()
    {
        var documented = LibraryAssemblies
            .All.SelectMany(assembly =>
                XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member")
            )
            .Where(member =>
                !string.IsNullOrWhiteSpace(member.Element("summary")?.Value) || member.Element("inheritdoc") is not null
            )
            .Select(member => Name(member.Attribute("name")!.Value))
            .ToHashSet();
        var missing = Types
            .SelectMany(type =>
                Members(type).Where(IsWritten).Select(member => $"{type.FullName}.{member.Name}").Append(type.FullName!)
            )
            .Select(name => name.Replace('+', '.'))
            .Where(name => !documented.Contains(name))
            .Distinct();
        Assert.Empty(missing);

        // M:Pipeline.Loop.While``1(...) -> Pipeline.Loop.While
        static string Name(string id) => id[2..].Split('(')[0].Split("``")[0].Split('~')[0];
    }

    [Fact]
    public void No_public_type_is_serializable() =>
        Assert.DoesNotContain(
            LibraryAssemblies.All.SelectMany(assembly => assembly.GetExportedTypes()),
            type => !type.IsEnum && ((int)type.Attributes & SerializableFlag) != 0
        );

    /// <summary>TypeAttributes.Serializable, which is obsolete by its name.</summary>
    private const int SerializableFlag = 0x2000;

    /// <summary>Written by hand: no accessors, constructors, equality or enumerators, which the compilers make and describe.</summary>
    private static bool IsWritten(MemberInfo member) =>
        member switch
        {
            MethodInfo method => !method.IsSpecialName || method.Name is "op_Implicit",
            ConstructorInfo or Type => false,
            _ => true,
        }
        && member.Name
            is not (
                "ToString"
                or "Equals"
                or "GetHashCode"
                or "Deconstruct"
                or "Invoke"
                or "BeginInvoke"
                or "EndInvoke"
                or "value__"
                or "GetEnumerator"
            )
        && member.DeclaringType!.GetMethod("<Clone>$") is null;

    private static IEnumerable<Type> Signature(MemberInfo member) =>
        member switch
        {
            MethodBase method => method
                .GetParameters()
                .Select(parameter => parameter.ParameterType)
                .Append((method as MethodInfo)?.ReturnType ?? typeof(void)),
            PropertyInfo property => [property.PropertyType],
            FieldInfo field => [field.FieldType],
            _ => [],
        };
}
