// Which fields a method reads: C# keeps all captured variables of a scope in one object, whichever lambda uses them.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit
open System.Runtime.CompilerServices

[<RequireQualifiedAccess>]
module internal Instructions =
    /// The instructions by their code; those of two bytes (the first is 0xFE) from 256 on.
    let private byCode =
        lazy
            (let table: OpCode[] = Array.zeroCreate 512

             for field in typeof<OpCodes>.GetFields(BindingFlags.Public ||| BindingFlags.Static) do
                 let code = field.GetValue null :?> OpCode
                 table[(int code.Value &&& 0xFF) + (if code.Size = 2 then 256 else 0)] <- code

             table)

    let private isGenerated (t: Type) =
        not (isNull t) && t.IsDefined(typeof<CompilerGeneratedAttribute>, false)

    let private allMethods =
        BindingFlags.Public
        ||| BindingFlags.NonPublic
        ||| BindingFlags.Instance
        ||| BindingFlags.Static

    /// Adds the fields named by the method, and by the lambdas, local functions and state machines that it mentions.
    let rec private scan (m: MethodBase) (seen: HashSet<MethodBase>) (named: HashSet<struct (Module * int)>) : unit =
        let body =
            if seen.Add m && not m.IsAbstract then
                m.GetMethodBody()
            else
                null

        if not (isNull body) then
            let il = body.GetILAsByteArray()

            let ofType =
                if m.DeclaringType.IsGenericType then
                    m.DeclaringType.GetGenericArguments()
                else
                    null

            let ofMethod = if m.IsGenericMethod then m.GetGenericArguments() else null

            let scanType (t: Type) =
                if isGenerated t then
                    for other in t.GetMethods allMethods do
                        if obj.ReferenceEquals(other.Module, m.Module) then
                            scan other seen named

            let mutable at = 0

            while at < il.Length do
                let isLong = il[at] = 0xFEuy
                let code = byCode.Value[if isLong then int il[at + 1] + 256 else int il[at]]
                at <- at + (if isLong then 2 else 1)
                let token () = BitConverter.ToInt32(il, at)

                match code.OperandType with
                | OperandType.InlineField ->
                    let field = m.Module.ResolveField(token (), ofType, ofMethod)
                    named.Add(struct (field.Module, field.MetadataToken)) |> ignore
                | OperandType.InlineMethod ->
                    let other = m.Module.ResolveMethod(token (), ofType, ofMethod)

                    if
                        obj.ReferenceEquals(other.Module, m.Module)
                        && (isGenerated other.DeclaringType || other.Name.StartsWith '<')
                    then
                        scan other seen named

                        if other.IsConstructor then
                            scanType other.DeclaringType
                | OperandType.InlineType -> scanType (m.Module.ResolveType(token (), ofType, ofMethod))
                | _ -> ()

                at <-
                    at
                    + match code.OperandType with
                      | OperandType.InlineNone -> 0
                      | OperandType.ShortInlineBrTarget
                      | OperandType.ShortInlineI
                      | OperandType.ShortInlineVar -> 1
                      | OperandType.InlineVar -> 2
                      | OperandType.InlineI8
                      | OperandType.InlineR -> 8
                      | OperandType.InlineSwitch -> 4 + 4 * token ()
                      | _ -> 4

    /// The fields that running the method may read, as module and token; null for a method without instructions to read.
    let fieldsNamed (m: MethodBase) : HashSet<struct (Module * int)> =
        // A method made at run time has neither a type nor a readable body.
        if isNull m.DeclaringType || isNull (m.GetMethodBody()) then
            null
        else
            let named = HashSet()
            scan m (HashSet()) named
            named
