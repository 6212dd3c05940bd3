// A loop nest as IL: loops, values at the level where they are known, and blocks of vectors side by side along the vector axis.
namespace Pipeline.Engine

open System.Reflection.Emit
open Pipeline

[<Sealed>]
type internal EmitNest(code: Code, plan: NestPlan, shape: NestShape) =
    let memory = EmitMemory(code, plan)
    let vectorMemory = EmitVectorMemory(code, plan, memory)
    let vectors = memory.Vectors
    let values = plan.Values
    let depth = plan.Axes.Length
    let isVector = plan.Lanes > 1

    let reductions =
        plan.Reductions |> Array.mapi (fun number r -> EmitReduction(code, plan, memory, vectorMemory, r, number))

    let scalars: LocalBuilder[] = Array.zeroCreate values.Length
    let broadcasts: LocalBuilder[] = Array.zeroCreate values.Length
    let locals: LocalBuilder[][] = Array.create values.Length [||]

    let isConstant (v: Value) =
        match v.Origin with
        | Origin.Op(LaneOp.Constant _)
        | Origin.Op(LaneOp.Bits _) -> true
        | _ -> false

    let isLoadAt (v: Value) =
        match v.Origin with
        | Origin.LoadAt _ -> true
        | _ -> false

    /// Uniform values that vector code reads.
    let broadcast =
        let needed = Array.zeroCreate<bool> values.Length

        if isVector then
            for v in values do
                if v.Varies then
                    for a in v.Arguments do
                        needed[a] <- needed[a] || not (isLoadAt v)

            for s in plan.Stores do
                needed[s.Value] <- true

            for r in plan.Reductions do
                for term in NestPlan.terms r do
                    needed[term] <- true

        needed

    /// Uniform values that scalar code reads: all but constants, which are written where they are used.
    let levels =
        Array.init (depth + 1) (fun level -> values |> Array.filter (fun v -> v.Level = level && not (isConstant v)))

    let isRead (v: Value) =
        match v.Origin with
        | Origin.Load _
        | Origin.LoadAt _ -> true
        | Origin.Counter _
        | Origin.Op _ -> false

    /// Which values of the innermost level the current stretch of code has.
    let emitted = Array.zeroCreate<bool> values.Length

    /// How many uses of a value of the innermost level are left.
    let uses = Array.zeroCreate<int> values.Length

    let scalarOperand (v: Value) = {
        DType = v.DType
        MaskBytes = 0
        Push =
            match v.Origin with
            | Origin.Op(LaneOp.Constant _ as op)
            | Origin.Op(LaneOp.Bits _ as op) -> fun () -> EmitScalar.emit code op v.DType [||]
            | _ when v.Varies -> fun () -> code.Load(locals[v.Id][0])
            | _ -> fun () -> code.Load(scalars[v.Id])
    }

    /// The value in vector u of the group (in scalar code: at point u).
    let operand (v: Value) u = {
        DType = v.DType
        MaskBytes = v.MaskBytes
        Push =
            match v.Origin with
            | Origin.Op(LaneOp.Constant _ as op)
            | Origin.Op(LaneOp.Bits _ as op) when isVector -> fun () -> vectors.Constant(op, v.DType, v.MaskBytes)
            | _ when v.Varies -> fun () -> code.Load(locals[v.Id][u])
            | _ when isVector -> fun () -> code.Load(broadcasts[v.Id])
            | _ -> (scalarOperand v).Push
    }

    let lanesOf (group: VectorGroup) u = if group.Partial > 0 && u = group.Count - 1 then group.Partial else plan.Lanes

    let clampedOffset (place: Place) limit stride (index: Operand) =
        let offset = code.Rent typeof<nativeint>
        index.Push()
        memory.ClampedOffset(place, limit, stride)
        code.Store offset
        offset

    let emitUniform (v: Value) =
        let arguments = v.Arguments |> Array.map (fun a -> scalarOperand values[a])

        match v.Origin with
        | Origin.Load place -> memory.LoadScalar(place, 0, null)
        | Origin.LoadAt(place, limit, stride) ->
            let offset = clampedOffset place limit stride arguments[0]
            memory.LoadScalar(place, 0, offset)
            code.Return offset
        | Origin.Counter(variable, factor, offset) -> memory.Counter(v.DType, factor, offset, variable, 0, false)
        | Origin.Op op -> EmitScalar.emit code op v.DType arguments

        let local = code.Rent(EmitScalar.localType v.DType)
        code.Store local
        scalars[v.Id] <- local

        if broadcast[v.Id] then
            let vector = code.Rent(vectors.Type(v.DType, v.MaskBytes))
            code.Load local
            vectors.Broadcast(v.DType, v.MaskBytes)
            code.Store vector
            broadcasts[v.Id] <- vector

    let emitVarying (group: VectorGroup) (v: Value) =
        let lane u = (group.First + u) * plan.Lanes

        let offset =
            match v.Origin with
            | Origin.LoadAt(place, limit, stride) when not values[v.Arguments[0]].Varies ->
                clampedOffset place limit stride (scalarOperand values[v.Arguments[0]])
            | _ -> null

        let results =
            Array.init group.Count (fun u ->
                let count = lanesOf group u
                let arguments = v.Arguments |> Array.map (fun a -> operand values[a] u)

                match v.Origin with
                | Origin.Load place
                | Origin.LoadAt(place, _, _) when isVector && (isNull offset |> not || v.Arguments.Length = 0) ->
                    vectorMemory.Load(place, v.MaskBytes, lane u, offset, count)
                | Origin.Load place -> memory.LoadScalar(place, lane u, null)
                | Origin.LoadAt(place, limit, stride) when isVector ->
                    vectorMemory.Gather(place, v.MaskBytes, lane u, arguments[0], limit, stride, count)
                | Origin.LoadAt(place, limit, stride) ->
                    let own = if isNull offset then clampedOffset place limit stride arguments[0] else offset

                    memory.LoadScalar(place, lane u, own)

                    if isNull offset then code.Return own
                | Origin.Counter(variable, factor, offset) -> memory.Counter(v.DType, factor, offset, variable, lane u, true)
                | Origin.Op op when isVector -> vectors.Emit(op, v.DType, v.MaskBytes, arguments, count)
                | Origin.Op op -> EmitScalar.emit code op v.DType arguments

                let local = code.Rent(if isVector then vectors.Type(v.DType, v.MaskBytes) else EmitScalar.localType v.DType)

                code.Store local
                local)

        if not (isNull offset) then code.Return offset

        locals[v.Id] <- results

    let release (v: Value) =
        if v.Varies then
            for local in locals[v.Id] do
                code.Return local

            locals[v.Id] <- [||]
        else
            if not (isNull scalars[v.Id]) then
                code.Return(scalars[v.Id])
                scalars[v.Id] <- null

            if not (isNull broadcasts[v.Id]) then
                code.Return(broadcasts[v.Id])
                broadcasts[v.Id] <- null

    let countUses () =
        for v in levels[depth] do
            uses[v.Id] <- 0

        for v in levels[depth] do
            for a in v.Arguments do
                uses[a] <- uses[a] + 1

        for s in plan.Stores do
            uses[s.Value] <- uses[s.Value] + 1

        for r in plan.Reductions do
            for term in NestPlan.terms r do
                uses[term] <- uses[term] + 1

        for a in plan.Accumulations do
            uses[a.Index] <- uses[a.Index] + 1
            uses[a.Value] <- uses[a.Value] + 1

    /// One use of the value is done; the last one of an innermost value frees its locals.
    let used id =
        let v = values[id]

        if v.Level = depth && not (isConstant v) then
            uses[id] <- uses[id] - 1

            if uses[id] = 0 then release v

    let store (group: VectorGroup) (place: Place) id =
        let v = values[id]

        for u in 0 .. group.Count - 1 do
            let lane = (group.First + u) * plan.Lanes
            vectorMemory.Store(place, v.MaskBytes, lane, lanesOf group u, null, (operand v u).Push)

    let accumulate (group: VectorGroup) (reduction: EmitReduction) =
        for u in 0 .. group.Count - 1 do
            let terms = NestPlan.terms reduction.Reduction |> Array.map (fun id -> operand values[id] u)
            reduction.Accumulate(group, u, lanesOf group u, terms)

    let addTo (a: PlannedAccumulation) =
        let dtype = a.Target.DType
        let address = code.Rent typeof<nativeint>
        memory.Address(a.Target, 0, null)
        (scalarOperand values[a.Index]).Push()
        memory.ClampedOffset(a.Target, a.Count, a.Stride)
        code.Emit OpCodes.Add
        code.Store address
        code.Load address

        let current = {
            DType = dtype
            MaskBytes = 0
            Push =
                fun () ->
                    code.Load address
                    EmitScalar.load code dtype
        }

        if a.Replaces then
            (scalarOperand values[a.Value]).Push()
        else
            EmitScalar.emit code LaneOp.Add dtype [| current; scalarOperand values[a.Value] |]

        EmitScalar.store code dtype
        code.Return address

    /// The innermost level: values in order, each taken up by stores and reductions as soon as it is there. Stores wait until
    /// everything is read, since they may go to where this very point was read from.
    let emitPoint (group: VectorGroup) =
        countUses ()

        let mutable reads = levels[depth] |> Array.sumBy (fun v -> if isRead v then 1 else 0)

        let isInner id = values[id].Level = depth && not (isConstant values[id])

        /// The reductions whose last term this is.
        let finish id =
            for r in reductions do
                let terms = NestPlan.terms r.Reduction |> Array.filter isInner

                if terms.Length > 0 && Array.max terms = id then
                    accumulate group r
                    Array.iter used terms

        let stored = Array.zeroCreate<bool> plan.Stores.Length

        let storeReady () =
            for k in 0 .. plan.Stores.Length - 1 do
                let s = plan.Stores[k]
                let v = s.Value

                if not stored[k] && (values[v].Level < depth || isConstant values[v] || emitted[v]) then
                    stored[k] <- true
                    store group s.Target v
                    used v

        for v in levels[depth] do
            emitted[v.Id] <- false

        for v in levels[depth] do
            if v.Varies then emitVarying group v else emitUniform v
            emitted[v.Id] <- true

            if isRead v then reads <- reads - 1

            for a in v.Arguments do
                used a

            finish v.Id

            if reads = 0 then storeReady ()

        storeReady ()

        for r in reductions do
            if not (Array.exists isInner (NestPlan.terms r.Reduction)) then accumulate group r

        for a in plan.Accumulations do
            addTo a
            used a.Index
            used a.Value

    let noGroup = { First = 0; Count = 1; Partial = 0 }

    let groupsOf breadth vectorCount partial = [
        for first in 0..breadth .. vectorCount - 1 do
            let count = min breadth (vectorCount - first)

            { First = first; Count = count; Partial = if first + count = vectorCount then partial else 0 }
    ]

    /// The work of one point of an axis.
    let workAt level =
        let inner = plan.Axes[level + 1 ..] |> Array.fold (fun n axis -> n * float axis.Extent) 1.0

        inner * float (values.Length + plan.Stores.Length + plan.Reductions.Length)

    /// The sums that are cut in blocks along an axis, all of one length.
    let cutAt level =
        reductions
        |> Array.filter (fun r -> r.Reduction.Blocks.Kind = BlockKind.Along && r.Reduction.Blocks.Axis = level)

    let blockLength level =
        match cutAt level |> Array.map (fun r -> int64 r.Reduction.Blocks.Length) |> Array.distinct with
        | [||] -> System.Int64.MaxValue
        | [| length |] -> length
        | lengths -> invalidOp $"Sums of one nest are cut in blocks of %A{lengths}."

    let endBlocks level =
        for r in cutAt level do
            r.EndBlock()

        code.Watch()

    /// The loop over an axis; where sums are cut along it, in blocks.
    let loop level limit step body =
        let length = blockLength level

        if limit > length then
            code.LoopInChunks(limit, step, length, body, fun () -> endBlocks level)
        else
            code.WatchedLoop(limit, step, workAt level * float step, body)

    let rec emitLevel level (group: VectorGroup) =
        if level < depth then
            for v in levels[level] do
                if v.Varies then emitVarying group v else emitUniform v

        let own = reductions |> Array.filter (fun r -> r.Reduction.Level = level)

        for r in own do
            r.Begin(if r.AcrossLanes then shape.Span else group.Count)

        if level = depth then
            emitPoint group
        elif plan.Axes[level].Extent > 0 then
            if level = plan.VectorAxis then emitVectorAxis level else emitAxis level group

            for r in reductions do
                if r.Reduction.Blocks.Row = level then r.EndRow()

        for r in own do
            r.End group

        if level < depth then
            for v in levels[level] do
                release v

    and emitAxis level group =
        let extent = plan.Axes[level].Extent

        let at index = memory.At(level, index, 0L, (fun () -> emitLevel (level + 1) group))

        if extent = 1 then at null else loop level (int64 extent) 1L at

    and emitVectorAxis level =
        let block = shape.Span * plan.Lanes
        let extent = plan.Axes[level].Extent
        let blocks = extent / block
        let rest = extent - blocks * block

        let emitBlock vectorCount partial =
            for group in groupsOf shape.Breadth vectorCount partial do
                emitLevel (level + 1) group

        if blocks = 1 then
            memory.At(level, null, 0L, (fun () -> emitBlock shape.Span 0))
        elif blocks > 1 then
            loop level (int64 (blocks * block)) (int64 block) (fun index -> memory.At(level, index, 0L, (fun () -> emitBlock shape.Span 0)))

        if rest > 0 then
            let vectorCount = (rest + plan.Lanes - 1) / plan.Lanes

            // Whole blocks of a sum are done.
            if blocks > 0 && int64 (blocks * block) % blockLength level = 0L then endBlocks level

            memory.At(level, null, int64 (blocks * block), (fun () -> emitBlock vectorCount (rest % plan.Lanes)))

    member _.Emit() =
        memory.Enter()
        emitLevel 0 noGroup
        memory.Leave()
