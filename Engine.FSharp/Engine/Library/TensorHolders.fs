// Whether a type says that its values hold tensors, and whether a value does.
namespace Pipeline.Engine

open System
open System.Collections
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Threading.Tasks
open Microsoft.FSharp.Reflection
open Pipeline

[<RequireQualifiedAccess>]
module internal TensorHolders =
    let isSystem (t: Type) =
        t.Assembly = typeof<obj>.Assembly
        || (t.Namespace <> null && (t.Namespace = "System" || t.Namespace.StartsWith "System."))

    let isFunction (t: Type) =
        let rec isClosure (t: Type) =
            not (isNull t)
            && ((t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<FSharpFunc<_, _>>) || isClosure t.BaseType)

        typeof<Delegate>.IsAssignableFrom t || isClosure t

    /// Never a tensor inside.
    let isPlain (t: Type) = t.IsPrimitive || t.IsEnum || t.IsPointer || t = typeof<string> || t = typeof<decimal> || isFunction t

    let everything =
        BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.DeclaredOnly

    /// All fields of a type, its bases' first.
    let rec fields (t: Type) : FieldInfo list =
        if isNull t || t = typeof<obj> || t = typeof<ValueType> then
            []
        else
            List.append (fields t.BaseType) (List.ofArray (t.GetFields everything))

    let isUnion (t: Type) = FSharpType.IsUnion(t, BindingFlags.Public ||| BindingFlags.NonPublic)

    /// The types of the base library that a constructor describes.
    let isDescribed (t: Type) =
        not (isSystem t)
        || typeof<Runtime.CompilerServices.ITuple>.IsAssignableFrom t
        || (t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<KeyValuePair<_, _>>)

    /// What has a tensor later, or refers to one: no tree, but no place for one to be overlooked either.
    let private isPromise (t: Type) =
        t.IsGenericType
        && (let definition = t.GetGenericTypeDefinition()

            definition = typedefof<Task<_>>
            || definition = typedefof<ValueTask<_>>
            || definition = typedefof<Lazy<_>>
            || definition = typedefof<Memory<_>>
            || definition = typedefof<ReadOnlyMemory<_>>
            || definition = typedefof<Runtime.CompilerServices.StrongBox<_>>)

    let rec private declares (seen: HashSet<Type>) (t: Type) : bool =
        if isNull t || isPlain t then
            false
        elif typeof<Tensor>.IsAssignableFrom t || typeof<ITensorTree>.IsAssignableFrom t then
            true
        elif not (seen.Add t) then
            false
        elif t.IsArray then
            declares seen (t.GetElementType())
        elif
            t.IsGenericType
            && (isPromise t
                || typeof<IEnumerable>.IsAssignableFrom t
                || (isSystem t && isDescribed t)
                || Nullable.GetUnderlyingType t <> null)
        then
            t.GetGenericArguments() |> Array.exists (declares seen)
        elif isSystem t then
            // Tasks and frozen dictionaries derive from the types that users see.
            declares seen t.BaseType
        elif isUnion t then
            FSharpType.GetUnionCases(t, BindingFlags.Public ||| BindingFlags.NonPublic)
            |> Array.exists (fun case -> case.GetFields() |> Array.exists (fun field -> declares seen field.PropertyType))
        else
            fields t |> List.exists (fun field -> declares seen field.FieldType)

    let private declared = ConcurrentDictionary<Type, bool>()

    /// Whether the type's declaration says that it holds tensors.
    let declaresTensors (t: Type) = declared.GetOrAdd(t, (fun t -> declares (HashSet()) t))

    /// Whether a variable of the type could hold a value with tensors inside.
    let mayHold (t: Type) =
        if isPlain t then false
        elif t = typeof<obj> || t.IsInterface then true
        elif isSystem t then t.IsGenericType || t.IsArray
        else true

    /// Whether a variable of the type could hold a value of a type of the user's that declares tensors where this one does not.
    let isOpen (t: Type) = t = typeof<obj> || t.IsInterface || (t.IsClass && not (isSystem t) && not t.IsSealed)

    /// Whether a tensor is reached from the value through fields and collections whose types declare tensors.
    let holds (value: obj) : bool =
        let seen = HashSet<obj>(ReferenceEqualityComparer.Instance)
        let waiting = Stack<obj> [ value ]
        let mutable found = false

        while not found && waiting.Count > 0 do
            match waiting.Pop() with
            | null -> ()
            | :? Tensor -> found <- true
            | value when not (declaresTensors (value.GetType())) || not (seen.Add value) -> ()
            | :? IEnumerable as items when (items :? Array) || isSystem (items.GetType()) ->
                for item in items do
                    waiting.Push item
            | value ->
                for field in fields (value.GetType()) do
                    if not (isPlain field.FieldType) then waiting.Push(field.GetValue value)

        found
