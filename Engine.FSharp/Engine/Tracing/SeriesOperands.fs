// Coefficients of series as operands of operations with bodies: all orders where an operand is a series, order 0 elsewhere.
module internal Pipeline.Engine.SeriesOperands

open Pipeline

/// Coefficients as operands: all orders where the mask says so, order 0 elsewhere.
let flatten order (mask: bool[]) (coefficients: Tensor[][]) : Tensor[] =
    Array.map2
        (fun m (series: Tensor[]) -> if m then series |> Array.map (Primitive.orZeros series[0].Type) else series[..0])
        mask
        coefficients
    |> Array.concat

/// The next values as the coefficients of each series.
let take order (mask: bool[]) (values: Tensor[]) : Tensor[][] =
    let mutable next = 0

    mask
    |> Array.map (fun m ->
        let count = if m then order + 1 else 1
        let part = Array.sub values next count
        next <- next + count
        Array.init (order + 1) (fun k -> if k < count then part[k] else null))

/// The types of the coefficients.
let expandTypes order (mask: bool[]) (types: TensorType[]) =
    Array.map2 (fun m t -> Array.create (if m then order + 1 else 1) t) mask types |> Array.concat

/// Which of them are more than order 0.
let isSeries (coefficients: Tensor[][]) = coefficients |> Array.map (fun series -> Array.exists (fun c -> not (isNull c)) series[1..])

/// How many coefficients stand for the items of a mask.
let count order (mask: bool[]) = mask |> Array.sumBy (fun m -> if m then order + 1 else 1)
