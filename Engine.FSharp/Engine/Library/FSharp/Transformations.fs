// Transformations of functions as curried functions: batched, compiled, with rules of one's own, checked.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

module private Kept =
    let vectorized = {
        new FunctionTransformation() with
            member _.Of(_, f) = fun x -> Vectorize.map f x (Vectorize.repeat (Nullable 0) x) 0
    }

    let compiled = {
        new FunctionTransformation() with
            member _.Of<'T, 'R>(source, f) =
                let compiled = CompiledFunction<'T, 'R>(source, 1, 0, f)
                fun x -> compiled.Invoke x
    }

    let checkCompiled = {
        new FunctionTransformation() with
            member _.Of<'T, 'R>(source, f) =
                let watched = CheckedFunction<'T, 'R>(source, 1, f)
                fun x -> watched.Invoke x
    }

    let checkpoint = {
        new FunctionTransformation() with
            member _.Of(_, f) = Checkpoints.rerun f
    }

    let checkNumbers = {
        new FunctionTransformation() with
            member _.Of(_, f) = Inspection.guard f
    }

/// <summary>Transformations of functions as curried functions: batched, compiled, with rules of one's own, checked.</summary>
/// <remarks>Those that keep the type of a function (<c>vmap</c>, <c>jit</c>, <c>checkCompiled</c>, <c>checkpoint</c>, <c>checkNumbers</c>) are of curried functions of any number of arguments too:
/// <c>jit (fun x y -&gt; x * y) a b</c>. The others refuse a curried function by an ArgumentException: give its arguments as a tuple.</remarks>
[<AutoOpen>]
module Transformations =
    /// <summary>The function over the leading axis of every tensor of its argument, or, if it is curried, of its arguments.</summary>
    let vmap (f: 'T -> 'R) (x: 'T) : 'R = Curried.apply Kept.vectorized (Func<_, _> f) f x

    /// <summary>The function over an axis of each tensor of its argument by itself (None: passed whole); each tensor of the result gets its axis (None: the same for all).</summary>
    let vmapAxes (axes: int option list) (outputs: int option list) (f: 'T -> 'R) (x: 'T) : 'R =
        Curried.refuse<'R> "vmapAxes"
        let given = List.map Option.toNullable >> Array.ofList
        let outputs = given outputs
        Vectorize.mapLeaves f x (given axes) (fun _ -> outputs)

    /// <summary>The compiled function. Apply it to the function once and keep the result: that holds the cache.</summary>
    /// <remarks>What no result needs is not computed, and its errors are not raised: <c>jit (valueAndGrad f)</c> raises those of f's value, <c>jit (grad f)</c> those of what the gradient depends on.</remarks>
    let jit (f: 'T -> 'R) : 'T -> 'R = Curried.apply Kept.compiled (Func<_, _> f) f

    /// <summary>The function, staged at each call and compared with what its compiled form would run (see <see cref="T:Pipeline.CheckCompiled"/>).</summary>
    /// <exception cref="T:Pipeline.StaleProgramException">When called: the function reads something that changed and that compiled functions do not see.</exception>
    let checkCompiled (f: 'T -> 'R) : 'T -> 'R = Curried.apply Kept.checkCompiled (Func<_, _> f) f

    /// <summary>The program of a function for arguments like the example.</summary>
    let stage (f: 'T -> 'R) (example: 'T) : string =
        Curried.refuse<'R> "stage"
        Staging.print f example

    /// <summary>The same function, computed again in the backward pass instead of being kept.</summary>
    let checkpoint (f: 'T -> 'R) : 'T -> 'R = Curried.apply Kept.checkpoint (Func<_, _> f) f

    /// <summary>The function with a forward rule: from a point and a direction to the value and its change.</summary>
    let customForward (f: 'T -> 'R) (rule: 'T -> 'T -> 'R * 'R) : 'T -> 'R =
        Curried.refuse<'R> "customForward"

        let given x dx =
            let value, change = rule x dx
            struct (value, change)

        CustomRules.withForward f given

    /// <summary>The function with a reverse rule: the value with what is kept, and from that and a cotangent of the result to one of the argument.</summary>
    let customReverse (f: 'T -> 'R) (forward: 'T -> 'R * 'S) (backward: 'S -> 'R -> 'T) : 'T -> 'R =
        Curried.refuse<'R> "customReverse"

        let ahead x =
            let value, kept = forward x
            struct (value, kept)

        CustomRules.withReverse f ahead backward

    /// <summary>A function's derivatives to an order, by every mix of modes, held against difference quotients and each other.</summary>
    let checkDerivatives (order: int) (f: 'T -> 'R) (at: 'T) : DerivativeCheck =
        Curried.refuse<'R> "checkDerivatives"
        DerivativeChecks.run f at order 0L

    /// <summary>The function, except that the first operation to make a NaN (or an infinity) from operands without one throws <see cref="T:Pipeline.NonFiniteException"/>.</summary>
    let checkNumbers (f: 'T -> 'R) (x: 'T) : 'R = Curried.apply Kept.checkNumbers (Func<_, _> f) f x

    /// <summary>The function's result with every place in its derivatives where zero met a NaN or an infinity and was kept as zero.</summary>
    let checkAnnihilations (f: 'T -> 'R) (x: 'T) : 'R * Annihilation list =
        Curried.refuse<'R> "checkAnnihilations"
        let struct (result, found) = Inspection.annihilations f x
        result, List.ofSeq found
