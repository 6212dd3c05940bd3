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

    let cut = reduction.Blocks
    let isBlocked = cut.Kind <> BlockKind.Whole
    let isStaged = cut.Kind = BlockKind.Staged
    let vectorBytes = plan.Lanes * bytes

    let stage =
        EmitStage(code, combine.Partials + code.Header.LaneBytes - 2 * Header.StageBytes, (NestPlan.terms reduction).Length, bytes)

    /// Of a block that is counted.
    let mutable counted: LocalBuilder = null

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
            (fun () -> if isNumber then EmitScalar.load code dtype else load dtype),
            (fun push ->
                push ()
                if isNumber then EmitScalar.store code dtype else store dtype),
            combineResults
        )

    /// The address of a vector of results' virtual lane: the one at a place among the lanes.
    let besidePlace (lane: unit -> unit) u =
        code.Workspace(combine.Partials + u * vectorBytes)
        lane ()
        code.MultiplyNative(int64 (accumulators.Length * vectorBytes))
        code.Emit OpCodes.Add

    let eachBeside (count: int) (body: (int -> int -> unit) -> int -> unit) =
        code.Loop(
            int64 count,
            1L,
            fun lane ->
                for u in 0 .. accumulators.Length - 1 do
                    body
                        (fun extra u ->
                            besidePlace
                                (fun () ->
                                    code.Load lane
                                    code.AddNative(int64 extra))
                                u)
                        u
        )

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

    /// The lanes in memory, combined by halves to a number in a local.
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

        let result = code.Rent(EmitScalar.localType dtype)
        code.Workspace combine.Partials
        EmitScalar.load code dtype
        code.Store result
        result

    /// The same of results side by side, to their vectors: lanes without entries change nothing.
    let combineBeside () =
        let mutable lanes = besides

        while lanes > 1 do
            let half = SumOrder.left lanes

            eachBeside (lanes - half) (fun place u ->
                let lane extra =
                    combine.Operand(fun () ->
                        place extra u
                        load dtype)

                place 0 u
                combine.Emit(combine.Op, dtype, [| lane 0; lane half |])
                store dtype)

            lanes <- half

        for u in 0 .. accumulators.Length - 1 do
            code.Workspace(combine.Partials + u * vectorBytes)
            load dtype
            code.Store(accumulators[u])

        accumulators

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
        if inMemory then [| combineMemory () |]
        elif acrossLanes then [| combineLocals () |]
        elif besides > 0 then combineBeside ()
        else accumulators

    let giveBack (results: LocalBuilder[]) = if acrossLanes then Array.iter code.Return results

    /// The results with their places among those of a block.
    let parts (results: LocalBuilder[]) =
        results |> Array.mapi (fun u result -> struct (result, fun () -> code.Native(int64 (u * vectorBytes))))

    let restart () =
        if inMemory then
            code.Loop(
                int64 virtualLanes,
                1L,
                fun lane ->
                    combine.PartialAt(lane, 0)
                    EmitScalar.emit code combine.Identity dtype [||]
                    EmitScalar.store code dtype
            )
        elif besides > 0 && not isOnce then
            eachBeside besides (fun place u ->
                place 0 u
                constant dtype combine.Identity
                store dtype)
        elif besides = 0 then
            for accumulator in accumulators do
                constant dtype combine.Identity
                code.Store accumulator

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

    /// Whether a staged row is cut, rather than whole rows being a block.
    let isCut = isStaged && (ValueOption.get reduction.Order).RowsOfBlock = 0

    /// Entries of a block on the stage.
    let stagedBlock =
        match reduction.Order with
        | ValueSome order when isCut -> order.Cut
        | ValueSome order -> order.RowsOfBlock * ((order.Row + order.Lanes - 1) / order.Lanes * order.Lanes)
        | ValueNone -> 0

    /// Entries that change nothing behind those on the stage, up to a whole turn.
    let pad () =
        let identities =
            if reduction.Factor < 0 then [| combine.Identity |] else [| LaneOp.Constant 1.0; combine.Identity |]

        for k in 0 .. identities.Length - 1 do
            for l in 0 .. virtualLanes / plan.Lanes - 1 do
                let entry () =
                    code.Load stage.Filled
                    code.AddNative(int64 (l * plan.Lanes))

                stage.Entry(k, entry)
                constant dtype identities[k]
                if isVector then code.Emit(OpCodes.Unaligned, 1uy)
                store dtype

        stage.Pad virtualLanes

    /// Takes so many entries from the stage into the lanes: whole turns.
    let takeStaged (entries: unit -> unit) =
        let terms entry =
            NestPlan.terms reduction
            |> Array.mapi (fun k _ ->
                combine.Operand(fun () ->
                    stage.Entry(k, entry)
                    load dtype))

        let entry = code.Rent typeof<nativeint>
        let top, finish = code.Label(), code.Label()
        code.Native 0L
        code.Store entry
        code.Mark top
        code.Load entry
        entries ()
        code.Emit(OpCodes.Bge, finish)

        if inMemory then
            let lane = code.Rent typeof<nativeint>
            code.Load entry
            code.Native(int64 (virtualLanes - 1))
            code.Emit OpCodes.And
            code.Store lane
            combine.PartialAt(lane, 0)

            combined
                (terms (fun () -> code.Load entry))
                (combine.Operand(fun () ->
                    combine.PartialAt(lane, 0)
                    load dtype))

            store dtype
            code.Return lane
        else
            for l in 0 .. accumulators.Length - 1 do
                let at () =
                    code.Load entry
                    code.AddNative(int64 (l * plan.Lanes))

                combined (terms at) (combine.Operand(fun () -> code.Load accumulators[l]))
                code.Store accumulators[l]

        code.Load entry
        code.AddNative(if inMemory then 1L else int64 virtualLanes)
        code.Store entry
        code.Emit(OpCodes.Br, top)
        code.Mark finish
        code.Return entry

    /// Blocks that are whole on the stage.
    let endStaged () =
        stage.While(
            stagedBlock,
            fun () ->
                takeStaged (fun () -> code.Native(int64 stagedBlock))
                endBlock ()
                stage.Drop stagedBlock
        )

    member _.Reduction = reduction
    /// The vector axis is among the reduced ones.
    member _.AcrossLanes = acrossLanes

    /// Sets accumulators to the identity: for so many vectors, or in memory.
    member _.Begin(vectorCount: int, useMemory: bool) =
        inMemory <- if isStaged then not isVector else useMemory && not isIndex

        if isBlocked then blocks.Clear 1

        if isStaged then stage.Begin()

        if cut.Kind = BlockKind.Counted then
            counted <- code.Rent typeof<int>
            code.Int 0
            code.Store counted

        if not inMemory then
            let all = NestPlan.accumulators plan reduction

            let count =
                if isStaged then all
                elif acrossLanes then min vectorCount all
                else vectorCount

            accumulators <- Array.init count (fun _ -> code.Rent(combine.LocalType dtype))

            if isIndex then positions <- Array.init count (fun _ -> start DType.Int32 (LaneOp.Constant 0.0))

        restart ()

    /// Takes in vector u of a group, of which `count` lanes are there: a value, or two factors whose product is not rounded.
    member _.Accumulate(group: VectorGroup, u: int, count: int, terms: Operand[]) =
        let lane = (group.First + u) * plan.Lanes

        /// The accumulator in memory at the address on the stack.
        let inPlace () =
            let address = code.Rent typeof<nativeint>
            code.Store address

            let current =
                if isOnce then
                    combine.Operand(fun () -> constant dtype combine.Identity)
                else
                    combine.Operand(fun () ->
                        code.Load address
                        load dtype)

            code.Load address
            combined terms current
            present dtype count current.Push
            store dtype
            code.Return address

        if isStaged then
            for k in 0 .. terms.Length - 1 do
                let index () =
                    memory.PushVariable plan.Axes[plan.VectorAxis].Variable
                    code.AddNative(int64 lane)

                stage.Place(k, index)
                terms[k].Push()
                if isVector then code.Emit(OpCodes.Unaligned, 1uy)
                store dtype
        elif inMemory then
            lanePlace lane
            inPlace ()
        elif besides > 0 then
            besidePlace
                (fun () ->
                    memory.PushVariable plan.Axes[plan.Axes.Length - 1].Variable
                    code.Native(int64 (virtualLanes - 1))
                    code.Emit OpCodes.And)
                u

            inPlace ()
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

    /// Of a sum whose blocks are counted: one more of what they are counted in.
    member _.Count() =
        let going = code.Label()
        code.Load counted
        code.Int 1
        code.Emit OpCodes.Add
        code.Store counted
        code.Load counted
        code.Int cut.Length
        code.Emit(OpCodes.Blt, going)
        endBlock ()
        code.Int 0
        code.Store counted
        code.Mark going

    /// Of a sum that is staged: so many entries along the vector axis are there.
    member _.Advance(entries: int64) =
        stage.Advance entries
        if isCut then endStaged ()

    /// Of a sum that is staged: the vector axis starts again.
    member _.Restart() = stage.Restart()

    /// A row is at its end.
    member _.EndRow() =
        match cut.Kind with
        | BlockKind.Staged ->
            if not isCut then
                pad ()
                endStaged ()
            elif (ValueOption.get reduction.Order).Rows > 1 then
                // What is left of the row.
                let finish = code.Label()
                code.Load stage.Filled
                code.Emit(OpCodes.Brfalse, finish)
                pad ()
                takeStaged (fun () -> code.Load stage.Filled)
                endBlock ()
                stage.Clear()
                code.Mark finish

            stage.Restart()
        | BlockKind.Counted ->
            endBlock ()
            code.Int 0
            code.Store counted
        | BlockKind.Whole
        | BlockKind.Along -> endBlock ()

    /// Combines and stores. For a reduction that keeps the vector axis: the group's results.
    member _.End(group: VectorGroup) =
        if isIndex && acrossLanes then
            endIndex ()
        else
            if isStaged then
                pad ()
                takeStaged (fun () -> code.Load stage.Filled)

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

        if isStaged then stage.End()

        if cut.Kind = BlockKind.Counted then code.Return counted

        for local in accumulators do
            code.Return local

        for local in positions do
            code.Return local

        accumulators <- [||]
        positions <- [||]
