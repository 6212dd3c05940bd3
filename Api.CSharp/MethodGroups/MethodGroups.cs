namespace Pipeline;

/// <summary>
/// What the compiler says where a method is passed by its name, from which C# infers no types: overloads that do not compile stand where
/// CS0411 would, one class for each class of functions since their signatures are the same.
/// </summary>
internal static class MethodGroups
{
    internal const string Cure =
        "C# infers no types from a method's name (CS0411): give it to a variable first, `var f = Loss;`, and pass f. A lambda names the types of its parameters, (Tensor x) => ..., and returns what is asked for, a Tensor for a gradient.";

    internal static NotSupportedException Never => new(Cure);
}
