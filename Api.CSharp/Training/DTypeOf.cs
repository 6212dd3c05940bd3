namespace Pipeline;

/// <summary>Questions about element types.</summary>
internal static class DTypeOf
{
    /// <summary>Whether a tensor is differentiable.</summary>
    internal static bool IsFloat(Tensor tensor) => tensor.DType is DType.Float32 or DType.Float64;
}
