// Reductions of a nest: accumulators in locals or in memory, one for each virtual lane; where they are cut, blocks of them.
namespace Pipeline.Engine

open System.Reflection.Emit
open Pipeline

[<Sealed>]
type internal EmitReduction
    (code: Code, plan: NestPlan, memory: EmitMemory, vectorMemory: EmitVectorMemory, reduction: PlannedReduction, number: int) =
    let vectors = memory.Vectors
    let combine = EmitCombine(code, plan, memory, reduction, number)
    let dtype = combine.DType
    let bytes = DType.bytes dtype
    let virtualLanes = SumOrder.lanes dtype
    let isIndex = NestPlan.isIndex reduction
    let acrossLanes = reduction.Level <= plan.VectorAxis
    let isVector = plan.Lanes > 1
    let mutable accumulators: CodeLocal[] = [||]
    let mutable positions: CodeLocal[] = [||]

    let start (t: DType) op =
        let local = code.Rent(combine.LocalType t)
        combine.Constant(t, op)
        code.Store local
        local

    let cut = reduction.Blocks
    let isBlocked = cut.Kind <> BlockKind.Whole

    /// Of a vector in memory: no register is narrower, though a nest of wider numbers fills but half of it.
    let vectorBytes = if isVector then max 16 (plan.Lanes * bytes) else bytes

    /// Of results that have lanes of their own side by side: in memory, lane after lane, as many of them as have entries.
    let besides =
        match reduction.Order with
        | ValueSome order when not acrossLanes && order.Lanes > 1 -> min order.Lanes order.Row
        | _ -> 0

    /// Each lane has one entry: nothing is there before.
    let isOnce =
        match reduction.Order with
        | ValueSome order -> order.Rows = 1 && order.Row <= order.Lanes
        | ValueNone -> false

    /// The sum over a vector axis is one number, whose lanes are combined; others are as many vectors as the group has.
    let isNumber = acrossLanes || not isVector

    let combineResults a b =
        let operands = [| combine.Operand a; combine.Operand b |]

        if isNumber then
            EmitScalar.emit code combine.Op dtype operands
        else
            combine.Emit(combine.Op, dtype, operands)

    let blocks =
        let counters = combine.Partials + code.Header.LaneBytes

        EmitBlocks(
            code,
            counters,
            counters + Header.CounterBytes,
            Header.LevelBytes,
            (fun () -> if isNumber then EmitNumber.load code dtype else combine.Load dtype),
            (fun push ->
                push ()
                if isNumber then EmitNumber.store code dtype else combine.Store dtype),
            combineResults
        )

    let besideLanes = EmitLanes(code, combine, vectorBytes, besides, isOnce)

    let storeScalar (push: unit -> unit) =
        memory.Address(reduction.Target, 0, null)
        push ()
        EmitNumber.store code reduction.Target.DType

    /// Of the value on the stack takes the lanes that are there; the others stay as they were.
    let present (t: DType) count (before: unit -> unit) =
        if acrossLanes && count < plan.Lanes then
            let next = code.Rent(combine.LocalType t)
            code.Store next
            code.Native(int64 (LaneMasks.address count (DType.bytes t)))
            code.Emit(OpCodes.Ldobj, combine.LocalType t)
            code.Load next
            before ()
            code.Call(VectorType.generically (vectors.Width(t, 0)) "ConditionalSelect" (DType.row t).Element)
            code.Return next

    let accumulateIndex (lane: int) slot count (push: unit -> unit) =
        let accumulator, index = accumulators[slot], positions[slot]
        let current = combine.Operand(fun () -> code.Load accumulator)

        let better = code.Rent(if isVector then vectors.Type(DType.Bool, bytes) else typeof<int>)

        combine.Beats(combine.Operand push, current)
        code.Store better

        let condition = { DType = DType.Bool; MaskBytes = bytes; Push = fun () -> code.Load better }

        let position push = { DType = DType.Int32; MaskBytes = 0; Push = push }

        let here, before = position (fun () -> combine.Position lane), position (fun () -> code.Load index)

        combine.Emit(LaneOp.Select, DType.Int32, [| condition; here; before |])
        present DType.Int32 count before.Push
        code.Store index
        combine.Emit(LaneOp.Select, dtype, [| condition; combine.Operand push; current |])
        present dtype count current.Push
        code.Store accumulator
        code.Return better

    let combineLocals () =
        let copies =
            accumulators
            |> Array.map (fun accumulator ->
                let copy = code.Rent(combine.LocalType dtype)
                code.Load accumulator
                code.Store copy
                copy)

        let lanes = virtualLanes / plan.Lanes
        combine.CombineAll(Array.init lanes (fun l -> if l < copies.Length then Some copies[l] else None))

    /// What the accumulators come to, in locals: one number, or the group's vectors.
    let results () =
        if acrossLanes then
            [| combineLocals () |]
        else
            if besides > 0 then besideLanes.Combine accumulators

            accumulators

    let giveBack (results: CodeLocal[]) = if acrossLanes then Array.iter code.Return results

    /// The results with their places among those of a block.
    let parts (results: CodeLocal[]) =
        results |> Array.mapi (fun u result -> struct (result, fun () -> code.Native(int64 (u * vectorBytes))))

    let restart () =
        if besides > 0 then
            besideLanes.Restart()
        else
            for accumulator in accumulators do
                combine.Constant(dtype, combine.Identity)
                code.Store accumulator

    /// The best of all lanes, by way of memory.
    let endIndex () =
        // Lane beside lane; a register's further lanes are overwritten by what comes next.
        let store at (t: DType) (locals: CodeLocal[]) =
            for u in 0 .. locals.Length - 1 do
                code.Workspace(at + u * plan.Lanes * DType.bytes t)
                code.Load(locals[u])
                combine.Store t

        store combine.Partials dtype accumulators
        store combine.IndexPartials DType.Int32 positions

        let at = combine.BestOfPartials(accumulators.Length * plan.Lanes)
        storeScalar (fun () -> code.Load at)
        code.Return at

    let endBlock () =
        let sums = results ()
        blocks.Carry(parts sums, bytes)
        giveBack sums
        restart ()

    let combined (terms: Operand[]) current =
        if terms.Length = 1 then
            combine.Emit(combine.Op, dtype, [| current; terms[0] |])
        else
            combine.Emit(LaneOp.FusedMultiplyAdd, dtype, [| terms[0]; terms[1]; current |])

    member _.Reduction = reduction
    /// The vector axis is among the reduced ones.
    member _.AcrossLanes = acrossLanes

    /// Sets accumulators to the identity, for so many vectors.
    member _.Begin(vectorCount: int) =
        if isBlocked then blocks.Clear 1

        let count = if acrossLanes then min vectorCount (NestPlan.accumulators plan reduction) else vectorCount
        accumulators <- Array.init count (fun _ -> code.Rent(combine.LocalType dtype))
        besideLanes.Begin count

        if isIndex then positions <- Array.init count (fun _ -> start DType.Int32 (LaneOp.Constant 0.0))

        restart ()

    /// Takes in vector u of a group, of which `count` lanes are there: a value, or two factors whose product is not rounded.
    member _.Accumulate(group: VectorGroup, u: int, count: int, terms: Operand[]) =
        let lane = (group.First + u) * plan.Lanes

        if besides > 0 then
            besideLanes.Accumulate(
                u,
                (fun () ->
                    memory.PushVariable plan.Axes[plan.Axes.Length - 1].Variable
                    code.Native(int64 (virtualLanes - 1))
                    code.Emit OpCodes.And),
                combined terms
            )
        else
            let slot = if acrossLanes then (group.First + u) % accumulators.Length else u

            if isIndex then
                accumulateIndex lane slot count terms[0].Push
            else
                let accumulator = accumulators[slot]
                let current = combine.Operand(fun () -> code.Load accumulator)
                combined terms current
                present dtype count current.Push
                code.Store accumulator

    /// A block of the sum is done.
    member _.EndBlock() = endBlock ()

    /// A row is at its end.
    member _.EndRow() = endBlock ()

    /// Combines and stores. For a reduction that keeps the vector axis: the group's results.
    member _.End(group: VectorGroup) =
        if isIndex && acrossLanes then
            endIndex ()
        else
            let sums = if isIndex then positions else results ()

            if isBlocked then blocks.Collapse(parts sums, bytes)

            if acrossLanes then
                storeScalar (fun () -> code.Load(sums[0]))
                giveBack sums
            else
                for u in 0 .. sums.Length - 1 do
                    let lane = (group.First + u) * plan.Lanes
                    let count = if u = sums.Length - 1 && group.Partial > 0 then group.Partial else plan.Lanes
                    vectorMemory.Store(reduction.Target, 0, lane, count, null, (fun () -> code.Load(sums[u])))

        for local in accumulators do
            code.Return local

        for local in positions do
            code.Return local

        accumulators <- [||]
        positions <- [||]
