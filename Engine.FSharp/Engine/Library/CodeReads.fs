// Which fields of objects the code behind a function may read: what its methods mention, and those that they call.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection

/// Grows as methods are added and types of objects are met, whose overrides those methods may call.
[<Sealed>]
type internal CodeReads() =
    /// More code than that is not looked into: then all fields count as read.
    let most = 5000
    let fields = HashSet<FieldKey>()
    let assigned = HashSet<FieldKey>()
    let statics = HashSet<FieldInfo>()
    let virtuals = HashSet<MethodInfo>()
    let types = HashSet<Type>()
    let whole = HashSet<Type>()
    let seen = HashSet<MethodBase>()
    let pending = Stack<MethodBase>()
    let mutable isReadable = true
    let mutable all = false

    let everything = BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.Instance ||| BindingFlags.Static

    let definition (m: MethodInfo) =
        let start = m.GetBaseDefinition()

        if start.IsGenericMethod then start.GetGenericMethodDefinition() else start

    /// Printing and comparing are no part of what a function computes.
    let isFormal (name: string) = name = "ToString" || name = "Equals" || name = "GetHashCode" || name = "Finalize"

    let isFormalInterface (t: Type) =
        t.Name.StartsWith("IEquatable", StringComparison.Ordinal)
        || t.Name.StartsWith("IComparable", StringComparison.Ordinal)
        || t.Name.StartsWith("IStructural", StringComparison.Ordinal)

    let overrides (t: Type) (called: MethodInfo) =
        let owner = called.DeclaringType

        if owner.IsInterface then
            if owner.IsAssignableFrom t && not t.IsInterface then
                let map = t.GetInterfaceMap owner
                let sought = definition called

                for i in 0 .. map.InterfaceMethods.Length - 1 do
                    if map.InterfaceMethods[i] = sought || map.InterfaceMethods[i] = called then
                        pending.Push map.TargetMethods[i]
        elif owner.IsAssignableFrom t then
            let sought = definition called

            for m in t.GetMethods everything do
                if m.IsVirtual && definition m = sought then pending.Push m

    /// What the platform and the library may call of a type of the user's.
    let called (t: Type) =
        for m in t.GetMethods everything do
            if
                m.IsVirtual
                && not (isFormal m.Name)
                && Instructions.isUsers m.DeclaringType
                && not (Instructions.isUsers (m.GetBaseDefinition().DeclaringType))
            then
                pending.Push m

        for contract in t.GetInterfaces() do
            if not (Instructions.isUsers contract || isFormalInterface contract) then
                for m in (t.GetInterfaceMap contract).TargetMethods do
                    if not (isNull m) && Instructions.isUsers m.DeclaringType then pending.Push m

    /// Where no code was read nothing is known of fields: compiled ahead of time, they have no tokens.
    let isAmong (known: HashSet<FieldKey>) (field: FieldInfo) = known.Count > 0 && known.Contains(FieldKey.Of field)

    let rec work () =
        while pending.Count > 0 do
            let m = pending.Pop()

            if seen.Add m then
                if seen.Count > most then
                    all <- true
                    pending.Clear()
                else
                    match Instructions.mentions m with
                    | ValueNone -> isReadable <- false
                    | ValueSome found ->
                        fields.UnionWith found.Read
                        assigned.UnionWith found.Assigned
                        statics.UnionWith found.Statics
                        whole.UnionWith found.Whole

                        for other in found.Called do
                            pending.Push other

                        for other in found.Virtual do
                            if virtuals.Add other then
                                for t in types do
                                    overrides t other

                        for t in found.Made do
                            meet t

    and meet (t: Type) =
        if Instructions.isUsers t && not (t.IsInterface || t.ContainsGenericParameters) && types.Add t then
            // The platform runs what compilers make of iterators and asynchronous methods.
            if Instructions.isGenerated t && not (typeof<Delegate>.IsAssignableFrom t) && t.GetInterfaces().Length > 0 then
                for m in t.GetMethods everything do
                    if m.DeclaringType = t then pending.Push m

            called t

            for other in virtuals do
                overrides t other

    /// The function may run this method.
    member _.Add(m: MethodBase) =
        pending.Push m
        work ()

    /// The function may meet an object of this type.
    member _.Meet(t: Type) =
        meet t
        work ()

    /// The library takes objects of this type apart.
    member _.AddWhole(t: Type) = whole.Add t |> ignore
    /// Whether all instructions could be read.
    member _.IsReadable = isReadable
    /// Grows with everything that is found.
    member _.Size = fields.Count + whole.Count + (if all then 1 else 0)
    member _.Statics: IReadOnlyCollection<FieldInfo> = statics
    /// Whether the function itself may assign the field.
    member _.Assigns(field: FieldInfo) = isReadable && isAmong assigned field

    member _.IsWhole(t: Type) = all || whole.Contains t

    /// Whether the field of an object of this type is read.
    member reads.Reads(owner: Type, field: FieldInfo) = not isReadable || reads.IsWhole owner || isAmong fields field
