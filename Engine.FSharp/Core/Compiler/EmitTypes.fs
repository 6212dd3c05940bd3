// Vector types and their methods, found by name once and kept.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Reflection
open System.Runtime.Intrinsics
open Pipeline

/// A method with the types that tell it from others of its owner and name.
[<Sealed>]
type private KnownMethod(types: Type[], info: MethodInfo) =
    member _.Info = info

    member _.Takes(others: Type[]) =
        let mutable same = types.Length = others.Length
        let mutable k = 0

        while same && k < types.Length do
            same <- obj.ReferenceEquals(types[k], others[k])
            k <- k + 1

        same

    /// Whether it takes so many of one type.
    member _.Takes(other: Type, count: int) =
        let mutable same = types.Length = count
        let mutable k = 0

        while same && k < count do
            same <- obj.ReferenceEquals(types[k], other)
            k <- k + 1

        same

[<RequireQualifiedAccess>]
module internal VectorType =
    let private generic bits =
        match bits with
        | 128 -> typedefof<Vector128<byte>>
        | 256 -> typedefof<Vector256<byte>>
        | _ -> typedefof<Vector512<byte>>

    // Keys and values are references: dictionaries of those are compiled ahead of time, and a program starts by filling these.
    let private methods = ConcurrentDictionary<Type, ConcurrentDictionary<string, KnownMethod[]>>()

    let private vectors = ConcurrentDictionary<Type, Type[]>()

    // Every instruction on vectors asks for a method: what is known is found without making anything.

    let private known (owner: Type) (name: string) : KnownMethod[] =
        match methods.TryGetValue owner with
        | true, named ->
            match named.TryGetValue name with
            | true, known -> known
            | _ -> [||]
        | _ -> [||]

    /// The method of these types, or null.
    let private ofTypes (known: KnownMethod[]) (types: Type[]) : MethodInfo =
        let mutable k = 0

        while k < known.Length && not (known[k].Takes types) do
            k <- k + 1

        if k < known.Length then known[k].Info else null

    /// The method of so many of one type, or null.
    let private ofEach (known: KnownMethod[]) (each: Type) (count: int) : MethodInfo =
        let mutable k = 0

        while k < known.Length && not (known[k].Takes(each, count)) do
            k <- k + 1

        if k < known.Length then known[k].Info else null

    let private keep (owner: Type) (name: string) (types: Type[]) (info: MethodInfo) : MethodInfo =
        if isNull info then raise (MissingMethodException(owner.Name, name))

        let named = methods.GetOrAdd(owner, fun _ -> ConcurrentDictionary<string, KnownMethod[]>())
        // One that another thread adds at the same time may be lost, and is found again.
        named[name] <- Array.append (known owner name) [| KnownMethod(types, info) |]
        info

    let private every =
        BindingFlags.Static ||| BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic

    /// The static class of the vectors of a width.
    let statics bits =
        match bits with
        | 128 -> typeof<Vector128>
        | 256 -> typeof<Vector256>
        | _ -> typeof<Vector512>

    let create (bits: int) (element: Type) =
        let ofElement =
            match vectors.TryGetValue element with
            | true, known -> known
            | _ -> vectors.GetOrAdd(element, fun _ -> Array.zeroCreate 3)

        let k = bits / 256

        if isNull ofElement[k] then ofElement[k] <- (generic bits).MakeGenericType element

        ofElement[k]

    /// The elements of masks are signed integers, all bits or none set.
    let maskElement bytes =
        match bytes with
        | 1 -> typeof<sbyte>
        | 2 -> typeof<int16>
        | 4 -> typeof<int>
        | _ -> typeof<int64>

    /// The one method of the name that is the class's own (not Object.Equals).
    let private only (owner: Type) (name: string) =
        match ofTypes (known owner name) [||] with
        | null -> keep owner name [||] (owner.GetMethod(name, BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.DeclaredOnly))
        | found -> found

    let private instance (owner: Type) (name: string) (elements: Type[]) =
        keep owner name elements ((only owner name).MakeGenericMethod elements)

    /// The one generic method of the name, for an element type: Vector512.Max<float>.
    let generically (bits: int) name (element: Type) =
        let owner = statics bits

        match ofEach (known owner name) element 1 with
        | null -> instance owner name [| element |]
        | found -> found

    /// The generic methods with two element types: Vector512.As<float, int>.
    let generically2 (bits: int) name (from: Type) (into: Type) =
        let owner = statics bits
        let elements = [| from; into |]

        match ofTypes (known owner name) elements with
        | null -> instance owner name elements
        | found -> found

    /// The overload of the name that takes these types. (Members of internal types are internal.)
    let overload (owner: Type) (name: string) (parameters: Type[]) =
        match ofTypes (known owner name) parameters with
        | null -> keep owner name parameters (owner.GetMethod(name, every, parameters))
        | found -> found

    let private overloadOfEach (owner: Type) (name: string) (parameter: Type) (count: int) =
        match ofEach (known owner name) parameter count with
        | null -> overload owner name (Array.replicate count parameter)
        | found -> found

    /// Vector512.Name(Vector512<element>, ... count times).
    let overloaded bits name (element: Type) count = overloadOfEach (statics bits) name (create bits element) count

    /// An operator of Vector512<element> on vectors; shifts take an int beside one.
    let operator bits (name: string) (element: Type) count =
        let vector = create bits element

        if name.EndsWith("Shift", StringComparison.Ordinal) then
            overload vector name [| vector; typeof<int> |]
        else
            overloadOfEach vector name vector count

    /// Vector512.Create<element>(element): every lane the same.
    let broadcast bits (element: Type) = overloadOfEach (statics bits) "Create" element 1

    /// The widest vectors that this machine computes with: 512, 256, 128, or 64 for none.
    let widest =
        if Vector512.IsHardwareAccelerated then 512
        elif Vector256.IsHardwareAccelerated then 256
        elif Vector128.IsHardwareAccelerated then 128
        else 64

/// All bits set, then none: the masks of the first lanes of a vector lie in it at every distance from the middle.
[<RequireQualifiedAccess>]
module internal LaneMasks =
    let private bytes =
        let bytes = GC.AllocateArray<byte>(128, pinned = true)
        Array.Fill(bytes, 255uy, 0, 64)
        bytes

    /// The address of a mask whose first lanes, of so many bytes each, are set. It stays valid: pinned and kept.
    let address lanes elementBytes = Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 64 - lanes * elementBytes)
