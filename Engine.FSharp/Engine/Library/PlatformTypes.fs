// What a function may read of the platform's types: constants, what gives no numbers, what gives others each time, and collections.
namespace Pipeline.Engine

open System
open System.Collections
open System.Collections.Generic
open System.Reflection
open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open Microsoft.FSharp.Reflection

[<RequireQualifiedAccess>]
module internal PlatformTypes =
    let private isAny (bases: Type list) (t: Type) = bases |> List.exists (fun b -> b.IsAssignableFrom t)

    let private implements (name: string) (t: Type) = t.GetInterfaces() |> Array.exists (fun contract -> contract.Name = name)

    /// Immutable.
    let isConstant (t: Type) =
        isAny
            [
                typeof<Type>
                typeof<MemberInfo>
                typeof<Assembly>
                typeof<Version>
                typeof<Uri>
                typeof<IFormatProvider>
                typeof<Text.Encoding>
                typeof<TimeZoneInfo>
                typeof<Text.RegularExpressions.Regex>
                typeof<IEqualityComparer>
                typeof<IComparer>
                typeof<DBNull>
            ]
            t
        || t.FullName = "System.Text.Json.JsonDocument"

    /// What tells, waits or stops, and gives a function no numbers.
    let isSilent (t: Type) =
        t = typeof<obj>
        || isAny
            [
                typeof<IO.TextWriter>
                typeof<CancellationTokenSource>
                typeof<CancellationToken>
                typeof<WaitHandle>
                typeof<SemaphoreSlim>
                typeof<ReaderWriterLockSlim>
                typeof<Lock>
                typeof<SynchronizationContext>
                typeof<TaskScheduler>
                typeof<Thread>
                typeof<IServiceProvider>
                typeof<Diagnostics.Tracing.EventSource>
                typeof<Diagnostics.TraceSource>
            ]
            t
        || implements "ILogger" t
        || implements "ILoggerFactory" t
        || implements "IProgress`1" t
        || t.Namespace = "System.Diagnostics.Metrics"
        || t.FullName = "System.Diagnostics.ActivitySource"

    /// Nothing but what it holds.
    let isTransparent (t: Type) =
        t.IsValueType
        || typeof<ITuple>.IsAssignableFrom t
        || (t.Assembly = typeof<list<int>>.Assembly && FSharpType.IsUnion t)
        || (t.IsGenericType
            && (let general = t.GetGenericTypeDefinition()
                general = typedefof<Ref<_>> || general = typedefof<StrongBox<_>>))

    /// Other numbers each time.
    let isChanging (t: Type) =
        isAny
            [
                typeof<Random>
                typeof<IO.Stream>
                typeof<IO.TextReader>
                typeof<IO.BinaryReader>
                typeof<Text.StringBuilder>
                typeof<Diagnostics.Stopwatch>
                typeof<TimeProvider>
                typeof<Security.Cryptography.RandomNumberGenerator>
            ]
            t
        || (typeof<IEnumerator>.IsAssignableFrom t && not (typeof<IEnumerable>.IsAssignableFrom t))

    /// A user's type that a collection of the platform is the base of.
    let isDerivedCollection (t: Type) =
        not (isNull t.BaseType)
        && typeof<IEnumerable>.IsAssignableFrom t.BaseType
        && not (Instructions.isUsers t.BaseType)

    /// The number of items of a collection that is not lazy; none for anything else.
    let count (value: obj) : int voption =
        match value with
        | :? Array as array -> ValueSome array.Length
        | :? ICollection as items -> ValueSome items.Count
        | :? IEnumerable ->
            value.GetType().GetInterfaces()
            |> Array.tryFind (fun contract ->
                contract.IsGenericType
                && (contract.GetGenericTypeDefinition() = typedefof<ICollection<_>>
                    || contract.GetGenericTypeDefinition() = typedefof<IReadOnlyCollection<_>>))
            |> function
                | Some contract -> ValueSome(contract.GetProperty("Count").GetValue value :?> int)
                | None -> ValueNone
        | _ -> ValueNone

    /// What a collection's items are declared to be.
    let element (t: Type) : Type =
        if t.IsArray then
            t.GetElementType()
        else
            t.GetInterfaces()
            |> Array.tryFind (fun contract -> contract.IsGenericType && contract.GetGenericTypeDefinition() = typedefof<IEnumerable<_>>)
            |> Option.map (fun contract -> contract.GetGenericArguments()[0])
            |> Option.defaultValue typeof<obj>

    let isImmutableCollection (t: Type) =
        t.Namespace = "System.Collections.Immutable"
        || t.Namespace = "System.Collections.Frozen"
        || t.Assembly = typeof<list<int>>.Assembly
