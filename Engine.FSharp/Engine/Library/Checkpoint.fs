// Less memory for more time in reverse mode: functions that run again, and scans that keep a few states.
namespace Pipeline

open System
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>Functions whose intermediate values are computed again in the backward pass instead of being kept.</summary>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Checkpoint =
    /// A number of slots that was given.
    static let given (slots: int) =
        Limits.Positive(slots, nameof slots)
        slots

    /// <summary>The same function; under reverse mode it keeps its arguments only.</summary>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>(f: Func<'T, 'R>) : Func<'T, 'R> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _>(fun argument ->
            let struct (leaves, structure) = Tree.flatten argument

            let staged = Staging.tree "Checkpoint" f.Invoke structure (leaves |> Array.map Staging.leafType)

            let results = Primitive.apply (Op.Call(CallKind.Checkpoint, staged.Graph)) (Array.append leaves staged.Captured)

            Staging.restoreWeak staged.Weak results
            Tree.rebuild<'R> staged.Result results)

    /// <summary>The least number of slots with which reverse mode runs no step of a scan more than <paramref name="runs"/> times before it takes it back:
    /// the least s with C(s + runs, s) at least <paramref name="steps"/>.</summary>
    /// <remarks>With 3 runs: 17 slots for 1,000 steps, 83 for 100,000, 180 for 1,000,000.</remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The steps are negative, or the runs not positive.</exception>
    static member Slots(steps: int, runs: int) : int =
        Limits.NotNegative(steps, nameof steps)
        Limits.Positive(runs, nameof runs)

        /// C(slots + runs, runs), a product of fractions.
        let reach (slots: int) =
            let mutable product = 1.0

            for k in 1..runs do
                product <- product * float (slots + k) / float k

            product

        let mutable low, high = 1, max 1 steps

        while low < high do
            let middle = low + (high - low) / 2

            if Math.Round(reach middle) >= float steps then high <- middle else low <- middle + 1

        low

    /// <summary><c>Loop.Scan</c> for long loops: reverse mode keeps a few of the carried states, and runs the steps between them again.</summary>
    /// <remarks>The value and every other mode are those of <c>Loop.Scan</c>. Reverse mode keeps <c>Checkpoint.Slots(steps, 3)</c> states at a time, by the binomial
    /// schedule of Griewank and Walther (2000): every step runs at most three times more, and memory beside the inputs, the outputs and their cotangents grows as the cube root of the steps.
    /// Example: <c>Checkpoint.Scan((Tensor x, Tensor u) => (x + 0.1 * u, x), start, controls)</c>.</remarks>
    /// <exception cref="T:Pipeline.LoopException">The body changes the shape, dtype or structure of what it carries, or the inputs differ in length.</exception>
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'X, [<Nullable(2uy)>] 'Y>
        (body: Func<'C, 'X, struct ('C * 'Y)>, initial: 'C, inputs: 'X)
        : struct ('C * 'Y) =
        ArgumentNullException.ThrowIfNull(body, nameof body)

        ControlFlow.scan "Scan" (fun c x -> body.Invoke(c, x)) initial inputs ValueNone false (fun steps -> Checkpoint.Slots(steps, 3))

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'X, [<Nullable(2uy)>] 'Y>
        (body: Func<Tensor, 'X, struct (Tensor * 'Y)>, initial: Tensor, inputs: 'X)
        : struct (Tensor * 'Y) =
        Checkpoint.Scan<Tensor, 'X, 'Y>(body, initial, inputs)

    /// <summary>The same with at most so many states kept at a time: with s slots, C(s + r, s) steps run at most r times more each.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">There is no slot.</exception>
    /// <exception cref="T:Pipeline.LoopException">The body changes the shape, dtype or structure of what it carries, or the inputs differ in length.</exception>
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'X, [<Nullable(2uy)>] 'Y>
        (body: Func<'C, 'X, struct ('C * 'Y)>, initial: 'C, inputs: 'X, slots: int)
        : struct ('C * 'Y) =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        let slots = given slots
        ControlFlow.scan "Scan" (fun c x -> body.Invoke(c, x)) initial inputs ValueNone false (fun _ -> slots)

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'X, [<Nullable(2uy)>] 'Y>
        (body: Func<Tensor, 'X, struct (Tensor * 'Y)>, initial: Tensor, inputs: 'X, slots: int)
        : struct (Tensor * 'Y) =
        Checkpoint.Scan<Tensor, 'X, 'Y>(body, initial, inputs, slots)

    /// <summary>The body applied a number of times, its second results stacked; reverse mode keeps <c>Checkpoint.Slots(length, 3)</c> states.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="T:Pipeline.LoopException">The body changes the shape, dtype or structure of what it carries.</exception>
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'Y>
        (body: Func<'C, struct ('C * 'Y)>, initial: 'C, length: int)
        : struct ('C * 'Y) =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        Limits.NotNegative(length, nameof length)

        ControlFlow.scan "Scan" (fun c () -> body.Invoke c) initial () (ValueSome length) false (fun steps -> Checkpoint.Slots(steps, 3))

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'Y>
        (body: Func<Tensor, struct (Tensor * 'Y)>, initial: Tensor, length: int)
        : struct (Tensor * 'Y) =
        Checkpoint.Scan<Tensor, 'Y>(body, initial, length)

    /// <summary>The body applied a number of times, its second results stacked; reverse mode keeps at most so many states at a time.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The length is negative, or there is no slot.</exception>
    /// <exception cref="T:Pipeline.LoopException">The body changes the shape, dtype or structure of what it carries.</exception>
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'Y>
        (body: Func<'C, struct ('C * 'Y)>, initial: 'C, length: int, slots: int)
        : struct ('C * 'Y) =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        Limits.NotNegative(length, nameof length)
        let slots = given slots
        ControlFlow.scan "Scan" (fun c () -> body.Invoke c) initial () (ValueSome length) false (fun _ -> slots)

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'Y>
        (body: Func<Tensor, struct (Tensor * 'Y)>, initial: Tensor, length: int, slots: int)
        : struct (Tensor * 'Y) =
        Checkpoint.Scan<Tensor, 'Y>(body, initial, length, slots)
