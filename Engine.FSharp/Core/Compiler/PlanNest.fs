// From a nest of the loop language to its plan: values, levels, and the number of lanes of its vectors.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal PlanNest =
    let rec private planned (width: int) keepsFunctions (buffers: Engine.Buffer[]) (nest: Nest) =
        let builder = NestValues(buffers, nest.Axes, nest.VectorAxis, nest.Sources, keepsFunctions)

        let stores =
            nest.Stores
            |> Array.map (fun s -> { PlannedStore.Target = builder.Place s.Target; Value = builder.Lane s.Value })

        let reductions =
            nest.Reductions
            |> Array.map (fun r ->
                let level = nest.Axes.Length - r.Axes

                let blocks =
                    match r.Order with
                    | ValueNone -> SumBlocks.none
                    | ValueSome order ->
                        match SumBlocks.ofReduction nest.Axes nest.VectorAxis level order with
                        | ValueSome blocks -> blocks
                        | ValueNone -> invalidOp $"A nest over {nest.Axes.Length} axes does not follow the order of its sum."

                let struct (value, factor) =
                    match r.Value with
                    | { Op = LaneOp.FusedMultiplyAdd; Arguments = [| a; b; { Op = LaneOp.Constant zero } |] } when
                        r.Kind = Reduction.Sum && zero = 0.0 && System.Double.IsNegative zero
                        ->
                        struct (builder.Lane a, builder.Lane b)
                    | value -> struct (builder.Lane value, -1)

                {
                    PlannedReduction.Kind = r.Kind
                    Value = value
                    Factor = factor
                    Target = builder.Place r.Target
                    Level = level
                    Order = r.Order
                    Blocks = blocks
                })

        let values = builder.Values.ToArray()
        let pointers = builder.Pointers

        /// Of all that becomes vectors.
        let mutable widest = 4

        let take id = widest <- max widest (DType.bytes values[id].DType)

        for v in values do
            if v.Varies then take v.Id

        for s in stores do
            take s.Value

        for r in reductions do
            take r.Value

        /// A store whose place does not move along the vector axis keeps the last of its points: scalar code does that.
        let mutable staysInPlace = false

        if nest.VectorAxis >= 0 && nest.Axes[nest.VectorAxis].Extent > 1 then
            for s in stores do
                let mutable moves = false

                for struct (variable, _) in pointers[s.Target.Pointer].Terms do
                    moves <- moves || variable = nest.Axes[nest.VectorAxis].Variable

                staysInPlace <- staysInPlace || not moves

        let masked = reductions |> Array.exists (fun r -> values[r.Value].DType = DType.Bool)

        let scalar = width = 64 || nest.VectorAxis < 0 || staysInPlace || masked

        {
            Axes = nest.Axes
            VectorAxis = nest.VectorAxis
            Pointers = pointers
            Values = values
            Lanes = if scalar then 1 else width / (8 * widest)
            Stores = stores
            Reductions = reductions
            Accumulations = [||]
            Instructions =
                if keepsFunctions || values.Length < CostModel.largeNest then
                    values.Length
                else
                    (planned width true buffers nest).Values.Length
            Turned = Nests.turned nest
        }

    /// For vectors of so many bits, functions of the table written out.
    let create width buffers nest = planned width false buffers nest

    /// For blocks, which have those functions precompiled.
    let ofBlocks buffers nest = planned 64 true buffers nest

    let accumulation keepsFunctions (buffers: Engine.Buffer[]) (accumulation: Accumulation) =
        let builder = NestValues(buffers, accumulation.Axes, -1, accumulation.Sources, keepsFunctions)

        let planned = {
            Target = builder.Place accumulation.Target
            Index = builder.Lane accumulation.Index
            Count = accumulation.Count
            Stride = accumulation.Stride
            Value = builder.Lane accumulation.Value
            Replaces = accumulation.Replaces
        }

        {
            Axes = accumulation.Axes
            VectorAxis = -1
            Pointers = builder.Pointers
            Values = builder.Values.ToArray()
            Lanes = 1
            Stores = [||]
            Reductions = [||]
            Accumulations = [| planned |]
            Instructions = builder.Values.Count
            Turned = -1
        }
