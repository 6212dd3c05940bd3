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
    let mutable found: PartLayout[] = [||]
    /// The parts in order; the note is what else tells two values apart.
    abstract Parts: value: obj * note: byref<obj> -> obj[]
    abstract Build: parts: obj[] * note: obj -> obj
    /// What messages call a part, behind the name of the whole.
    abstract PartName: position: int * note: obj -> string
    default _.PartName(position, _) = $"[{position}]"
    /// A structure of this layout, to be used again where it fits, so that comparing structures costs nothing; null before the first.
    member _.Last: Structure = last

    member _.Keep(structure: Structure) =
        if structure.IsShared then
            last <- structure

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
