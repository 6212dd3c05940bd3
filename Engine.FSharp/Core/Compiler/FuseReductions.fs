// Tasks that reduce: long reductions along axes, and products of which few sums are long.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Reductions =
    let private reduction variable shape kind order extents needs combine targets reduced = {
        Variable = variable
        Shape = shape
        Extents = extents
        Needs = needs
        Combine = combine
        Targets = targets
        Reduction = ValueSome kind
        Reduced = reduced
        Order = order
    }

    /// A long reduction. Few kept elements are reductions of their own over the reduced axes alone.
    let reduce kind (axes: int[]) (types: TensorType[]) (equation: Equation) =
        let operand = types[equation.Inputs[0]]
        let result = types[equation.Outputs[0]].Shape
        let rank = operand.Shape.Length
        let separate = Shape.size result <= CostModel.straightLine / 2
        let isReduced i = Array.contains i axes

        let inSpace i = operand.Shape[i] <> 1 && (isReduced i || not separate)

        let space = [|
            for i in 0 .. rank - 1 do
                if inSpace i then i
        |]

        let count = space.Length

        let variable i =
            match System.Array.IndexOf(space, i) with
            | -1 -> Index.constant count 0
            | k -> Index.variable count k

        let targets =
            if separate then
                Index.enumerate count result
            else
                [|
                    [|
                        for i in 0 .. rank - 1 do
                            if not (isReduced i) then variable i
                    |]
                |]

        let reduced = axes |> Array.map variable
        let isBool = operand.DType = DType.Bool

        let kind =
            match kind with
            | Reduction.Sum when isBool -> Reduction.Maximum
            | Reduction.Product when isBool -> Reduction.Minimum
            | Reduction.Sum
            | Reduction.Product
            | Reduction.Maximum
            | Reduction.Minimum
            | Reduction.ArgMax
            | Reduction.ArgMin -> kind

        let lane (value: Lane) =
            if isBool && (kind = Reduction.ArgMax || kind = Reduction.ArgMin) then
                FuseLanes.convert DType.Int32 value
            else
                value

        reduction
            equation.Outputs[0]
            result
            kind
            (if SumOrder.isOrdered kind operand.DType then
                 ValueSome(SumOrder.ofReduction operand.DType operand.Shape axes)
             else
                 ValueNone)
            (space |> Array.map (fun i -> operand.Shape[i]))
            (targets
             |> Array.map (fun target -> struct (equation.Inputs[0], Elements.reduceIndex rank axes target reduced)))
            (fun _ lanes -> Array.map lane lanes)
            targets
            (Array.map isReduced space)

    /// A product whose sums run over the space.
    let dot (axes: DotAxes) (types: TensorType[]) (equation: Equation) =
        let left, right = types[equation.Inputs[0]].Shape, types[equation.Inputs[1]].Shape
        let result = types[equation.Outputs[0]]
        let contracted = axes.ContractLeft |> Array.map (fun axis -> left[axis])
        let separate = Form.isSeparate axes left right
        let shape = if separate then contracted else Array.append result.Shape contracted

        let point = Index.running shape
        let count = shape |> Array.filter (fun e -> e <> 1) |> Array.length

        let targets = if separate then Index.enumerate count result.Shape else [| point[.. result.Shape.Length - 1] |]

        let sums = if separate then point else point[result.Shape.Length ..]

        let reduced = [|
            for i in 0 .. shape.Length - 1 do
                if shape[i] <> 1 then separate || i >= result.Shape.Length
        |]

        reduction
            equation.Outputs[0]
            result.Shape
            (if result.DType = DType.Bool then Reduction.Maximum else Reduction.Sum)
            (if DType.isFloat result.DType then
                 ValueSome(SumOrder.ofProduct result.DType axes left right (DotAxes.sizes axes left right))
             else
                 ValueNone)
            (shape |> Array.filter (fun e -> e <> 1))
            (targets
             |> Array.collect (fun target ->
                 let struct (a, b) = Elements.dotIndices count axes left right target sums
                 [| struct (equation.Inputs[0], a); struct (equation.Inputs[1], b) |]))
            (fun _ lanes ->
                Array.init (lanes.Length / 2) (fun i ->
                    let a, b = lanes[2 * i], lanes[2 * i + 1]

                    if DType.isFloat result.DType then
                        Lane.fma a b (FuseLanes.number result.DType -0.0)
                    else
                        FuseLanes.zip Zip.Multiply a b))
            targets
            reduced
