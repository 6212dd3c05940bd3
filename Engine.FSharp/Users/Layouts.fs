// The layouts of collections and of whatever a constructor describes.
namespace Pipeline.Engine

open System
open System.Collections
open System.Collections.Generic
open System.Collections.Immutable
open System.Reflection
open System.Runtime.InteropServices
open Pipeline

/// A sequence of known length that an array of its elements can make again.
[<Sealed>]
type internal SequenceLayout<'T>(make: Func<'T[], obj>) =
    inherit Layout()

    override _.Parts(value, _) =
        match value with
        | :? ICollection as items ->
            let parts = Array.zeroCreate items.Count
            let mutable i = 0

            for item in items do
                parts[i] <- item
                i <- i + 1

            parts
        | _ -> [| for item in (value :?> IEnumerable) -> item |]

    override _.Build(parts, _) =
        make.Invoke(parts |> Array.map (fun part -> part :?> 'T))

/// A dictionary, by the order of its keys; they and the comparer are the note.
[<Sealed>]
type internal DictionaryLayout<'K, 'V when 'K: not null>() =
    inherit Layout()

    override _.Parts(value, note) =
        let items = value :?> Dictionary<'K, 'V>
        let keys = Array.ofSeq items.Keys

        if typeof<IComparable>.IsAssignableFrom typeof<'K> then
            Array.Sort(
                keys,
                (if typeof<'K> = typeof<string> then
                     (box StringComparer.Ordinal :?> IComparer<'K>)
                 else
                     Comparer<'K>.Default)
            )

        note <- box struct (keys, items.Comparer)
        keys |> Array.map (fun key -> box items[key])

    override _.Build(parts, note) =
        let struct (keys, comparer) = note :?> struct ('K[] * IEqualityComparer<'K>)
        let items = Dictionary<'K, 'V>(keys.Length, comparer)
        Array.iter2 (fun key (part: obj) -> items.Add(key, part :?> 'V)) keys parts
        items

/// One value of a kind that rebuilds itself, to make others from; equal when type and distinction are.
[<Sealed>]
type internal Exemplar(tree: ITensorTree) =
    member _.Tree = tree

    override _.GetHashCode() =
        HashCode.Combine(tree.GetType(), tree.Distinction)

    override _.Equals other =
        match other with
        | :? Exemplar as other ->
            other.Tree.GetType() = tree.GetType()
            && Object.Equals(other.Tree.Distinction, tree.Distinction)
        | _ -> false

[<Sealed>]
type internal InterfaceLayout() =
    inherit Layout()

    override _.Parts(value, note) =
        let tree = value :?> ITensorTree
        note <- Exemplar tree
        Array.ofSeq tree.Parts

    override _.Build(parts, note) =
        (note :?> Exemplar).Tree.WithParts parts

/// A member that the constructor sets, or a field that it does not.
[<NoComparison; NoEquality>]
type internal Member = { Name: string; Read: Func<obj, obj> }

/// What a constructor describes: its parameters' members are the parts. A field that no parameter sets must hold no tensor.
[<Sealed>]
type internal ConstructorLayout
    (kind: Type, make: ConstructorInvoker, members: Member[], unset: Member[], holds: Func<obj, bool>) =
    inherit Layout()

    override _.Parts(value, _) =
        for field in unset do
            if holds.Invoke(field.Read.Invoke value) then
                raise (
                    TreeException
                        $"{kind.Name}.{field.Name} holds a tensor that no public constructor of {kind.Name} sets from a parameter of the same name and type, so the value cannot be rebuilt. Add it to the constructor, or implement ITensorTree."
                )

        let parts = Array.zeroCreate members.Length

        for i in 0 .. parts.Length - 1 do
            parts[i] <- members[i].Read.Invoke value

        parts

    override _.Build(parts, _) = make.Invoke(Span<obj> parts)

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
    let private memberOf (t: Type) (parameter: ParameterInfo) : Member option =
        let visible = BindingFlags.Instance ||| BindingFlags.Public

        let property =
            t.GetProperties visible
            |> Array.tryFind (fun p ->
                same p.Name parameter.Name
                && p.PropertyType = parameter.ParameterType
                && p.GetIndexParameters().Length = 0
                && not (isNull (p.GetGetMethod())))

        match property with
        | Some p ->
            let read = MethodInvoker.Create(p.GetGetMethod())

            Some
                {
                    Name = p.Name
                    Read = Func<_, _>(fun value -> read.Invoke value)
                }
        | None ->
            t.GetFields visible
            |> Array.tryFind (fun f -> same f.Name parameter.Name && f.FieldType = parameter.ParameterType)
            |> Option.map (fun f ->
                {
                    Name = f.Name
                    Read = Func<_, _>(f.GetValue)
                })

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
        let unset (members: Member[]) =
            [|
                for field in fields t do
                    if
                        declaresTensors field.FieldType
                        && not (members |> Array.exists (fun m -> same m.Name (memberName field)))
                    then
                        {
                            Name = memberName field
                            Read = Func<_, _>(field.GetValue)
                        }
            |]

        match constructor t with
        | Some(c, members) -> ConstructorLayout(t, ConstructorInvoker.Create c, members, unset members, holds)
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
        elif t.Name.StartsWith "<>z__" then
            // What C# makes of a collection expression where an interface is wanted.
            sequence (nameof toArray) (t.GetGenericArguments()[0])
        elif isRebuilt t then
            described t holds
        elif declaresTensors t then
            RefusedLayout t
        else
            null
