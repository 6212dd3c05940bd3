using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Finds what a compiled function would not notice: stages the function at each call and compares.</summary>
/// <remarks>The results are those of the function, compiled. Where a call has the same arguments and captured state as one before, but the function is another program now, a
/// compiled function would have used the old one. Use it in tests and while looking for a mistake: each call stages, which costs much more than a compiled call.</remarks>
/// <exception cref="StaleProgramException">When called: the function reads something that changed and that compiled functions do not see; the message names the difference, and the static field where there is one.</exception>
/// <example><code>
/// static double rate = 0.1;
/// var f = CheckCompiled.Of((Tensor x) => x * rate);
/// f(1.0); rate = 0.2; f(1.0);        // throws: the static Program.rate changed from 0.1 to 0.2
/// </code></example>
public static class CheckCompiled
{
    /// <summary>The function of no arguments, staged at each call and compared with what its compiled form would run.</summary>
    public static Func<R> Of<R>(Func<R> f)
    {
        var compiled = Make(f, 0, FuncConvert.FromFunc((Unit _) => f()));
        return () => compiled.Invoke(null!);
    }

    /// <summary>The function, staged at each call and compared with what its compiled form would run.</summary>
    public static Func<T, R> Of<T, R>(Func<T, R> f)
    {
        var compiled = Make(f, 1, FuncConvert.FromFunc(f));
        return compiled.Invoke;
    }

    /// <summary>The function of two arguments, staged at each call and compared with what its compiled form would run.</summary>
    public static Func<A, B, R> Of<A, B, R>(Func<A, B, R> f)
    {
        var compiled = Make(f, 2, FuncConvert.FromFunc(((A, B) p) => f(p.Item1, p.Item2)));
        return (a, b) => compiled.Invoke((a, b));
    }

    /// <summary>The function of three arguments, staged at each call and compared with what its compiled form would run.</summary>
    public static Func<A, B, C, R> Of<A, B, C, R>(Func<A, B, C, R> f)
    {
        var compiled = Make(f, 3, FuncConvert.FromFunc(((A, B, C) p) => f(p.Item1, p.Item2, p.Item3)));
        return (a, b, c) => compiled.Invoke((a, b, c));
    }

    /// <summary>The function of four arguments, staged at each call and compared with what its compiled form would run.</summary>
    public static Func<A, B, C, D, R> Of<A, B, C, D, R>(Func<A, B, C, D, R> f)
    {
        var compiled = Make(f, 4, FuncConvert.FromFunc(((A, B, C, D) p) => f(p.Item1, p.Item2, p.Item3, p.Item4)));
        return (a, b, c, d) => compiled.Invoke((a, b, c, d));
    }

    /// <summary>The function of five arguments, staged at each call and compared with what its compiled form would run.</summary>
    public static Func<A, B, C, D, E, R> Of<A, B, C, D, E, R>(Func<A, B, C, D, E, R> f)
    {
        var compiled = Make(
            f,
            5,
            FuncConvert.FromFunc(((A, B, C, D, E) p) => f(p.Item1, p.Item2, p.Item3, p.Item4, p.Item5))
        );
        return (a, b, c, d, e) => compiled.Invoke((a, b, c, d, e));
    }

    /// <summary>The function of six arguments, staged at each call and compared with what its compiled form would run.</summary>
    public static Func<A, B, C, D, E, F, R> Of<A, B, C, D, E, F, R>(Func<A, B, C, D, E, F, R> f)
    {
        var compiled = Make(
            f,
            6,
            FuncConvert.FromFunc(((A, B, C, D, E, F) p) => f(p.Item1, p.Item2, p.Item3, p.Item4, p.Item5, p.Item6))
        );
        return (a, b, c, d, e, g) => compiled.Invoke((a, b, c, d, e, g));
    }

    private static CheckedFunction<T, R> Make<T, R>(Delegate f, int arguments, FSharpFunc<T, R> together)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(f, arguments, together);
    }
}
