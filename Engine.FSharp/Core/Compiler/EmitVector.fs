// Lane operations as IL on vectors. What has no vector form is done lane by lane, by the scalar form.
namespace Pipeline.Engine

open System.Reflection.Emit
open Pipeline

/// The vectors of one nest, with the operations on them.
[<Sealed>]
type internal EmitVector(code: Code, lanes: int) =
    inherit VectorElements(code, lanes)

    /// Does the operation by the scalar form in the first `count` lanes; the others are undefined.
    member vectors.LaneByLane(op: LaneOp, dtype: DType, maskBytes, arguments: Operand[], count) =
        let at k = code.Header.Lanes + k * Header.VectorBytes

        for k in 0 .. arguments.Length - 1 do
            code.Workspace(at k)
            arguments[k].Push()
            code.Emit(OpCodes.Stobj, vectors.Type(arguments[k].DType, arguments[k].MaskBytes))

        let body (lane: CodeLocal) =
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
                                address k (vectors.ElementBytes(a.DType, a.MaskBytes))
                                EmitNumber.load code a.DType

                                if a.DType = DType.Bool then
                                    code.Int 1
                                    code.Emit OpCodes.And
                })

            address 4 (vectors.ElementBytes(dtype, maskBytes))
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
                EmitNumber.store code dtype

        code.Loop(int64 count, 1L, body)
        code.Workspace(at 4)
        code.Emit(OpCodes.Ldobj, vectors.Type(dtype, maskBytes))

    /// Pushes the result of the operation; dtype and maskBytes are the result's; only the first `count` lanes are wanted.
    member vectors.Emit(op: LaneOp, dtype: DType, maskBytes: int, arguments: Operand[], count: int) =
        let isFloat = DType.isFloat dtype
        let isBool = (dtype = DType.Bool)
        let elementType = vectors.Element(dtype, maskBytes)
        let bits = vectors.Width(dtype, maskBytes)

        /// Pushes argument k; a mask in the result's element size.
        let push k =
            let a = arguments[k]
            a.Push()

            if a.DType = DType.Bool && isBool then vectors.ResizeMask(a.MaskBytes, maskBytes)

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
            EmitNumber.constant code dtype -0.0
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
            let bytes = vectors.ElementBytes(dtype, maskBytes)
            condition.Push()
            vectors.ResizeMask(condition.MaskBytes, bytes)
            vectors.As(VectorType.maskElement bytes, elementType, bytes)
            push 1
            push 2
            code.Call(VectorType.generically bits "ConditionalSelect" elementType)
        | LaneOp.Convert ->
            vectors.Convert(dtype, maskBytes, arguments[0], (fun () -> vectors.LaneByLane(op, dtype, maskBytes, arguments, count)))
        | LaneOp.Reinterpret ->
            push 0
            vectors.As(vectors.Element(arguments[0].DType, arguments[0].MaskBytes), elementType, vectors.ElementBytes(dtype, maskBytes))
        | LaneOp.Divide
        | LaneOp.Remainder
        | LaneOp.ShiftLeftBy
        | LaneOp.ShiftRightBy
        | LaneOp.Call1 _ -> vectors.LaneByLane(op, dtype, maskBytes, arguments, count)
        | LaneOp.CallWhere _ ->
            let condition = arguments[0]
            let bytes = vectors.ElementBytes(dtype, maskBytes)
            let result = code.Rent(vectors.Type(dtype, maskBytes))
            let finish = code.Label()
            push 2
            code.Store result
            condition.Push()
            vectors.ResizeMask(condition.MaskBytes, bytes)
            code.Call(VectorType.generically bits "AnyWhereAllBitsSet" (VectorType.maskElement bytes))
            code.Emit(OpCodes.Brfalse, finish)
            vectors.LaneByLane(op, dtype, maskBytes, arguments, count)
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
                let bytes = vectors.ElementBytes(dtype, maskBytes)
                vectors.As(elementType, VectorType.maskElement bytes, bytes)

                code.Call(VectorType.generically bits "AnyWhereAllBitsSet" (VectorType.maskElement bytes))

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
            vectors.LaneByLane(op, dtype, maskBytes, arguments, count)
            code.Store result
            code.Mark finish
            code.Load result
            code.Return result
