// The vectors of a nest as IL: their elements, widths and masks, constants in all lanes, comparisons and conversions.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open Pipeline

/// The vectors of one nest: every vector holds the same number of lanes, so its width follows from its element type.
type internal VectorElements(code: Code, lanes: int) =
    let element (dtype: DType) maskBytes = if dtype = DType.Bool then VectorType.maskElement maskBytes else (DType.row dtype).Element

    let used bytes = 8 * bytes * lanes
    /// The least vector has 128 bits; narrower elements leave the rest of it unused.
    let width bytes = max 128 (used bytes)

    let bytesOf (dtype: DType) maskBytes = if dtype = DType.Bool then maskBytes else DType.bytes dtype

    let asType (from: Type) (into: Type) bytes = if from <> into then code.Call(VectorType.generically2 (width bytes) "As" from into)

    /// Halves the elements of the vector on the stack.
    let narrow (from: Type) bytes =
        let value = code.Rent(VectorType.create (width bytes) from)
        code.Store value
        code.Load value

        if used bytes <= 128 then
            code.Load value
            code.Call(VectorType.overloaded 128 "Narrow" from 2)
        else
            code.Call(VectorType.generically (width bytes) "GetLower" from)
            code.Load value
            code.Call(VectorType.generically (width bytes) "GetUpper" from)
            code.Call(VectorType.overloaded (width bytes / 2) "Narrow" from 2)

        code.Return value

    /// Makes the vector on the stack one that its elements fill to the half, so that widening may take the lower half.
    let spread (from: Type) bytes =
        if used bytes >= 128 then
            code.Call(VectorType.generically (width bytes) ("ToVector" + string (2 * width bytes) + "Unsafe") from)

    /// The integer of so many bytes; masks are signed.
    let integerOf isSigned bytes : Type =
        if isSigned then
            VectorType.maskElement bytes
        else
            match bytes with
            | 1 -> typeof<byte>
            | 2 -> typeof<uint16>
            | 4 -> typeof<uint32>
            | _ -> typeof<uint64>

    /// From elements of `from` bytes to elements of `into`, integers (or masks) on both sides, through each size between.
    let rec resize (isSigned: bool) from into =
        let integer = integerOf isSigned

        if from < into then
            let into1 = 2 * from
            spread (integer from) from
            code.Call(VectorType.overloaded (width into1) "WidenLower" (integer from) 1)
            resize isSigned into1 into
        elif from > into then
            let into1 = from / 2

            narrow (integer from) from
            resize isSigned into1 into

    member _.Lanes = lanes
    member _.Element(dtype, maskBytes) = element dtype maskBytes
    /// The bytes of an element of the dtype.
    member _.ElementBytes(dtype, maskBytes) = bytesOf dtype maskBytes
    /// The vector on the stack as one of other elements of as many bytes.
    member _.As(from: Type, into: Type, bytes: int) = asType from into bytes
    /// The width in bits of a vector of the dtype.
    member _.Width(dtype, maskBytes) = width (bytesOf dtype maskBytes)
    /// The bytes that the lanes of a vector of the dtype take in memory.
    member _.Bytes(dtype: DType) = lanes * DType.bytes dtype

    member _.Type(dtype, maskBytes) = VectorType.create (width (bytesOf dtype maskBytes)) (element dtype maskBytes)

    /// Turns the scalar on the stack into a vector.
    member vectors.Broadcast(dtype: DType, maskBytes) =
        if dtype = DType.Bool then
            code.Emit OpCodes.Neg

            if maskBytes = 8 then code.Emit OpCodes.Conv_I8

        code.Call(VectorType.broadcast (vectors.Width(dtype, maskBytes)) (element dtype maskBytes))

    /// A mask of another element size, from the one on the stack.
    member _.ResizeMask(from, into) = resize true from into

    /// Pushes start + k * step in lane k, for an integer dtype; start (of the dtype) is on the stack.
    member vectors.Sequence(dtype: DType, step: int) =
        EmitNumber.bits code dtype (uint64 (int64 step))
        code.Call(VectorType.generically (vectors.Width(dtype, 0)) "CreateSequence" (element dtype 0))

    /// Pushes one bit pattern in every lane.
    member vectors.Constant(op: LaneOp, dtype: DType, maskBytes) =
        EmitScalar.emit code op dtype [||]
        vectors.Broadcast(dtype, maskBytes)

    /// Pushes the mask of a comparison.
    member vectors.Compare(relation, maskBytes, a: Operand, b: Operand) =
        let bytes = bytesOf a.DType a.MaskBytes
        let bits = width bytes
        let elementType = element a.DType a.MaskBytes
        a.Push()
        b.Push()

        if b.DType = DType.Bool then resize true b.MaskBytes bytes

        // True is a mask of ones, -1: for masks the order is the other way round.
        let less, lessEqual =
            if a.DType = DType.Bool then "GreaterThan", "GreaterThanOrEqual" else "LessThan", "LessThanOrEqual"

        match relation with
        | Relation.Equal -> code.Call(VectorType.generically bits "Equals" elementType)
        | Relation.NotEqual ->
            code.Call(VectorType.generically bits "Equals" elementType)
            code.Call(VectorType.operator bits "op_OnesComplement" elementType 1)
        | Relation.Less -> code.Call(VectorType.generically bits less elementType)
        | Relation.LessEqual -> code.Call(VectorType.generically bits lessEqual elementType)

        asType elementType (VectorType.maskElement bytes) bytes
        resize true bytes maskBytes

    /// Pushes a value in another dtype; laneByLane does what has no vector form.
    member vectors.Convert(dtype, maskBytes, source: Operand, laneByLane) =
        let bytes, sourceBytes = bytesOf dtype maskBytes, bytesOf source.DType source.MaskBytes

        let elementType, sourceElement = element dtype maskBytes, element source.DType source.MaskBytes

        let isInteger = DType.isInteger dtype
        let sourceIsInteger = DType.isInteger source.DType

        let convert name =
            source.Push()
            code.Call(VectorType.overloaded (width bytes) name sourceElement 1)

        match source.DType, dtype with
        | a, b when a = b -> source.Push()
        | DType.Bool, _ ->
            // One where the mask is set.
            source.Push()
            resize true source.MaskBytes bytes
            asType (VectorType.maskElement bytes) elementType bytes
            vectors.Constant(LaneOp.Constant 1.0, dtype, maskBytes)
            code.Call(VectorType.operator (width bytes) "op_BitwiseAnd" elementType 2)
        | _, DType.Bool ->
            source.Push()
            vectors.Constant(LaneOp.Constant 0.0, source.DType, 0)
            code.Call(VectorType.generically (width sourceBytes) "Equals" sourceElement)
            code.Call(VectorType.operator (width sourceBytes) "op_OnesComplement" sourceElement 1)
            asType sourceElement (VectorType.maskElement sourceBytes) sourceBytes
            resize true sourceBytes maskBytes
        | _ when isInteger && sourceIsInteger ->
            source.Push()
            let isSigned = DType.isSigned source.DType
            // Narrowing drops the upper bits of either sign; the unsigned form saturates in no width.
            let from = if isSigned then VectorType.maskElement sourceBytes else sourceElement

            asType sourceElement from sourceBytes
            resize isSigned sourceBytes bytes

            asType (integerOf isSigned bytes) elementType bytes
        | DType.Int32, DType.Float32
        | DType.UInt32, DType.Float32 -> convert "ConvertToSingle"
        | DType.Int64, DType.Float64
        | DType.UInt64, DType.Float64 -> convert "ConvertToDouble"
        | DType.Float32, DType.Int32 -> convert "ConvertToInt32"
        | DType.Float32, DType.UInt32 -> convert "ConvertToUInt32"
        | DType.Float64, DType.Int64 -> convert "ConvertToInt64"
        | DType.Float64, DType.UInt64 -> convert "ConvertToUInt64"
        | DType.Float32, DType.Float64 ->
            source.Push()
            spread sourceElement 4
            code.Call(VectorType.overloaded (width 8) "WidenLower" sourceElement 1)
        | DType.Float64, DType.Float32 ->
            source.Push()
            narrow sourceElement 8
        | _ -> laneByLane ()
