// Taylor series of the solution of y' = f(y): order k of f(y) is order k + 1 of y, so all orders come in one pass over the program of f.
[<RequireQualifiedAccess>]
module internal Pipeline.Engine.Flow

open Pipeline
open Pipeline.Engine.Series
open Pipeline.Engine.SeriesArithmetic

/// The coefficients of y to the order, for a graph of one result on y @ captured tensors.
let solve (graph: Graph) (captured: Tensor[]) (start: Tensor) (order: int) : Tensor[] =
    let slope: Recurrence ref = ref null

    let next k =
        let a = slope.Value.At(k - 1)

        if isNull a || k = 1 then a else Primitive.multiply a (Primitive.fillLike a (1.0 / float k))

    let y = Recurrence(fun _ k -> if k = 0 then start else next k)

    let all =
        SeriesGraphs.evaluate expand (Recurrences()) graph (Array.append [| y |] (captured |> Array.map SeriesGraphs.known))

    slope.Value <- all[graph.Outputs[0]]

    // In the order of the equations, so that long programs do not nest deep calls.
    for k in 0 .. order - 1 do
        for value in all do
            value.At k |> ignore

    Array.init (order + 1) (fun k -> y.At k |> Primitive.orZeros start.Type)
