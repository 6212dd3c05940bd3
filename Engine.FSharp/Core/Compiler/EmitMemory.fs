// Where a nest's loops stand while its code is emitted, and the addresses and counters that follow from it.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open Pipeline

/// The vectors that one stretch of code computes side by side: vector u of the group holds the lanes
/// (First + u) * Lanes .. of the current block along the vector axis; the last may hold Partial lanes only (0: it is full).
[<Struct; NoComparison>]
type internal VectorGroup = { First: int; Count: int; Partial: int }

[<Sealed>]
type internal EmitMemory(code: Code, plan: NestPlan) =
    let vectors = EmitVector(code, plan.Lanes)
    let pointers: CodeLocal[] = Array.zeroCreate plan.Pointers.Length
    /// What constant indices add to the pointers.
    let constants: int64[] = Array.zeroCreate plan.Pointers.Length

    /// The index of each open axis: a local, if it is not constant, plus a constant.
    let indices: struct (CodeLocal * int64)[] = Array.create plan.Axes.Length (struct (null, 0L))

    let pushVariable (variable: int) =
        match plan.Axes |> Array.tryFindIndex (fun a -> a.Variable = variable) with
        | Some axis ->
            let struct (local, constant) = indices[axis]

            if isNull local then
                code.Native constant
            else
                code.Load local
                code.AddNative constant
        | None -> code.Variable variable

    /// The local of an element that the loop around holds, or null.
    let held (place: Place) = code.Held(plan.Pointers[place.Pointer].Buffer, place.Displacement)

    let isOpen variable = plan.Axes |> Array.exists (fun a -> a.Variable = variable)

    member _.Vectors = vectors
    member _.Indices = indices
    member _.PushVariable variable = pushVariable variable

    /// Base addresses from the table, moved by the loops around the nest.
    member _.Enter() =
        for p in 0 .. plan.Pointers.Length - 1 do
            let pointer = plan.Pointers[p]

            if not (code.Holds pointer.Buffer) then
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
            if not (isNull p) then code.Return p

    /// Runs the body with the axis at an index (a local, or a constant): every pointer moved there.
    member _.At(axis: int, local: CodeLocal, constant: int64, body: unit -> unit) =
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
            if not (Object.ReferenceEquals(pointers[p], pointersBefore[p])) then code.Return(pointers[p])

            pointers[p] <- pointersBefore[p]
            constants[p] <- constantsBefore[p]

        indices[axis] <- before

    member _.VectorStride(pointer: int) = if plan.VectorAxis < 0 then 0L else plan.Stride(pointer, plan.VectorAxis)

    /// Pushes the address of a place; lane: along the vector axis, from the current block's first; offset: a local that is added, or null.
    member memory.Address(place: Place, lane: int, offset: CodeLocal) =
        code.Load(pointers[place.Pointer])

        if not (isNull offset) then
            code.Load offset
            code.Emit OpCodes.Add

        code.AddNative(place.Displacement + constants[place.Pointer] + int64 lane * memory.VectorStride place.Pointer)

    member memory.LoadScalar(place: Place, lane: int, offset: CodeLocal) =
        match held place with
        | null ->
            memory.Address(place, lane, offset)
            EmitNumber.load code place.DType
        | local -> code.Load local

    member memory.StoreScalar(place: Place, lane: int, offset: CodeLocal, push: unit -> unit) =
        match held place with
        | null ->
            memory.Address(place, lane, offset)
            push ()
            EmitNumber.store code place.DType
        | local ->
            push ()
            code.Store local

    /// From an index on the stack to the bytes by which it moves an access.
    member _.ClampedOffset(place: Place, limit: int, stride: int) =
        code.Emit OpCodes.Conv_I
        code.Native(int64 (limit - 1))
        code.Call(VectorType.overload typeof<LaneArithmetic> "ClampIndex" [| typeof<nativeint>; typeof<nativeint> |])
        code.MultiplyNative(int64 stride * int64 (DType.bytes place.DType))

    /// Pushes a counter's value as its dtype, in one lane or in all of a vector.
    member memory.Counter(dtype: DType, factor: int, offset: int, variable: int, lane: int, alongVector: bool) =
        let computing =
            match dtype with
            | DType.Float32 -> DType.Int32
            | DType.Float64 -> DType.Int64
            | _ -> dtype

        pushVariable variable

        if alongVector then code.AddNative(int64 lane)

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
                let name = if dtype = DType.Float32 then "ConvertToSingle" else "ConvertToDouble"

                code.Call(VectorType.overloaded (vectors.Width(dtype, 0)) name (DType.row computing).Element 1)
        else
            EmitNumber.convert code computing dtype
