using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Every function of a tensor can be called on it and as a static function of <see cref="Tensor"/>.</summary>
public sealed class StaticFormTests
{
    private static readonly Type[] Faces =
    [
        .. typeof(Optimizer)
            .Assembly.GetExportedTypes()
            .Where(type => type.IsAbstract && type.IsSealed && !type.IsNested)
            // Tensors like another are made, not computed from it; losses, choices and loops are functions whose first argument is no subject.
            .Where(type => type.Name is not ("TensorCreation" or "Losses" or "Branch" or "Loop")),
    ];

    /// <summary>What gives tensors or a truth value: reading into .NET (ToArray, ToDouble, CopyTo, ...) has one form.</summary>
    private static bool IsFunction(MethodInfo method) =>
        method.ReturnType == typeof(Tensor)
        || method.ReturnType == typeof(bool)
        || method.ReturnType.GetGenericArguments().Any(argument => argument == typeof(Tensor));

    private static string Text(MethodInfo method) =>
        $"{method.Name}({string.Join(", ", method.GetParameters().Skip(1).Select(parameter => parameter.ParameterType.Name))})";

    private static IEnumerable<MethodInfo> OfTensor(IEnumerable<Type> types, bool asMember) =>
        types
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method =>
                method.GetParameters() is [var first, ..]
                && first.ParameterType == typeof(Tensor)
                && IsFunction(method)
                && !method.Name.StartsWith("op_")
                && !method.Name.StartsWith("get_")
                // What F#'s own List.average calls.
                && method.Name != "DivideByInt"
                && method.IsDefined(typeof(ExtensionAttribute)) == asMember
            );

    private static readonly string[] Members = [.. OfTensor(Faces, asMember: true).Select(Text).Distinct().Order()];

    private static readonly string[] Statics =
    [
        .. OfTensor([.. Faces, typeof(Tensor)], asMember: false).Select(Text).Distinct().Order(),
    ];

    [Fact]
    public void Every_member_function_has_its_static_counterpart()
    {
        Assert.True(Members.Length > 80, $"{Members.Length} member functions");
        var missing = Members.Except(Statics);
        Assert.True(!missing.Any(), $"Add to Static*.cs: {string.Join(", ", missing)}");
    }

    [Fact]
    public void Every_static_function_of_a_tensor_is_a_member()
    {
        Assert.True(Statics.Length > 80, $"{Statics.Length} static functions");
        var missing = Statics.Except(Members);
        Assert.True(!missing.Any(), $"Add to Tensor*.cs: {string.Join(", ", missing)}");
    }

    [Fact]
    public void Both_forms_compute_the_same()
    {
        var x = Tensor.From([
            [4.0, 1.0],
            [1.0, 3.0],
        ]);
        var b = Tensor.From([1.0, 2.0]);
        Same(x.Square(), Tensor.Square(x));
        Same(x.Dot(b), Tensor.Dot(x, b));
        Same(x.Solve(b), Tensor.Solve(x, b));
        Same(x.Sum(0, keepAxis: true), Tensor.Sum(x, 0, keepAxis: true));
        Same(x.Sum([0, 1]), Tensor.Sum(x, [0, 1]));
        Same(x.Variance(1, correction: 1), Tensor.Variance(x, 1, correction: 1));
        Same(x.Reshape(-1, 1), Tensor.Reshape(x, -1, 1));
        Same(x.Reshape([4]), Tensor.Reshape(x, [4]));
        Same(x.Pow(0.5), Tensor.Pow(x, 0.5));
        Same(x.Atan2(b), Tensor.Atan2(x, b));
        Same((x > 2).Where(x, 0), Tensor.Where(x > 2, x, 0));
        Same(x.LogDeterminant().LogMagnitude, Tensor.LogDeterminant(x).LogMagnitude);
        Same(x.Unstack(1)[0], Tensor.Unstack(x, 1)[0]);
        Same(2 * x, Gradient.Of((Tensor z) => Tensor.Sum(Tensor.Square(z)))(x));

        static void Same(Tensor member, Tensor @static) => Assert.True(Tensor.SameBits(member, @static));
    }
}
