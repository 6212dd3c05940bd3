// Lane operations as IL on single numbers: the meaning that vectors must repeat, lane by lane.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Reflection.Emit
open System.Runtime.CompilerServices
open Pipeline

/// Integer arithmetic where the processor would stop the program or leave bits of the answer open.
[<AbstractClass; Sealed>]
type internal LaneArithmetic =
    static member Divide(a: int, b: int) =
        if b = 0 then 0
        elif b = -1 then -a
        else a / b

    static member Divide(a: int64, b: int64) =
        if b = 0L then 0L
        elif b = -1L then -a
        else a / b

    static member Divide(a: uint32, b: uint32) = if b = 0u then 0u else a / b
    static member Divide(a: uint64, b: uint64) = if b = 0UL then 0UL else a / b

    static member Remainder(a: int, b: int) =
        if b = 0 then a
        elif b = -1 then 0
        else a % b


    static member Remainder(a: int64, b: int64) =
        if b = 0L then a
        elif b = -1L then 0L
        else a % b

    static member Remainder(a: uint32, b: uint32) = if b = 0u then a else a % b
    static member Remainder(a: uint64, b: uint64) = if b = 0UL then a else a % b

    static member ShiftLeftBy(a: uint32, n: uint64, width: int) = if n >= uint64 width then 0u else a <<< int n

    static member ShiftLeftBy(a: uint64, n: uint64, width: int) = if n >= uint64 width then 0UL else a <<< int n

    static member ShiftRightBy(a: uint32, n: uint64, width: int) = if n >= uint64 width then 0u else a >>> int n

    static member ShiftRightBy(a: uint64, n: uint64, width: int) = if n >= uint64 width then 0UL else a >>> int n

    static member ShiftRightBy(a: int, n: uint64, width: int) = a >>> (if n >= uint64 width then width - 1 else int n)

    static member ShiftRightBy(a: int64, n: uint64, width: int) = a >>> (if n >= uint64 width then width - 1 else int n)

    static member Minimum(a: int, b: int) = if b < a then b else a
    static member Minimum(a: int64, b: int64) = if b < a then b else a
    static member Minimum(a: uint32, b: uint32) = if b < a then b else a
    static member Minimum(a: uint64, b: uint64) = if b < a then b else a
    static member Maximum(a: int, b: int) = if a < b then b else a
    static member Maximum(a: int64, b: int64) = if a < b then b else a
    static member Maximum(a: uint32, b: uint32) = if a < b then b else a
    static member Maximum(a: uint64, b: uint64) = if a < b then b else a

    /// A position along an axis, as gathers clamp it.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member ClampIndex(index: nativeint, last: nativeint) =
        if index < 0n then 0n
        elif index > last then last
        else index

    static member ClampTo(value: int, maximum: int) =
        if value < 0 then 0
        elif value > maximum then maximum
        else value

[<RequireQualifiedAccess>]
module internal EmitScalar =
    /// What stands for the dtype on the stack and in locals.
    let localType (dtype: DType) =
        match dtype with
        | DType.Float32 -> typeof<float32>
        | DType.Float64 -> typeof<float>
        | DType.Int64
        | DType.UInt64 -> typeof<int64>
        | _ -> typeof<int>

    let private isUnsigned dtype = not (DType.isFloat dtype) && not (DType.isSigned dtype)

    /// The integer type of 4 or 8 bytes in which helpers compute for the dtype.
    let private computing (dtype: DType) =
        match dtype with
        | DType.Int32 -> typeof<int>
        | DType.Int64 -> typeof<int64>
        | DType.UInt64 -> typeof<uint64>
        | _ -> typeof<uint32>

    let load (code: Code) (dtype: DType) =
        code.Emit(OpCodes.Unaligned, 1uy)

        match dtype with
        | DType.Float32 -> code.Emit OpCodes.Ldind_R4
        | DType.Float64 -> code.Emit OpCodes.Ldind_R8
        | DType.Int32
        | DType.UInt32 -> code.Emit OpCodes.Ldind_I4
        | DType.Int64
        | DType.UInt64 -> code.Emit OpCodes.Ldind_I8
        | DType.UInt16 -> code.Emit OpCodes.Ldind_U2
        | _ -> code.Emit OpCodes.Ldind_U1

    let store (code: Code) (dtype: DType) =
        code.Emit(OpCodes.Unaligned, 1uy)

        match dtype with
        | DType.Float32 -> code.Emit OpCodes.Stind_R4
        | DType.Float64 -> code.Emit OpCodes.Stind_R8
        | DType.Int32
        | DType.UInt32 -> code.Emit OpCodes.Stind_I4
        | DType.Int64
        | DType.UInt64 -> code.Emit OpCodes.Stind_I8
        | DType.UInt16 -> code.Emit OpCodes.Stind_I2
        | _ -> code.Emit OpCodes.Stind_I1

    let bits (code: Code) (dtype: DType) (pattern: uint64) =
        match dtype with
        | DType.Float32 ->
            code.Int(int (uint32 pattern))
            code.Call(VectorType.overload typeof<BitConverter> "Int32BitsToSingle" [| typeof<int> |])
        | DType.Float64 ->
            code.Long(int64 pattern)
            code.Call(VectorType.overload typeof<BitConverter> "Int64BitsToDouble" [| typeof<int64> |])
        | DType.Int64
        | DType.UInt64 -> code.Long(int64 pattern)
        | DType.Bool -> code.Int(int pattern &&& 1)
        | DType.UInt8 -> code.Int(int (byte pattern))
        | DType.UInt16 -> code.Int(int (uint16 pattern))
        | _ -> code.Int(int (uint32 pattern))

    let constant (code: Code) (dtype: DType) (value: float) =
        match dtype with
        | DType.Float32 when not (Double.IsNaN value) -> code.Single(float32 value)
        | DType.Float64 when not (Double.IsNaN value) -> code.Double value
        | DType.Float32 -> bits code dtype (uint64 (BitConverter.SingleToUInt32Bits(float32 value)))
        | DType.Float64 -> bits code dtype (BitConverter.DoubleToUInt64Bits value)
        | DType.UInt64 -> code.Long(int64 (uint64 value))
        | DType.Int64 -> code.Long(int64 value)
        | DType.Bool -> code.Int(if value <> 0.0 then 1 else 0)
        | DType.UInt32 -> code.Int(int (uint32 value))
        | _ -> code.Int(int value)

    /// Cuts the number on the stack to the width of its type.
    let private wrap (code: Code) (dtype: DType) =
        match dtype with
        | DType.UInt8 -> code.Emit OpCodes.Conv_U1
        | DType.UInt16 -> code.Emit OpCodes.Conv_U2
        | _ -> ()

    let private refuse operation (dtype: DType) : unit =
        raise (DTypeException $"{operation} has no meaning for {DType.name dtype}; convert or reinterpret the operand first.")

    let private not01 (code: Code) =
        code.Int 0
        code.Emit OpCodes.Ceq

    let private compare (code: Code) relation (dtype: DType) (a: Operand) (b: Operand) =
        a.Push()
        b.Push()

        match relation with
        | Relation.Equal -> code.Emit OpCodes.Ceq
        | Relation.NotEqual ->
            code.Emit OpCodes.Ceq
            not01 code
        | Relation.Less -> code.Emit(if isUnsigned dtype then OpCodes.Clt_Un else OpCodes.Clt)
        // a <= b is not (a > b), where for floats > must hold for the unordered too: cgt.un does.
        | Relation.LessEqual ->
            code.Emit(if isUnsigned dtype || DType.isFloat dtype then OpCodes.Cgt_Un else OpCodes.Cgt)

            not01 code

    let convert (code: Code) (source: DType) (target: DType) =
        let fromUnsigned = isUnsigned source

        match target with
        | _ when source = target -> ()
        | DType.Bool ->
            match source with
            | DType.Float32 -> code.Single 0.0f
            | DType.Float64 -> code.Double 0.0
            | DType.Int64
            | DType.UInt64 -> code.Long 0L
            | _ -> code.Int 0

            code.Emit OpCodes.Ceq
            not01 code
        | DType.Float32
        | DType.Float64 ->
            if fromUnsigned then code.Emit OpCodes.Conv_R_Un

            code.Emit(if target = DType.Float32 then OpCodes.Conv_R4 else OpCodes.Conv_R8)
        // Float to integer saturates, as the runtime does since .NET 9; narrow types saturate in two steps.
        | DType.Int32 -> code.Emit OpCodes.Conv_I4
        | DType.UInt32 -> code.Emit OpCodes.Conv_U4
        | DType.Int64 -> code.Emit(if fromUnsigned then OpCodes.Conv_U8 else OpCodes.Conv_I8)
        | DType.UInt64 -> code.Emit(if fromUnsigned || DType.isFloat source then OpCodes.Conv_U8 else OpCodes.Conv_I8)
        | _ ->
            if DType.isFloat source then
                code.Emit OpCodes.Conv_I4
                code.Int(if target = DType.UInt8 then 255 else 65535)
                code.Call(VectorType.overload typeof<LaneArithmetic> "ClampTo" [| typeof<int>; typeof<int> |])
            else
                wrap code target

    let private reinterpret (code: Code) (source: DType) (target: DType) =
        let call name parameter = code.Call(VectorType.overload typeof<BitConverter> name [| parameter |])

        match source, target with
        | DType.Float32, DType.Float32
        | DType.Float64, DType.Float64 -> ()
        | DType.Float32, _ -> call "SingleToInt32Bits" typeof<float32>
        | _, DType.Float32 -> call "Int32BitsToSingle" typeof<int>
        | DType.Float64, _ -> call "DoubleToInt64Bits" typeof<float>
        | _, DType.Float64 -> call "Int64BitsToDouble" typeof<int64>
        | _ -> ()

    /// Pushes the arguments and calls a static method of the type on them.
    let private callOn (code: Code) (owner: Type) name (parameter: Type) (arguments: Operand[]) =
        for a in arguments do
            a.Push()

        code.Call(VectorType.overload owner name (Array.replicate arguments.Length parameter))

    let private math (code: Code) name32 name (dtype: DType) (arguments: Operand[]) =
        match dtype with
        | DType.Float32 -> callOn code typeof<MathF> name32 typeof<float32> arguments
        | DType.Float64 -> callOn code typeof<Math> name typeof<float> arguments
        | _ -> refuse name dtype

    let private select (code: Code) (dtype: DType) (condition: Operand) (a: Operand) (b: Operand) =
        let otherwise, finish = code.Label(), code.Label()
        let result = code.Rent(localType dtype)
        condition.Push()
        code.Emit(OpCodes.Brfalse, otherwise)
        a.Push()
        code.Store result
        code.Emit(OpCodes.Br, finish)
        code.Mark otherwise
        b.Push()
        code.Store result
        code.Mark finish
        code.Load result
        code.Return result

    let private callClosure (code: Code) (closure: obj) (invoke: Type) (arguments: Operand[]) =
        code.Object closure
        code.Emit(OpCodes.Castclass, invoke)

        for a in arguments do
            a.Push()

        code.CallVirtual(VectorType.overload invoke "Invoke" (Array.replicate arguments.Length (localType arguments[0].DType)))

    /// Pushes the result of the operation; dtype is the result's.
    let rec emit (code: Code) (op: LaneOp) (dtype: DType) (arguments: Operand[]) =
        let push k = arguments[k].Push()

        let simple opcode =
            for a in arguments do
                a.Push()

            code.Emit(opcode: OpCode)
            wrap code dtype

        let shift opcode (n: int) =
            push 0
            code.Int n
            code.Emit(opcode: OpCode)
            wrap code dtype

        let shiftBy name (value: Type) =
            push 0
            push 1
            // A negative count is a large one.
            code.Emit OpCodes.Conv_U8
            code.Int(8 * DType.bytes dtype)
            code.Call(VectorType.overload typeof<LaneArithmetic> name [| value; typeof<uint64>; typeof<int> |])
            wrap code dtype

        let isFloat = DType.isFloat dtype

        match op with
        | LaneOp.Constant value -> constant code dtype value
        | LaneOp.Bits pattern -> bits code dtype pattern
        | LaneOp.Argument _ -> invalidOp "An argument is a source of the nest, not an operation."
        | LaneOp.Function _ -> invalidOp "A function of the table is written out first."
        | LaneOp.Add when dtype = DType.Bool -> simple OpCodes.Or
        | LaneOp.Add -> simple OpCodes.Add
        | LaneOp.Subtract -> simple OpCodes.Sub
        | LaneOp.Multiply -> simple OpCodes.Mul
        | LaneOp.Divide ->
            if isFloat then
                simple OpCodes.Div
            else
                callOn code typeof<LaneArithmetic> "Divide" (computing dtype) arguments
        | LaneOp.Remainder ->
            if isFloat then
                simple OpCodes.Rem
            else
                callOn code typeof<LaneArithmetic> "Remainder" (computing dtype) arguments
        | LaneOp.FusedMultiplyAdd ->
            if isFloat then
                math code "FusedMultiplyAdd" "FusedMultiplyAdd" dtype arguments
            else
                push 0
                push 1
                code.Emit OpCodes.Mul
                push 2
                code.Emit OpCodes.Add
                wrap code dtype
        | LaneOp.Negate -> simple OpCodes.Neg
        | LaneOp.Absolute ->
            if isFloat then
                math code "Abs" "Abs" dtype arguments
            elif isUnsigned dtype then
                push 0
            else
                // (x ^ s) - s with s the sign bits: the least integer is its own absolute value.
                let sign () =
                    push 0
                    code.Int(8 * DType.bytes dtype - 1)
                    code.Emit OpCodes.Shr

                push 0
                sign ()
                code.Emit OpCodes.Xor
                sign ()
                code.Emit OpCodes.Sub
        | LaneOp.SquareRoot -> math code "Sqrt" "Sqrt" dtype arguments
        | LaneOp.Minimum
        | LaneOp.Maximum ->
            let isMinimum = (op = LaneOp.Minimum)

            if isFloat then
                let name = if isMinimum then "Min" else "Max"
                math code name name dtype arguments
            elif dtype = DType.Bool then
                simple (if isMinimum then OpCodes.And else OpCodes.Or)
            else
                let name = if isMinimum then "Minimum" else "Maximum"
                callOn code typeof<LaneArithmetic> name (computing dtype) arguments
        | LaneOp.Floor -> math code "Floor" "Floor" dtype arguments
        | LaneOp.Round -> math code "Round" "Round" dtype arguments
        | LaneOp.And when not isFloat -> simple OpCodes.And
        | LaneOp.Or when not isFloat -> simple OpCodes.Or
        | LaneOp.Xor when not isFloat -> simple OpCodes.Xor
        | LaneOp.Not when dtype = DType.Bool ->
            push 0
            not01 code
        | LaneOp.Not when not isFloat -> simple OpCodes.Not
        | LaneOp.And
        | LaneOp.Or
        | LaneOp.Xor
        | LaneOp.Not -> refuse "Bit arithmetic" dtype
        | LaneOp.ShiftLeft n -> shift OpCodes.Shl n
        | LaneOp.ShiftRight n -> shift (if DType.isSigned dtype then OpCodes.Shr else OpCodes.Shr_Un) n
        | LaneOp.RotateLeft n ->
            let width = 8 * DType.bytes dtype

            if width >= 32 then
                push 0
                code.Int n
                let value = if width = 64 then typeof<uint64> else typeof<uint32>
                code.Call(VectorType.overload typeof<BitOperations> "RotateLeft" [| value; typeof<int> |])
            else
                shift OpCodes.Shl n
                shift OpCodes.Shr_Un ((width - n) % width)
                code.Emit OpCodes.Or
        | LaneOp.ShiftLeftBy -> shiftBy "ShiftLeftBy" (if DType.bytes dtype = 8 then typeof<uint64> else typeof<uint32>)
        | LaneOp.ShiftRightBy -> shiftBy "ShiftRightBy" (computing dtype)
        | LaneOp.Compare relation -> compare code relation arguments[0].DType arguments[0] arguments[1]
        | LaneOp.Select -> select code dtype arguments[0] arguments[1] arguments[2]
        | LaneOp.Convert ->
            push 0
            convert code arguments[0].DType dtype
        | LaneOp.Reinterpret ->
            push 0
            reinterpret code arguments[0].DType dtype
        | LaneOp.Call1(_, f64, f32) ->
            if dtype = DType.Float32 then
                callClosure code (box f32) typeof<float32 -> float32> arguments
            else
                callClosure code (box f64) typeof<float -> float> arguments
        | LaneOp.CallWhere(name, f64, f32) ->
            let called = { arguments[1] with Push = fun () -> emit code (LaneOp.Call1(name, f64, f32)) dtype [| arguments[1] |] }

            select code dtype arguments[0] called arguments[2]
        | LaneOp.CallWhereNaN(_, f64, f32) ->
            let value = arguments[3]

            let called = {
                value with
                    Push =
                        fun () ->
                            if dtype = DType.Float32 then
                                callClosure
                                    code
                                    (box (OptimizedClosures.FSharpFunc<_, _, _, _>.Adapt f32))
                                    typeof<OptimizedClosures.FSharpFunc<float32, float32, float32, float32>>
                                    arguments[..2]
                            else
                                callClosure
                                    code
                                    (box (OptimizedClosures.FSharpFunc<_, _, _, _>.Adapt f64))
                                    typeof<OptimizedClosures.FSharpFunc<float, float, float, float>>
                                    arguments[..2]
            }

            let isNumber = { value with DType = DType.Bool; Push = fun () -> compare code Relation.Equal dtype value value }

            select code dtype isNumber value called
