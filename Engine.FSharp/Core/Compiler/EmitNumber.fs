// Numbers as IL, one at a time: how they stand on the stack and in locals, loads, stores, constants and conversions.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open Pipeline

[<RequireQualifiedAccess>]
module internal EmitNumber =
    /// What stands for the dtype on the stack and in locals.
    let localType (dtype: DType) =
        match dtype with
        | DType.Float32 -> typeof<float32>
        | DType.Float64 -> typeof<float>
        | DType.Int64
        | DType.UInt64 -> typeof<int64>
        | _ -> typeof<int>

    let isUnsigned dtype = not (DType.isFloat dtype) && not (DType.isSigned dtype)

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
    let wrap (code: Code) (dtype: DType) =
        match dtype with
        | DType.UInt8 -> code.Emit OpCodes.Conv_U1
        | DType.UInt16 -> code.Emit OpCodes.Conv_U2
        | _ -> ()

    /// The other truth value than the one on the stack.
    let invert (code: Code) =
        code.Int 0
        code.Emit OpCodes.Ceq

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
            invert code
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

    /// The bits of the number on the stack as another type of the same width.
    let reinterpret (code: Code) (source: DType) (target: DType) =
        let call name parameter = code.Call(VectorType.overload typeof<BitConverter> name [| parameter |])

        match source, target with
        | DType.Float32, DType.Float32
        | DType.Float64, DType.Float64 -> ()
        | DType.Float32, _ -> call "SingleToInt32Bits" typeof<float32>
        | _, DType.Float32 -> call "Int32BitsToSingle" typeof<int>
        | DType.Float64, _ -> call "DoubleToInt64Bits" typeof<float>
        | _, DType.Float64 -> call "Int64BitsToDouble" typeof<int64>
        | _ -> ()
