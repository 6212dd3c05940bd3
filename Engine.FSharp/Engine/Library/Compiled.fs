// Functions that are staged once for each kind of argument and then run as machine code.
namespace Pipeline

open System
open System.Runtime.InteropServices
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>Compiles functions: staged once for each structure and type of arguments, then run as machine code.</summary>
/// <remarks><para>The function runs once for each program, with stand-ins that have no numbers: choose with Where, Cond or While. Tensors are what a program is given at each call;
/// everything else is read as it is when the function runs, and compared at every call: numbers by their bits, strings, enums, arrays and collections of up to 1,024 items by content, captured variables
/// and the objects behind them (<c>this</c> too) by the fields that the function's code reads. What has changed stages the function again.</para>
/// <para>Staging again is no compilation: programs that differ only in numbers share machine code. The first numbers are constants of it, a second value makes a program in which it is an operand, and
/// later values compile nothing. Numbers that change shapes, lengths or counts of loops give other programs. <see cref="P:Pipeline.Compiled.ProgramCount"/> counts programs, and the event source
/// <c>Pipeline.Compiled</c> tells of each one and of what changed.</para>
/// <para>Static fields and properties, and what the platform returns (the time), are not seen: a function that reads them keeps their first values. <see cref="T:Pipeline.CheckCompiled"/> finds that.
/// A function whose code cannot be read (made at run time, or compiled ahead of time) is staged at each call.</para>
/// <para>C# infers no types from a method's name (CS0411): <c>var f = Loss; Compiled.Of(f)</c>.</para>
/// <para>Compiled functions can be differentiated, batched, expanded and compiled again. Safe to call from several threads.</para></remarks>
/// <exception cref="T:Pipeline.MutableStateException">When called: an argument, or what the function reads, is a long array or collection, or an object such as Random whose state cannot be compared.</exception>
/// <exception cref="T:Pipeline.ProgramLimitException">When called: more programs than maxPrograms.</exception>
/// <example><code>
/// var step = Compiled.Of((Tensor w, double rate) => w - rate * slope(w));
/// for (var rate = 0.1; rate > 1e-3; rate *= 0.9) w = step(w, rate);      // two programs
/// </code></example>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Compiled =
    /// <summary>How many programs this process has compiled.</summary>
    static member ProgramCount: int64 = int64 (Compile.count ())

    static member private Make<'T, 'R>(source: Delegate, arguments: int, maxPrograms: int, f: 'T -> 'R) : CompiledFunction<'T, 'R> =
        ArgumentNullException.ThrowIfNull(source, "f")
        Limits.NotNegative(maxPrograms, nameof maxPrograms)
        CompiledFunction<'T, 'R>(source, arguments, maxPrograms, f)

    /// <summary>The compiled function of no arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    static member Of<[<Nullable(2uy)>] 'R>(f: Func<'R>, [<Optional; DefaultParameterValue(0)>] maxPrograms: int) : Func<'R> =
        let compiled = Compiled.Make(f, 0, maxPrograms, (fun () -> f.Invoke()))
        Func<_>(fun () -> compiled.Invoke())

    /// <summary>The compiled function.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (f: Func<'T, 'R>, [<Optional; DefaultParameterValue(0)>] maxPrograms: int)
        : Func<'T, 'R> =
        let compiled = Compiled.Make(f, 1, maxPrograms, (fun x -> f.Invoke x))
        Func<_, _>(compiled.Invoke)

    /// <summary>The compiled function of two arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'R>, [<Optional; DefaultParameterValue(0)>] maxPrograms: int)
        : Func<'A, 'B, 'R> =
        let compiled = Compiled.Make(f, 2, maxPrograms, (fun (struct (a, b)) -> f.Invoke(a, b)))

        Func<_, _, _>(fun a b -> compiled.Invoke(struct (a, b)))

    /// <summary>The compiled function of three arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'C, 'R>, [<Optional; DefaultParameterValue(0)>] maxPrograms: int)
        : Func<'A, 'B, 'C, 'R> =
        let compiled = Compiled.Make(f, 3, maxPrograms, (fun (struct (a, b, c)) -> f.Invoke(a, b, c)))

        Func<_, _, _, _>(fun a b c -> compiled.Invoke(struct (a, b, c)))

    /// <summary>The compiled function of four arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'D, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'C, 'D, 'R>, [<Optional; DefaultParameterValue(0)>] maxPrograms: int)
        : Func<'A, 'B, 'C, 'D, 'R> =
        let compiled = Compiled.Make(f, 4, maxPrograms, (fun (struct (a, b, c, d)) -> f.Invoke(a, b, c, d)))

        Func<_, _, _, _, _>(fun a b c d -> compiled.Invoke(struct (a, b, c, d)))

    /// <summary>The compiled function of five arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'D, [<Nullable(2uy)>] 'E, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'C, 'D, 'E, 'R>, [<Optional; DefaultParameterValue(0)>] maxPrograms: int)
        : Func<'A, 'B, 'C, 'D, 'E, 'R> =
        let compiled = Compiled.Make(f, 5, maxPrograms, (fun (struct (a, b, c, d, e)) -> f.Invoke(a, b, c, d, e)))

        Func<_, _, _, _, _, _>(fun a b c d e -> compiled.Invoke(struct (a, b, c, d, e)))

    /// <summary>The compiled function of six arguments.</summary>
    /// <param name="f">A function of tensors, trees of them, and plain values.</param>
    /// <param name="maxPrograms">The most programs that it may need; 0: any number.</param>
    static member Of<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'D, [<Nullable(2uy)>] 'E, [<Nullable(2uy)>] 'F, [<Nullable(2uy)>] 'R>
        (f: Func<'A, 'B, 'C, 'D, 'E, 'F, 'R>, [<Optional; DefaultParameterValue(0)>] maxPrograms: int)
        : Func<'A, 'B, 'C, 'D, 'E, 'F, 'R> =
        let compiled = Compiled.Make(f, 6, maxPrograms, (fun (struct (a, b, c, d, e, g)) -> f.Invoke(a, b, c, d, e, g)))

        Func<_, _, _, _, _, _, _>(fun a b c d e g -> compiled.Invoke(struct (a, b, c, d, e, g)))

/// <summary>Programs as text.</summary>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Staged =
    /// <summary>The program that <paramref name="f"/> is for arguments like the example, one operation a line; captured tensors are its last inputs.</summary>
    static member Print<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>(f: Func<'T, 'R>, example: 'T) : string =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        let struct (leaves, structure) = Tree.flatten example
        Graphs.print (Staging.tree "Staged" f.Invoke structure (leaves |> Array.map Staging.leafType)).Graph
