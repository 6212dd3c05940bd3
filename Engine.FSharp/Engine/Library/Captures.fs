// What a function reads besides its tensors: the objects behind its delegate and its plain arguments, as snapshots.
namespace Pipeline.Engine

open System
open System.Collections
open System.Collections.Generic
open System.Reflection
open System.Threading.Tasks
open Pipeline

/// An object of the library's that holds a function of the user's.
type internal IHolder = interface end

/// Takes snapshots of what the code behind a function reads.
[<Sealed>]
type internal Captures(source: Delegate) =
    /// The longest collection that is compared by content.
    let longest = 1024
    /// The most objects and items of one snapshot.
    let most = 100_000
    let reads = CodeReads()
    let mutable isStarted = false
    let mutable left = 0

    let declared =
        BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.DeclaredOnly

    let instanceFields =
        let rec all (t: Type) : FieldInfo list =
            if isNull t || t = typeof<obj> then
                []
            else
                List.append (all t.BaseType) (List.ofArray (t.GetFields declared))

        all

    let refuse (path: string) (t: Type) (why: string) =
        raise (MutableStateException $"Compiled: the function reads {path}, a {Layouts.typeName t}{why}")

    let tooLong path (t: Type) (count: int) =
        refuse
            path
            t
            $" of {count} items, more than the {longest} that are compared at every call, so that a change would go unnoticed. Pass it as an argument that is a Tensor (Tensor.From), or make the tensor once, outside of the function."

    let changing path (t: Type) =
        refuse
            path
            t
            (if typeof<Random>.IsAssignableFrom t then
                 ", which gives other numbers each time, while a compiled function runs once for all calls. Pass a RandomKey as an argument and draw from it."
             else
                 ", whose state a compiled function cannot compare from call to call. Read what the function needs before the call, and pass that as an argument: a tensor, a number, a string.")

    let rec take (path: string) (trusted: bool) (value: obj) (met: HashSet<obj>) : Snapshot =
        left <- left - 1

        if left < 0 then
            raise (
                MutableStateException
                    $"Compiled: the function reads more than {most} objects and items behind {path}; pass what it needs as arguments."
            )

        match value with
        | null -> Snapshot.Bits null
        | :? Tensor -> Snapshot.Identity value
        | :? Delegate as f -> takeDelegate path f met
        | _ ->
            let t = value.GetType()

            if t.IsPrimitive || t.IsEnum || t = typeof<string> || t = typeof<decimal> then
                Snapshot.Bits value
            elif t.IsArray then
                platform path trusted value t met
            elif t.IsPointer || PlatformTypes.isConstant t then
                Snapshot.Identity value
            elif Layouts.isFunction t then
                if Instructions.isUsers t then t.GetMethods declared |> Array.iter reads.Add

                if Instructions.isOurs t then
                    ours path value t met
                else
                    fields path false value t (instanceFields t) met
            elif Instructions.isOurs t then
                ours path value t met
            elif PlatformTypes.isSilent t then
                Snapshot.Anything
            elif PlatformTypes.isChanging t then
                if trusted then Snapshot.Identity value else changing path t
            elif Instructions.isUsers t && not (PlatformTypes.isDerivedCollection t) then
                users path value t met
            else
                platform path trusted value t met

    /// Functions that the library made or was given; nothing else in its objects changes.
    and ours path value t met =
        let isFollowed (field: FieldInfo) =
            let held = field.GetValue value

            match held with
            | null -> false
            | :? Tensor -> Instructions.isClosure t
            | :? Delegate -> true
            | _ ->
                let kind = held.GetType()

                Layouts.isFunction kind
                || (Instructions.isUsers kind && Instructions.isClosure t)
                || (Instructions.isOurs kind && (Instructions.isClosure kind || kind.Namespace = "Pipeline" || held :? IHolder))

        let followed = instanceFields t |> List.filter isFollowed

        if followed.IsEmpty then Snapshot.Identity value else fields path true value t followed met

    and users path value t met =
        reads.Meet t

        // What the library takes apart, it takes apart whole.
        let followed = instanceFields t |> List.filter (fun field -> reads.Reads(t, field))

        if reads.IsWhole t then
            for field in followed do
                match field.GetValue value with
                | null -> ()
                | held when Instructions.isUsers (held.GetType()) -> reads.AddWhole(held.GetType())
                | _ -> ()

        fields path false value t followed met

    and fields path trusted (value: obj) (t: Type) (followed: FieldInfo list) met =
        if not (t.IsValueType || met.Add value) then
            Snapshot.Again value
        else
            let followed = Array.ofList followed
            let own = followed |> Array.map reads.Assigns

            let values =
                followed
                |> Array.map (fun field ->
                    let inner = Snapshots.within path (Snapshots.fieldName field)
                    take inner trusted (field.GetValue value) met)

            let constant = trusted || Layouts.isFunction t

            let mutables = [|
                for i in 0 .. followed.Length - 1 do
                    if not ((constant || followed[i].IsInitOnly) && Snapshots.isFixed values[i]) then i
            |]

            Snapshot.Fields(FieldsSnapshot(value, Instructions.isOurs t, followed, values, mutables, own))

    and platform path trusted value t met =
        match PlatformTypes.count value with
        | ValueSome count ->
            if trusted then
                Snapshot.Identity value
            else
                let element = PlatformTypes.element t

                if count > longest then
                    if PlatformTypes.isImmutableCollection t then Snapshot.Identity value else tooLong path t count
                elif Snapshots.isNumber element then
                    let numbers = Snapshots.numbersOf element value
                    Snapshot.Numbers(t, numbers.Clone() :?> Array)
                else
                    let items = value :?> IEnumerable |> Seq.cast<obj> |> Array.ofSeq
                    let mutable i = -1

                    Snapshot.Items(
                        t,
                        items
                        |> Array.map (fun item ->
                            i <- i + 1
                            take $"{path}[{i}]" false item met)
                    )
        | ValueNone ->
            match value with
            | :? Task as task when task.IsCompleted -> Snapshot.Identity value
            | _ when PlatformTypes.isTransparent t -> fields path trusted value t (instanceFields t) met
            | _ when trusted -> Snapshot.Identity value
            // A query, a document, a task in progress: the function is staged at each call.
            | _ -> Snapshot.Unknown

    and takeDelegate path (f: Delegate) met =
        let parts = f.GetInvocationList()

        if parts.Length > 1 then
            Snapshot.Items(typeof<Delegate[]>, parts |> Array.map (fun part -> takeDelegate path part met))
        else
            let m = f.Method

            if isNull m.DeclaringType || Instructions.isUsers m.DeclaringType then reads.Add m

            let target =
                match f.Target with
                | null -> Snapshot.Bits null
                | target when isNull m.DeclaringType -> Snapshot.Identity target
                | target -> take path false target met

            Snapshot.Function(f, target)

    /// The snapshot of a value; again as long as its objects' types show more code, which may read more.
    let settled (path: string) (value: obj) =
        let attempt () =
            left <- most
            take path false value (HashSet(HashIdentity.Reference))

        let mutable size = reads.Size
        let mutable found = attempt ()

        while reads.Size > size do
            size <- reads.Size
            found <- attempt ()

        found

    /// What the function holds.
    member _.Held() : Snapshot =
        lock reads (fun () ->
            isStarted <- true
            let found = settled "" source
            if reads.IsReadable then found else Snapshot.Unknown)

    /// A plain argument.
    member captures.Given(name: string, value: obj) : Snapshot =
        lock reads (fun () ->
            if not isStarted then captures.Held() |> ignore

            settled name value)

    /// The static fields that the function's code reads.
    member _.Statics: FieldInfo[] = lock reads (fun () -> Seq.toArray reads.Statics)

    /// A snapshot of a value that is not the function's to refuse.
    member _.Seen(value: obj) : Snapshot =
        lock reads (fun () ->
            try
                settled "" value
            with :? MutableStateException ->
                Snapshot.Anything)
