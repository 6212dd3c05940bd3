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

    // Keys are text: dictionaries of text to objects are compiled ahead of time, those of value tuples are not,
    // and a program starts by filling these.
    let private types = ConcurrentDictionary<string, Type>()
    let private methods = ConcurrentDictionary<string, MethodInfo>()

    let private keep (key: string) (find: unit -> MethodInfo) =
        match methods.TryGetValue key with
        | true, known -> known
        | _ ->
            let info = find ()

            if isNull info then
                raise (MissingMethodException key)

            methods[key] <- info
            info

    let private namesOf (parameters: Type[]) =
        let names = Array.zeroCreate<string> parameters.Length

        for k in 0 .. names.Length - 1 do
            names[k] <- parameters[k].ToString()

        String.Join(',', names)

    let private every =
        BindingFlags.Static
        ||| BindingFlags.Instance
        ||| BindingFlags.Public
        ||| BindingFlags.NonPublic

    /// The static class of the vectors of a width.
    let statics bits =
        match bits with
        | 128 -> typeof<Vector128>
        | 256 -> typeof<Vector256>
        | _ -> typeof<Vector512>

    let create (bits: int) (element: Type) =
        let key = bits.ToString() + element.Name

        match types.TryGetValue key with
        | true, known -> known
        | _ ->
            let vector = (generic bits).MakeGenericType element
            types[key] <- vector
            vector

    /// The elements of masks are signed integers, all bits or none set.
    let maskElement bytes =
        match bytes with
        | 1 -> typeof<sbyte>
        | 2 -> typeof<int16>
        | 4 -> typeof<int>
        | _ -> typeof<int64>

    /// The one method of the name that is the class's own (not Object.Equals).
    let private only (owner: Type) (name: string) =
        keep (owner.Name + "." + name) (fun () ->
            owner.GetMethod(name, BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.DeclaredOnly))

    /// The one generic method of the name, for an element type: Vector512.Max<float>.
    let generically (bits: int) name (element: Type) =
        let owner = statics bits
        keep (owner.Name + "." + name + "<" + element.Name) (fun () -> (only owner name).MakeGenericMethod element)

    /// The generic methods with two element types: Vector512.As<float, int>.
    let generically2 (bits: int) name (from: Type) (into: Type) =
        let owner = statics bits

        keep (owner.Name + "." + name + "<" + from.Name + into.Name) (fun () ->
            (only owner name).MakeGenericMethod(from, into))

    /// The overload of the name that takes these types. (Members of internal types are internal.)
    let overload (owner: Type) (name: string) (parameters: Type[]) =
        keep (owner.ToString() + "." + name + "(" + namesOf parameters) (fun () ->
            owner.GetMethod(name, every, parameters))

    /// Vector512.Name(Vector512<element>, ... count times).
    let overloaded bits name (element: Type) count =
        overload (statics bits) name (Array.replicate count (create bits element))

    /// An operator of Vector512<element> on vectors; shifts take an int beside one.
    let operator bits (name: string) (element: Type) count =
        let vector = create bits element

        if name.EndsWith("Shift", StringComparison.Ordinal) then
            overload vector name [| vector; typeof<int> |]
        else
            overload vector name (Array.replicate count vector)

    /// Vector512.Create<element>(element): every lane the same.
    let broadcast bits (element: Type) =
        overload (statics bits) "Create" [| element |]

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
