// Taylor series of the solution of y' = f(y): order k of f(y) is order k + 1 of y, so all orders come in one pass over the program of f.
[<RequireQualifiedAccess>]
module internal Pipeline.Engine.Flow

open Pipeline
open Pipeline.Engine.Series
open Pipeline.Engine.SeriesArithmetic

/// The results of any operation: at each order its rule for the operands so far.
let private general (op: Op) (dtype: DType) (count: int) (operands: Recurrence[]) : Recurrence[] =
    let orders =
        if (Traits.ofOp op operands.Length dtype).PiecewiseLinear then
            (fun k -> [| 0; k |])
        else
            fun k -> [| 0..k |]

    let found = ResizeArray<Tensor[]>()

    let at k =
        while found.Count <= k do
            let k = found.Count

            if k = 0 then
                found.Add(Primitive.apply op (operands |> Array.map (fun a -> a.At 0)))
            else
                let orders = orders k
                let arguments = operands |> Array.map (fun a -> orders |> Array.map a.At)

                if arguments |> Array.forall (fun series -> Array.forall isNull series[1..]) then
                    found.Add(Array.create count null)
                else
                    let results = expand (orders.Length - 1) (Primitive.apply op) arguments
                    found.Add(results |> Array.map Array.last)

        found[k]

    Array.init count (fun i -> Recurrence(fun _ k -> (at k)[i]))

let private known (a: Tensor) = Recurrence(fun _ k -> if k = 0 then a else null)

/// The values of a graph in the order of its equations.
let rec private evaluate (rules: Recurrences) (graph: Graph) (inputs: Recurrence[]) : Recurrence[] =
    let values: Recurrence[] = Array.zeroCreate graph.Types.Length
    Array.blit inputs 0 values 0 graph.InputCount

    for equation in graph.Equations do
        let operands = equation.Inputs |> Array.map (fun v -> values[v])

        let results =
            match equation.Op with
            | Op.Constant array -> [| known (Tensor(array, Literal = true)) |]
            | op when operands.Length = 0 -> [| known (Tensor.Lazy op) |]
            | Op.Map row when DType.isFloat graph.Types[equation.Inputs[0]].DType -> [| rules.Map(row, operands[0]) |]
            | Op.Zip zip when DType.isFloat graph.Types[equation.Inputs[0]].DType -> [| rules.Zip(zip, operands[0], operands[1]) |]
            | Op.Dot axes ->
                let product (y: Recurrence) k =
                    let mutable sum = null

                    for j in 0..k do
                        if not (isNull (operands[0].At j) || isNull (operands[1].At(k - j))) then
                            sum <- Primitive.addSymbolic sum (Primitive.dot axes (operands[0].At j) (operands[1].At(k - j)))

                    sum

                [| Recurrence product |]
            | Op.Call((CallKind.Compiled | CallKind.Checkpoint), body) ->
                let inside = evaluate rules body operands
                body.Outputs |> Array.map (fun v -> inside[v])
            | op -> general op graph.Types[equation.Inputs[0]].DType equation.Outputs.Length operands

        Array.iter2 (fun v result -> values[v] <- result) equation.Outputs results

    values

/// The coefficients of y to the order, for a graph of one result on y @ captured tensors.
let solve (graph: Graph) (captured: Tensor[]) (start: Tensor) (order: int) : Tensor[] =
    let slope: Recurrence ref = ref null

    let next k =
        let a = slope.Value.At(k - 1)

        if isNull a || k = 1 then a else Primitive.multiply a (Primitive.fillLike a (1.0 / float k))

    let y = Recurrence(fun _ k -> if k = 0 then start else next k)

    let all = evaluate (Recurrences()) graph (Array.append [| y |] (captured |> Array.map known))

    slope.Value <- all[graph.Outputs[0]]

    // In the order of the equations, so that long programs do not nest deep calls.
    for k in 0 .. order - 1 do
        for value in all do
            value.At k |> ignore

    Array.init (order + 1) (fun k -> y.At k |> Primitive.orZeros start.Type)
