using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Compiles functions: staged once for each structure and type of arguments, then run as fused loops over planned memory.</summary>
/// <remarks><para>The function runs once for each program, with stand-ins that have no numbers: choose with Where, Cond or While. Tensors are what a program is given at each call;
/// everything else is read as it is when the function runs, and compared at every call: numbers by their bits, strings, enums, arrays and collections of up to 1,024 items by content, captured variables
/// and the objects behind them (<c>this</c> too) by the fields that the function's code reads. What has changed stages the function again.</para>
/// <para>Staging again is no compilation: programs that differ only in numbers share machine code. The first numbers are constants of it, a second value makes a program in which it is an operand, and
/// later values compile nothing. Numbers that change shapes, lengths or counts of loops give other programs. <see cref="ProgramCount"/> counts programs, and the event source
/// <c>Pipeline.Compiled</c> tells of each one and of what changed.</para>
/// <para>A program begins at once, on instructions that are compiled with the library. Machine code of its own is made on a thread beside the callers when the program, or a loop that runs, has taken
/// about as long as that takes to make; it takes over at the next call, or the next turn of that loop. Loops whose number of turns shows beforehand that it pays wait for it. Results are the same to the
/// bit. Where code cannot be made the program goes on without, and the event source warns. The setting <c>Pipeline.RunsAs</c> of the application (<c>AppContext</c>, runtimeconfig.json) chooses otherwise:
/// <c>MachineCode</c> before the first call, or <c>Blocks</c> for never.</para>
/// <para>Static fields and properties, and what the platform returns (the time), are not seen: a function that reads them keeps their first values. <see cref="CheckCompiled"/> finds that.
/// A function whose code cannot be read (made at run time, or compiled ahead of time) is staged at each call.</para>
/// <para>What no result needs is not computed, and its errors are not raised: a compiled gradient does not search for a value that it does not depend on. Return the value too where its error is wanted
/// (<c>Gradient.WithValue</c>).</para>
/// <para>C# infers no types from a method's name (CS0411): <c>var f = Loss; Compiled.Of(f)</c>.</para>
/// <para>Compiled functions can be differentiated, batched, expanded and compiled again. Safe to call from several threads.</para></remarks>
/// <exception cref="MutableStateException">When called: an argument, or what the function reads, is a long array or collection, or an object such as Random whose state cannot be compared.</exception>
/// <exception cref="ProgramLimitException">When called: more programs than maxPrograms.</exception>
/// <example><code>
/// var step = Compiled.Of((Tensor w, double rate) => w - rate * slope(w));
/// for (var rate = 0.1; rate > 1e-3; rate *= 0.9) w = step(w, rate);      // two programs
/// </code></example>
public static class Compiled
{
    /// <summary>How many programs this process has compiled.</summary>
    public static long ProgramCount => Compile.count();

    /// <summary>The compiled function of no arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    public static Func<R> Of<R>(Func<R> f, int maxPrograms = 0)
    {
        var compiled = Make(f, 0, FuncConvert.FromFunc((Unit _) => f()), maxPrograms);
        return () => compiled.Invoke(null!);
    }

    /// <summary>The compiled function.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    public static Func<T, R> Of<T, R>(Func<T, R> f, int maxPrograms = 0)
    {
        var compiled = Make(f, 1, FuncConvert.FromFunc(f), maxPrograms);
        return compiled.Invoke;
    }

    /// <summary>The compiled function of two arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    public static Func<A, B, R> Of<A, B, R>(Func<A, B, R> f, int maxPrograms = 0)
    {
        var compiled = Make(f, 2, FuncConvert.FromFunc(((A, B) p) => f(p.Item1, p.Item2)), maxPrograms);
        return (a, b) => compiled.Invoke((a, b));
    }

    /// <summary>The compiled function of three arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    public static Func<A, B, C, R> Of<A, B, C, R>(Func<A, B, C, R> f, int maxPrograms = 0)
    {
        var compiled = Make(f, 3, FuncConvert.FromFunc(((A, B, C) p) => f(p.Item1, p.Item2, p.Item3)), maxPrograms);
        return (a, b, c) => compiled.Invoke((a, b, c));
    }

    /// <summary>The compiled function of four arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    public static Func<A, B, C, D, R> Of<A, B, C, D, R>(Func<A, B, C, D, R> f, int maxPrograms = 0)
    {
        var compiled = Make(
            f,
            4,
            FuncConvert.FromFunc(((A, B, C, D) p) => f(p.Item1, p.Item2, p.Item3, p.Item4)),
            maxPrograms
        );
        return (a, b, c, d) => compiled.Invoke((a, b, c, d));
    }

    /// <summary>The compiled function of five arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    public static Func<A, B, C, D, E, R> Of<A, B, C, D, E, R>(Func<A, B, C, D, E, R> f, int maxPrograms = 0)
    {
        var compiled = Make(
            f,
            5,
            FuncConvert.FromFunc(((A, B, C, D, E) p) => f(p.Item1, p.Item2, p.Item3, p.Item4, p.Item5)),
            maxPrograms
        );
        return (a, b, c, d, e) => compiled.Invoke((a, b, c, d, e));
    }

    /// <summary>The compiled function of six arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    public static Func<A, B, C, D, E, F, R> Of<A, B, C, D, E, F, R>(Func<A, B, C, D, E, F, R> f, int maxPrograms = 0)
    {
        var compiled = Make(
            f,
            6,
            FuncConvert.FromFunc(((A, B, C, D, E, F) p) => f(p.Item1, p.Item2, p.Item3, p.Item4, p.Item5, p.Item6)),
            maxPrograms
        );
        return (a, b, c, d, e, g) => compiled.Invoke((a, b, c, d, e, g));
    }

    private static CompiledFunction<T, R> Make<T, R>(
        Delegate f,
        int arguments,
        FSharpFunc<T, R> together,
        int maxPrograms
    )
    {
        ArgumentNullException.ThrowIfNull(f);
        Limits.NotNegative(maxPrograms);
        return new(f, arguments, maxPrograms, together);
    }
}
