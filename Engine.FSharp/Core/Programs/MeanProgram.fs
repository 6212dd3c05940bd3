// Means as programs of other operations: of numbers as they are, and scaled where their sum leaves the range.
namespace Pipeline.Engine

open System
open System.Numerics
open Pipeline

[<RequireQualifiedAccess>]
module internal MeanProgram =
    /// 2^-k with 2^k the least power of four not below count: sums of count numbers scaled by it, or of squares of count numbers scaled by its
    /// root, stay in the range of the numbers, and nothing is rounded but what becomes subnormal.
    let share (count: int) =
        let bits = 32 - BitOperations.LeadingZeroCount(uint32 (max 1 count - 1))
        Math.ScaleB(1.0, -2 * ((bits + 1) / 2))

    let private repeated (apply: Op -> 'v[] -> 'v) dtype (shape: int[]) value =
        let number = apply (Op.Constant(NDArray.scalar dtype value)) [||]

        if shape.Length = 0 then number else apply (Op.Broadcast(shape, [||])) [| number |]

    let private divided (apply: Op -> 'v[] -> 'v) dtype shape axes (divisor: float) (x: 'v) =
        let divisor = repeated apply dtype (Shape.without axes shape) divisor
        apply (Op.Zip Zip.Divide) [| apply (Op.Reduce(Reduction.Sum, axes)) [| x |]; divisor |]

    /// The sum divided by the count. Multiplying by 1 / count would round twice.
    let plain (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (axes: int[]) (x: 'v) : 'v =
        divided apply dtype shape axes (float (Shape.count axes shape)) x

    /// The same of numbers scaled by their share.
    let scaled (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (axes: int[]) (x: 'v) : 'v =
        let count = Shape.count axes shape
        let share = share count
        let x = apply (Op.Zip Zip.Multiply) [| x; repeated apply dtype shape share |]
        divided apply dtype shape axes (float count * share) x

    /// Where a number is finite; Bool.
    let isFinite (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (x: 'v) : 'v =
        apply (Op.Compare Relation.Less) [| apply (Op.Map Elementwise.abs) [| x |]; repeated apply dtype shape infinity |]

    /// The plain one where it is finite, else the scaled one.
    let either (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (axes: int[]) (x: 'v) : 'v =
        let mean = plain apply dtype shape axes x
        let isFinite = isFinite apply dtype (Shape.without axes shape) mean
        apply Op.Select [| isFinite; mean; scaled apply dtype shape axes x |]
