// Lane operations as instructions on blocks: precompiled loops over the operations of lanes, at every dtype.
// Truth values are masks in a block, elements whose bits are all set or all clear.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Kernels

/// A value in a block. MaskBytes: of the elements of a mask; 0 if it fits any.
[<Struct; NoComparison>]
type internal BlockOperand = { Value: BlockValue; DType: DType; MaskBytes: int }

[<RequireQualifiedAccess>]
module internal BlockArithmetic =
    let typeOf (dtype: DType) = (DType.row dtype).Code

    let private refuse (op: LaneOp) (dtype: DType) : BlockInstruction =
        raise (DTypeException $"{op} has no meaning for {DType.name dtype}; convert or reinterpret the operand first.")

    let compare width relation dtype x z r =
        let t = typeOf dtype

        match relation with
        | Relation.Equal -> BlockOperations.Ordered(t, width, BlockFunctions.Equal(), x, z, r)
        | Relation.NotEqual -> BlockOperations.Ordered(t, width, BlockFunctions.NotEqual(), x, z, r)
        | Relation.Less -> BlockOperations.Ordered(t, width, BlockFunctions.Less(), x, z, r)
        | Relation.LessEqual -> BlockOperations.Ordered(t, width, BlockFunctions.LessEqual(), x, z, r)

    let private compareMasks width relation bytes x z r =
        match relation with
        | Relation.Equal -> BlockOperations.OfBits(bytes, width, BlockFunctions.EqualMask(), x, z, r)
        | Relation.NotEqual -> BlockOperations.OfBits(bytes, width, BlockFunctions.Xor(), x, z, r)
        | Relation.Less -> BlockOperations.OfBits(bytes, width, BlockFunctions.LessMask(), x, z, r)
        | Relation.LessEqual -> BlockOperations.OfBits(bytes, width, BlockFunctions.LessEqualMask(), x, z, r)

    /// Operations whose operands are masks, of elements of so many bytes.
    let ofMasks width (op: LaneOp) bytes (operands: BlockValue[]) r =
        let x = operands[0]

        match op with
        | LaneOp.Add
        | LaneOp.Maximum
        | LaneOp.Or -> BlockOperations.OfBits(bytes, width, BlockFunctions.Or(), x, operands[1], r)
        | LaneOp.Multiply
        | LaneOp.Minimum
        | LaneOp.And -> BlockOperations.OfBits(bytes, width, BlockFunctions.And(), x, operands[1], r)
        | LaneOp.Xor -> BlockOperations.OfBits(bytes, width, BlockFunctions.Xor(), x, operands[1], r)
        | LaneOp.Not -> BlockOperations.OfBits(bytes, width, BlockFunctions.Not(), x, r)
        | LaneOp.Compare relation -> compareMasks width relation bytes x operands[1] r
        | LaneOp.Select -> BlockOperations.Select(bytes, width, x, operands[1], operands[2], r)
        | LaneOp.Constant _
        | LaneOp.Bits _
        | LaneOp.Argument _
        | LaneOp.Subtract
        | LaneOp.Divide
        | LaneOp.FusedMultiplyAdd
        | LaneOp.Negate
        | LaneOp.Absolute
        | LaneOp.SquareRoot
        | LaneOp.Floor
        | LaneOp.Round
        | LaneOp.Remainder
        | LaneOp.ShiftLeft _
        | LaneOp.ShiftRight _
        | LaneOp.RotateLeft _
        | LaneOp.ShiftLeftBy
        | LaneOp.ShiftRightBy
        | LaneOp.Convert
        | LaneOp.Reinterpret
        | LaneOp.Call1 _
        | LaneOp.CallWhere _
        | LaneOp.CallWhereNaN _
        | LaneOp.Function _ -> refuse op DType.Bool

    /// Shifts of 4 or 8 bytes are functions of bits; of fewer, and of signs, functions of integers.
    let private shift width (op: LaneOp) (n: int) (dtype: DType) x r =
        let bytes = DType.bytes dtype
        let isOfBits = bytes >= 4 && n > 0

        match op with
        | LaneOp.ShiftLeft _ when isOfBits -> BlockOperations.OfBits(bytes, width, BlockFunctions.ShiftLeft n, x, r)
        | LaneOp.ShiftLeft _ -> BlockIntegers.Of(typeOf dtype).ShiftLeft(n, x, r)
        | LaneOp.ShiftRight _ when isOfBits && not (DType.isSigned dtype) ->
            BlockOperations.OfBits(bytes, width, BlockFunctions.ShiftRight n, x, r)
        | LaneOp.ShiftRight _ -> BlockIntegers.Of(typeOf dtype).ShiftRight(n, x, r)
        | _ when isOfBits -> BlockOperations.OfBits(bytes, width, BlockFunctions.RotateLeft(n, 8 * bytes), x, r)
        | _ -> BlockIntegers.Of(typeOf dtype).RotateLeft(n, x, r)

    /// Operations on numbers of one dtype, which is the result's too. (The condition of a selection is a mask of elements as wide.)
    let ofNumbers width (op: LaneOp) (dtype: DType) (operands: BlockValue[]) r =
        let t = typeOf dtype
        let bytes = DType.bytes dtype
        let isFloat = DType.isFloat dtype
        let x = operands[0]

        match op with
        | LaneOp.Add -> BlockOperations.Wrapped(t, width, BlockFunctions.Add(), x, operands[1], r)
        | LaneOp.Subtract -> BlockOperations.Wrapped(t, width, BlockFunctions.Subtract(), x, operands[1], r)
        | LaneOp.Multiply -> BlockOperations.Wrapped(t, width, BlockFunctions.Multiply(), x, operands[1], r)
        | LaneOp.Divide when isFloat -> BlockOperations.Wrapped(t, width, BlockFunctions.Divide(), x, operands[1], r)
        | LaneOp.Divide -> BlockIntegers.Of(t).Divide(x, operands[1], r)
        | LaneOp.Remainder when isFloat -> BlockOperations.Wrapped(t, width, BlockFunctions.Remainder(), x, operands[1], r)
        | LaneOp.Remainder -> BlockIntegers.Of(t).Remainder(x, operands[1], r)
        | LaneOp.FusedMultiplyAdd -> BlockOperations.MultiplyAdd(t, width, x, operands[1], operands[2], r)
        | LaneOp.Negate -> BlockOperations.Wrapped(t, width, BlockFunctions.Negate(), x, r)
        | LaneOp.Absolute when isFloat -> BlockOperations.OfFloats(t, width, BlockFunctions.Absolute(), x, r)
        | LaneOp.Absolute -> BlockIntegers.Of(t).Absolute(x, r)
        | LaneOp.Minimum -> BlockOperations.Ordered(t, width, BlockFunctions.Minimum(), x, operands[1], r)
        | LaneOp.Maximum -> BlockOperations.Ordered(t, width, BlockFunctions.Maximum(), x, operands[1], r)
        | LaneOp.SquareRoot when isFloat -> BlockOperations.OfFloats(t, width, BlockFunctions.SquareRoot(), x, r)
        | LaneOp.Floor when isFloat -> BlockOperations.OfFloats(t, width, BlockFunctions.Floor(), x, r)
        | LaneOp.Round when isFloat -> BlockOperations.OfFloats(t, width, BlockFunctions.Round(), x, r)
        | LaneOp.And when not isFloat -> BlockOperations.OfBits(bytes, width, BlockFunctions.And(), x, operands[1], r)
        | LaneOp.Or when not isFloat -> BlockOperations.OfBits(bytes, width, BlockFunctions.Or(), x, operands[1], r)
        | LaneOp.Xor when not isFloat -> BlockOperations.OfBits(bytes, width, BlockFunctions.Xor(), x, operands[1], r)
        | LaneOp.Not when not isFloat -> BlockOperations.OfBits(bytes, width, BlockFunctions.Not(), x, r)
        | LaneOp.ShiftLeft n
        | LaneOp.ShiftRight n
        | LaneOp.RotateLeft n -> shift width op n dtype x r
        | LaneOp.ShiftLeftBy -> BlockIntegers.Of(t).ShiftLeftBy(x, operands[1], r)
        | LaneOp.ShiftRightBy -> BlockIntegers.Of(t).ShiftRightBy(x, operands[1], r)
        | LaneOp.Select -> BlockOperations.Select(bytes, width, x, operands[1], operands[2], r)
        | LaneOp.SquareRoot
        | LaneOp.Floor
        | LaneOp.Round
        | LaneOp.And
        | LaneOp.Or
        | LaneOp.Xor
        | LaneOp.Not
        | LaneOp.Constant _
        | LaneOp.Bits _
        | LaneOp.Argument _
        | LaneOp.Compare _
        | LaneOp.Convert
        | LaneOp.Reinterpret
        | LaneOp.Call1 _
        | LaneOp.CallWhere _
        | LaneOp.CallWhereNaN _
        | LaneOp.Function _ -> refuse op dtype

    /// Functions of the table; functions without lanes: of every element, or where a mask is set or the last operand is no number.
    let call width (op: LaneOp) dtype (operands: BlockValue[]) r : BlockInstruction =
        let x = operands[0]
        let isFloat32 = dtype = DType.Float32

        match op with
        | LaneOp.Call1(_, f64, f32) ->
            if isFloat32 then
                BlockCall<float32>(Func<_, _> f32, Nullable(), x, x, r)
            else
                BlockCall<float>(Func<_, _> f64, Nullable(), x, x, r)
        | LaneOp.CallWhere(_, f64, f32) ->
            if isFloat32 then
                BlockCall<float32>(Func<_, _> f32, Nullable x, operands[1], operands[2], r)
            else
                BlockCall<float>(Func<_, _> f64, Nullable x, operands[1], operands[2], r)
        | LaneOp.CallWhereNaN(_, f64, f32) ->
            if isFloat32 then
                BlockCallWhereNaN<float32>(Func<_, _, _, _>(fun a b c -> f32 a b c), x, operands[1], operands[2], operands[3], r)
            else
                BlockCallWhereNaN<float>(Func<_, _, _, _>(fun a b c -> f64 a b c), x, operands[1], operands[2], operands[3], r)
        | LaneOp.Function f -> f.Instruction(width, dtype, operands, r)
        | _ -> refuse op dtype
