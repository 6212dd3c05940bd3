// Where a nest's loops stand while its code is emitted, and the loads and stores that depend on it.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open System.Runtime.Intrinsics.X86
open Pipeline

/// The vectors that one stretch of code computes side by side: vector u of the group holds the lanes
/// (First + u) * Lanes .. of the current block along the vector axis; the last may hold Partial lanes only (0: it is full).
[<Struct; NoComparison>]
type internal VectorGroup =
    { First: int; Count: int; Partial: int }

[<Sealed>]
type internal EmitMemory(code: Code, plan: NestPlan) =
    let vectors = EmitVector(code, plan.Lanes)
    let pointers: LocalBuilder[] = Array.zeroCreate plan.Pointers.Length
    /// What constant indices add to the pointers.
    let constants: int64[] = Array.zeroCreate plan.Pointers.Length

    /// The index of each open axis: a local, if it is not constant, plus a constant.
    let indices: struct (LocalBuilder * int64)[] =
        Array.create plan.Axes.Length (struct (null, 0L))

    let pushVariable (variable: int) =
        match plan.Axes |> Array.tryFindIndex (fun a -> a.Variable = variable) with
        | Some axis ->
            let struct (local, constant) = indices[axis]

            if isNull local then
                code.Native constant
            else
                code.Load local
                code.AddNative constant
        | None ->
            code.Workspace(code.Header.Variables + 8 * variable)
            code.Emit OpCodes.Ldind_I8
            code.Emit OpCodes.Conv_I

    let isOpen variable =
        plan.Axes |> Array.exists (fun a -> a.Variable = variable)

    /// 64-byte vectors of these types have masked loads and stores.
    let hasMasks bits bytes =
        bits = 512 && bytes >= 4 && Avx512F.IsSupported

    let mask (dtype: DType) count =
        code.Native(int64 (LaneMasks.address count (DType.bytes dtype)))
        code.Emit(OpCodes.Ldobj, vectors.Type(dtype, 0))

    let scratch = code.Header.Lanes + 4 * Header.VectorBytes
    let byteVector = VectorType.create 128 typeof<sbyte>

    /// The raw lanes of a dtype as they lie in memory: bytes for Bool.
    let rawType (dtype: DType) =
        if dtype = DType.Bool then
            byteVector
        else
            vectors.Type(dtype, 0)

    let loadObject (t: Type) =
        code.Emit(OpCodes.Unaligned, 1uy)
        code.Emit(OpCodes.Ldobj, t)

    let storeObject (t: Type) =
        code.Emit(OpCodes.Unaligned, 1uy)
        code.Emit(OpCodes.Stobj, t)

    let fills (dtype: DType) = vectors.Bytes dtype >= 16

    /// Turns bytes 0 and 1 on the stack into a mask.
    let toMask maskBytes =
        code.Call(VectorType.operator 128 "op_UnaryNegation" typeof<sbyte> 1)
        vectors.ResizeMask(1, maskBytes)

    let fromMask maskBytes =
        vectors.ResizeMask(maskBytes, 1)
        code.Call(VectorType.operator 128 "op_UnaryNegation" typeof<sbyte> 1)

    member _.Vectors = vectors
    member _.Indices = indices
    member _.PushVariable variable = pushVariable variable

    /// Base addresses from the table, moved by the loops around the nest.
    member _.Enter() =
        for p in 0 .. plan.Pointers.Length - 1 do
            let pointer = plan.Pointers[p]
            pointers[p] <- code.Rent typeof<nativeint>
            code.Workspace(8 * pointer.Buffer)
            code.Emit OpCodes.Ldind_I

            for struct (variable, stride) in pointer.Terms do
                if not (isOpen variable) then
                    pushVariable variable
                    code.MultiplyNative(int64 stride * int64 pointer.Bytes)
                    code.Emit OpCodes.Add

            code.Store(pointers[p])

    member _.Leave() =
        for p in pointers do
            code.Return p

    /// Runs the body with the axis at an index (a local, or a constant): every pointer moved there.
    member _.At(axis: int, local: LocalBuilder, constant: int64, body: unit -> unit) =
        let before = indices[axis]
        let pointersBefore, constantsBefore = Array.copy pointers, Array.copy constants
        indices[axis] <- struct (local, constant)

        for p in 0 .. pointers.Length - 1 do
            let stride = plan.Stride(p, axis)

            if stride <> 0L then
                constants[p] <- constants[p] + constant * stride

                if not (isNull local) then
                    let moved = code.Rent typeof<nativeint>
                    code.Load(pointers[p])
                    code.Load local
                    code.MultiplyNative stride
                    code.Emit OpCodes.Add
                    code.Store moved
                    pointers[p] <- moved

        body ()

        for p in 0 .. pointers.Length - 1 do
            if not (Object.ReferenceEquals(pointers[p], pointersBefore[p])) then
                code.Return(pointers[p])

            pointers[p] <- pointersBefore[p]
            constants[p] <- constantsBefore[p]

        indices[axis] <- before

    member _.VectorStride(pointer: int) =
        if plan.VectorAxis < 0 then
            0L
        else
            plan.Stride(pointer, plan.VectorAxis)

    /// Pushes the address of a place; lane: along the vector axis, from the current block's first; offset: a local that is added, or null.
    member memory.Address(place: Place, lane: int, offset: LocalBuilder) =
        code.Load(pointers[place.Pointer])

        if not (isNull offset) then
            code.Load offset
            code.Emit OpCodes.Add

        code.AddNative(
            place.Displacement
            + constants[place.Pointer]
            + int64 lane * memory.VectorStride place.Pointer
        )

    member memory.LoadScalar(place: Place, lane: int, offset: LocalBuilder) =
        memory.Address(place, lane, offset)
        EmitScalar.load code place.DType

    /// Pushes a vector of `count` lanes; its other lanes are undefined.
    member memory.LoadVector(place: Place, maskBytes, lane: int, offset: LocalBuilder, count: int) =
        let dtype = place.DType
        let bytes = DType.bytes dtype
        let raw = rawType dtype
        let stride = memory.VectorStride place.Pointer

        if stride = int64 bytes && count = plan.Lanes && fills dtype then
            memory.Address(place, lane, offset)
            loadObject raw
        elif stride = int64 bytes && hasMasks (vectors.Width(dtype, 1)) bytes then
            let element = (DType.row dtype).Element
            memory.Address(place, lane, offset)
            mask dtype count
            EmitScalar.constant code dtype 0.0
            vectors.Broadcast(dtype, 0)
            code.Call(VectorType.overload typeof<Avx512F> "MaskLoad" [| element.MakePointerType(); raw; raw |])
        else
            if stride = int64 bytes then
                code.Workspace scratch
                memory.Address(place, lane, offset)
                code.Int(count * bytes)
                code.Emit(OpCodes.Unaligned, 1uy)
                code.Emit OpCodes.Cpblk
            else
                for l in 0 .. count - 1 do
                    code.Workspace(scratch + l * bytes)
                    memory.Address(place, lane + l, offset)
                    EmitScalar.load code dtype
                    EmitScalar.store code dtype

            code.Workspace scratch
            loadObject raw

        if dtype = DType.Bool then
            toMask maskBytes

    /// Pushes a vector of elements, each moved from the place by its lane of an index vector.
    member memory.Gather(place: Place, maskBytes, lane: int, index: Operand, limit: int, stride: int, count: int) =
        let dtype = place.DType
        let bytes = DType.bytes dtype
        let indexBytes = DType.bytes index.DType
        code.Workspace code.Header.Lanes
        index.Push()
        storeObject (vectors.Type(index.DType, 0))

        code.Loop(
            int64 count,
            1L,
            fun l ->
                code.Workspace scratch
                code.Load l
                code.MultiplyNative(int64 bytes)
                code.Emit OpCodes.Add
                memory.Address(place, lane, null)
                code.Load l
                code.MultiplyNative(memory.VectorStride place.Pointer)
                code.Emit OpCodes.Add
                code.Workspace code.Header.Lanes
                code.Load l
                code.MultiplyNative(int64 indexBytes)
                code.Emit OpCodes.Add
                EmitScalar.load code index.DType
                memory.ClampedOffset(place, limit, stride)
                code.Emit OpCodes.Add
                EmitScalar.load code dtype
                EmitScalar.store code dtype
        )

        code.Workspace scratch
        loadObject (rawType dtype)

        if dtype = DType.Bool then
            toMask maskBytes

    /// From an index on the stack to the bytes by which it moves an access.
    member _.ClampedOffset(place: Place, limit: int, stride: int) =
        code.Emit OpCodes.Conv_I
        code.Native(int64 (limit - 1))
        code.Call(VectorType.overload typeof<LaneArithmetic> "ClampIndex" [| typeof<nativeint>; typeof<nativeint> |])
        code.MultiplyNative(int64 stride * int64 (DType.bytes place.DType))

    /// Stores a vector of `count` lanes, moved by an offset in a local (or null).
    member private memory.StoreVector
        (place: Place, maskBytes, lane: int, count: int, offset: LocalBuilder, push: unit -> unit)
        =
        let dtype = place.DType
        let bytes = DType.bytes dtype
        let raw = rawType dtype
        let stride = memory.VectorStride place.Pointer

        let push () =
            push ()

            if dtype = DType.Bool then
                fromMask maskBytes

        if stride = int64 bytes && count = plan.Lanes && fills dtype then
            memory.Address(place, lane, offset)
            push ()
            storeObject raw
        elif stride = int64 bytes && hasMasks (vectors.Width(dtype, 1)) bytes then
            let element = (DType.row dtype).Element
            memory.Address(place, lane, offset)
            mask dtype count
            push ()
            code.Call(VectorType.overload typeof<Avx512F> "MaskStore" [| element.MakePointerType(); raw; raw |])
        else
            code.Workspace scratch
            push ()
            storeObject raw

            if stride = int64 bytes then
                memory.Address(place, lane, offset)
                code.Workspace scratch
                code.Int(count * bytes)
                code.Emit(OpCodes.Unaligned, 1uy)
                code.Emit OpCodes.Cpblk
            else
                for l in 0 .. count - 1 do
                    memory.Address(place, lane + l, offset)
                    code.Workspace(scratch + l * bytes)
                    EmitScalar.load code dtype
                    EmitScalar.store code dtype

    /// Stores the values of a place, as a vector or in scalar code as a number.
    member memory.StoreAt(place: Place, maskBytes, lane: int, count: int, offset: LocalBuilder, push: unit -> unit) =
        if plan.Lanes > 1 then
            memory.StoreVector(place, maskBytes, lane, count, offset, push)
        else
            memory.Address(place, lane, offset)
            push ()
            EmitScalar.store code place.DType

    /// Pushes a counter's value as its dtype, in one lane or in all of a vector.
    member memory.Counter(dtype: DType, factor: int, offset: int, variable: int, lane: int, alongVector: bool) =
        let computing =
            match dtype with
            | DType.Float32 -> DType.Int32
            | DType.Float64 -> DType.Int64
            | _ -> dtype

        pushVariable variable

        if alongVector then
            code.AddNative(int64 lane)

        code.MultiplyNative(int64 factor)
        code.AddNative(int64 offset)

        match computing with
        | DType.Int64
        | DType.UInt64 -> code.Emit OpCodes.Conv_I8
        | DType.UInt8 -> code.Emit OpCodes.Conv_U1
        | DType.UInt16 -> code.Emit OpCodes.Conv_U2
        | _ -> code.Emit OpCodes.Conv_I4

        if alongVector && plan.Lanes > 1 then
            vectors.Sequence(computing, factor)

            if dtype <> computing then
                let name =
                    if dtype = DType.Float32 then
                        "ConvertToSingle"
                    else
                        "ConvertToDouble"

                code.Call(VectorType.overloaded (vectors.Width(dtype, 0)) name (DType.row computing).Element 1)
        else
            EmitScalar.convert code computing dtype
