// Loops, choices and searches as curried functions.
namespace Pipeline.FSharp

open System.ComponentModel
open Pipeline
open Pipeline.Engine

/// <summary>Loops, choices and searches as curried functions.</summary>
[<AutoOpen>]
module ControlFlow =

    let private scanned reverse (body: 'C -> 'X -> 'C * 'Y) (initial: 'C) (inputs: 'X) : 'C * 'Y =
        let step c x =
            let next, output = body c x
            struct (next, output)

        let struct (last, outputs) = Loops.scanOver reverse step initial inputs

        last, outputs

    /// <summary>The body over the slices of the inputs; its second results are stacked.</summary>
    let scan (body: 'C -> 'X -> 'C * 'Y) (initial: 'C) (inputs: 'X) : 'C * 'Y = scanned false body initial inputs

    /// <summary>The body over the slices of the inputs from the last to the first; its second results stand where their inputs do.</summary>
    let scanBackwards (body: 'C -> 'X -> 'C * 'Y) (initial: 'C) (inputs: 'X) : 'C * 'Y = scanned true body initial inputs

    /// <summary>scan for long loops: reverse mode keeps at most so many of the carried states and runs the steps between them again, by the binomial schedule; <c>Checkpoint.Slots(steps, 3)</c> is a good number.</summary>
    let scanCheckpointed (slots: int) (body: 'C -> 'X -> 'C * 'Y) (initial: 'C) (inputs: 'X) : 'C * 'Y =
        let step c x =
            let next, output = body c x
            struct (next, output)

        Limits.Positive(slots, nameof slots)
        let struct (last, outputs) = Checkpoints.scanOver slots step initial inputs

        last, outputs

    let private repeated length slots (body: 'C -> 'C * 'Y) (initial: 'C) : 'C * 'Y =
        Limits.NotNegative(length, nameof length)

        let step c () =
            let next, output = body c
            struct (next, output)

        let struct (last, outputs) = Loops.scan "Scan" step initial () (ValueSome length) false slots

        last, outputs

    /// <summary>The body so many times; its second results are stacked: <c>scanTimes 10 (fun s -> 0.5 * s, s) (scalar 1.0)</c>.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The length is negative.</exception>
    let scanTimes (length: int) (body: 'C -> 'C * 'Y) (initial: 'C) : 'C * 'Y = repeated length (fun _ -> 0) body initial

    /// <summary>The same for long loops, as <c>scanCheckpointed</c>: <c>scanTimesCheckpointed slots length body initial</c>.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The length is negative, or there is no slot.</exception>
    let scanTimesCheckpointed (slots: int) (length: int) (body: 'C -> 'C * 'Y) (initial: 'C) : 'C * 'Y =
        Limits.Positive(slots, nameof slots)
        repeated length (fun _ -> slots) body initial

    /// <summary>The body while the condition holds.</summary>
    let whileLoop (condition: 'C -> Tensor) (body: 'C -> 'C) (initial: 'C) : 'C = Loops.whileLoop "While" condition body initial 0

    /// <summary>The body while the condition holds, at most bound times.</summary>
    let whileBounded (bound: int) (condition: 'C -> Tensor) (body: 'C -> 'C) (initial: 'C) : 'C =
        Limits.Positive(bound, nameof bound)
        Loops.whileLoop "While" condition body initial bound

    /// <summary>The body for each number from start up to, but without, limit: <c>forLoop start limit body initial</c>.</summary>
    let forLoop (start: int) (limit: int) (body: Tensor -> 'C -> 'C) (initial: 'C) : 'C = Loops.forLoop start limit body initial 0

    /// <summary>What <c>forLoopBetween</c> and <c>forLoopBounded</c> come to once their limits are tensors.</summary>
    [<EditorBrowsable(EditorBrowsableState.Never)>]
    let forLoopOfTensors (struct (start: Tensor, limit: Tensor)) (bound: int voption) (body: Tensor -> 'C -> 'C) (initial: 'C) : 'C =
        bound |> ValueOption.iter (fun bound -> Limits.Positive(bound, nameof bound))
        Loops.forLoop start limit body initial (ValueOption.defaultValue 0 bound)

    /// <summary>The same between limits of which one or both are integer scalars, of a compiled, vectorized or differentiated function too: <c>forLoopBetween 0 n body initial</c>.</summary>
    /// <exception cref="T:Pipeline.LoopException">A limit is no scalar, or the body changes what it carries in shape, dtype or structure.</exception>
    /// <exception cref="T:Pipeline.DTypeException">A limit is no integer.</exception>
    let inline forLoopBetween start limit (body: Tensor -> 'C -> 'C) (initial: 'C) : 'C =
        forLoopOfTensors (Operand.pair (null: Operands) start limit) ValueNone body initial

    /// <summary>The same for at most so many steps, which reverse mode saves; more are an error.</summary>
    /// <exception cref="T:Pipeline.LoopException">There are more steps than the bound, a limit is no scalar, or the body changes what it carries in shape, dtype or structure.</exception>
    /// <exception cref="T:Pipeline.DTypeException">A limit is no integer.</exception>
    let inline forLoopBounded (bound: int) start limit (body: Tensor -> 'C -> 'C) (initial: 'C) : 'C =
        forLoopOfTensors (Operand.pair (null: Operands) start limit) (ValueSome bound) body initial

    /// <summary>All running results of an associative operation of two elements, along the first axis, in logarithmically many rounds.</summary>
    let associativeScan (combine: 'T -> 'T -> 'T) (elements: 'T) : 'T = AssociativeScan.run combine elements 0 false

    /// <summary>The same along an axis, and from its end if reverse.</summary>
    let associativeScanAlong (axis: int) (reverse: bool) (combine: 'T -> 'T -> 'T) (elements: 'T) : 'T =
        AssociativeScan.run combine elements axis reverse

    let private branch (f: 'T -> 'R) = { Given = f; Run = f }

    /// <summary>One of two functions of an operand, by a scalar. They return one structure, shape and type; a plain number takes the other's type.</summary>
    /// <exception cref="T:Pipeline.LoopException">The functions return tensors of other types, shapes or structures.</exception>
    let cond (predicate: Tensor) (ifTrue: 'T -> 'R) (ifFalse: 'T -> 'R) (operand: 'T) : 'R =
        Conditionals.cond predicate (branch ifTrue) (branch ifFalse) operand

    /// <summary>The function of the given number (an integer scalar, clamped) applied to an operand. They return one structure, shape and type, as those of cond.</summary>
    /// <exception cref="T:Pipeline.LoopException">There is no function, or they return tensors of other types, shapes or structures.</exception>
    let switch (index: Tensor) (branches: ('T -> 'R) list) (operand: 'T) : 'R =
        Conditionals.switch index (branches |> List.map branch |> Array.ofList) operand
