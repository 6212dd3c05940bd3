// The state of an object as it was, to tell whether it is still the same: numbers by their bits, collections by content, objects by their fields.
namespace Pipeline.Engine

open System
open System.Collections
open System.Reflection
open System.Runtime.InteropServices

/// What was found in a place.
[<RequireQualifiedAccess; CustomEquality; NoComparison>]
type internal Snapshot =
    /// Nothing that changes what a function computes.
    | Anything
    /// What cannot be read: it counts as changed.
    | Unknown
    /// The same object, which never changes.
    | Identity of obj
    /// A number, a string or an enum (null too), to the bit.
    | Bits of obj
    /// A collection of numbers: its type, and a copy.
    | Numbers of Type * Array
    /// A collection: its type, and what it held in order.
    | Items of Type * Snapshot[]
    /// An object whose contents stand elsewhere.
    | Again of obj
    | Function of Delegate * target: Snapshot
    | Fields of FieldsSnapshot

    override a.Equals b = obj.ReferenceEquals(a, b)

    override a.GetHashCode() = Runtime.CompilerServices.RuntimeHelpers.GetHashCode a

/// The fields of one object.
and [<Sealed; AllowNullLiteral>] internal FieldsSnapshot
    (owner: obj, isFixed: bool, fields: FieldInfo[], values: Snapshot[], mutables: int[], own: bool[]) =
    member _.Owner = owner
    /// Only the same object counts as unchanged: not all of it stands here.
    member _.IsFixed = isFixed
    member _.Fields = fields
    member _.Values = values
    /// Those that may have changed while the object is the same.
    member _.Mutables = mutables
    /// Those that the function itself may assign.
    member _.Own = own

[<RequireQualifiedAccess>]
module internal Snapshots =
    /// The elements of an array of numbers as bytes.
    let private bytes (numbers: Array) =
        let start = &MemoryMarshal.GetArrayDataReference numbers
        let size = Marshal.SizeOf(numbers.GetType().GetElementType())
        MemoryMarshal.CreateReadOnlySpan(&start, numbers.Length * size)

    /// Types of numbers of known size that a collection is compared by as memory.
    let isNumber (t: Type) = t.IsPrimitive && t <> typeof<bool> && t <> typeof<char> && t <> typeof<nativeint> && t <> typeof<unativeint>

    let private sameShape (a: Array) (b: Array) =
        let mutable same = a.Rank = b.Rank

        for axis in 0 .. a.Rank - 1 do
            same <- same && a.GetLength axis = b.GetLength axis

        same

    /// The numbers of a collection as they are; the array itself, a copy of anything else.
    let numbersOf (element: Type) (collection: obj) : Array =
        match collection with
        | :? Array as array -> array
        | :? ICollection as items ->
            let copy = Array.CreateInstance(element, items.Count)
            items.CopyTo(copy, 0)
            copy
        | _ ->
            let items = collection :?> IEnumerable |> Seq.cast<obj> |> Array.ofSeq
            let copy = Array.CreateInstance(element, items.Length)
            items |> Array.iteri (fun i item -> copy.SetValue(item, i))
            copy

    let private text (value: obj) =
        match value with
        | null -> "null"
        | :? string as s -> "\"" + s + "\""
        | :? IFormattable as number -> number.ToString(null, Globalization.CultureInfo.InvariantCulture)
        | _ -> string value

    /// The variable that a field is: Name of "<Name>k__BackingField", "Name@", "this" of the compilers' own, nothing for their links.
    let fieldName (field: FieldInfo) =
        let name = field.Name

        if name.StartsWith "CS$" || name = "contents@" || name = "f" || name.Contains "__locals" then ""
        elif name.EndsWith("__this", StringComparison.Ordinal) || name = "this" then "this"
        elif name.StartsWith '<' && name.IndexOf '>' > 1 then name.Substring(1, name.IndexOf '>' - 1)
        else name.TrimEnd '@'

    let within (path: string) (name: string) =
        if name = "" then path
        elif path = "" then name
        else path + "." + name

    let private changed tell path = if tell then $"{path} changed" else ""

    /// null where the value is as it was; else what differs, in words if they are asked for. What the function assigns itself may be passed over.
    let rec difference (tell: bool) (exceptOwn: bool) (path: string) (kept: Snapshot) (value: obj) : string =
        match kept with
        | Snapshot.Anything -> null
        | Snapshot.Unknown -> if tell then $"{path} cannot be read" else ""
        | Snapshot.Identity before
        | Snapshot.Again before -> if obj.ReferenceEquals(before, value) then null else changed tell path
        | Snapshot.Bits before ->
            if Bits.same before value then
                null
            else
                (if tell then $"{path} changed from {text before} to {text value}" else "")
        // What the function adds to a list of the user's is its own affair.
        | Snapshot.Numbers(t, _)
        | Snapshot.Items(t, _) when exceptOwn && not t.IsArray -> null
        | Snapshot.Numbers(t, before) ->
            if isNull value || value.GetType() <> t then
                changed tell path
            else
                let now = numbersOf (before.GetType().GetElementType()) value

                if sameShape before now && (bytes before).SequenceEqual(bytes now) then
                    null
                elif tell && before.Rank = 1 && before.Length = now.Length then
                    let i = Seq.zip (Seq.cast<obj> before) (Seq.cast<obj> now) |> Seq.findIndex (fun (a, b) -> not (Bits.same a b))

                    $"{path}[{i}] changed from {text (before.GetValue i)} to {text (now.GetValue i)}"
                else
                    changed tell path
        | Snapshot.Items(t, before) ->
            if isNull value || value.GetType() <> t then
                changed tell path
            else
                let mutable found = null
                let mutable i = 0

                for item in (value :?> IEnumerable) do
                    if isNull found then
                        found <-
                            if i < before.Length then
                                difference tell exceptOwn (if tell then $"{path}[{i}]" else "") before[i] item
                            else
                                changed tell path

                        i <- i + 1

                if isNull found && i < before.Length then changed tell path else found
        | Snapshot.Function(before, target) ->
            match value with
            | :? Delegate as now when obj.ReferenceEquals(before, now) || before.Method = now.Method ->
                difference tell exceptOwn path target now.Target
            | _ -> changed tell path
        | Snapshot.Fields before ->
            let isSame = obj.ReferenceEquals(before.Owner, value)

            if not isSame && (before.IsFixed || isNull value || value.GetType() <> before.Owner.GetType()) then
                changed tell path
            else
                let count = if isSame then before.Mutables.Length else before.Fields.Length

                let mutable found = null
                let mutable i = 0

                while isNull found && i < count do
                    let k = if isSame then before.Mutables[i] else i

                    if not (exceptOwn && before.Own[k]) then
                        let field = before.Fields[k]

                        let inner = if tell then within path (fieldName field) else ""

                        found <- difference tell exceptOwn inner before.Values[k] (field.GetValue value)

                    i <- i + 1

                found

    let private tried tell exceptOwn path kept value =
        try
            difference tell exceptOwn path kept value
        with :? InvalidOperationException ->
            // A collection that another thread changes at this moment.
            $"{path} changed"

    /// Whether the value is as it was.
    let same (kept: Snapshot) (value: obj) = isNull (tried false false "" kept value)

    /// The same, but for what the function itself assigns.
    let sameButOwn (kept: Snapshot) (value: obj) = isNull (tried false true "" kept value)

    /// What differs, in words; null for nothing.
    let explain (path: string) (kept: Snapshot) (value: obj) = tried true false path kept value

    /// Whether it may change while the object that it was found in stays the same and keeps it.
    let rec isFixed (kept: Snapshot) =
        match kept with
        | Snapshot.Anything
        | Snapshot.Identity _
        | Snapshot.Bits _
        | Snapshot.Again _ -> true
        | Snapshot.Function(_, target) -> isFixed target
        | Snapshot.Fields fields -> fields.Mutables.Length = 0
        | Snapshot.Unknown
        | Snapshot.Numbers _
        | Snapshot.Items _ -> false

    /// Whether everything in it could be read.
    let rec isKnown (kept: Snapshot) =
        match kept with
        | Snapshot.Unknown -> false
        | Snapshot.Items(_, items) -> items |> Array.forall isKnown
        | Snapshot.Function(_, target) -> isKnown target
        | Snapshot.Fields fields -> fields.Values |> Array.forall isKnown
        | _ -> true
