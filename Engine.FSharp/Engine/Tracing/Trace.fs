// Transformations in progress: how they process operations on their tensors, and what they say where a tensor has no numbers to give.
namespace Pipeline

open System
open System.Threading
open Pipeline.Engine

/// A transformation in progress, of tensors that know it. Traces are ordered by age; nothing about them is ambient.
[<AbstractClass; AllowNullLiteral>]
type internal Trace<'Tensor when 'Tensor: null>() =
    static let mutable youngest = 0L
    let level = Interlocked.Increment &youngest
    member _.Level = level
    /// The level of the youngest trace so far: whatever is made from now on is made after it began.
    static member Youngest = Volatile.Read &youngest
    /// The function under the transformation has returned: no tensor of the trace may be used any more.
    member val Ended = false with get, set
    /// What the user called: "Gradient", "Vectorized", ...
    abstract Name: string
    /// The results of an operation, at least one of whose operands belongs to this trace and none to a younger one.
    abstract Process: op: Op * operands: 'Tensor[] -> 'Tensor[]
    /// The only result of an operation on one operand, or on two (else b is null).
    abstract Single: op: Op * a: 'Tensor * b: 'Tensor -> 'Tensor
    default this.Single(op, a, b) = this.Process(op, (if isNull b then [| a |] else [| a; b |]))[0]
    /// The numbers of a tensor of this trace, or an exception that says why it has none, or what they would lose.
    abstract Read: tensor: 'Tensor * operation: string -> NDArray
    /// The tensor that decides branches and is printed for one of this trace; null where there is none.
    abstract Below: tensor: 'Tensor -> 'Tensor
    default _.Below _ = null
    /// Whether a tensor of this trace may be read and is nothing but its numbers, so that a branch can be chosen by it.
    abstract Knows: tensor: 'Tensor -> bool
    default _.Knows _ = false

    /// Refuses a tensor of a transformation that has ended.
    member this.RequireRunning(operation: string) : unit =
        if this.Ended then
            raise (
                EndedTransformationException
                    $"{operation}: a tensor of a {this.Name} transformation is used after that transformation ended. Return it from the transformed function instead of keeping it in a variable, field, iterator or task outside."
            )

    /// A number that is read from a tensor would lose its derivative in silence.
    member this.RefuseToLoseDerivative(t: TensorType, operation: string) : NDArray =
        raise (
            TracedValueException
                $"{operation}: a tensor of {DType.name t.DType}{Shape.text t.Shape} inside a {this.Name} function carries a derivative, which the plain number would lose. Compute with the tensor, compare tensors (if (x > 0), in F# if isTrue (x .> 0.0), needs no number), or write x.StopGradient() where the number is meant as a constant."
        )

/// The branch of a staged choice that a thread records: what is computed in it from tensors of transformations around it is part of it, and done where
/// it is taken. So is what is computed from known tensors in a branch that runs for the types of its results alone.
[<AbstractClass; Sealed>]
type internal Branching<'Tensor when 'Tensor: null> =
    [<ThreadStatic; DefaultValue>]
    static val mutable private recorder: Trace<'Tensor>

    [<ThreadStatic; DefaultValue>]
    static val mutable private ofKnown: Trace<'Tensor>

    /// What records operations on known tensors; null where they are computed at once.
    static member OfKnown = Branching<'Tensor>.ofKnown

    /// What processes operations on a tensor of this trace: the trace, or the branch where it began later.
    static member Younger(trace: Trace<'Tensor>) : Trace<'Tensor> =
        let recorder = Branching<'Tensor>.recorder
        if isNull recorder || recorder.Level < trace.Level then trace else recorder

    /// Runs the function as a branch with this recorder, which may be that of known tensors too; with null as outside of branches.
    static member Within(recorder: Trace<'Tensor>, recordsKnown: bool, f: unit -> 'R) : 'R =
        let outer, outerOfKnown = Branching<'Tensor>.recorder, Branching<'Tensor>.ofKnown
        let ofKnown = if recordsKnown then recorder else null

        if obj.ReferenceEquals(outer, recorder) && obj.ReferenceEquals(outerOfKnown, ofKnown) then
            f ()
        else
            Branching<'Tensor>.recorder <- recorder
            Branching<'Tensor>.ofKnown <- ofKnown

            try
                f ()
            finally
                Branching<'Tensor>.recorder <- outer
                Branching<'Tensor>.ofKnown <- outerOfKnown

    /// Runs the function as outside of branches: what it makes belongs to no branch.
    static member Outside(f: unit -> 'R) : 'R = Branching<'Tensor>.Within(null, false, f)
