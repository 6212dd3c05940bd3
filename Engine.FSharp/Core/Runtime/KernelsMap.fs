// Table rows, selection, conversion and reinterpretation, element by element.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsMap =
    /// a where the condition holds, b elsewhere.
    let select (condition: NDArray) (a: NDArray) (b: NDArray) : NDArray =
        if condition.DType <> DType.Bool || a.DType <> b.DType then
            raise (
                DTypeException
                    $"Where takes a bool condition and two operands of one dtype, not {DType.name condition.DType}, {DType.name a.DType} and {DType.name b.DType}."
            )

        let instruction c x z r = BlockOperations.Choose(DType.bytes a.DType, c, x, z, r)
        KernelsLoops.map3 instruction a.DType condition a b

    let convert (dtype: DType) (x: NDArray) : NDArray =
        let isBool = x.DType = DType.Bool

        if x.DType = dtype then
            x
        elif isBool && DType.bytes dtype >= 4 then
            select x (NDArray.repeated dtype x.Shape 1.0) (NDArray.repeated dtype x.Shape 0.0)
        elif dtype = DType.Bool then
            KernelsZip.compare Relation.NotEqual x (NDArray.repeated x.DType x.Shape 0.0)
        else
            let from = if isBool then TypeCode.Byte else BlockArithmetic.typeOf x.DType
            KernelsLoops.map (fun x r -> BlockOperations.Convert(from, BlockArithmetic.typeOf dtype, x, r)) dtype x

    let reinterpret (dtype: DType) (x: NDArray) : NDArray =
        if DType.bytes x.DType <> DType.bytes dtype then
            raise (DTypeException $"Reinterpret: {DType.name x.DType} and {DType.name dtype} differ in width.")
        else
            let result = NDArray.allocate dtype x.Shape
            KernelsViews.copy x result
            result

    /// A number by its bits.
    let reinterpreted (dtype: DType) (bits: uint64) =
        let number: Array =
            match DType.bytes dtype with
            | 1 -> [| byte bits |]
            | 2 -> [| uint16 bits |]
            | 4 -> [| uint32 bits |]
            | _ -> [| bits |]

        let result = NDArray.allocate dtype Shape.scalar
        Buffer.BlockCopy(number, 0, result.Data, 0, DType.bytes dtype)
        result

    /// An expression of lanes in an array of integers, operation by operation.
    let private lanes (x: NDArray) (lane: Lane) : NDArray =
        let values = Dictionary<Lane, NDArray>(HashIdentity.Reference)

        let rec value (lane: Lane) =
            match values.TryGetValue lane with
            | true, array -> array
            | _ ->
                let operand k = value lane.Arguments[k]

                let array =
                    match lane.Op with
                    | LaneOp.Argument _ -> x
                    | LaneOp.Constant _
                    | LaneOp.Bits _ ->
                        let bits = LaneEvaluate.apply lane.Op lane.DType [||] [||]
                        KernelsViews.broadcast x.Shape [||] (reinterpreted lane.DType bits)
                    | LaneOp.Compare relation -> KernelsZip.compare relation (operand 0) (operand 1)
                    | LaneOp.Select -> select (operand 0) (operand 1) (operand 2)
                    | op when lane.Arguments.Length = 1 ->
                        let instruction (x: BlockValue) r = BlockArithmetic.ofNumbers Loops.Width op lane.DType [| x |] r
                        KernelsLoops.map instruction lane.DType (operand 0)
                    | op -> KernelsZip.lanes op (operand 0) (operand 1)

                values[lane] <- array
                array

        value lane

    let map (row: Row) (x: NDArray) : NDArray =
        if DType.isFloat x.DType then
            KernelsLoops.mapFunction row.Meaning x
        elif row.TakesIntegers && x.DType <> DType.Bool then
            lanes x (row.Meaning.Lanes(Lane.argument 0 x.DType))
        else
            raise (DTypeException $"{row.Called}: does not take {DType.name x.DType}. Convert the tensor first (AsType).")
