// Which layout a type has: the rules of what is taken apart and what is carried unchanged.
namespace Pipeline.Engine

open System
open System.Reflection
open Microsoft.FSharp.Reflection
open Pipeline

[<RequireQualifiedAccess>]
module internal Layouts =
    let private all = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic

    let isFunction (t: Type) = TensorHolders.isFunction t

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

    let private visible = BindingFlags.Instance ||| BindingFlags.Public

    /// The member that a field belongs to: Name of "<Name>k__BackingField", "Name@", "<Name>i__Field", "m_Name", "_name".
    let private memberName (field: FieldInfo) =
        let name = field.Name

        if name.StartsWith '<' then name.Substring(1, name.IndexOf '>' - 1)
        elif name.EndsWith '@' then name.TrimEnd '@'
        elif name.StartsWith "m_" then name.Substring 2
        else name.TrimStart '_'

    let private same (a: string) (b: string) = String.Equals(a, b, StringComparison.OrdinalIgnoreCase)

    let private isOf (m: MemberInfo) (name: string) = same m.Name name

    /// The public properties that can be read, each name once, as its most derived type has it.
    let private properties (t: Type) =
        t.GetProperties visible
        |> Array.filter (fun p -> p.GetIndexParameters().Length = 0 && not (isNull (p.GetGetMethod())))
        |> Array.distinctBy _.Name

    /// The readable member that a parameter sets: of its name, ignoring case, and of its type.
    let private memberOf (t: Type) (parameter: ParameterInfo) : MemberInfo option =
        let property =
            properties t |> Array.tryFind (fun p -> isOf p parameter.Name && p.PropertyType = parameter.ParameterType)

        match property with
        | Some p -> Some(p :> MemberInfo)
        | None ->
            t.GetFields visible
            |> Array.tryFind (fun f -> isOf f parameter.Name && f.FieldType = parameter.ParameterType)
            |> Option.map (fun f -> f :> MemberInfo)

    /// The longest public constructor whose every parameter has its member, with these; a value type can do without.
    let private constructor (t: Type) : struct (ConstructorInfo * MemberInfo[]) voption =
        let found =
            t.GetConstructors visible
            |> Array.sortByDescending (fun c -> c.GetParameters().Length)
            |> Array.tryPick (fun c ->
                let members = c.GetParameters() |> Array.map (memberOf t)

                if members |> Array.forall Option.isSome then
                    Some(struct (c, members |> Array.map Option.get))
                else
                    None)

        match found with
        | Some found when not t.IsAbstract -> ValueSome found
        | _ when t.IsValueType -> ValueSome(struct (null, [||]))
        | _ -> ValueNone

    /// The members that a constructor leaves to setters. A property without a field of its name counts where it holds no tensor, or where a
    /// field of its type is no other member's: else it is a view of others.
    let private settable (t: Type) (set: MemberInfo[]) : MemberInfo[] =
        let fields = TensorHolders.fields t

        let candidates =
            properties t
            |> Array.filter (fun p -> not (isNull (p.GetSetMethod())) && not (set |> Array.exists (fun m -> isOf m p.Name)))

        let isNamed (name: string) = set |> Array.exists (fun m -> isOf m name) || candidates |> Array.exists (fun p -> isOf p name)

        let hasField (p: PropertyInfo) = fields |> List.exists (fun field -> same (memberName field) p.Name)

        /// Of the properties of a type without fields of their own, as many as there are fields of that type without a name.
        let isShown (p: PropertyInfo) =
            let unnamed =
                fields |> List.filter (fun field -> field.FieldType = p.PropertyType && not (isNamed (memberName field)))

            candidates
            |> Array.filter (fun other -> other.PropertyType = p.PropertyType && not (hasField other))
            |> Array.truncate unnamed.Length
            |> Array.contains p

        let isMember (p: PropertyInfo) = hasField p || not (TensorHolders.declaresTensors p.PropertyType) || isShown p

        let publicFields =
            t.GetFields visible
            |> Array.filter (fun f -> not f.IsInitOnly && not (set |> Array.exists (fun m -> isOf m f.Name)))

        Array.append
            (candidates |> Array.filter isMember |> Array.map (fun p -> p :> MemberInfo))
            (publicFields |> Array.map (fun f -> f :> MemberInfo))

    let private described (t: Type) holds same' : Layout =
        let struct (maker, set) =
            match constructor t with
            | ValueSome found -> found
            | ValueNone -> struct (null, [||])

        let canBeMade = t.IsValueType || not (isNull maker)

        let members = if canBeMade then Array.append set (settable t set) else [||]

        /// Set by a member of its name, or by a property that shows it under another.
        let isSet (field: FieldInfo) =
            let name = memberName field

            members |> Array.exists (fun m -> isOf m name)
            || members
               |> Array.exists (fun m ->
                   Accessors.typeOf m = field.FieldType
                   && not (TensorHolders.fields t |> List.exists (fun f -> isOf m (memberName f))))

        let rest = TensorHolders.fields t |> List.filter (isSet >> not)
        let named = List.map (fun field -> struct (memberName field, field)) >> Array.ofList

        let unset =
            rest
            |> List.filter (fun field -> TensorHolders.declaresTensors field.FieldType || TensorHolders.isOpen field.FieldType)

        let mayHold (m: MemberInfo) = TensorHolders.declaresTensors (Accessors.typeOf m) || TensorHolders.isOpen (Accessors.typeOf m)

        // A class that only setters describe is taken apart where its members can hold tensors: others are left alone.
        if
            (members.Length = 0 && unset.IsEmpty)
            || (set.Length = 0 && unset.IsEmpty && not (members |> Array.exists mayHold))
        then
            null
        else
            let isTrusted = TensorHolders.isSystem t || FSharpType.IsRecord(t, BindingFlags.Public ||| BindingFlags.NonPublic)

            let state =
                rest
                |> List.filter (fun field ->
                    canBeMade
                    && not field.IsInitOnly
                    && TensorHolders.isPlain field.FieldType
                    && not (TensorHolders.isFunction field.FieldType))

            ConstructorLayout(
                {
                    Kind = t
                    Maker = maker
                    Members = members
                    IsTrusted = isTrusted
                    Unset = named unset
                    State = named state
                },
                holds,
                same'
            )

    /// What F#'s compiler makes from its members in order, private ones too.
    let private declared kind maker (members: PropertyInfo[]) holds same : Layout =
        ConstructorLayout(
            {
                Kind = kind
                Maker = maker
                Members = members |> Array.map (fun p -> p :> MemberInfo)
                IsTrusted = true
                Unset = [||]
                State = [||]
            },
            holds,
            same
        )

    let private union (t: Type) holds same : Layout =
        let known = FSharpType.GetUnionCases(t, all)

        let cases =
            known
            |> Array.map (fun case ->
                let fields = case.GetFields()

                let kind = if fields.Length = 0 then case.DeclaringType else fields[0].DeclaringType

                declared kind (FSharpValue.PreComputeUnionConstructorInfo(case, all)) fields holds same)

        if cases.Length = 1 then
            cases[0]
        else
            let declaring = known[0].DeclaringType

            UnionLayout(Accessors.number declaring (FSharpValue.PreComputeUnionTagMemberInfo(declaring, all)), cases)

    /// null: values of this type are carried unchanged. same: whether two values hold the same tensors.
    let create (t: Type) (same: Func<obj, obj, bool>) : Layout =
        let holds = Func<_, _> TensorHolders.holds

        if TensorHolders.isPlain t then
            null
        elif typeof<ITensorTree>.IsAssignableFrom t then
            InterfaceLayout same
        else
            let collection =
                try
                    CollectionTypes.tryLayout TensorHolders.declaresTensors TensorHolders.mayHold t
                with :? NotSupportedException ->
                    raise (
                        TreeException
                            $"{typeName t}: code compiled ahead of time cannot make this collection of structs (or with keys that are). Use an array, or elements and keys that are references: records instead of tuples, strings instead of numbers."
                    )

            match collection with
            | Some layout -> layout
            | None when TensorHolders.isUnion t -> union t holds same
            | None when FSharpType.IsRecord(t, all) ->
                declared t (FSharpValue.PreComputeRecordConstructorInfo(t, all)) (FSharpType.GetRecordFields(t, all)) holds same
            | None when TensorHolders.isDescribed t -> described t holds same
            | None when TensorHolders.declaresTensors t -> RefusedLayout(t, holds)
            | None -> null
