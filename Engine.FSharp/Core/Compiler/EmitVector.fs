// Lane operations as IL on vectors. What has no vector form is done lane by lane, by the scalar form.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open Pipeline

/// The vectors of one nest: every vector holds the same number of lanes, so its width follows from its element type.
[<Sealed>]
type internal EmitVector(code: Code, lanes: int) =
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

    /// From elements of `from` bytes to elements of `into`, integers (or masks) on both sides, through each size between.
    let rec resize (isSigned: bool) from into =
        let integer bytes =
            if isSigned then
                VectorType.maskElement bytes
            else
                match bytes with
                | 1 -> typeof<byte>
                | 2 -> typeof<uint16>
                | 4 -> typeof<uint32>
                | _ -> typeof<uint64>

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
        EmitScalar.bits code dtype (uint64 (int64 step))
        code.Call(VectorType.generically (vectors.Width(dtype, 0)) "CreateSequence" (element dtype 0))

    /// Does the operation by the scalar form in the first `count` lanes; the others are undefined.
    member vectors.LaneByLane(op: LaneOp, dtype: DType, maskBytes, arguments: Operand[], count) =
        let at k = code.Header.Lanes + k * Header.VectorBytes

        for k in 0 .. arguments.Length - 1 do
            code.Workspace(at k)
            arguments[k].Push()
            code.Emit(OpCodes.Stobj, vectors.Type(arguments[k].DType, arguments[k].MaskBytes))

        let body (lane: LocalBuilder) =
            let address k bytes =
                code.Workspace(at k)
                code.Load lane
                code.MultiplyNative(int64 bytes)
                code.Emit OpCodes.Add

            let scalars =
                arguments
                |> Array.mapi (fun k a -> {
                    a with
                        Push =
                            fun () ->
                                address k (bytesOf a.DType a.MaskBytes)
                                EmitScalar.load code a.DType

                                if a.DType = DType.Bool then
                                    code.Int 1
                                    code.Emit OpCodes.And
                })

            address 4 (bytesOf dtype maskBytes)
            EmitScalar.emit code op dtype scalars

            if dtype = DType.Bool then
                code.Emit OpCodes.Neg

                match maskBytes with
                | 1 -> code.Emit OpCodes.Stind_I1
                | 2 -> code.Emit OpCodes.Stind_I2
                | 4 -> code.Emit OpCodes.Stind_I4
                | _ ->
                    code.Emit OpCodes.Conv_I8
                    code.Emit OpCodes.Stind_I8
            else
                EmitScalar.store code dtype

        code.Loop(int64 count, 1L, body)
        code.Workspace(at 4)
        code.Emit(OpCodes.Ldobj, vectors.Type(dtype, maskBytes))

    /// Pushes one bit pattern in every lane.
    member vectors.Constant(op: LaneOp, dtype: DType, maskBytes) =
        EmitScalar.emit code op dtype [||]
        vectors.Broadcast(dtype, maskBytes)

    /// Pushes the result of the operation; dtype and maskBytes are the result's; only the first `count` lanes are wanted.
    member vectors.Emit(op: LaneOp, dtype: DType, maskBytes: int, arguments: Operand[], count: int) =
        let isFloat = DType.isFloat dtype
        let isBool = (dtype = DType.Bool)
        let elementType = element dtype maskBytes
        let bits = vectors.Width(dtype, maskBytes)

        /// Pushes argument k; a mask in the result's element size.
        let push k =
            let a = arguments[k]
            a.Push()

            if a.DType = DType.Bool && isBool then resize true a.MaskBytes maskBytes

        let operator name =
            for k in 0 .. arguments.Length - 1 do
                push k

            code.Call(VectorType.operator bits name elementType arguments.Length)

        let generically name =
            for k in 0 .. arguments.Length - 1 do
                push k

            code.Call(VectorType.generically bits name elementType)

        let overloaded name =
            for k in 0 .. arguments.Length - 1 do
                push k

            code.Call(VectorType.overloaded bits name elementType arguments.Length)

        let shift name (n: int) =
            push 0
            code.Int n
            code.Call(VectorType.operator bits name elementType 2)

        let laneByLane () = vectors.LaneByLane(op, dtype, maskBytes, arguments, count)

        match op with
        | LaneOp.Constant _
        | LaneOp.Bits _ -> vectors.Constant(op, dtype, maskBytes)
        | LaneOp.Argument _ -> invalidOp "An argument is a source of the nest, not an operation."
        | LaneOp.Function _ -> invalidOp "A function of the table is written out first."
        | LaneOp.Add when isBool -> operator "op_BitwiseOr"
        | LaneOp.Add -> operator "op_Addition"
        | LaneOp.Subtract -> operator "op_Subtraction"
        | LaneOp.Multiply -> operator "op_Multiply"
        | LaneOp.Divide when isFloat -> operator "op_Division"
        | LaneOp.FusedMultiplyAdd when isFloat -> overloaded "FusedMultiplyAdd"
        | LaneOp.FusedMultiplyAdd ->
            push 0
            push 1
            code.Call(VectorType.operator bits "op_Multiply" elementType 2)
            push 2
            code.Call(VectorType.operator bits "op_Addition" elementType 2)
        | LaneOp.Negate when isFloat ->
            push 0
            EmitScalar.constant code dtype -0.0
            vectors.Broadcast(dtype, maskBytes)
            code.Call(VectorType.operator bits "op_ExclusiveOr" elementType 2)
        | LaneOp.Negate -> operator "op_UnaryNegation"
        | LaneOp.Absolute -> if isFloat || DType.isSigned dtype then generically "Abs" else push 0
        | LaneOp.SquareRoot -> generically "Sqrt"
        | LaneOp.Minimum when isBool -> operator "op_BitwiseAnd"
        | LaneOp.Maximum when isBool -> operator "op_BitwiseOr"
        | LaneOp.Minimum -> generically "Min"
        | LaneOp.Maximum -> generically "Max"
        | LaneOp.Floor -> overloaded "Floor"
        | LaneOp.Round -> overloaded "Round"
        | LaneOp.And -> operator "op_BitwiseAnd"
        | LaneOp.Or -> operator "op_BitwiseOr"
        | LaneOp.Xor -> operator "op_ExclusiveOr"
        | LaneOp.Not -> operator "op_OnesComplement"
        | LaneOp.ShiftLeft n -> shift "op_LeftShift" n
        | LaneOp.ShiftRight n -> shift (if DType.isSigned dtype then "op_RightShift" else "op_UnsignedRightShift") n
        | LaneOp.RotateLeft n ->
            shift "op_LeftShift" n

            if n > 0 then
                shift "op_UnsignedRightShift" (8 * DType.bytes dtype - n)
                code.Call(VectorType.operator bits "op_BitwiseOr" elementType 2)
        | LaneOp.Compare relation -> vectors.Compare(relation, maskBytes, arguments[0], arguments[1])
        | LaneOp.Select ->
            let condition = arguments[0]
            let bytes = bytesOf dtype maskBytes
            condition.Push()
            resize true condition.MaskBytes bytes
            asType (VectorType.maskElement bytes) elementType bytes
            push 1
            push 2
            code.Call(VectorType.generically bits "ConditionalSelect" elementType)
        | LaneOp.Convert -> vectors.Convert(dtype, maskBytes, arguments[0], laneByLane)
        | LaneOp.Reinterpret ->
            push 0
            asType (element arguments[0].DType arguments[0].MaskBytes) elementType (bytesOf dtype maskBytes)
        | LaneOp.Divide
        | LaneOp.Remainder
        | LaneOp.ShiftLeftBy
        | LaneOp.ShiftRightBy
        | LaneOp.Call1 _ -> laneByLane ()
        | LaneOp.CallWhere _ ->
            let condition = arguments[0]
            let bytes = bytesOf dtype maskBytes
            let result = code.Rent(vectors.Type(dtype, maskBytes))
            let finish = code.Label()
            push 2
            code.Store result
            condition.Push()
            resize true condition.MaskBytes bytes
            code.Call(VectorType.generically bits "AnyWhereAllBitsSet" (VectorType.maskElement bytes))
            code.Emit(OpCodes.Brfalse, finish)
            laneByLane ()
            code.Store result
            code.Mark finish
            code.Load result
            code.Return result
        | LaneOp.CallWhereNaN _ ->
            let result = code.Rent(vectors.Type(dtype, maskBytes))
            let finish = code.Label()

            let equals () = code.Call(VectorType.generically bits "Equals" elementType)

            /// To the end unless some lane is no number.
            let finishUnlessNaN () =
                code.Load result
                code.Load result
                equals ()
                code.Call(VectorType.operator bits "op_OnesComplement" elementType 1)
                asType elementType (VectorType.maskElement (bytesOf dtype maskBytes)) (bytesOf dtype maskBytes)

                code.Call(VectorType.generically bits "AnyWhereAllBitsSet" (VectorType.maskElement (bytesOf dtype maskBytes)))

                code.Emit(OpCodes.Brfalse, finish)

            let zero () = vectors.Constant(LaneOp.Constant 0.0, dtype, maskBytes)

            push 3
            code.Store result
            finishUnlessNaN ()
            push 0
            zero ()
            equals ()
            zero ()
            push 3
            code.Call(VectorType.generically bits "ConditionalSelect" elementType)
            code.Store result
            finishUnlessNaN ()
            laneByLane ()
            code.Store result
            code.Mark finish
            code.Load result
            code.Return result

    member private vectors.Compare(relation, maskBytes, a: Operand, b: Operand) =
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

    member private vectors.Convert(dtype, maskBytes, source: Operand, laneByLane) =
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

            let landed =
                if isSigned then
                    VectorType.maskElement bytes
                else
                    match bytes with
                    | 1 -> typeof<byte>
                    | 2 -> typeof<uint16>
                    | 4 -> typeof<uint32>
                    | _ -> typeof<uint64>

            asType landed elementType bytes
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
