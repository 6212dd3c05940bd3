// Transformations of functions as curried functions: batched, compiled, with rules of one's own, checked.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Transformations of functions as curried functions: batched, compiled, with rules of one's own, checked.</summary>
[<AutoOpen>]
module Transformations =
    /// <summary>The function over the leading axis of every tensor of its argument.</summary>
    let vmap (f: 'T -> 'R) (x: 'T) : 'R = Vectorize.map f x (Vectorize.repeat (Nullable 0) x) 0

    /// <summary>The function over an axis of each tensor of its argument by itself (None: passed whole); each tensor of the result gets its axis (None: the same for all).</summary>
    let vmapAxes (axes: int option list) (outputs: int option list) (f: 'T -> 'R) (x: 'T) : 'R =
        let given = List.map Option.toNullable >> Array.ofList
        let outputs = given outputs
        Vectorize.mapLeaves f x (given axes) (fun _ -> outputs)

    /// <summary>The compiled function. Apply it to the function once and keep the result: that holds the cache.</summary>
    let jit (f: 'T -> 'R) : 'T -> 'R =
        let compiled = CompiledFunction<'T, 'R>(Func<_, _> f, 1, 0, f)
        fun x -> compiled.Invoke x

    /// <summary>The program of a function for arguments like the example.</summary>
    let stage (f: 'T -> 'R) (example: 'T) : string = Staged.Print(Func<_, _> f, example)

    /// <summary>The same function, computed again in the backward pass instead of being kept.</summary>
    let checkpoint (f: 'T -> 'R) : 'T -> 'R = Checkpoint.Of(Func<_, _> f).Invoke

    /// <summary>The function with a forward rule: from a point and a direction to the value and its change.</summary>
    let customForward (f: 'T -> 'R) (rule: 'T -> 'T -> 'R * 'R) : 'T -> 'R =
        let given x dx =
            let value, change = rule x dx
            struct (value, change)

        CustomRules.wrap f (CustomRules.forward f given)

    /// <summary>The function with a reverse rule: the value with what is kept, and from that and a cotangent of the result to one of the argument.</summary>
    let customReverse (f: 'T -> 'R) (forward: 'T -> 'R * 'S) (backward: 'S -> 'R -> 'T) : 'T -> 'R =
        let ahead x =
            let value, kept = forward x
            struct (value, kept)

        CustomRules.wrap f (CustomRules.reverse f ahead backward)

    /// <summary>A function's derivatives to an order, by every mix of modes, held against difference quotients and each other.</summary>
    let checkDerivatives (order: int) (f: 'T -> 'R) (at: 'T) : DerivativeCheck = CheckDerivatives.Of(Func<_, _> f, at, order)

    /// <summary>The function, except that the first operation to make a NaN (or an infinity) from operands without one throws <see cref="T:Pipeline.NonFiniteException"/>.</summary>
    let checkNumbers (f: 'T -> 'R) (x: 'T) : 'R = CheckNumbers.Of(Func<_, _> f).Invoke x

    /// <summary>The function's result with every place in its derivatives where zero met a NaN or an infinity and was kept as zero.</summary>
    let checkAnnihilations (f: 'T -> 'R) (x: 'T) : 'R * Annihilation list =
        let struct (result, found) = CheckNumbers.Annihilations(Func<_, _> f).Invoke x
        result, List.ofSeq found
