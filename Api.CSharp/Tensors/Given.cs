using System.Runtime.CompilerServices;

namespace Pipeline;

/// <summary>Arguments as they were given.</summary>
internal static class Given
{
    /// <summary>The tensor, or an error that names the argument.</summary>
    internal static Tensor Of(Tensor? tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        return tensor;
    }
}
