// Reading the members of a type and making its values, as small methods emitted at run time: many times faster than reflection, which serves
// where no code can be emitted.
namespace Pipeline.Engine

open System
open System.Reflection
open System.Reflection.Emit
open System.Runtime.CompilerServices

[<RequireQualifiedAccess>]
module internal Accessors =
    let private dynamicMethod name (result: Type) (parameters: Type[]) =
        DynamicMethod(name, result, parameters, typeof<Layout>.Module, true)

    let typeOf (m: MemberInfo) =
        match m with
        | :? PropertyInfo as property -> property.PropertyType
        | :? MethodInfo as getter -> getter.ReturnType
        | m -> (m :?> FieldInfo).FieldType

    let private call (il: ILGenerator) (m: MethodInfo) =
        il.Emit((if m.IsVirtual && not m.DeclaringType.IsValueType then OpCodes.Callvirt else OpCodes.Call), m)

    /// From the object (a value type's address) on the stack to its member's value.
    let private get (il: ILGenerator) (m: MemberInfo) =
        match m with
        | :? PropertyInfo as property -> call il (property.GetGetMethod true)
        | :? MethodInfo as getter -> call il getter
        | m -> il.Emit(OpCodes.Ldfld, m :?> FieldInfo)

    let private box' (il: ILGenerator) (t: Type) = if t.IsValueType then il.Emit(OpCodes.Box, t)

    let private emittedParts (kind: Type) (members: MemberInfo[]) : Func<obj, obj[]> =
        let made = dynamicMethod "Parts" typeof<obj[]> [| typeof<obj> |]
        let il = made.GetILGenerator()
        il.Emit(OpCodes.Ldc_I4, members.Length)
        il.Emit(OpCodes.Newarr, typeof<obj>)

        for i in 0 .. members.Length - 1 do
            il.Emit OpCodes.Dup
            il.Emit(OpCodes.Ldc_I4, i)
            il.Emit OpCodes.Ldarg_0

            il.Emit((if kind.IsValueType then OpCodes.Unbox else OpCodes.Castclass), kind)

            get il members[i]
            box' il (typeOf members[i])
            il.Emit OpCodes.Stelem_Ref

        il.Emit OpCodes.Ret
        made.CreateDelegate<Func<obj, obj[]>>()

    let private emittedNumber (kind: Type) (m: MemberInfo) : Func<obj, int> =
        let made = dynamicMethod "Number" typeof<int> [| typeof<obj> |]
        let il = made.GetILGenerator()
        il.Emit OpCodes.Ldarg_0

        il.Emit((if kind.IsValueType then OpCodes.Unbox else OpCodes.Castclass), kind)

        get il m
        il.Emit OpCodes.Ret
        made.CreateDelegate<Func<obj, int>>()

    /// Goes to differ where the two variables of the type are not the same reference or the same bits, field by field.
    let rec private compare
        (il: ILGenerator)
        (t: Type)
        (load: (OpCode * OpCode) -> unit)
        (second: (OpCode * OpCode) -> unit)
        (differ: Label)
        =
        if not t.IsValueType || t.IsPrimitive || t.IsEnum || t.IsPointer then
            load (OpCodes.Ldloc, OpCodes.Ldfld)
            second (OpCodes.Ldloc, OpCodes.Ldfld)
            il.Emit(OpCodes.Bne_Un, differ)
        else
            for field in t.GetFields(BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic) do
                let inside (outer: (OpCode * OpCode) -> unit) (_, read: OpCode) =
                    outer (OpCodes.Ldloca, OpCodes.Ldflda)
                    il.Emit(read, field)

                compare il field.FieldType (inside load) (inside second) differ

    let private emittedMake (kind: Type) (maker: MethodBase) (members: MemberInfo[]) (isChecked: bool) (report: Report) : Func<obj[], obj> =
        let made = dynamicMethod "Make" typeof<obj> [| typeof<Report>; typeof<obj[]> |]
        let il = made.GetILGenerator()
        let result = il.DeclareLocal kind

        let part (i: int) =
            il.Emit OpCodes.Ldarg_1
            il.Emit(OpCodes.Ldc_I4, i)
            il.Emit OpCodes.Ldelem_Ref

        let loadResult () = il.Emit((if kind.IsValueType then OpCodes.Ldloca else OpCodes.Ldloc), result)

        let parameters = if isNull maker then [||] else maker.GetParameters()

        for i in 0 .. parameters.Length - 1 do
            part i
            il.Emit(OpCodes.Unbox_Any, parameters[i].ParameterType)

        match maker with
        | null ->
            il.Emit(OpCodes.Ldloca, result)
            il.Emit(OpCodes.Initobj, kind)
        | :? ConstructorInfo as constructor ->
            il.Emit(OpCodes.Newobj, constructor)
            il.Emit(OpCodes.Stloc, result)
        | maker ->
            il.Emit(OpCodes.Call, maker :?> MethodInfo)

            if not kind.IsValueType then il.Emit(OpCodes.Castclass, kind)

            il.Emit(OpCodes.Stloc, result)

        for i in parameters.Length .. members.Length - 1 do
            loadResult ()
            part i
            il.Emit(OpCodes.Unbox_Any, typeOf members[i])

            match members[i] with
            | :? PropertyInfo as property -> call il (property.GetSetMethod true)
            | m -> il.Emit(OpCodes.Stfld, m :?> FieldInfo)

        if isChecked then
            for i in 0 .. members.Length - 1 do
                let t = typeOf members[i]
                let found = il.DeclareLocal t
                let given = il.DeclareLocal t
                let differ, fits = il.DefineLabel(), il.DefineLabel()
                loadResult ()
                get il members[i]
                il.Emit(OpCodes.Stloc, found)
                part i
                il.Emit(OpCodes.Unbox_Any, t)
                il.Emit(OpCodes.Stloc, given)

                let load (local: LocalBuilder) (read: OpCode, _: OpCode) = il.Emit(read, local)
                compare il t (load found) (load given) differ
                il.Emit(OpCodes.Br, fits)
                il.MarkLabel differ
                il.Emit OpCodes.Ldarg_0
                il.Emit(OpCodes.Ldc_I4, i)
                part i
                il.Emit(OpCodes.Ldloc, found)
                box' il t
                il.Emit(OpCodes.Callvirt, typeof<Report>.GetMethod "Invoke")
                il.MarkLabel fits

        il.Emit(OpCodes.Ldloc, result)
        box' il kind
        il.Emit OpCodes.Ret
        made.CreateDelegate(typeof<Func<obj[], obj>>, report) :?> Func<obj[], obj>

    let private emits = RuntimeFeature.IsDynamicCodeSupported

    /// The members' values of an object of the kind.
    let parts (kind: Type) (members: MemberInfo[]) : Func<obj, obj[]> = if emits then emittedParts kind members else Invokers.parts members

    /// The whole number that a member (or a static method) of an object of the kind gives.
    let number (kind: Type) (m: MemberInfo) : Func<obj, int> = if emits then emittedNumber kind m else Invokers.number m

    /// From parts to a value: by a constructor or a static method (null: a value type's zero), then setters for the parts that are left;
    /// each member that does not give back its part is reported.
    let make (kind: Type) (maker: MethodBase) (members: MemberInfo[]) (isChecked: bool) (report: Report) : Func<obj[], obj> =
        if emits then
            emittedMake kind maker members isChecked report
        else
            Invokers.make kind maker members isChecked report
