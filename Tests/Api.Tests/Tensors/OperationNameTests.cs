using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Every method of the face, given tensors and numbers that it cannot take: the message names the method that was called, and an argument error its parameter.</summary>
public sealed class OperationNameTests
{
    /// <summary>The static methods of the face: functions of tensors, and members written as extensions.</summary>
    private static readonly MethodInfo[] Methods =
    [
        .. LibraryAssemblies
            .All.SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type =>
                type == typeof(Tensor)
                || type.Name.StartsWith("Tensor") && type is { IsAbstract: true, IsSealed: true, Namespace: "Pipeline" }
            )
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method =>
                !method.IsGenericMethod
                && !method.Name.StartsWith("op_Implicit")
                && !method.Name.StartsWith("op_Explicit")
                && method.GetParameters().Length > 0
                && method.GetParameters().All(parameter => Wrong(parameter.ParameterType).Length > 0)
            ),
    ];

    /// <summary>Mean and norm are sums, and name the axis that is not there as the sum does.</summary>
    private static readonly string[] NamedAsSums = ["Mean", "Norm"];

    public static TheoryData<string> Names => [.. Methods.Select(method => method.Name).Distinct().Order()];

    private static object?[] Wrong(Type type) =>
        type == typeof(Tensor)
            ?
            [
                Tensor.Ones([2, 3]),
                Tensor.Ones([4, 5]),
                Tensor.Ones([2, 3, 4]),
                Tensor.Ones([7]),
                Tensor.Scalar(1.0),
                Tensor.Scalar(true),
                Tensor.From([1, 2, 3]),
                Tensor.From([true, false]),
                Tensor.Ones([0, 3]),
                Tensor.Ones([3, 3]),
            ]
        : type == typeof(int) ? [0, 1, 99, -99]
        : type == typeof(int?) ? [null, 99, -99]
        : type == typeof(bool) ? [false]
        : type == typeof(double) ? [double.NaN, -1.0]
        : type == typeof(int[]) || type == typeof(IReadOnlyList<int>) ? [new[] { 99 }, new[] { 0, 0 }, new[] { -99, 1 }]
        : type == typeof(Tensor[]) || type == typeof(IReadOnlyList<Tensor>) || type == typeof(IEnumerable<Tensor>)
            ?
            [
                Array.Empty<Tensor>(),
                new[] { Tensor.Ones([2, 3]), Tensor.Ones([4, 5]) },
                new[] { Tensor.Ones([2, 3]), Tensor.Scalar(1.0) },
            ]
        : type == typeof(DType) ? [DType.Float32, DType.Int32]
        : type.IsEnum ? [Enum.ToObject(type, 0)]
        : [];

    /// <summary>What C# and F# write for an operator.</summary>
    private static readonly Dictionary<string, string[]> Written = new()
    {
        ["op_Addition"] = ["Add", "+"],
        ["op_Subtraction"] = ["Subtract", "-"],
        ["op_Multiply"] = ["Multiply", "*"],
        ["op_Division"] = ["Divide", "/"],
        ["op_Modulus"] = ["Remainder", "%"],
        ["op_BitwiseAnd"] = ["And", "&"],
        ["op_BitwiseOr"] = ["Or", "|"],
        ["op_ExclusiveOr"] = ["Xor", "^"],
        ["op_LeftShift"] = ["ShiftLeft", "<<"],
        ["op_RightShift"] = ["ShiftRight", ">>"],
        ["op_UnsignedRightShift"] = ["ShiftRight", ">>>"],
        ["op_LessThan"] = ["Less", "<"],
        ["op_GreaterThan"] = ["Greater", ">"],
        ["op_LessThanOrEqual"] = ["LessEqual", "<="],
        ["op_GreaterThanOrEqual"] = ["GreaterEqual", ">="],
        ["op_Equality"] = ["Equal", "=="],
        ["op_Inequality"] = ["NotEqual", "!="],
        ["op_UnaryNegation"] = ["Negate", "-"],
        ["op_LogicalNot"] = ["Not", "!"],
        ["op_True"] = ["if"],
        ["op_False"] = ["if"],
        ["op_Exponent"] = ["Pow", "^"],
    };

    [Fact]
    public void The_methods_of_several_tensors_are_named()
    {
        Tensor[] parts = [Tensor.Ones([2, 3]), Tensor.Ones([4, 5])];
        Assert.StartsWith("Stack:", Assert.Throws<ShapeException>(() => Tensor.Stack(parts)).Message);
        Assert.StartsWith("Concatenate:", Assert.Throws<ShapeException>(() => Tensor.Concatenate(parts)).Message);
        Assert.StartsWith("MatMul:", Assert.Throws<ShapeException>(() => parts[0].MatMul(parts[1])).Message);
        Assert.StartsWith(
            "MatMul:",
            Assert
                .Throws<ShapeException>(() => Compiled.Of((Tensor a, Tensor b) => a.MatMul(b))(parts[0], parts[1]))
                .Message
        );
        Assert.StartsWith(
            "MatMul:",
            Assert.Throws<ShapeException>(() => Gradient.Of((Tensor a) => a.MatMul(parts[1]).Sum())(parts[0])).Message
        );
    }

    private static IEnumerable<object?[]> Calls(ParameterInfo[] parameters, int most)
    {
        IEnumerable<object?[]> calls =
        [
            [],
        ];
        foreach (var parameter in parameters)
            calls = calls.SelectMany(call =>
                Wrong(parameter.ParameterType).Select(value => (object?[])[.. call, value])
            );
        return calls.Take(most);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_message_names_the_method_that_was_called(string name)
    {
        var wrong = new SortedSet<string>();
        foreach (var method in Methods.Where(method => method.Name == name))
        foreach (var call in Calls(method.GetParameters(), 600))
        {
            try
            {
                method.Invoke(null, call);
            }
            catch (TargetInvocationException e)
            {
                var error = e.InnerException!;
                var names = Written.TryGetValue(name, out var written) ? written : [name];
                var fits = error switch
                {
                    ArgumentException { ParamName: not null } => true,
                    PipelineException
                        when NamedAsSums.Contains(name) && error.Message.StartsWith("Sum: there is no axis") => true,
                    PipelineException => names.Any(n =>
                        error.Message.StartsWith(n + ":") || error.Message.StartsWith(n + " ")
                    ),
                    _ => false,
                };
                if (!fits)
                    wrong.Add($"{error.GetType().Name} {error.Message}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(4)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_null_argument_is_named(string name)
    {
        foreach (var method in Methods.Where(method => method.Name == name && !name.StartsWith("op_")))
        {
            var parameters = method.GetParameters();
            for (var i = 0; i < parameters.Length; i++)
            {
                if (
                    parameters[i].ParameterType.IsValueType
                    || new NullabilityInfoContext().Create(parameters[i]).ReadState == NullabilityState.Nullable
                    || parameters[i].HasDefaultValue
                )
                    continue;
                var call = parameters.Select((p, k) => k == i ? null : Wrong(p.ParameterType)[0]).ToArray();
                var error = Assert.Throws<TargetInvocationException>(() => method.Invoke(null, call)).InnerException;
                var named = Assert.IsAssignableFrom<ArgumentNullException>(error).ParamName;
                Assert.True(parameters[i].Name == named, $"{method}: null for {parameters[i].Name} names {named}");
            }
        }
    }
}
