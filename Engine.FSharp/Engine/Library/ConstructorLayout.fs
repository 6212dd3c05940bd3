// The layouts of what constructors, setters and the cases of unions describe: records, tuples, classes, structs, unions.
namespace Pipeline.Engine

open System
open System.Reflection
open Pipeline

/// How a value of a kind is made: the maker's parameters are the first members; setters fill the others.
[<NoComparison; NoEquality>]
type internal Recipe = {
    Kind: Type
    /// A constructor, a static method, or null for a value type's zero.
    Maker: MethodBase
    Members: MemberInfo[]
    /// A compiler wrote the maker, so that a member holds what it was given.
    IsTrusted: bool
    /// Fields that nothing sets, with their members' names: no tensor may be in them.
    Unset: struct (string * FieldInfo)[]
    /// Fields of plain values that nothing sets and that may change: a new value must have them as the old one has.
    State: struct (string * FieldInfo)[]
}

/// A maker's and the setters' members are the parts. (Without members it is there for its unset fields.)
[<Sealed>]
type internal ConstructorLayout(recipe: Recipe, holds: Func<obj, bool>, same: Func<obj, obj, bool>) =
    inherit Layout()
    let kind = recipe.Kind
    let read = Accessors.parts kind recipe.Members

    let readFields (fields: struct (string * FieldInfo)[]) =
        fields |> Array.map (fun struct (_, field) -> field :> MemberInfo) |> Accessors.parts kind

    let unset = readFields recipe.Unset
    let state = readFields recipe.State

    let report =
        Report(fun position given found ->
            if not (same.Invoke(given, found)) then
                let name = recipe.Members[position].Name

                raise (
                    TreeException
                        $"{kind.Name}.{name}: a new {kind.Name} does not hold there what its constructor or setter was given, so derivatives would be those of another function. Store it unchanged and compute what depends on it in the function or in a method, or implement ITensorTree."
                ))

    let make = lazy (Accessors.make kind recipe.Maker recipe.Members (not recipe.IsTrusted) report)

    /// What a constructor makes of the same parts must be in the same state.
    let requireState (value: obj) (parts: obj[]) =
        let before, after = state.Invoke value, state.Invoke(make.Value.Invoke parts)

        for i in 0 .. before.Length - 1 do
            if not (Object.Equals(before[i], after[i])) then
                let struct (name, _) = recipe.State[i]

                raise (
                    TreeException
                        $"{kind.Name}.{name} is {before[i]}, but {after[i]} in a {kind.Name} made from the same parts: no public constructor, init or setter sets it. Add one, or implement ITensorTree."
                )

    override _.Parts(value, _) =
        if recipe.Unset.Length > 0 then
            let values = unset.Invoke value

            for i in 0 .. values.Length - 1 do
                if holds.Invoke values[i] then
                    let struct (name, _) = recipe.Unset[i]

                    raise (
                        TreeException
                            $"{kind.Name}.{name} holds a tensor that no public constructor of {kind.Name} sets from a parameter of the same name and type, and no init or setter, so the value cannot be rebuilt. Add it to the constructor, give it a public init or setter, or implement ITensorTree."
                    )

        let parts = read.Invoke value

        if recipe.State.Length > 0 then requireState value parts

        parts

    override _.Build(parts, _) = make.Value.Invoke parts

    override _.Step(position, _) = "." + recipe.Members[position].Name

/// A union of several cases: the number of the case is the note.
[<Sealed>]
type internal UnionLayout(tag: Func<obj, int>, cases: Layout[]) =
    inherit Layout()
    let notes = Array.init cases.Length box

    override _.Parts(value, note) =
        let case = tag.Invoke value
        note <- notes[case]
        let mutable nothing = null
        cases[case].Parts(value, &nothing)

    override _.Build(parts, note) = cases[unbox<int> note].Build(parts, null)

    override _.Step(position, note) = cases[unbox<int> note].Step(position, null)

/// A type that can hold tensors but cannot be rebuilt: refused when it does hold one.
[<Sealed>]
type internal RefusedLayout(kind: Type, holds: Func<obj, bool>) =
    inherit Layout()

    override _.Parts(value, _) =
        if holds.Invoke value then
            raise (
                TreeException
                    $"{kind.Name} holds tensors but is no tree: use an array, a list, a dictionary (whose keys hold none), a tuple, a record, a class with a constructor or setters, a union, or implement ITensorTree."
            )

        [||]

    override _.Build(_, _) = invalidOp "A refused type is never taken apart."

    override _.Step(_, _) = ""
