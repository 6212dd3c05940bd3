using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Programs as text.</summary>
public static class Staged
{
    /// <summary>The program that <paramref name="f"/> is for arguments like the example, one operation a line; captured tensors are its last inputs.</summary>
    public static string Print<T, R>(Func<T, R> f, T example)
    {
        ArgumentNullException.ThrowIfNull(f);
        return Staging.print(FuncConvert.FromFunc(f), example);
    }
}
