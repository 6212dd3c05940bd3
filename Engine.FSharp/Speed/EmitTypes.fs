// Vector types and their methods, found by name once and kept.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Reflection
open System.Runtime.Intrinsics
open Pipeline

[<RequireQualifiedAccess>]
module internal VectorType =
    let private generic bits =
        match bits with
        | 128 -> typedefof<Vector128<byte>>
        | 256 -> typedefof<Vector256<byte>>
        | _ -> typedefof<Vector512<byte>>

    let private types = ConcurrentDictionary<struct (int * Type), Type>()

    let private methods =
        ConcurrentDictionary<struct (int * string * Type * Type), MethodInfo>()

    /// The static class of the vectors of a width.
    let statics bits =
        match bits with
        | 128 -> typeof<Vector128>
        | 256 -> typeof<Vector256>
        | _ -> typeof<Vector512>

    let create bits (element: Type) =
        types.GetOrAdd(struct (bits, element), (fun _ -> (generic bits).MakeGenericType element))

    /// The elements of masks are signed integers, all bits or none set.
    let maskElement bytes =
        match bytes with
        | 1 -> typeof<sbyte>
        | 2 -> typeof<int16>
        | 4 -> typeof<int>
        | _ -> typeof<int64>

    let private found (owner: Type) (name: string) (info: MethodInfo) =
        if isNull info then
            raise (MissingMethodException(owner.FullName, name))

        info

    /// Not Object.Equals.
    let private ofItsOwn =
        BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.DeclaredOnly

    /// The one generic method of the name, for an element type: Vector512.Max<float>.
    let generically bits name (element: Type) =
        methods.GetOrAdd(
            struct (bits, name, element, null),
            (fun _ -> (found (statics bits) name ((statics bits).GetMethod(name, ofItsOwn))).MakeGenericMethod element)
        )

    /// The generic methods with two element types: Vector512.As<float, int>.
    let generically2 bits name (from: Type) (into: Type) =
        methods.GetOrAdd(
            struct (bits, name, from, into),
            (fun _ ->
                (found (statics bits) name ((statics bits).GetMethod(name, ofItsOwn))).MakeGenericMethod(from, into))
        )

    let private every =
        BindingFlags.Static
        ||| BindingFlags.Instance
        ||| BindingFlags.Public
        ||| BindingFlags.NonPublic

    /// The overload of the name that takes these types. (Members of internal types are internal.)
    let overload (owner: Type) (name: string) (parameters: Type[]) =
        found owner name (owner.GetMethod(name, every, parameters))

    /// Vector512.Name(Vector512<element>, ... count times).
    let overloaded bits name (element: Type) count =
        methods.GetOrAdd(
            struct (-bits - count, name, element, null),
            (fun _ -> overload (statics bits) name (Array.replicate count (create bits element)))
        )

    /// An operator of Vector512<element> on vectors; shifts take an int beside one.
    let operator bits (name: string) (element: Type) count =
        methods.GetOrAdd(
            struct (bits, name, element, typeof<Void>),
            (fun _ ->
                let vector = create bits element
                let isShift = name.EndsWith("Shift", StringComparison.Ordinal)

                overload
                    vector
                    name
                    (if isShift then
                         [| vector; typeof<int> |]
                     else
                         Array.replicate count vector))
        )

    /// Vector512.Create<element>(element): every lane the same.
    let broadcast bits (element: Type) =
        methods.GetOrAdd(
            struct (bits, "Create", element, element),
            (fun _ -> overload (statics bits) "Create" [| element |])
        )

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
    let address lanes elementBytes =
        Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 64 - lanes * elementBytes)
