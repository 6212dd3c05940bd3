using Pipeline.Engine;

namespace Pipeline;

/// <summary>The floating types of a training run.</summary>
internal static class FloatTypes
{
    /// <summary>Refuses a run whose parameters and floating data differ in dtype: promotion would change one of them in every step.</summary>
    /// <remarks>Plain numbers, which take the other's type, and integers and booleans differ from nothing.</remarks>
    internal static void RequireOne<T, TBatch>(string operation, T parameters, TBatch data)
    {
        var ofParameters = Of(parameters);
        foreach (var dtype in Of(data))
        foreach (var other in ofParameters)
            if (other != dtype)
                throw new DTypeException(
                    $"{operation}: the parameters hold {Name(other)} and the data {Name(dtype)}; convert one of them, for example data.AsType(DType.{other}), or draw and make them in one dtype."
                );
    }

    /// <summary>Parameters to start from: plain whole numbers as the real ones that they stand for; what no step could change is refused.</summary>
    internal static T Trainable<T>(string operation, T parameters)
    {
        var flat = Tree.Flatten(parameters);
        if (flat.Leaves.All(leaf => DTypeOf.IsFloat(leaf) || leaf.DType == DType.Bool))
            return parameters;
        return flat.Rebuild(flat.Leaves.Zip(flat.Names, Real));

        Tensor Real(Tensor leaf, string name)
        {
            if (DTypeOf.IsFloat(leaf) || leaf.DType == DType.Bool)
                return leaf;
            if (leaf.Weak && leaf.Rank == 0)
                return leaf.ToDouble();
            var which = name == "" ? "the parameter" : $"parameter {name}";
            throw new DTypeException(
                $"{operation}: {which} holds {Name(leaf.DType)}{leaf.Shape}, which no step can change; start from floats (0.0 for 0, AsType(DType.Float64)), and capture what is not trained."
            );
        }
    }

    private static DType[] Of<T>(T tree) =>
        [
            .. Engine
                .Tree.tensors(tree)
                .Where(leaf => DTypeOf.IsFloat(leaf) && !leaf.Weak)
                .Select(leaf => leaf.DType)
                .Distinct(),
        ];

    private static string Name(DType dtype) => dtype.ToString().ToLowerInvariant();
}
