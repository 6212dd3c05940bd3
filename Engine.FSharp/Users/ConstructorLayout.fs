// The layout of what a constructor describes: records, tuples, classes whose parameters are their members.
namespace Pipeline.Engine

open System
open System.Reflection
open System.Reflection.Emit
open Pipeline

/// Reading the members of a type and calling its constructor, as two small methods made at run time: many times faster than reflection.
[<RequireQualifiedAccess>]
module internal Accessors =
    let private dynamicMethod name (result: Type) (parameter: Type) =
        DynamicMethod(name, result, [| parameter |], typeof<Layout>.Module, true)

    let private memberType (m: MemberInfo) =
        match m with
        | :? PropertyInfo as property -> property.PropertyType
        | m -> (m :?> FieldInfo).FieldType

    let parts (kind: Type) (members: MemberInfo[]) : Func<obj, obj[]> =
        let made = dynamicMethod "Parts" typeof<obj[]> typeof<obj>
        let il = made.GetILGenerator()
        il.Emit(OpCodes.Ldc_I4, members.Length)
        il.Emit(OpCodes.Newarr, typeof<obj>)

        for i in 0 .. members.Length - 1 do
            il.Emit OpCodes.Dup
            il.Emit(OpCodes.Ldc_I4, i)
            il.Emit OpCodes.Ldarg_0

            il.Emit(
                (if kind.IsValueType then
                     OpCodes.Unbox
                 else
                     OpCodes.Castclass),
                kind
            )

            match members[i] with
            | :? PropertyInfo as property ->
                il.Emit((if kind.IsValueType then OpCodes.Call else OpCodes.Callvirt), property.GetGetMethod())
            | m -> il.Emit(OpCodes.Ldfld, m :?> FieldInfo)

            let t = memberType members[i]

            if t.IsValueType then
                il.Emit(OpCodes.Box, t)

            il.Emit OpCodes.Stelem_Ref

        il.Emit OpCodes.Ret
        made.CreateDelegate<Func<obj, obj[]>>()

    let make (constructor: ConstructorInfo) : Func<obj[], obj> =
        let made = dynamicMethod "Make" typeof<obj> typeof<obj[]>
        let il = made.GetILGenerator()

        constructor.GetParameters()
        |> Array.iteri (fun i parameter ->
            il.Emit OpCodes.Ldarg_0
            il.Emit(OpCodes.Ldc_I4, i)
            il.Emit OpCodes.Ldelem_Ref
            il.Emit(OpCodes.Unbox_Any, parameter.ParameterType))

        il.Emit(OpCodes.Newobj, constructor)

        if constructor.DeclaringType.IsValueType then
            il.Emit(OpCodes.Box, constructor.DeclaringType)

        il.Emit OpCodes.Ret
        made.CreateDelegate<Func<obj[], obj>>()

/// A constructor whose parameters' members are the parts (or none, where nothing may hold a tensor). A field that no parameter sets must hold none either.
[<Sealed>]
type internal ConstructorLayout
    (
        kind: Type,
        constructor: ConstructorInfo,
        members: MemberInfo[],
        unset: struct (string * FieldInfo)[],
        holds: Func<obj, bool>
    ) =
    inherit Layout()
    let read = Accessors.parts kind members
    let make = lazy Accessors.make constructor

    override _.Parts(value, _) =
        for struct (name, field) in unset do
            if holds.Invoke(field.GetValue value) then
                raise (
                    TreeException
                        $"{kind.Name}.{name} holds a tensor that no public constructor of {kind.Name} sets from a parameter of the same name and type, so the value cannot be rebuilt. Add it to the constructor, or implement ITensorTree."
                )

        read.Invoke value

    override _.Build(parts, _) = make.Value.Invoke parts
    override _.PartName(position, _) = "." + members[position].Name

/// A type that can hold tensors but cannot be rebuilt: refused when it does hold one.
[<Sealed>]
type internal RefusedLayout(kind: Type) =
    inherit Layout()

    override _.Parts(_, _) =
        raise (
            TreeException
                $"{kind.Name} holds tensors but is no tree: use an array, List, ImmutableArray, Dictionary, tuple or record, or implement ITensorTree."
        )

    override _.Build(_, _) =
        invalidOp "A refused type is never taken apart."
