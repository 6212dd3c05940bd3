// A nest as instructions on blocks. Its innermost axes make a block, as many as fit whole and a part of the next; values that do not change within
// it are single numbers, made when an axis around it moves.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Kernels

[<Sealed>]
type private BlockBuilder(width: int, header: Header, layout: BlockLayout) =
    let plan = layout.Plan
    let code = BlockCode(width, layout)
    let values = BlockValues(width, layout, code)
    let reductions = BlockReductions(width, layout, code, values)

    let write k =
        if not (values.IsInPlace k) then
            let s = plan.Stores[k]
            let temporary = List<struct (int * int)>()
            let x = values.Operand s.Value
            let x = if x.DType = DType.Bool then code.Narrowed(code.Body, temporary, x) else x.Value
            code.Body.Add(BlockMovement.Store(DType.bytes s.Target.DType, layout.Whole s.Target, x))

            code.Free temporary

    let scatter (a: PlannedAccumulation) =
        let temporary = List<struct (int * int)>()
        let x = values.Operand a.Value
        let isBool = x.DType = DType.Bool
        let x = if isBool then code.Narrowed(code.Body, temporary, x) else x.Value
        let index = values.Operand a.Index

        let how =
            if a.Replaces then BlockScattering.Replace
            elif isBool then BlockScattering.Or
            else BlockScattering.Add

        let stride = nativeint a.Stride * nativeint (DType.bytes a.Target.DType)
        let move = BlockMove(index.Value, nativeint (a.Count - 1), stride, false)
        let t = BlockArithmetic.typeOf a.Target.DType
        code.Body.Add(BlockMovement.Scatter(t, DType.bytes index.DType, layout.Whole a.Target, move, x, how))

    /// All axes of the block, none merged.
    let unmerged (place: Place) =
        let access = layout.Whole place
        let axes = layout.BlockAxes place
        let extents = axes |> Array.map (fun (struct (extent, _)) -> extent)
        BlockAccess(access.Base, access.Displacement, extents, axes |> Array.map (fun (struct (_, stride)) -> nativeint stride))

    let compute (folds: LoopFold[]) =
        // Numbers are known before anything is stored.
        let isReduced = Array.zeroCreate<bool> folds.Length

        let reduceReady id =
            for k in 0 .. folds.Length - 1 do
                if not isReduced[k] && Array.forall (fun term -> term <= id) (NestPlan.terms folds[k].Reduction) then
                    isReduced[k] <- true
                    reductions.Emit folds[k]

        for v in plan.Values do
            values.Emit v
            reduceReady v.Id

            for r in plan.Reductions do
                for term in NestPlan.terms r do
                    if layout.LastRead term = layout.Reduced v.Id then code.Release term

        if not (values.Finish()) then
            for k in 0 .. plan.Stores.Length - 1 do
                write k

        for a in plan.Accumulations do
            scatter a

    /// The nest, and where its memory ends.
    member _.Build(folds: LoopFold[]) : struct (BlockNest * int) =
        match plan.Values, plan.Stores with
        | [| { Origin = Origin.Load place } |], [| store |] when plan.Turned >= 0 ->
            code.Body.Add(BlockTurn(DType.bytes place.DType, unmerged place, unmerged store.Target))
        | _ -> compute folds

        let body = code.Body.ToArray()

        let nest =
            BlockNest(
                Extents = Array.init (layout.CutAxis + 1) layout.Extent,
                Cut = layout.Cut,
                Inner = nativeint layout.Inner,
                Origins = layout.Origins,
                Strides = Array.init (layout.CutAxis + 1) layout.Steps,
                Before = (code.Before |> Array.map _.ToArray()),
                After = (code.After |> Array.map _.ToArray()),
                Body = body,
                IsOfNumbers = (layout.CutAxis = 0 && body.Length = 0 && code.After[0].Count = 0),
                Tables = layout.Tables,
                Cancellation = header.Cancellation,
                Cancelled = Func<_> CancellationScope.Error
            )

        struct (nest, code.Memory.Top)

[<RequireQualifiedAccess>]
module internal BlockNests =
    let private product (axes: LoopAxis[]) = axes |> Array.fold (fun n axis -> n * axis.Extent) 1

    /// Where a reduced axis is empty no point writes the result: it is the identity, of a sum 0.
    let private empty (plan: NestPlan) = [
        for r in plan.Reductions do
            let kept = plan.Axes[.. r.Level - 1]

            if
                plan.Axes[r.Level ..] |> Array.exists (fun axis -> axis.Extent = 0)
                && kept |> Array.forall (fun axis -> axis.Extent > 0)
            then
                let value = {
                    Id = 0
                    Origin = Origin.Op(LaneOp.Bits(ReductionIdentity.ofNothing r.Kind r.Target.DType))
                    DType = r.Target.DType
                    MaskBytes = 4
                    Arguments = [||]
                    Level = 0
                    Varies = false
                }

                {
                    plan with
                        Axes = kept
                        VectorAxis = -1
                        Values = [| value |]
                        Stores = [| { Target = r.Target; Value = 0 } |]
                        Reductions = [||]
                }
    ]

    /// Instructions for a nest, with memory in the workspace from a place on; and where that ends.
    let create (width: int) (header: Header) (start: int) (plan: NestPlan) : struct (BlockNest[] * int) =
        let nests = List<BlockNest>()
        let mutable top = start

        let build (plan: NestPlan) axes starts mostResults isSplit folds =
            let builder = BlockBuilder(width, header, BlockLayout(plan, header, start, axes, starts, mostResults, isSplit))
            let struct (nest, until) = builder.Build folds
            nests.Add nest
            top <- max top until

        let axesOf (plan: NestPlan) = plan.Axes |> Array.map (fun axis -> { Variable = axis.Variable; Unit = 1; Extent = axis.Extent })

        if plan.Axes |> Array.exists (fun axis -> axis.Extent = 0) then
            for nothing in empty plan do
                build nothing (axesOf nothing) [||] 1 false [||]
        else
            let axes = axesOf plan
            let depth = axes.Length
            let v = plan.VectorAxis

            /// All that moves along the last axis lies side by side there: rows are folded where they are.
            let areRows () =
                let steps = plan.Pointers |> Array.mapi (fun k pointer -> plan.Stride(k, depth - 1) / int64 pointer.Bytes)

                Array.contains 1L steps && steps |> Array.forall (fun step -> step = 0L || step = 1L)

            // Results with reduced axes within theirs lie side by side: their axis goes innermost.
            let isMoved =
                v >= 0
                && v < depth - 1
                && axes[v].Extent > 1
                && plan.Reductions.Length > 0
                && plan.Reductions |> Array.forall (fun r -> r.Level > v)
                && not (areRows ())

            let fold isAhead results (r: PlannedReduction) = {
                Reduction = r
                First = r.Level - (if isMoved then 1 else 0) + (if isAhead then 1 else 0)
                Results = results
                Entries = product axes[r.Level ..]
            }

            if plan.Turned >= 0 then
                let others = [|
                    for k in 0 .. depth - 1 do
                        if k <> v && k <> plan.Turned then axes[k]
                |]

                let most = max CostModel.turnedElements (CostModel.turnedLines * axes[v].Extent)
                build plan (Array.append others [| axes[plan.Turned]; axes[v] |]) [||] most false [||]
            elif not isMoved then
                build plan axes [||] 1 false (plan.Reductions |> Array.map (fold false 1))
            else
                let others = Array.append axes[.. v - 1] axes[v + 1 ..]
                let along = axes[v]

                let lanes =
                    plan.Reductions
                    |> Array.fold
                        (fun most r ->
                            match r.Order with
                            | ValueSome order -> max most (min order.Lanes order.Row)
                            | ValueNone -> most)
                        1

                let most = max CostModel.blockLeastResults (CostModel.blockMostResults / lanes)
                let chunk = if along.Extent <= most then along.Extent else most
                let full = along.Extent / chunk
                let rest = along.Extent - full * chunk

                if full = 1 then
                    let axes = Array.append others [| { along with Extent = chunk } |]
                    build plan axes [||] chunk false (plan.Reductions |> Array.map (fold false chunk))
                else
                    let axes = [| { along with Unit = chunk; Extent = full }; yield! others; { along with Extent = chunk } |]

                    build plan axes [||] chunk true (plan.Reductions |> Array.map (fold true chunk))

                if rest > 0 then
                    let axes = Array.append others [| { along with Extent = rest } |]

                    build plan axes [| struct (along.Variable, full * chunk) |] rest false (plan.Reductions |> Array.map (fold false rest))

        struct (nests.ToArray(), top)
