// What becomes of integers of one dtype among those of another, which may hold fewer.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal IntegerRange =
    /// Where a whole number lies from the integers of a dtype: -1 below, 1 above, 0 among them, or where one of the two is no integer.
    let side (number: NDArray) (dtype: DType) : int =
        if number.DType = dtype || not (DType.isInteger number.DType && DType.isInteger dtype) then
            0
        else
            let value = Reading.number<Int128> "" number
            let struct (least, most) = DType.limits dtype

            if value < least then -1
            elif value > most then 1
            else 0

    /// Refuses a plain number that the dtype of the tensor beside it does not hold.
    let refuse (number: NDArray) (dtype: DType) : unit =
        raise (
            DTypeException
                $"The plain number {Printing.print number} does not fit the {DType.name dtype} of the tensor beside it; convert that tensor to a wider type first (AsType)."
        )

    /// What brings the integers of a dtype among those of another: the greater of each and a bound, the less of each and a bound.
    let saturate (own: DType) (wanted: DType) : struct (Zip * Int128) list =
        if not (DType.isInteger own && DType.isInteger wanted) then
            []
        else
            let struct (least, most) = DType.limits wanted
            let struct (leastOwn, mostOwn) = DType.limits own

            [
                if leastOwn < least then struct (Zip.Maximum, least)
                if mostOwn > most then struct (Zip.Minimum, most)
            ]
