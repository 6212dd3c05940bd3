// Lane operations as IL on single numbers: the meaning that vectors must repeat, lane by lane.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Reflection.Emit
open Pipeline

[<RequireQualifiedAccess>]
module internal EmitScalar =
    /// The integer type of 4 or 8 bytes in which helpers compute for the dtype.
    let private computing (dtype: DType) =
        match dtype with
        | DType.Int32 -> typeof<int>
        | DType.Int64 -> typeof<int64>
        | DType.UInt64 -> typeof<uint64>
        | _ -> typeof<uint32>

    let private refuse operation (dtype: DType) : unit =
        raise (DTypeException $"{operation} has no meaning for {DType.name dtype}; convert or reinterpret the operand first.")

    let private compare (code: Code) relation (dtype: DType) (a: Operand) (b: Operand) =
        a.Push()
        b.Push()

        match relation with
        | Relation.Equal -> code.Emit OpCodes.Ceq
        | Relation.NotEqual ->
            code.Emit OpCodes.Ceq
            EmitNumber.invert code
        | Relation.Less -> code.Emit(if EmitNumber.isUnsigned dtype then OpCodes.Clt_Un else OpCodes.Clt)
        // a <= b is not (a > b), where for floats > must hold for the unordered too: cgt.un does.
        | Relation.LessEqual ->
            code.Emit(if EmitNumber.isUnsigned dtype || DType.isFloat dtype then OpCodes.Cgt_Un else OpCodes.Cgt)

            EmitNumber.invert code

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
        let result = code.Rent(EmitNumber.localType dtype)
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

        code.CallVirtual(VectorType.overload invoke "Invoke" (Array.replicate arguments.Length (EmitNumber.localType arguments[0].DType)))

    /// Pushes the result of the operation; dtype is the result's.
    let rec emit (code: Code) (op: LaneOp) (dtype: DType) (arguments: Operand[]) =
        let push k = arguments[k].Push()

        let simple opcode =
            for a in arguments do
                a.Push()

            code.Emit(opcode: OpCode)
            EmitNumber.wrap code dtype

        let shift opcode (n: int) =
            push 0
            code.Int n
            code.Emit(opcode: OpCode)
            EmitNumber.wrap code dtype

        let shiftBy name (value: Type) =
            push 0
            push 1
            // A negative count is a large one.
            code.Emit OpCodes.Conv_U8
            code.Int(8 * DType.bytes dtype)
            code.Call(VectorType.overload typeof<LaneArithmetic> name [| value; typeof<uint64>; typeof<int> |])
            EmitNumber.wrap code dtype

        let isFloat = DType.isFloat dtype

        match op with
        | LaneOp.Constant value -> EmitNumber.constant code dtype value
        | LaneOp.Bits pattern -> EmitNumber.bits code dtype pattern
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
                EmitNumber.wrap code dtype
        | LaneOp.Negate -> simple OpCodes.Neg
        | LaneOp.Absolute ->
            if isFloat then
                math code "Abs" "Abs" dtype arguments
            elif EmitNumber.isUnsigned dtype then
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
            EmitNumber.invert code
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
            EmitNumber.convert code arguments[0].DType dtype
        | LaneOp.Reinterpret ->
            push 0
            EmitNumber.reinterpret code arguments[0].DType dtype
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
