// Reductions of a nest: accumulators in locals or in memory, one for each virtual lane.
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
    let virtualLanes = SumBlocks.virtualLanes dtype
    let isIndex = NestPlan.isIndex reduction
    let acrossLanes = reduction.Level <= plan.VectorAxis
    let isVector = plan.Lanes > 1
    let mutable accumulators: LocalBuilder[] = [||]
    let mutable positions: LocalBuilder[] = [||]
    let mutable inMemory = false

    let constant (t: DType) op = if isVector then vectors.Constant(op, t, 0) else EmitScalar.emit code op t [||]

    let start (t: DType) op =
        let local = code.Rent(combine.LocalType t)
        constant t op
        code.Store local
        local

    let load (t: DType) = if isVector then code.Emit(OpCodes.Ldobj, combine.LocalType t) else EmitScalar.load code t

    let store (t: DType) = if isVector then code.Emit(OpCodes.Stobj, combine.LocalType t) else EmitScalar.store code t

    /// Pushes the bytes to the virtual lane of a point, so many lanes along the vector axis from the block's first.
    let laneOffset (lane: int) =
        memory.PushVariable plan.Axes[plan.VectorAxis].Variable
        code.AddNative(int64 lane)
        code.Native(int64 (virtualLanes - 1))
        code.Emit OpCodes.And
        code.MultiplyNative(int64 bytes)

    let lanePlace (lane: int) =
        code.Workspace combine.Partials
        laneOffset lane
        code.Emit OpCodes.Add

    let isBlocked = NestPlan.isBlocked plan reduction

    let blocks =
        let counters = combine.Partials + Header.LaneBytes

        EmitBlocks(
            code,
            counters,
            counters + Header.CounterBytes,
            Header.LevelBytes,
            (fun () -> load dtype),
            (fun push ->
                push ()
                store dtype),
            fun a b -> combine.Emit(LaneOp.Add, dtype, [| combine.Operand a; combine.Operand b |])
        )

    let vectorBytes = plan.Lanes * bytes

    /// An accumulator with its place among the virtual lanes.
    let part slot = struct (accumulators[slot], fun () -> code.Native(int64 (slot * vectorBytes)))

    /// Whether all accumulators finish their blocks together. Where loops within the vector axis cut the sum, each vector has blocks of its own.
    let together = not acrossLanes || plan.Blocks.Axis <= plan.VectorAxis

    let parts slots = if together then [| Array.map part slots |] else slots |> Array.map (fun slot -> [| part slot |])

    /// With virtual lanes in memory: the body with the accumulator at an offset, which is written back.
    let inPlace (offset: unit -> unit) (body: struct (LocalBuilder * (unit -> unit))[] -> unit) =
        let address () =
            code.Workspace combine.Partials
            offset ()
            code.Emit OpCodes.Add

        let sum = code.Rent(combine.LocalType dtype)
        address ()
        load dtype
        code.Store sum
        body [| struct (sum, offset) |]
        address ()
        code.Load sum
        store dtype
        code.Return sum

    let inEachPlace body =
        code.Loop(
            int64 (virtualLanes / plan.Lanes),
            1L,
            fun slot ->
                let offset () =
                    code.Load slot
                    code.MultiplyNative(int64 vectorBytes)

                inPlace offset body
        )

    /// Takes in a block, of accumulators that start again.
    let carry (sums: struct (LocalBuilder * (unit -> unit))[]) =
        blocks.Carry(sums, bytes)

        for struct (sum, _) in sums do
            constant dtype combine.Identity
            code.Store sum

    let storeScalar (push: unit -> unit) =
        memory.Address(reduction.Target, 0, null)
        push ()
        EmitScalar.store code reduction.Target.DType

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

    let combineMemory () =
        let mutable half = virtualLanes / 2

        while half > 0 do
            let at = half

            code.Loop(
                int64 at,
                1L,
                fun lane ->
                    let partial extra =
                        combine.Operand(fun () ->
                            combine.PartialAt(lane, extra)
                            EmitScalar.load code dtype)

                    combine.PartialAt(lane, 0)
                    EmitScalar.emit code combine.Op dtype [| partial 0; partial at |]
                    EmitScalar.store code dtype
            )

            half <- half / 2

        storeScalar (fun () ->
            code.Workspace combine.Partials
            EmitScalar.load code dtype)

    /// The best of all lanes, by way of memory.
    let endIndex () =
        for u in 0 .. accumulators.Length - 1 do
            code.Workspace(combine.Partials + u * plan.Lanes * bytes)
            code.Load(accumulators[u])
            store dtype
            code.Workspace(combine.IndexPartials + u * plan.Lanes * 4)
            code.Load(positions[u])
            store DType.Int32

        let at = combine.BestOfPartials(accumulators.Length * plan.Lanes)
        storeScalar (fun () -> code.Load at)
        code.Return at

    member _.Reduction = reduction
    /// The vector axis is among the reduced ones.
    member _.AcrossLanes = acrossLanes

    /// Sets accumulators to the identity: for so many vectors, or in memory.
    member _.Begin(vectorCount: int, useMemory: bool) =
        inMemory <- useMemory && not isIndex

        if isBlocked then blocks.Clear(Header.CounterBytes / 8)

        if inMemory then
            code.Loop(
                int64 virtualLanes,
                1L,
                fun lane ->
                    combine.PartialAt(lane, 0)
                    EmitScalar.emit code combine.Identity dtype [||]
                    EmitScalar.store code dtype
            )
        else
            let count = if acrossLanes then min vectorCount (NestPlan.accumulators plan reduction) else vectorCount

            accumulators <- Array.init count (fun _ -> start dtype combine.Identity)

            if isIndex then positions <- Array.init count (fun _ -> start DType.Int32 (LaneOp.Constant 0.0))

    /// Takes in vector u of a group, of which `count` lanes are there.
    member _.Accumulate(group: VectorGroup, u: int, count: int, push: unit -> unit) =
        let lane = (group.First + u) * plan.Lanes

        if inMemory then
            let current =
                combine.Operand(fun () ->
                    lanePlace lane
                    load dtype)

            lanePlace lane
            combine.Emit(combine.Op, dtype, [| current; combine.Operand push |])
            present dtype count current.Push
            store dtype
        else
            let slot = if acrossLanes then (group.First + u) % accumulators.Length else u

            if isIndex then
                accumulateIndex lane slot count push
            else
                let accumulator = accumulators[slot]
                let current = combine.Operand(fun () -> code.Load accumulator)
                combine.Emit(combine.Op, dtype, [| current; combine.Operand push |])
                present dtype count current.Push
                code.Store accumulator

    /// A block of a long sum is done, as far as the group has to do with it.
    member _.EndBlock(group: VectorGroup) =
        if not isBlocked then
            ()
        elif together then
            if inMemory then inEachPlace carry else parts [| 0 .. accumulators.Length - 1 |] |> Array.iter carry
        else
            for u in 0 .. group.Count - 1 do
                if inMemory then
                    inPlace (fun () -> laneOffset ((group.First + u) * plan.Lanes)) carry
                else
                    carry [| part ((group.First + u) % accumulators.Length) |]

    /// Combines and stores. For a reduction that keeps the vector axis: the group's results.
    member _.End(group: VectorGroup) =
        if isBlocked then
            let collapse sums = blocks.Collapse(sums, bytes)

            if inMemory then
                inEachPlace collapse
            else
                parts [| 0 .. accumulators.Length - 1 |] |> Array.iter collapse

        if inMemory then
            combineMemory ()
        elif not acrossLanes then
            let results = if isIndex then positions else accumulators

            for u in 0 .. results.Length - 1 do
                let lane = (group.First + u) * plan.Lanes
                let isLast = (u = results.Length - 1)

                let count = if isLast && group.Partial > 0 then group.Partial else plan.Lanes

                vectorMemory.Store(reduction.Target, 0, lane, count, null, (fun () -> code.Load(results[u])))
        elif isIndex then
            endIndex ()
        else
            let lanes = virtualLanes / plan.Lanes

            let all = Array.init lanes (fun l -> if l < accumulators.Length then Some accumulators[l] else None)

            let result = combine.CombineAll all
            storeScalar (fun () -> code.Load result)
            code.Return result
            // The others were given back already.
            accumulators <- [||]

        for local in accumulators do
            code.Return local

        for local in positions do
            code.Return local

        accumulators <- [||]
        positions <- [||]
