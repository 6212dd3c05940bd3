// Loops that are one operation: they can be compiled, differentiated both ways, batched and expanded.
namespace Pipeline

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>Loops over trees of tensors. The body runs once, with stand-ins, whatever the number of steps; tensors that it captures may belong to any transformation.</summary>
/// <remarks>What is carried keeps its type. A plain number (weakly typed) starts in the type in which the body returns it, for which the body runs once more;
/// a tensor that the body turns into another type is an error, never truncated.</remarks>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Loop =
    /// Reverse mode keeps what it needs of every step.
    static let every (_: int) = 0

    /// <summary>Applies the body to what is carried and to each slice of the inputs along their first axes; its second results are stacked.</summary>
    /// <exception cref="T:Pipeline.LoopException">The body changes the shape, dtype or structure of what it carries, or the inputs differ in length.</exception>
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'X, [<Nullable(2uy)>] 'Y>
        (body: Func<'C, 'X, struct ('C * 'Y)>, initial: 'C, inputs: 'X)
        : struct ('C * 'Y) =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        ControlFlow.scan "Scan" (fun c x -> body.Invoke(c, x)) initial inputs ValueNone false every

    /// <summary>The same with one tensor carried, which a plain number may start: it takes the type that the body gives it.</summary>
    [<OverloadResolutionPriority(1)>]
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'X, [<Nullable(2uy)>] 'Y>
        (body: Func<Tensor, 'X, struct (Tensor * 'Y)>, initial: Tensor, inputs: 'X)
        : struct (Tensor * 'Y) =
        Loop.Scan<Tensor, 'X, 'Y>(body, initial, inputs)

    /// <summary>The same from the last slice to the first; the outputs keep the order of the inputs.</summary>
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member ScanBackwards<[<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'X, [<Nullable(2uy)>] 'Y>
        (body: Func<'C, 'X, struct ('C * 'Y)>, initial: 'C, inputs: 'X)
        : struct ('C * 'Y) =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        ControlFlow.scan "Scan" (fun c x -> body.Invoke(c, x)) initial inputs ValueNone true every

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member ScanBackwards<[<Nullable(2uy)>] 'X, [<Nullable(2uy)>] 'Y>
        (body: Func<Tensor, 'X, struct (Tensor * 'Y)>, initial: Tensor, inputs: 'X)
        : struct (Tensor * 'Y) =
        Loop.ScanBackwards<Tensor, 'X, 'Y>(body, initial, inputs)

    /// <summary>Applies the body a number of times; its second results are stacked.</summary>
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'C, [<Nullable(2uy)>] 'Y>
        (body: Func<'C, struct ('C * 'Y)>, initial: 'C, length: int)
        : struct ('C * 'Y) =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        Limits.NotNegative(length, nameof length)
        ControlFlow.scan "Scan" (fun c () -> body.Invoke c) initial () (ValueSome length) false every

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    [<return: TupleElementNames([| "Carry"; "Outputs" |])>]
    static member Scan<[<Nullable(2uy)>] 'Y>
        (body: Func<Tensor, struct (Tensor * 'Y)>, initial: Tensor, length: int)
        : struct (Tensor * 'Y) =
        Loop.Scan<Tensor, 'Y>(body, initial, length)

    /// <summary>Applies the body while the condition holds. Reverse mode inside a compiled function needs a bound: use the other overload.</summary>
    static member While<[<Nullable(2uy)>] 'C>(condition: Func<'C, Tensor>, body: Func<'C, 'C>, initial: 'C) : 'C =
        ArgumentNullException.ThrowIfNull(condition, nameof condition)
        ArgumentNullException.ThrowIfNull(body, nameof body)
        ControlFlow.whileLoop "While" condition.Invoke body.Invoke initial 0

    /// <summary>The same with one tensor carried, which a plain number may start: <c>Loop.While(x =&gt; x &lt; 100, x =&gt; x * 1.5, 1)</c>.</summary>
    [<OverloadResolutionPriority(1)>]
    static member While(condition: Func<Tensor, Tensor>, body: Func<Tensor, Tensor>, initial: Tensor) : Tensor =
        Loop.While<Tensor>(condition, body, initial)

    /// <summary>Applies the body while the condition holds, at most <paramref name="bound"/> times; going on after that is an error.</summary>
    /// <exception cref="T:Pipeline.LoopException">The condition still holds after the bound.</exception>
    static member While<[<Nullable(2uy)>] 'C>(condition: Func<'C, Tensor>, body: Func<'C, 'C>, initial: 'C, bound: int) : 'C =
        ArgumentNullException.ThrowIfNull(condition, nameof condition)
        ArgumentNullException.ThrowIfNull(body, nameof body)
        Limits.Positive(bound, nameof bound)
        ControlFlow.whileLoop "While" condition.Invoke body.Invoke initial bound

    /// <summary>The same with one tensor carried, which a plain number may start.</summary>
    /// <exception cref="T:Pipeline.LoopException">The condition still holds after the bound.</exception>
    [<OverloadResolutionPriority(1)>]
    static member While(condition: Func<Tensor, Tensor>, body: Func<Tensor, Tensor>, initial: Tensor, bound: int) : Tensor =
        Loop.While<Tensor>(condition, body, initial, bound)

    /// <summary>Applies the body to each number from <paramref name="start"/> up to, but without, <paramref name="limit"/> (an int32 scalar) and what is carried.</summary>
    /// <exception cref="T:Pipeline.LoopException">The body changes the shape, dtype or structure of what it carries.</exception>
    static member For<[<Nullable(2uy)>] 'C>(start: int, limit: int, body: Func<Tensor, 'C, 'C>, initial: 'C) : 'C =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        ControlFlow.forLoop start limit (fun i c -> body.Invoke(i, c)) initial 0

    /// <summary>The same with one tensor carried, which a plain number may start: <c>Loop.For(0, 3, (_, s) =&gt; s + 0.5, 0)</c> is 1.5.</summary>
    /// <exception cref="T:Pipeline.LoopException">The body changes the shape or dtype of what it carries.</exception>
    [<OverloadResolutionPriority(2)>]
    static member For(start: int, limit: int, body: Func<Tensor, Tensor, Tensor>, initial: Tensor) : Tensor =
        Loop.For<Tensor>(start, limit, body, initial)

    /// <summary>The same between limits that are integer scalars, of a compiled, vectorized or differentiated function too; each lane of a batch takes its own number of steps.</summary>
    /// <remarks>Where the limits are not known before the function runs, reverse mode rewinds the loop through a fixed number of saved states; the overload with a bound saves every step.
    /// Example: <c>Compiled.Of((Tensor n) =&gt; Loop.For(0, n, (i, sum) =&gt; sum + i, Tensor.Scalar(0)))</c>.</remarks>
    /// <exception cref="T:Pipeline.LoopException">A limit is no scalar, or the body changes the shape, dtype or structure of what it carries.</exception>
    /// <exception cref="T:Pipeline.DTypeException">A limit is no integer.</exception>
    static member For<[<Nullable(2uy)>] 'C>(start: Tensor, limit: Tensor, body: Func<Tensor, 'C, 'C>, initial: 'C) : 'C =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        ControlFlow.forLoop start limit (fun i c -> body.Invoke(i, c)) initial 0

    /// <summary>The same between limits that are tensors, with one tensor carried, which a plain number may start.</summary>
    /// <exception cref="T:Pipeline.LoopException">A limit is no scalar, or the body changes the shape or dtype of what it carries.</exception>
    /// <exception cref="T:Pipeline.DTypeException">A limit is no integer.</exception>
    [<OverloadResolutionPriority(1)>]
    static member For(start: Tensor, limit: Tensor, body: Func<Tensor, Tensor, Tensor>, initial: Tensor) : Tensor =
        Loop.For<Tensor>(start, limit, body, initial)

    /// <summary>The same for at most <paramref name="bound"/> steps, which reverse mode saves; more are an error.</summary>
    /// <exception cref="T:Pipeline.LoopException">There are more steps than the bound, a limit is no scalar, or the body changes the shape, dtype or structure of what it carries.</exception>
    /// <exception cref="T:Pipeline.DTypeException">A limit is no integer.</exception>
    static member For<[<Nullable(2uy)>] 'C>(start: Tensor, limit: Tensor, body: Func<Tensor, 'C, 'C>, initial: 'C, bound: int) : 'C =
        ArgumentNullException.ThrowIfNull(body, nameof body)
        Limits.Positive(bound, nameof bound)
        ControlFlow.forLoop start limit (fun i c -> body.Invoke(i, c)) initial bound

    /// <summary>The same for at most <paramref name="bound"/> steps, with one tensor carried, which a plain number may start.</summary>
    /// <exception cref="T:Pipeline.LoopException">There are more steps than the bound, a limit is no scalar, or the body changes the shape or dtype of what it carries.</exception>
    /// <exception cref="T:Pipeline.DTypeException">A limit is no integer.</exception>
    [<OverloadResolutionPriority(1)>]
    static member For(start: Tensor, limit: Tensor, body: Func<Tensor, Tensor, Tensor>, initial: Tensor, bound: int) : Tensor =
        Loop.For<Tensor>(start, limit, body, initial, bound)

    /// <summary>All running results of an associative operation along an axis, in a number of rounds that grows as the logarithm of their number: combine(a, combine(b, c)) must be combine(combine(a, b), c).</summary>
    /// <remarks>Entry i is combine(... combine(x0, x1) ..., xi), or from the last entry to the first if <paramref name="reverse"/>: the earlier one met comes first. The operation sees one pair of elements,
    /// without the axis, and is traced once. Any tree of tensors, of any transformation. Example, running products of matrices with the later one on the left: <c>Loop.AssociativeScan((Tensor a, Tensor b) =&gt; b.Dot(a), matrices)</c>.
    /// The rounds are those of Blelloch, "Prefix sums and their applications" (1990).</remarks>
    /// <exception cref="T:Pipeline.LoopException">The tensors differ in length along the axis, there is none, or the operation changes the shape, dtype or structure of the elements.</exception>
    /// <exception cref="T:Pipeline.ShapeException">A tensor has no such axis.</exception>
    static member AssociativeScan<[<Nullable(2uy)>] 'T>
        (
            combine: Func<'T, 'T, 'T>,
            elements: 'T,
            [<Optional; DefaultParameterValue(0)>] axis: int,
            [<Optional; DefaultParameterValue(false)>] reverse: bool
        ) : 'T =
        ArgumentNullException.ThrowIfNull(combine, nameof combine)
        AssociativeScan.run (fun a b -> combine.Invoke(a, b)) elements axis reverse

/// <summary>Choices between computations. Where the predicate is known at once, only the branch that is taken computes anything.</summary>
/// <remarks>The others are then run once with stand-ins, for the types of their results alone: eager and compiled functions return the same types.
/// The branches return one structure, shape and type, as in JAX; what differs is refused by name and nothing is converted in silence. Plain numbers
/// (weakly typed) take the type of the others: beside a float32 tensor <c>0</c> and <c>0.5</c> are float32; 0.5 beside an int32 tensor is refused.
/// Of a branch that throws or calls itself nothing is asked (no function that holds it can be compiled). Where one that is not taken reads a number
/// and the one that is taken returns a plain number, whose type it would decide, that is an error.</remarks>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Branch =
    /// <summary>One of two computations, by a scalar.</summary>
    /// <remarks>While a function is being compiled or vectorized, what the computations make of captured tensors alone is made for both, and the branch
    /// chooses between the results. Where one of them may fail, not end, or cost much, pass what it reads as the operand of the other overload: then only
    /// the branch that is taken runs (in a vectorized function: for the lanes that take it).
    /// Example: <c>Branch.Cond(x &gt; 0, () =&gt; x.Log(), () =&gt; 0)</c>, where 0 has the type of x.</remarks>
    /// <exception cref="T:Pipeline.LoopException">The computations return tensors of other types, shapes or structures.</exception>
    static member Cond<[<Nullable(2uy)>] 'R>(predicate: Tensor, ifTrue: Func<'R>, ifFalse: Func<'R>) : 'R =
        ArgumentNullException.ThrowIfNull(ifTrue, nameof ifTrue)
        ArgumentNullException.ThrowIfNull(ifFalse, nameof ifFalse)
        let branch (f: Func<'R>) = { Code = f.Method; Run = fun () -> f.Invoke() }
        ControlFlow.cond predicate (branch ifTrue) (branch ifFalse) ()

    /// <summary>The same of two computations of a tensor, which may be plain numbers: they take the type of the other.</summary>
    [<OverloadResolutionPriority(1)>]
    static member Cond(predicate: Tensor, ifTrue: Func<Tensor>, ifFalse: Func<Tensor>) : Tensor =
        Branch.Cond<Tensor>(predicate, ifTrue, ifFalse)

    /// <summary>One of two functions of an operand, by a scalar.</summary>
    /// <exception cref="T:Pipeline.LoopException">The functions return tensors of other types, shapes or structures.</exception>
    static member Cond<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (predicate: Tensor, ifTrue: Func<'T, 'R>, ifFalse: Func<'T, 'R>, operand: 'T)
        : 'R =
        ArgumentNullException.ThrowIfNull(ifTrue, nameof ifTrue)
        ArgumentNullException.ThrowIfNull(ifFalse, nameof ifFalse)
        ControlFlow.cond predicate { Code = ifTrue.Method; Run = ifTrue.Invoke } { Code = ifFalse.Method; Run = ifFalse.Invoke } operand

    /// <summary>The same of two functions from a tensor to a tensor, the operand of which may be a plain number.</summary>
    /// <exception cref="T:Pipeline.LoopException">The functions return tensors of other types or shapes.</exception>
    [<OverloadResolutionPriority(1)>]
    static member Cond(predicate: Tensor, ifTrue: Func<Tensor, Tensor>, ifFalse: Func<Tensor, Tensor>, operand: Tensor) : Tensor =
        Branch.Cond<Tensor, Tensor>(predicate, ifTrue, ifFalse, operand)

    /// <summary>The function of the given number (an integer scalar, clamped) applied to an operand.</summary>
    /// <remarks>What the functions make of captured tensors alone is made for all of them, as in <c>Cond</c>: pass it with the operand.</remarks>
    /// <exception cref="T:Pipeline.DTypeException">The number is no integer.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The number is no scalar.</exception>
    /// <exception cref="T:Pipeline.LoopException">There is no function, or they return tensors of other types, shapes or structures.</exception>
    static member Switch<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (index: Tensor, operand: 'T, [<ParamArray>] branches: Func<'T, 'R>[])
        : 'R =
        ArgumentNullException.ThrowIfNull(index, nameof index)
        ArgumentNullException.ThrowIfNull(branches, nameof branches)
        ControlFlow.switch index (branches |> Array.map (fun f -> { Code = f.Method; Run = f.Invoke })) operand

    /// <summary>The same of functions from a tensor to a tensor, the operand of which may be a plain number.</summary>
    [<OverloadResolutionPriority(1)>]
    static member Switch(index: Tensor, operand: Tensor, [<ParamArray>] branches: Func<Tensor, Tensor>[]) : Tensor =
        Branch.Switch<Tensor, Tensor>(index, operand, branches)
