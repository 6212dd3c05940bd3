// What a delegate has captured, so that a compiled function notices when a captured variable is assigned.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Reflection
open System.Runtime.CompilerServices

[<RequireQualifiedAccess>]
module internal Captures =
    let private fields = ConcurrentDictionary<Type, FieldInfo[]>()

    let private fieldsOf (t: Type) =
        match fields.TryGetValue t with
        | true, found -> found
        | _ -> fields.GetOrAdd(t, t.GetFields(BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic))

    /// The compiler's own objects for captured variables: what they hold counts, not which object it is.
    let private isClosure (value: obj) =
        match value with
        | :? Delegate -> false
        | _ ->
            let t = value.GetType()

            t.IsDefined(typeof<CompilerGeneratedAttribute>, false)
            || Layouts.isFunction t
            || (t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<Ref<_>>)

    let private isClosureType = ConcurrentDictionary<Type, bool>()

    let rec private add (value: obj) (found: ResizeArray<obj>) (depth: int) =
        match value with
        | null -> found.Add null
        | :? Delegate as d when depth < 8 -> add d.Target found (depth + 1)
        | _ ->
            let t = value.GetType()

            let closure =
                match isClosureType.TryGetValue t with
                | true, known -> known
                | _ -> isClosureType.GetOrAdd(t, isClosure value)

            if closure && depth < 8 then
                for field in fieldsOf t do
                    add (field.GetValue value) found (depth + 1)
            else
                found.Add value

    /// The values of the captured variables, and of the fields of the object that the function is a method of.
    let snapshot (f: Delegate) : obj[] =
        if isNull f.Target then
            [||]
        else
            let found = ResizeArray<obj>()

            for field in fieldsOf (f.Target.GetType()) do
                add (field.GetValue f.Target) found 1

            found.ToArray()

    /// The same objects and equal numbers.
    let same (a: obj[]) (b: obj[]) =
        a.Length = b.Length
        && Array.forall2
            (fun (x: obj) (y: obj) ->
                obj.ReferenceEquals(x, y)
                || (not (isNull x) && x.GetType().IsValueType && x.Equals y))
            a
            b
