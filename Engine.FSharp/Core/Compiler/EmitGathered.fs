// Vectors of numbers that do not lie side by side in memory.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Reflection.Emit
open System.Runtime.InteropServices
open System.Runtime.Intrinsics.X86
open Pipeline

/// Index vectors in pinned memory that stays: code refers to them by address.
[<RequireQualifiedAccess>]
module internal LaneIndices =
    let private known = ConcurrentDictionary<string, byte[]>()

    let private start (memory: byte[]) = (Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0) + 63n) &&& ~~~63n

    /// The address of a vector of integers of so many bytes each.
    let address (elementBytes: int) (indices: int[]) =
        let key = elementBytes.ToString() + ":" + String.Join(',', indices)

        match known.TryGetValue key with
        | true, memory -> start memory
        | _ ->
            let memory = GC.AllocateArray<byte>(2 * Header.VectorBytes, pinned = true)
            let aligned = start memory

            for l in 0 .. indices.Length - 1 do
                if elementBytes = 4 then
                    Marshal.WriteInt32(aligned, 4 * l, indices[l])
                else
                    Marshal.WriteInt64(aligned, 8 * l, int64 indices[l])

            // Of two threads that came at once the first one's memory is the one that stays.
            start (known.GetOrAdd(key, memory))

[<RequireQualifiedAccess>]
module internal EmitGathered =
    /// Pushes a vector of the given numbers (4 or 8 bytes each), pushed one by one; absent lanes are 0.
    let rec assemble (code: Code) bits (dtype: DType) (count: int) (push: int -> unit) =
        let element = (DType.row dtype).Element

        let rec part bits first =
            if bits = 128 then
                let lanes = 16 / DType.bytes dtype

                for l in first .. first + lanes - 1 do
                    if l < count then push l else EmitNumber.constant code dtype 0.0

                code.Call(VectorType.overload (VectorType.statics 128) "Create" (Array.replicate lanes element))
            else
                // Vector512.Create of two halves would insert the lower one into a vector that waits for what its register held before.
                part (bits / 2) first
                code.Call(VectorType.generically (bits / 2) $"ToVector{bits}Unsafe" element)
                part (bits / 2) (first + bits / 16 / DType.bytes dtype)
                code.Call(VectorType.generically bits "WithUpper" element)

        part bits 0

    /// Whether vectors of numbers a stride apart (in elements) are read whole and permuted: two cycles for each element of the stride, where one by
    /// one they take ten.
    let isPermuted bits bytes (stride: int64) =
        bits = 512
        && Avx512F.IsSupported
        && (bytes = 4 || bytes = 8)
        && stride <> 0L
        && stride <> 1L
        && abs stride <= (if bytes = 4 then 5L else 3L)

    /// Pushes the vector of the numbers `stride` elements apart. address pushes the address of the first plus a number of bytes.
    /// s vectors hold them all; the last of these ends with the last number, so that nothing beyond it is read.
    let permuted (code: Code) (dtype: DType) (stride: int) (address: int64 -> unit) =
        let bytes = DType.bytes dtype
        let lanes = Header.VectorBytes / bytes
        let element = (DType.row dtype).Element
        let vector = VectorType.create 512 element
        let step = abs stride
        let lowest = if stride < 0 then (lanes - 1) * stride else 0
        let last = step - 1
        // The vector, and the lane of it, in which the number of a lane lies.
        let start k = if k = last then (lanes - 1) * last else lanes * k

        let holder lane = min last ((if stride < 0 then lanes - 1 - lane else lane) * step / lanes)

        let position lane = (if stride < 0 then lanes - 1 - lane else lane) * step - start (holder lane)

        let load k =
            address (int64 ((lowest + start k) * bytes))
            code.Emit(OpCodes.Unaligned, 1uy)
            code.Emit(OpCodes.Ldobj, vector)

        let indexType =
            match dtype with
            | DType.UInt32 -> typeof<uint32>
            | DType.UInt64 -> typeof<uint64>
            | _ -> VectorType.maskElement bytes

        let indexVector = VectorType.create 512 indexType

        let name = if bytes = 4 then "PermuteVar16x32x2" else "PermuteVar8x64x2"

        let permute k =
            let indices =
                Array.init lanes (fun lane ->
                    if holder lane = k then lanes + position lane
                    elif k = 1 then position lane
                    else lane)

            code.Native(int64 (LaneIndices.address bytes indices))
            code.Emit(OpCodes.Ldobj, indexVector)
            load k
            code.Call(VectorType.overload typeof<Avx512F> name [| vector; indexVector; vector |])

        load 0

        if last = 0 then
            // Backwards: the same vector twice.
            code.Native(int64 (LaneIndices.address bytes (Array.init lanes position)))
            code.Emit(OpCodes.Ldobj, indexVector)
            load 0
            code.Call(VectorType.overload typeof<Avx512F> name [| vector; indexVector; vector |])
        else
            for k in 1..last do
                permute k
