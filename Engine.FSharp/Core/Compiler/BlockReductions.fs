// The reductions of a nest as instructions on blocks: a block has all entries of many, or a part of those of one.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Numerics
open Pipeline
open Pipeline.Kernels

/// A reduction as the loops do it: the position of its first axis, results side by side, entries of each.
[<NoComparison>]
type internal LoopFold = { Reduction: PlannedReduction; First: int; Results: int; Entries: int }

[<Sealed>]
type internal BlockReductions(width: int, layout: BlockLayout, code: BlockCode, values: BlockValues) =
    let plan = layout.Plan

    /// The reduction of numbers, or of masks of 4 bytes.
    let foldOf (fold: LoopFold) : BlockFold =
        let r = fold.Reduction
        let dtype = plan.Values[r.Value].DType
        let terms = if r.Factor >= 0 then BlockTerms.Products else BlockTerms.Numbers
        Folds.ofReduction width r.Kind dtype true terms r.Order fold.Results fold.Entries

    /// A reduction takes in the block, and stores what it comes to.
    let reduce (fold: LoopFold) =
        let r = fold.Reduction
        let temporary = List<struct (int * int)>()
        let kind = foldOf fold
        let state = nativeint (code.Memory.Take(int kind.StateBytes))

        let term id =
            if not (values.IsMask id) then values.OperandLater(id).Value
            elif NestPlan.isIndex r then code.Narrowed(code.Body, temporary, values.Operand id)
            else code.Sized(code.Body, temporary, 4, values.Operand id)

        let x = term r.Value
        let z = if r.Factor < 0 then x else term r.Factor
        let target = r.Target
        let struct (_, size) = kind.Sizes
        let isBool = plan.Values[r.Value].DType = DType.Bool && not (NestPlan.isIndex r)

        // The block has all entries.
        let isWithin = fold.First + (if layout.Cut >= layout.Extent layout.CutAxis then 1 else 0) > layout.CutAxis

        let sideBySide =
            if fold.Results > 1 then
                [| struct (fold.Results, layout.Strides[target.Pointer][layout.Depth - 1]) |]
            else
                [||]

        /// The results to their places, over the kept axes of the block.
        let storeOf (kept: struct (int * int64)[]) result : BlockInstruction list =
            let kept = if kept.Length = 0 then [| struct (1, 0L) |] else kept

            if isBool then
                let bytes = code.NewValue(-1, true, 1)
                [ BlockOperations.Narrow(4, result, bytes); BlockMovement.Store(1, layout.Access(target, kept), bytes) ]
            else
                [ BlockMovement.Store(DType.bytes target.DType, layout.Access(target, kept), result) ]

        if isWithin then
            let result = code.Temporary(temporary, true, size)
            code.Body.AddLater(BlockFoldRows(kind, state, x, z, nativeint fold.Entries, result))

            let kept = [|
                for k in layout.CutAxis .. (fold.First - 1) ->
                    struct (layout.Extent k, (if layout.Depth = 0 then 0L else layout.Strides[target.Pointer][k]))
                yield! sideBySide
            |]

            code.Body.AddLater(BlockResults(1n, nativeint fold.Entries, Array.ofList (storeOf kept result)))
        else
            let result = code.NewValue(-1, true, size)
            code.Before[fold.First].Add(BlockFoldBegin(kind, state))
            code.Body.AddLater(BlockFoldTake(kind, state, x, z))
            code.After[fold.First].Add(BlockFoldEnd(kind, state, result))
            let store = storeOf sideBySide result
            code.After[fold.First].Add(BlockResults(nativeint fold.Results, 1n, Array.ofList store))

        code.Free temporary

    member _.Emit(fold: LoopFold) = reduce fold
