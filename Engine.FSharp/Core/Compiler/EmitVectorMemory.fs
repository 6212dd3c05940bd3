// Loads and stores of vectors: whole, of fewer lanes, strided, gathered.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open System.Runtime.Intrinsics.X86
open Pipeline

[<Sealed>]
type internal EmitVectorMemory(code: Code, plan: NestPlan, memory: EmitMemory) =
    let vectors = memory.Vectors
    let scratch = code.Header.Lanes + 4 * Header.VectorBytes
    let byteVector = VectorType.create 128 typeof<sbyte>

    /// Vectors of these types have masked loads and stores.
    let hasMasks bits bytes = bytes >= 4 && (if bits = 512 then Avx512F.IsSupported else bits >= 128 && Avx2.IsSupported)

    /// Where the masked load and store of a type are: floats have theirs in AVX, integers in AVX2.
    let maskedIn (dtype: DType) = if DType.isFloat dtype then typeof<Avx> else typeof<Avx2>

    let mask (dtype: DType) count =
        code.Native(int64 (LaneMasks.address count (DType.bytes dtype)))
        code.Emit(OpCodes.Ldobj, vectors.Type(dtype, 0))

    /// The raw lanes of a dtype as they lie in memory: bytes for Bool.
    let rawType (dtype: DType) = if dtype = DType.Bool then byteVector else vectors.Type(dtype, 0)

    let loadObject (t: Type) =
        code.Emit(OpCodes.Unaligned, 1uy)
        code.Emit(OpCodes.Ldobj, t)

    let storeObject (t: Type) =
        code.Emit(OpCodes.Unaligned, 1uy)
        code.Emit(OpCodes.Stobj, t)

    let fills (dtype: DType) = vectors.Bytes dtype >= 16

    let copy bytes =
        code.Int bytes
        code.Emit(OpCodes.Unaligned, 1uy)
        code.Emit OpCodes.Cpblk

    /// Turns bytes 0 and 1 on the stack into a mask.
    let toMask maskBytes =
        code.Call(VectorType.operator 128 "op_UnaryNegation" typeof<sbyte> 1)
        vectors.ResizeMask(1, maskBytes)

    let fromMask maskBytes =
        vectors.ResizeMask(maskBytes, 1)
        code.Call(VectorType.operator 128 "op_UnaryNegation" typeof<sbyte> 1)

    /// Pushes a vector of numbers that are loaded one by one.
    let oneByOne (dtype: DType) count (address: int -> unit) =
        let bytes = DType.bytes dtype

        let push l =
            address l
            EmitNumber.load code dtype

        if bytes >= 4 then
            EmitGathered.assemble code (vectors.Width(dtype, 0)) dtype count push
        else
            for l in 0 .. count - 1 do
                code.Workspace(scratch + l * bytes)
                push l
                EmitNumber.store code dtype

            code.Workspace scratch
            loadObject (rawType dtype)

    /// Pushes a vector of `count` lanes, moved by an offset in a local (or null); its other lanes are undefined.
    member _.Load(place: Place, maskBytes, lane: int, offset: CodeLocal, count: int) =
        let dtype = place.DType
        let bytes = DType.bytes dtype
        let raw = rawType dtype
        let stride = memory.VectorStride place.Pointer / int64 bytes
        let bits = vectors.Width(dtype, 1)
        let address () = memory.Address(place, lane, offset)

        if stride = 1L && count = plan.Lanes && fills dtype then
            address ()
            loadObject raw
        elif stride = 1L && hasMasks bits bytes then
            address ()
            mask dtype count
            let pointer = (DType.row dtype).Element.MakePointerType()

            if bits = 512 then
                EmitNumber.constant code dtype 0.0
                vectors.Broadcast(dtype, 0)
                code.Call(VectorType.overload typeof<Avx512F> "MaskLoad" [| pointer; raw; raw |])
            else
                code.Call(VectorType.overload (maskedIn dtype) "MaskLoad" [| pointer; raw |])
        elif stride = 1L then
            code.Workspace scratch
            address ()
            copy (count * bytes)
            code.Workspace scratch
            loadObject raw
        elif count = plan.Lanes && EmitGathered.isPermuted bits bytes stride then
            EmitGathered.permuted code dtype (int stride) (fun bytes ->
                address ()
                code.AddNative bytes)
        else
            oneByOne dtype count (fun l -> memory.Address(place, lane + l, offset))

        if dtype = DType.Bool then toMask maskBytes

    /// Pushes a vector of elements, each moved from the place by its lane of an index vector.
    member _.Gather(place: Place, maskBytes, lane: int, index: Operand, limit: int, stride: int, count: int) =
        let dtype = place.DType
        let indexBytes = DType.bytes index.DType

        let indexOperand push = { DType = index.DType; MaskBytes = 0; Push = push }

        let number (value: int) = indexOperand (fun () -> vectors.Constant(LaneOp.Constant(float value), index.DType, 0))

        // The clamped indices, in memory.
        code.Workspace code.Header.Lanes

        let atLeast0 = indexOperand (fun () -> vectors.Emit(LaneOp.Maximum, index.DType, 0, [| index; number 0 |], count))

        vectors.Emit(LaneOp.Minimum, index.DType, 0, [| atLeast0; number (limit - 1) |], count)
        storeObject (vectors.Type(index.DType, 0))

        oneByOne dtype count (fun l ->
            memory.Address(place, lane + l, null)
            code.Workspace(code.Header.Lanes + l * indexBytes)
            EmitNumber.load code index.DType
            code.Emit OpCodes.Conv_I
            code.MultiplyNative(int64 stride * int64 (DType.bytes dtype))
            code.Emit OpCodes.Add)

        if dtype = DType.Bool then toMask maskBytes

    member private _.StoreVector(place: Place, maskBytes, lane: int, count: int, offset: CodeLocal, push: unit -> unit) =
        let dtype = place.DType
        let bytes = DType.bytes dtype
        let raw = rawType dtype
        let stride = memory.VectorStride place.Pointer / int64 bytes
        let address () = memory.Address(place, lane, offset)

        let push () =
            push ()

            if dtype = DType.Bool then fromMask maskBytes

        if stride = 1L && count = plan.Lanes && fills dtype then
            address ()
            push ()
            storeObject raw
        elif stride = 1L && hasMasks (vectors.Width(dtype, 1)) bytes then
            address ()
            mask dtype count
            push ()

            let owner = if vectors.Width(dtype, 1) = 512 then typeof<Avx512F> else maskedIn dtype
            code.Call(VectorType.overload owner "MaskStore" [| (DType.row dtype).Element.MakePointerType(); raw; raw |])
        else
            code.Workspace scratch
            push ()
            storeObject raw

            if stride = 1L then
                address ()
                code.Workspace scratch
                copy (count * bytes)
            else
                for l in 0 .. count - 1 do
                    memory.Address(place, lane + l, offset)
                    code.Workspace(scratch + l * bytes)
                    EmitNumber.load code dtype
                    EmitNumber.store code dtype

    /// Stores `count` lanes at a place, moved by an offset in a local (or null); in scalar code one number.
    member vectorMemory.Store(place: Place, maskBytes, lane: int, count: int, offset: CodeLocal, push: unit -> unit) =
        if plan.Lanes > 1 then
            vectorMemory.StoreVector(place, maskBytes, lane, count, offset, push)
        else
            memory.StoreScalar(place, lane, offset, push)
