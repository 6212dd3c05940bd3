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

    /// The method of this name and these types, found once.
    let private keep (owner: Type) (name: string) (types: Type[]) (find: unit -> MethodInfo) =
        let named = methods.GetOrAdd(owner, fun _ -> ConcurrentDictionary<string, KnownMethod[]>())

        let known =
            match named.TryGetValue name with
            | true, known -> known
            | _ -> [||]

        match Array.tryFind (fun (entry: KnownMethod) -> entry.Takes types) known with
        | Some entry -> entry.Info
        | None ->
            let info = find ()

            if isNull info then raise (MissingMethodException(owner.Name, name))

            // One that another thread adds at the same time may be lost, and is found again.
            named[name] <- Array.append known [| KnownMethod(types, info) |]
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
        let ofElement = vectors.GetOrAdd(element, fun _ -> Array.zeroCreate 3)
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
        keep owner name [||] (fun () -> owner.GetMethod(name, BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.DeclaredOnly))

    let private instance (bits: int) name (elements: Type[]) =
        let owner = statics bits
        keep owner name elements (fun () -> (only owner name).MakeGenericMethod elements)

    /// The one generic method of the name, for an element type: Vector512.Max<float>.
    let generically (bits: int) name (element: Type) = instance bits name [| element |]

    /// The generic methods with two element types: Vector512.As<float, int>.
    let generically2 (bits: int) name (from: Type) (into: Type) = instance bits name [| from; into |]

    /// The overload of the name that takes these types. (Members of internal types are internal.)
    let overload (owner: Type) (name: string) (parameters: Type[]) =
        keep owner name parameters (fun () -> owner.GetMethod(name, every, parameters))

    /// Vector512.Name(Vector512<element>, ... count times).
    let overloaded bits name (element: Type) count = overload (statics bits) name (Array.replicate count (create bits element))

    /// An operator of Vector512<element> on vectors; shifts take an int beside one.
    let operator bits (name: string) (element: Type) count =
        let vector = create bits element

        if name.EndsWith("Shift", StringComparison.Ordinal) then
            overload vector name [| vector; typeof<int> |]
        else
            overload vector name (Array.replicate count vector)

    /// Vector512.Create<element>(element): every lane the same.
    let broadcast bits (element: Type) = overload (statics bits) "Create" [| element |]

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
