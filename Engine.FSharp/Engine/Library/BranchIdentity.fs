// Which branch stands in itself, told by its code and by what it holds beside tensors; and how deep that may go.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection
open Pipeline

[<RequireQualifiedAccess>]
module private Held =
    let rec private fields (t: Type) : FieldInfo list =
        if isNull t then
            []
        else
            let own = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.DeclaredOnly
            List.ofArray (t.GetFields own) @ fields t.BaseType

    /// As many objects are looked at; what lies behind them counts as equal.
    let private most = 4096

    /// Whether two objects hold the same, their tensors aside.
    let same (one: obj) (other: obj) : bool =
        let seen = HashSet<obj>(HashIdentity.Reference)
        let pending = Stack<struct (obj * obj)>()
        let mutable equal = true
        pending.Push(struct (one, other))

        while equal && pending.Count > 0 && seen.Count < most do
            let struct (a, b) = pending.Pop()

            if not (obj.ReferenceEquals(a, b)) then
                if isNull a || isNull b || a.GetType() <> b.GetType() then
                    equal <- false
                else
                    match a, b with
                    | (:? Tensor), _ -> ()
                    | (:? string), _
                    | (:? MemberInfo), _ -> equal <- a.Equals b
                    | _ when a.GetType().IsPrimitive -> equal <- a.Equals b
                    | _ when not (seen.Add a) -> ()
                    | (:? Delegate as f), (:? Delegate as g) ->
                        equal <- f.Method.Equals g.Method
                        pending.Push(struct (f.Target, g.Target))
                    | (:? Array as f), (:? Array as g) ->
                        equal <- f.Length = g.Length

                        if equal then Seq.iter2 (fun a b -> pending.Push(struct (a, b))) (Seq.cast<obj> f) (Seq.cast<obj> g)
                    | _ ->
                        for field in fields (a.GetType()) do
                            pending.Push(struct (field.GetValue a, field.GetValue b))

        equal

/// A branch, as a delegate or a closure, and the structure of its operand. Equal to others of the same code that hold the same beside tensors: those
/// of recursion that a number of a tensor ends. Functions that were built up of others hold other functions or numbers.
[<Sealed; AllowNullLiteral>]
type internal BranchIdentity(branch: obj, structure: Structure) =
    let code =
        match branch with
        | :? Delegate as branch -> branch.Method :> obj
        | branch -> branch.GetType()

    member private _.Branch = branch
    member private _.Code = code
    member private _.Structure = structure
    override _.GetHashCode() = code.GetHashCode()

    override _.Equals other =
        match other with
        | :? BranchIdentity as other -> code.Equals other.Code && structure.Equals other.Structure && Held.same branch other.Branch
        | _ -> false

/// The branches that a thread runs for the types of their results alone.
[<AbstractClass; Sealed>]
type internal NestedBranches =
    /// Those that have not ended.
    [<ThreadStatic; DefaultValue>]
    static val mutable private running: BranchIdentity list

    /// How many have begun since none was running.
    [<ThreadStatic; DefaultValue>]
    static val mutable private begun: int

    /// Runs a branch for its types. Nothing where an equal one stands around it 4 times already, or too many of any kind to go on: recursion that a
    /// number would end goes on there, and what it returns has the type of the other branches.
    static member Run(identity: BranchIdentity, f: unit -> 'R) : 'R voption =
        let before = if isNull (box NestedBranches.running) then [] else NestedBranches.running

        if before.IsEmpty then NestedBranches.begun <- 0

        NestedBranches.begun <- NestedBranches.begun + 1

        if before.Length = 256 || NestedBranches.begun > 2048 || (before |> List.filter identity.Equals).Length = 4 then
            ValueNone
        else
            NestedBranches.running <- identity :: before

            try
                ValueSome(f ())
            finally
                NestedBranches.running <- before
