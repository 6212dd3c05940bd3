// What is left of a value when its tensors are taken out, and how to put tensors back in.
namespace Pipeline

open System.Collections.Generic
open System.Runtime.CompilerServices

/// <summary>The escape hatch of parameter trees: a type whose constructor does not show how it is made implements this to be taken apart and rebuilt.</summary>
/// <remarks>Records, record structs, tuples, anonymous types, arrays, lists and dictionaries need no interface.</remarks>
[<AllowNullLiteral; AutoSerializable(false); NullableContext(2uy)>]
type ITensorTree =
    /// <summary>The tensors, and trees of tensors, that the value is made of, always in the same order.</summary>
    [<Nullable(1uy)>]
    abstract Parts: IReadOnlyList<obj>

    /// <summary>A value like this one with other parts in place of its own, in the order of <see cref="P:Pipeline.ITensorTree.Parts"/>.</summary>
    abstract WithParts: [<Nullable(1uy)>] parts: IReadOnlyList<obj> -> obj

    /// <summary>Whatever else tells two values apart, compared with Equals; null where nothing does.</summary>
    abstract Distinction: obj

namespace Pipeline.Engine

open System
open System.Collections
open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open Pipeline

/// Recursion of any depth: where a stack is nearly used up, what is left runs on another thread's.
[<RequireQualifiedAccess>]
module internal DeepRecursion =
    /// Asked at every 32nd level: the 64 KiB that the runtime holds ready then are enough for as many.
    let isDue (depth: int) = depth &&& 31 = 31 && not (RuntimeHelpers.TryEnsureSufficientExecutionStack())

    let onThread (f: unit -> 'T) : 'T =
        let result = TaskCompletionSource<'T>()

        let run () =
            try
                result.SetResult(f ())
            with e ->
                result.SetException e

        let thread = Thread(run, 16 <<< 20)
        thread.Start()
        thread.Join()
        result.Task.GetAwaiter().GetResult()

[<RequireQualifiedAccess>]
module internal Bits =
    /// Whether two plain values are the same, numbers to the bit.
    let same (a: obj) (b: obj) : bool =
        obj.ReferenceEquals(a, b)
        || match a, b with
           | null, _
           | _, null -> false
           | (:? float as x), (:? float as y) -> BitConverter.DoubleToInt64Bits x = BitConverter.DoubleToInt64Bits y
           | (:? float32 as x), (:? float32 as y) -> BitConverter.SingleToInt32Bits x = BitConverter.SingleToInt32Bits y
           | (:? Half as x), (:? Half as y) -> BitConverter.HalfToInt16Bits x = BitConverter.HalfToInt16Bits y
           | _ -> a.GetType() = b.GetType() && a.Equals b

/// Tensors in the order in which they are met; as many as are expected, mostly.
[<Sealed>]
type internal Leaves(expected: int) =
    let mutable items: Tensor[] = Array.zeroCreate expected
    let mutable count = 0

    member _.Add(tensor: Tensor) =
        if count = items.Length then Array.Resize(&items, max 8 (2 * count))

        items[count] <- tensor
        count <- count + 1

    /// All of them; nothing is added any more.
    member _.Take() : Tensor[] =
        if count < items.Length then Array.Resize(&items, count)

        items

/// How values of one type are taken apart and rebuilt.
[<AbstractClass; AllowNullLiteral>]
type internal Layout() =
    let mutable last: Structure = null
    let mutable found: PartLayout[] = [||]
    /// The parts in order; the note is what else tells two values apart.
    abstract Parts: value: obj * note: byref<obj> -> obj[]
    abstract Build: parts: obj[] * note: obj -> obj
    /// How a part is reached, as C# writes it behind the value: ".Weight", "[2]".
    abstract Step: position: int * note: obj -> string
    /// A structure of this layout, to be used again where it fits, so that comparing structures costs nothing; null before the first.
    member _.Last: Structure = last

    member _.Keep(structure: Structure) =
        if structure.IsShared then last <- structure

        structure

    /// The layout of a part's type, which is mostly the one of the value before.
    member _.OfPart(position: int, t: Type, find: Type -> Layout) : Layout =
        let known = found

        if position < known.Length && obj.ReferenceEquals(known[position].Type, t) then
            known[position].Layout
        else
            let layout = find t

            // The first parts only: long lists are no place for a table.
            if position < 32 then
                let grown = Array.zeroCreate (max known.Length (position + 1))
                Array.blit known 0 grown 0 known.Length
                grown[position] <- PartLayout(t, layout)
                found <- grown

            layout

/// A type with its layout.
and [<Struct; NoComparison; NoEquality>] internal PartLayout(t: Type, layout: Layout) =
    member _.Type = t
    member _.Layout = layout

/// A tensor (no layout, no children), a part that holds none and is carried unchanged (its value as the note), or a value with parts.
and [<Sealed; AllowNullLiteral>] internal Structure(layout: Layout, children: Structure[], note: obj) =
    static let leaf = Structure(null, null, null)
    static let nothing = Structure(null, [||], null)

    /// Nothing of any one value is in it (a union's case is of many), so it may be kept for others.
    let isShared =
        (isNull note || note :? int)
        && not (isNull layout && not (isNull note))
        && (isNull children || Array.forall (fun (child: Structure) -> child.IsShared) children)

    static member Leaf = leaf

    static member Opaque(value: obj) = if isNull value then nothing else Structure(null, [||], value)

    member _.Layout: Layout = layout
    member _.Children: Structure[] = children
    member _.Note: obj = note
    member _.IsShared: bool = isShared
    member this.IsLeaf = obj.ReferenceEquals(this, leaf)
    member this.IsOpaque = isNull layout && not this.IsLeaf

    /// The structure of a value that is carried unchanged: this one, where it is of that object or of a number of the same bits.
    static member Carried(known: Structure, value: obj) =
        if
            not (isNull known)
            && known.IsOpaque
            && (obj.ReferenceEquals(known.Note, value)
                || (not (isNull value) && value.GetType().IsPrimitive && Bits.same known.Note value))
        then
            known
        else
            Structure.Opaque value

    member private this.IsSame(other: Structure, depth: int) : bool =
        obj.ReferenceEquals(this, other)
        || (not this.IsLeaf
            && not other.IsLeaf
            && obj.ReferenceEquals(layout, other.Layout)
            && StructuralComparisons.StructuralEqualityComparer.Equals(note, other.Note)
            && children.Length = other.Children.Length
            && (if DeepRecursion.isDue depth then
                    DeepRecursion.onThread (fun () -> this.AreChildrenSame(other, depth))
                else
                    this.AreChildrenSame(other, depth)))

    member private _.AreChildrenSame(other: Structure, depth: int) : bool =
        let mutable same = true
        let mutable i = 0

        while same && i < children.Length do
            same <- children[i].IsSame(other.Children[i], depth + 1)
            i <- i + 1

        same

    override this.Equals other =
        match other with
        | :? Structure as other -> this.IsSame(other, 0)
        | _ -> false

    /// By the first levels alone: structures that differ further down are told apart by Equals.
    member private this.Hash(depth: int) : int =
        if this.IsLeaf then
            1
        else
            let mutable hash = HashCode()

            hash.Add(if isNull layout then 0 else RuntimeHelpers.GetHashCode layout)

            hash.Add(if isNull note then 0 else StructuralComparisons.StructuralEqualityComparer.GetHashCode note)

            if depth < 32 then
                for child in children do
                    hash.Add(child.Hash(depth + 1))

            hash.ToHashCode()

    override this.GetHashCode() = this.Hash 0
