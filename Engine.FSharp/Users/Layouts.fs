// Which layout a type has: the rules of what is taken apart and what is carried unchanged.
namespace Pipeline.Engine

open System
open System.Collections
open System.Collections.Generic
open System.Collections.Immutable
open System.Reflection
open System.Runtime.InteropServices
open Pipeline

[<RequireQualifiedAccess>]
module internal Layouts =
    let private isSystem (t: Type) =
        t.Assembly = typeof<obj>.Assembly
        || (t.Namespace <> null
            && (t.Namespace = "System" || t.Namespace.StartsWith "System."))

    let isFunction (t: Type) =
        let rec isClosure (t: Type) =
            not (isNull t)
            && ((t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<FSharpFunc<_, _>>)
                || isClosure t.BaseType)

        typeof<Delegate>.IsAssignableFrom t || isClosure t

    /// A type as C# writes it.
    let rec typeName (t: Type) : string =
        if t.IsArray then
            typeName (t.GetElementType()) + "[" + String(',', t.GetArrayRank() - 1) + "]"
        elif t = typeof<float> then
            "double"
        elif t = typeof<float32> then
            "float"
        elif t = typeof<int> then
            "int"
        elif t.IsGenericType then
            let arguments = t.GetGenericArguments() |> Array.map typeName |> String.concat ", "
            $"{t.Name.Split('`')[0]}<{arguments}>"
        else
            t.Name

    /// Never a tensor inside.
    let private isPlain (t: Type) =
        t.IsPrimitive
        || t.IsEnum
        || t.IsPointer
        || t = typeof<string>
        || t = typeof<decimal>
        || isFunction t

    let private everything =
        BindingFlags.Instance
        ||| BindingFlags.Public
        ||| BindingFlags.NonPublic
        ||| BindingFlags.DeclaredOnly

    let rec private fields (t: Type) : FieldInfo list =
        if isNull t || t = typeof<obj> then
            []
        else
            List.append (fields t.BaseType) (List.ofArray (t.GetFields everything))

    /// Whether the type's declaration says that it holds tensors.
    let rec private declares (seen: HashSet<Type>) (t: Type) : bool =
        if isPlain t then
            false
        elif typeof<Tensor>.IsAssignableFrom t || typeof<ITensorTree>.IsAssignableFrom t then
            true
        elif not (seen.Add t) then
            false
        elif t.IsArray then
            declares seen (t.GetElementType())
        elif t.IsGenericType && typeof<IEnumerable>.IsAssignableFrom t then
            t.GetGenericArguments() |> Array.exists (declares seen)
        elif isSystem t then
            isRebuilt t
            && t.IsGenericType
            && t.GetGenericArguments() |> Array.exists (declares seen)
        else
            fields t |> List.exists (fun field -> declares seen field.FieldType)

    /// The types of the base library that a constructor describes.
    and private isRebuilt (t: Type) =
        not (isSystem t)
        || typeof<Runtime.CompilerServices.ITuple>.IsAssignableFrom t
        || (t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<KeyValuePair<_, _>>)

    let declaresTensors (t: Type) = declares (HashSet()) t

    /// Whether a variable of the type could hold a value with tensors inside.
    let private mayHold (t: Type) =
        if isPlain t then false
        elif t = typeof<obj> || t.IsInterface then true
        elif isSystem t then t.IsGenericType || t.IsArray
        else true

    /// The member that a field belongs to: Name of "<Name>k__BackingField", "Name@", "<Name>i__Field", "m_Name", "_name".
    let private memberName (field: FieldInfo) =
        let name = field.Name

        if name.StartsWith '<' then
            name.Substring(1, name.IndexOf '>' - 1)
        elif name.EndsWith '@' then
            name.TrimEnd '@'
        elif name.StartsWith "m_" then
            name.Substring 2
        else
            name.TrimStart '_'

    let private same (a: string) (b: string) =
        String.Equals(a, b, StringComparison.OrdinalIgnoreCase)

    /// The readable member that a parameter sets: of its name, ignoring case, and of its type.
    let private memberOf (t: Type) (parameter: ParameterInfo) : MemberInfo option =
        let visible = BindingFlags.Instance ||| BindingFlags.Public

        let property =
            t.GetProperties visible
            |> Array.tryFind (fun p ->
                same p.Name parameter.Name
                && p.PropertyType = parameter.ParameterType
                && p.GetIndexParameters().Length = 0
                && not (isNull (p.GetGetMethod())))

        match property with
        | Some p -> Some(p :> MemberInfo)
        | None ->
            t.GetFields visible
            |> Array.tryFind (fun f -> same f.Name parameter.Name && f.FieldType = parameter.ParameterType)
            |> Option.map (fun f -> f :> MemberInfo)

    /// The longest public constructor whose every parameter has its member.
    let private constructor (t: Type) =
        t.GetConstructors(BindingFlags.Instance ||| BindingFlags.Public)
        |> Array.sortByDescending (fun c -> c.GetParameters().Length)
        |> Array.tryPick (fun c ->
            let members = c.GetParameters() |> Array.map (memberOf t)

            if members.Length > 0 && members |> Array.forall Option.isSome then
                Some(c, members |> Array.map Option.get)
            else
                None)

    let private described (t: Type) (holds: Func<obj, bool>) : Layout =
        let unset (members: MemberInfo[]) =
            [|
                for field in fields t do
                    let name = memberName field

                    if
                        declaresTensors field.FieldType
                        && not (members |> Array.exists (fun m -> same m.Name name))
                    then
                        struct (name, field)
            |]

        match constructor t with
        | Some(c, members) -> ConstructorLayout(t, c, members, unset members, holds)
        | None ->
            let unset = unset [||]

            if unset.Length = 0 then
                null
            else
                ConstructorLayout(t, null, [||], unset, holds)

    let private generic (layout: Type) (arguments: Type[]) (parameters: obj[]) =
        Activator.CreateInstance(layout.MakeGenericType arguments, parameters) :?> Layout

    let private toArray<'T> () = Func<'T[], obj>(fun items -> items)

    let private toList<'T> () =
        Func<'T[], obj>(fun items -> List<'T>(items))

    let private toImmutable<'T> () =
        Func<'T[], obj>(fun items -> ImmutableCollectionsMarshal.AsImmutableArray items)

    let private toFSharpList<'T> () =
        Func<'T[], obj>(fun items -> List.ofArray items)

    type private Marker = class end

    let private maker (name: string) (element: Type) =
        typeof<Marker>
            .DeclaringType.GetMethod(name, BindingFlags.Static ||| BindingFlags.NonPublic ||| BindingFlags.Public)
            .MakeGenericMethod(element)
            .Invoke(null, [||])

    let private sequence name (element: Type) =
        if mayHold element then
            generic typedefof<SequenceLayout<_>> [| element |] [| maker name element |]
        else
            null

    /// null: values of this type are carried unchanged.
    let create (t: Type) (holds: Func<obj, bool>) : Layout =
        if isPlain t then
            null
        elif typeof<ITensorTree>.IsAssignableFrom t then
            InterfaceLayout()
        elif t.IsSZArray then
            sequence (nameof toArray) (t.GetElementType())
        elif t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<List<_>> then
            sequence (nameof toList) (t.GetGenericArguments()[0])
        elif t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<ImmutableArray<_>> then
            sequence (nameof toImmutable) (t.GetGenericArguments()[0])
        elif t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<_ list> then
            sequence (nameof toFSharpList) (t.GetGenericArguments()[0])
        elif
            t.IsGenericType
            && not t.IsInterface
            && t.BaseType <> null
            && t.BaseType.IsGenericType
            && t.BaseType.GetGenericTypeDefinition() = typedefof<_ list>
        then
            sequence (nameof toFSharpList) (t.GetGenericArguments()[0])
        elif t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<Dictionary<_, _>> then
            let arguments = t.GetGenericArguments()

            if mayHold arguments[1] then
                generic typedefof<DictionaryLayout<_, _>> arguments [||]
            else
                null
        elif isRebuilt t then
            described t holds
        elif declaresTensors t then
            RefusedLayout t
        else
            null
