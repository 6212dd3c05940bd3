// Power series through graphs and routines, an order at a time: each value's coefficients are computed once, when they are asked for, so that a value
// may depend on its own lower orders.
[<RequireQualifiedAccess>]
module internal Pipeline.Engine.SeriesGraphs

open System.Collections.Generic
open Pipeline
open Pipeline.Engine.SeriesArithmetic

/// The coefficients to an order of a function's results from those of its arguments.
type internal Expand = int -> (Tensor[] -> Tensor[]) -> Tensor[][] -> Tensor[][]

let known (a: Tensor) = Recurrence(fun _ k -> if k = 0 then a else null)

/// The results of any operation: at each order its rule for the operands so far.
let private general (expand: Expand) (op: Op) (dtype: DType) (count: int) (operands: Recurrence[]) : Recurrence[] =
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

/// All values of a graph, in the order of its equations.
let rec evaluate (expand: Expand) (rules: Recurrences) (graph: Graph) (inputs: Recurrence[]) : Recurrence[] =
    let values: Recurrence[] = Array.zeroCreate graph.Types.Length
    Array.blit inputs 0 values 0 graph.InputCount

    for equation in graph.Equations do
        let operands = equation.Inputs |> Array.map (fun v -> values[v])

        let results =
            match equation.Op with
            | Op.Constant array -> [| known (Tensor(array, Literal = true)) |]
            | op when operands.Length = 0 -> [| known (Primitive.ofRecipe op) |]
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
                let inside = evaluate expand rules body operands
                body.Outputs |> Array.map (fun v -> inside[v])
            | Op.Routine routine -> ofRoutine expand rules routine (equation.Inputs |> Array.map (fun v -> graph.Types[v])) operands
            | op -> general expand op graph.Types[equation.Inputs[0]].DType equation.Outputs.Length operands

        Array.iter2 (fun v result -> values[v] <- result) equation.Outputs results

    values

/// The results of a routine along a curve: y' = change(x, y, x'), order k of y being order k - 1 of y', divided by k.
and ofRoutine (expand: Expand) rules (routine: Routine) (types: TensorType[]) (operands: Recurrence[]) : Recurrence[] =
    let op, results = Op.Routine routine, routine.Infer types
    let isFloat (t: TensorType) = DType.isFloat t.DType
    let values = lazy Primitive.apply op (operands |> Array.map (fun a -> a.At 0))
    let moves k = operands |> Array.exists (fun a -> Seq.exists (fun j -> not (isNull (a.At j))) (seq { 1..k }))

    /// What is beyond order 0, of the float result of a number among them.
    let series (beyond: int -> Recurrence -> int -> Tensor) =
        let mutable number = -1

        results
        |> Array.mapi (fun i t ->
            if isFloat t then number <- number + 1
            let number = number

            Recurrence(fun y k ->
                if k = 0 then values.Value[i]
                elif isFloat t && moves k then beyond number y k
                else null))

    match routine.Rule with
    | RoutineRule.Constant -> series (fun _ _ _ -> null)
    | RoutineRule.Choice change ->
        // The choice at order 0 holds at every order: y_k = change(x_0, y_0, x_k).
        let made = Dictionary<int, Tensor[]>()

        let at k =
            match made.TryGetValue k with
            | true, found -> found
            | _ ->
                let tangents = [|
                    for i in 0 .. types.Length - 1 do
                        if isFloat types[i] then Primitive.orZeros types[i] (operands[i].At k)
                |]

                let primals = operands |> Array.map (fun a -> a.At 0)
                let found = Primitive.evaluateGraph (change types) (Array.concat [ primals; values.Value; tangents ])
                made[k] <- found
                found

        series (fun number _ k -> (at k)[number])
    | RoutineRule.Inverse inverse ->
        // X_k = M_0^-1 (B_k - sum over j > 0 of M_j X_(k-j)).
        let product = lazy inverse.Product types[0] results[0]
        let matrix, right = operands[0], Array.last operands

        series (fun _ x k ->
            let mutable rest = right.At k

            for j in 1..k do
                if not (isNull (matrix.At j) || isNull (x.At(k - j))) then
                    let part = (Primitive.evaluateGraph product.Value [| matrix.At j; x.At(k - j) |])[0]
                    rest <- Primitive.addSymbolic rest (Primitive.negate part)

            if isNull rest then
                null
            else
                let known = operands[.. operands.Length - 2] |> Array.map (fun a -> a.At 0)
                (Primitive.apply op (Array.append known [| rest |]))[0])
    | RoutineRule.Change change ->
        let slopes: Recurrence[] ref = ref null

        let results =
            series (fun number _ k ->
                match slopes.Value[number].At(k - 1) with
                | null -> null
                | slope when k = 1 -> slope
                | slope -> Primitive.zip Zip.Divide slope (Primitive.fillLike slope (float k)))

        let changes = [|
            for i in 0 .. types.Length - 1 do
                if isFloat types[i] then
                    Recurrence(fun _ k ->
                        match operands[i].At(k + 1) with
                        | null when k = 0 -> Primitive.zeros types[i]
                        | null -> null
                        | slope when k = 0 -> slope
                        | slope -> Primitive.multiply slope (Primitive.fillLike slope (float (k + 1))))
        |]

        let program = change types
        let all = evaluate expand rules program (Array.concat [ operands; results; changes ])
        slopes.Value <- program.Outputs |> Array.map (fun v -> all[v])
        results
