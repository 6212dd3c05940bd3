// Which values are terms of expressions, and of numbers of which type.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal ExpressionTypes =
    /// Of an element.
    let bytes (t: TypeCode) =
        match t with
        | TypeCode.Single
        | TypeCode.Int32
        | TypeCode.UInt32 -> 4
        | _ -> 8

    /// The type of numbers that the operation works on, and the bytes of the masks that it reads; Empty for none.
    let ofValue (values: Value[]) (homes: BlockHome[]) (list: BlockList) (v: Value) =
        let argument k = values[v.Arguments[k]].DType
        let isFloat = DType.isFloat v.DType

        let ofNumbers (dtype: DType) = if DType.bytes dtype >= 4 then BlockArithmetic.typeOf dtype else TypeCode.Empty

        /// Bits are the same whatever they mean.
        let ofBits (dtype: DType) = if list.IsWaiting && bytes list.Type = DType.bytes dtype then list.Type else ofNumbers dtype

        let ofMasks () =
            let most =
                v.Arguments
                |> Array.fold (fun most a -> if values[a].DType = DType.Bool then max most homes[a].MaskBytes else most) 0

            if list.IsWaiting && (most = 0 || bytes list.Type = most) then list.Type
            elif most = 8 then TypeCode.Double
            elif most = 0 || most = 4 then TypeCode.Single
            else TypeCode.Empty

        match v.Origin with
        | Origin.Op op ->
            match op with
            | LaneOp.Compare _ when argument 0 <> DType.Bool -> ofNumbers (argument 0)
            | LaneOp.Convert when v.DType = DType.Bool && argument 0 <> DType.Bool -> ofNumbers (argument 0)
            | LaneOp.Convert when v.DType <> DType.Bool && argument 0 = DType.Bool -> ofBits v.DType
            | LaneOp.Add
            | LaneOp.Multiply
            | LaneOp.Minimum
            | LaneOp.Maximum
            | LaneOp.Compare _
            | LaneOp.Select
            | LaneOp.And
            | LaneOp.Or
            | LaneOp.Xor
            | LaneOp.Not when v.DType = DType.Bool -> ofMasks ()
            | LaneOp.Add
            | LaneOp.Subtract
            | LaneOp.Multiply
            | LaneOp.FusedMultiplyAdd
            | LaneOp.Negate
            | LaneOp.Minimum
            | LaneOp.Maximum -> ofNumbers v.DType
            | LaneOp.Select -> ofBits v.DType
            | LaneOp.Divide
            | LaneOp.Absolute
            | LaneOp.SquareRoot
            | LaneOp.Floor
            | LaneOp.Round when isFloat -> ofNumbers v.DType
            | LaneOp.And
            | LaneOp.Or
            | LaneOp.Xor
            | LaneOp.Not when not isFloat -> ofBits v.DType
            | LaneOp.ShiftLeft n
            | LaneOp.RotateLeft n when n > 0 -> ofNumbers v.DType
            | LaneOp.ShiftRight n when n > 0 && not (DType.isSigned v.DType) -> ofNumbers v.DType
            | _ -> TypeCode.Empty
        | _ -> TypeCode.Empty
