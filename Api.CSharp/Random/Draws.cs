using Pipeline.Engine;

namespace Pipeline;

/// <summary>What draws without parameters have in common.</summary>
internal static class Draws
{
    /// <summary>A draw of a dtype and a shape, a scalar if null, by its name and its function of both and one key.</summary>
    internal static Tensor Of(
        string name,
        Func<string, DType, int[], Key, Tensor> draw,
        RandomKey key,
        IReadOnlyList<int>? shape,
        DType dtype
    ) => draw(name, dtype, Keys.shape(name, shape, []), RandomKey.Single(key, name));
}
