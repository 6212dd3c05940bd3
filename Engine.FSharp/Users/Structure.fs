// What is left of a value when its tensors are taken out, and how to put tensors back in.
namespace Pipeline

open System.Collections.Generic

/// <summary>The escape hatch of parameter trees: a type whose constructor does not show how it is made implements this to be taken apart and rebuilt.</summary>
/// <remarks>Records, record structs, tuples, anonymous types, arrays, lists and dictionaries need no interface.</remarks>
[<AllowNullLiteral>]
type ITensorTree =
    /// <summary>The tensors, and trees of tensors, that the value is made of, always in the same order.</summary>
    abstract Parts: IReadOnlyList<obj>
    /// <summary>A value like this one with other parts in place of its own, in the order of <see cref="P:Pipeline.ITensorTree.Parts"/>.</summary>
    abstract WithParts: parts: IReadOnlyList<obj> -> obj
    /// <summary>Whatever else tells two values apart, compared with Equals; null where nothing does.</summary>
    abstract Distinction: obj

namespace Pipeline.Engine

open System
open System.Collections
open Pipeline

/// How values of one type are taken apart and rebuilt.
[<AbstractClass; AllowNullLiteral>]
type internal Layout() =
    let mutable last: Structure = null
    /// The parts in order; the note is what else tells two values apart.
    abstract Parts: value: obj * note: byref<obj> -> obj[]
    abstract Build: parts: obj[] * note: obj -> obj

    /// The structure of a value: where it is that of the value before, the same object, so that comparing them costs nothing.
    member this.Structure(children: Structure[], note: obj) : Structure =
        let known = last

        if not (isNull known) && isNull note && Layout.Same(known.Children, children) then
            known
        else
            let made = Structure(this, children, note)

            if made.IsShared then
                last <- made

            made

    static member private Same(a: Structure[], b: Structure[]) =
        let mutable same = a.Length = b.Length
        let mutable i = 0

        while same && i < a.Length do
            same <- obj.ReferenceEquals(a[i], b[i])
            i <- i + 1

        same

/// A tensor (no layout, no children), a part that holds none and is carried unchanged (its value as the note), or a value with parts.
and [<Sealed; AllowNullLiteral>] internal Structure(layout: Layout, children: Structure[], note: obj) =
    static let leaf = Structure(null, null, null)
    static let nothing = Structure(null, [||], null)

    /// Nothing of any one value is in it, so it may be kept for others.
    let isShared =
        isNull note
        && (isNull children
            || Array.forall (fun (child: Structure) -> child.IsShared) children)

    static member Leaf = leaf

    static member Opaque(value: obj) =
        if isNull value then
            nothing
        else
            Structure(null, [||], value)

    member _.Layout: Layout = layout
    member _.Children: Structure[] = children
    member _.Note: obj = note
    member _.IsShared: bool = isShared
    member this.IsLeaf = obj.ReferenceEquals(this, leaf)
    member this.IsOpaque = isNull layout && not this.IsLeaf

    override this.Equals other =
        obj.ReferenceEquals(this, other)
        || match other with
           | :? Structure as other ->
               not this.IsLeaf
               && not other.IsLeaf
               && obj.ReferenceEquals(layout, other.Layout)
               && StructuralComparisons.StructuralEqualityComparer.Equals(note, other.Note)
               && children.Length = other.Children.Length
               && Array.forall2 (fun (a: Structure) b -> a.Equals b) children other.Children
           | _ -> false

    override this.GetHashCode() =
        if this.IsLeaf then
            1
        else
            let mutable hash = HashCode()

            hash.Add(
                if isNull layout then
                    0
                else
                    Runtime.CompilerServices.RuntimeHelpers.GetHashCode layout
            )

            hash.Add(
                if isNull note then
                    0
                else
                    StructuralComparisons.StructuralEqualityComparer.GetHashCode note
            )

            for child in children do
                hash.Add(child.GetHashCode())

            hash.ToHashCode()
