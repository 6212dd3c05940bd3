// What operations require of the types of their operands, refused in their names.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal TypeChecks =
    let shapeError (operation: string) (detail: string) = raise (ShapeException $"{operation}: {detail}.")

    /// Refuses what is no float.
    let requireFloat (operation: string) (operand: TensorType) =
        if not (DType.isFloat operand.DType) then
            raise (
                DTypeException $"{operation}: takes float32 or float64, not {DType.name operand.DType}. Convert the tensor first (AsType)."
            )

    /// Refuses truth values.
    let requireNumbers (operation: string) (operand: TensorType) =
        if operand.DType = DType.Bool then
            raise (DTypeException $"{operation}: does not take bool. Convert the tensor first (AsType).")

    /// Refuses operands of different dtypes.
    let requireSame (operation: string) (first: TensorType) (other: TensorType) =
        if other.DType <> first.DType then
            raise (
                DTypeException
                    $"{operation}: takes operands of one dtype, not {DType.name first.DType} and {DType.name other.DType}. Convert one of them (AsType)."
            )

    let requireIndex (operation: string) (operand: TensorType) =
        if operand.DType <> DType.Int32 && operand.DType <> DType.Int64 then
            raise (DTypeException $"{operation}: indices are int32 or int64, not {DType.name operand.DType}.")
