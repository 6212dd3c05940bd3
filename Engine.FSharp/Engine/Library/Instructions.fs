// What the code of a method mentions: the fields that it reads and assigns, and what it calls.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit
open System.Runtime.CompilerServices

/// A field, whatever type arguments its type has.
[<Struct>]
type internal FieldKey = {
    Module: Module
    Token: int
} with

    static member Of(field: FieldInfo) = { Module = field.Module; Token = field.MetadataToken }

/// What one method mentions of the user's code.
[<NoComparison; NoEquality>]
type internal Mentions = {
    Read: HashSet<FieldKey>
    Assigned: HashSet<FieldKey>
    Statics: HashSet<FieldInfo>
    /// Methods with code to look into: called, or made delegates of.
    Called: HashSet<MethodBase>
    /// Those of them that another type may override.
    Virtual: HashSet<MethodInfo>
    Made: HashSet<Type>
    /// Types of values that the library takes apart by reflection.
    Whole: HashSet<Type>
}

[<RequireQualifiedAccess>]
module internal Instructions =
    let private kinds = ConcurrentDictionary<Assembly, int>()

    let private kind (assembly: Assembly) =
        kinds.GetOrAdd(
            assembly,
            fun assembly ->
                let name = assembly.GetName().Name

                let isOf (prefix: string) = name = prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal)

                if Array.contains name [| "Pipeline"; "Pipeline.Engine"; "Pipeline.Statistics"; "Pipeline.Core" |] then
                    1
                elif Seq.exists isOf [ "System"; "Microsoft"; "FSharp"; "mscorlib"; "netstandard"; "WindowsBase" ] then
                    2
                else
                    0
        )

    /// Neither the library's nor the platform's.
    let isUsersAssembly assembly = kind assembly = 0
    let isUsers (t: Type) = isUsersAssembly t.Assembly
    let isOurs (t: Type) = kind t.Assembly = 1

    let isGenerated (t: Type) = not (isNull t) && t.IsDefined(typeof<CompilerGeneratedAttribute>, false)

    /// What compilers make of lambdas: C# marks it, F# names it so.
    let isClosure (t: Type) = isGenerated t || t.Name.Contains '@'

    /// What F# keeps a captured variable in that is assigned.
    let private isReference (t: Type) = t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<Ref<_>>

    /// The instructions by their code; those of two bytes (the first is 0xFE) from 256 on.
    let private byCode =
        lazy
            (let table: OpCode[] = Array.zeroCreate 512

             for field in typeof<OpCodes>.GetFields(BindingFlags.Public ||| BindingFlags.Static) do
                 let code = field.GetValue null :?> OpCode
                 table[(int code.Value &&& 0xFF) + (if code.Size = 2 then 256 else 0)] <- code

             table)

    let private operandSize (il: byte[]) at (code: OpCode) =
        match code.OperandType with
        | OperandType.InlineNone -> 0
        | OperandType.ShortInlineBrTarget
        | OperandType.ShortInlineI
        | OperandType.ShortInlineVar -> 1
        | OperandType.InlineVar -> 2
        | OperandType.InlineI8
        | OperandType.InlineR -> 8
        | OperandType.InlineSwitch -> 4 + 4 * BitConverter.ToInt32(il, at)
        | _ -> 4

    /// The user's types in the arguments of a generic type or method.
    let rec private usersIn (found: HashSet<Type>) (t: Type) =
        if t.HasElementType then
            usersIn found (t.GetElementType())
        else
            if not t.IsGenericParameter && isUsers t then found.Add t |> ignore

            if t.IsGenericType then
                for argument in t.GetGenericArguments() do
                    usersIn found argument

    let private read (m: MethodBase) : Mentions =
        let found = {
            Read = HashSet()
            Assigned = HashSet()
            Statics = HashSet()
            Called = HashSet()
            Virtual = HashSet()
            Made = HashSet()
            Whole = HashSet()
        }

        let body = m.GetMethodBody()

        if not (isNull body) then
            let il = body.GetILAsByteArray()

            let ofType = if m.DeclaringType.IsGenericType then m.DeclaringType.GetGenericArguments() else null

            let ofMethod = if m.IsGenericMethod then m.GetGenericArguments() else null
            let mutable at = 0

            while at < il.Length do
                let isLong = il[at] = 0xFEuy
                let code = byCode.Value[if isLong then int il[at + 1] + 256 else int il[at]]
                at <- at + (if isLong then 2 else 1)
                let token () = BitConverter.ToInt32(il, at)

                match code.OperandType with
                | OperandType.InlineField ->
                    let field = m.Module.ResolveField(token (), ofType, ofMethod)

                    if isUsers field.DeclaringType || isReference field.DeclaringType then
                        if field.IsStatic then
                            if not (isGenerated field.DeclaringType) then found.Statics.Add field |> ignore
                        else
                            if code <> OpCodes.Stfld then found.Read.Add(FieldKey.Of field) |> ignore

                            // An address may be written to.
                            if code <> OpCodes.Ldfld then found.Assigned.Add(FieldKey.Of field) |> ignore
                | OperandType.InlineMethod ->
                    let other = m.Module.ResolveMethod(token (), ofType, ofMethod)
                    let owner = other.DeclaringType

                    if not (isNull owner) then
                        if isUsers owner then
                            found.Called.Add other |> ignore

                            if other.IsConstructor then found.Made.Add owner |> ignore
                            elif other.IsVirtual then found.Virtual.Add(other :?> MethodInfo) |> ignore
                        elif isOurs owner then
                            usersIn found.Whole owner

                            if other.IsGenericMethod then other.GetGenericArguments() |> Array.iter (usersIn found.Whole)
                        elif isReference owner then
                            if other.Name.StartsWith("set_", StringComparison.Ordinal) then
                                for field in owner.GetFields(BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic) do
                                    found.Assigned.Add(FieldKey.Of field) |> ignore
                        elif other.IsGenericMethod then
                            // The platform is given the compilers' state machines of asynchronous methods.
                            for t in other.GetGenericArguments() do
                                if isUsers t && isGenerated t then found.Made.Add t |> ignore
                | OperandType.InlineType ->
                    let t = m.Module.ResolveType(token (), ofType, ofMethod)

                    if isUsers t && isGenerated t then found.Made.Add t |> ignore
                | _ -> ()

                at <- at + operandSize il at code

        found

    let private known = ConcurrentDictionary<MethodBase, Mentions voption>()

    /// What the method mentions; none for a method whose instructions cannot be read.
    let mentions (m: MethodBase) : Mentions voption =
        known.GetOrAdd(
            m,
            fun m ->
                // A method made at run time has neither a type nor a readable body.
                if isNull m.DeclaringType then
                    ValueNone
                else
                    try
                        ValueSome(read m)
                    with _ ->
                        ValueNone
        )
