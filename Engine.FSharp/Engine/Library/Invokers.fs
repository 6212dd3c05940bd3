// Reading the members of a type and making its values by reflection: what Accessors do where no code can be emitted.
namespace Pipeline.Engine

open System
open System.Reflection
open System.Runtime.CompilerServices

/// What a part that is not the one given is reported to: its position, what was given, what is there.
type internal Report = Action<int, obj, obj>

[<RequireQualifiedAccess>]
module internal Invokers =
    /// The exceptions of the user's constructors and members come as they are, as from emitted code.
    let private unwrapped = BindingFlags.DoNotWrapExceptions

    let private get (m: MemberInfo) : obj -> obj =
        let call (getter: MethodInfo) =
            if getter.IsStatic then
                fun (value: obj) -> getter.Invoke(null, unwrapped, null, [| value |], null)
            else
                fun value -> getter.Invoke(value, unwrapped, null, null, null)

        match m with
        | :? PropertyInfo as property -> call (property.GetGetMethod true)
        | :? MethodInfo as getter -> call getter
        | m -> (m :?> FieldInfo).GetValue

    let private set (m: MemberInfo) : obj * obj -> unit =
        match m with
        | :? PropertyInfo as property ->
            let setter = property.GetSetMethod true
            fun (value, part) -> setter.Invoke(value, unwrapped, null, [| part |], null) |> ignore
        | m -> (m :?> FieldInfo).SetValue

    /// The members' values of an object.
    let parts (members: MemberInfo[]) : Func<obj, obj[]> =
        let getters = members |> Array.map get
        Func<_, _>(fun value -> getters |> Array.map (fun get -> get value))

    /// The whole number that a member (or a static method) of an object gives.
    let number (m: MemberInfo) : Func<obj, int> =
        let get = get m
        Func<_, _>(fun value -> unbox<int>(get value))

    /// From parts to a value: by a constructor or a static method (null: a value type's zero), then setters for the parts that are left;
    /// each member that does not give back the very object of its part is reported, numbers among them.
    let make (kind: Type) (maker: MethodBase) (members: MemberInfo[]) (isChecked: bool) (report: Report) : Func<obj[], obj> =
        let taken = if isNull maker then 0 else maker.GetParameters().Length
        let setters = members[taken..] |> Array.map set
        let getters = if isChecked then members |> Array.map get else [||]

        let start: obj[] -> obj =
            match maker with
            | null -> fun _ -> RuntimeHelpers.GetUninitializedObject kind
            | :? ConstructorInfo as constructor -> fun parts -> constructor.Invoke(unwrapped, null, parts, null)
            | maker -> fun parts -> maker.Invoke(null, unwrapped, null, parts, null)

        Func<_, _>(fun parts ->
            let value = start (Array.truncate taken parts)
            setters |> Array.iteri (fun i set -> set (value, parts[taken + i]))

            getters
            |> Array.iteri (fun i get ->
                let found = get value

                if not (obj.ReferenceEquals(found, parts[i])) then report.Invoke(i, parts[i], found))

            value)
