// A loop nest as IL: loops, each value at the level where it is known, and blocks of vectors side by side along the vector axis.
namespace Pipeline.Engine

open System.Reflection.Emit
open Pipeline

[<Sealed>]
type internal EmitNest(code: Code, plan: NestPlan, shape: NestShape) =
    let memory = EmitMemory(code, plan)
    let vectorMemory = EmitVectorMemory(code, plan, memory)
    let values = EmitValues(code, plan, memory, vectorMemory)
    let depth = plan.Axes.Length

    let reductions =
        plan.Reductions |> Array.mapi (fun number r -> EmitReduction(code, plan, memory, vectorMemory, r, number))

    let isRead (v: Value) =
        match v.Origin with
        | Origin.Load _
        | Origin.LoadAt _ -> true
        | Origin.Counter _
        | Origin.Op _ -> false

    /// Which values of the innermost level the current stretch of code has.
    let emitted = Array.zeroCreate<bool> plan.Values.Length

    let store (group: VectorGroup) (place: Place) id =
        let maskBytes = plan.Values[id].MaskBytes

        for u in 0 .. group.Count - 1 do
            let lane = (group.First + u) * plan.Lanes
            vectorMemory.Store(place, maskBytes, lane, values.Lanes(group, u), null, values.Operand(id, u).Push)

    let accumulate (group: VectorGroup) (reduction: EmitReduction) =
        for u in 0 .. group.Count - 1 do
            let terms = NestPlan.terms reduction.Reduction |> Array.map (fun id -> values.Operand(id, u))
            reduction.Accumulate(group, u, values.Lanes(group, u), terms)

    let addTo (a: PlannedAccumulation) =
        let dtype = a.Target.DType
        let address = code.Rent typeof<nativeint>
        memory.Address(a.Target, 0, null)
        values.Scalar(a.Index).Push()
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
                    EmitNumber.load code dtype
        }

        if a.Replaces then
            values.Scalar(a.Value).Push()
        else
            EmitScalar.emit code LaneOp.Add dtype [| current; values.Scalar a.Value |]

        EmitNumber.store code dtype
        code.Return address

    /// The innermost level: values in order, each taken up by stores and reductions as soon as it is there. Stores wait until
    /// everything is read, since they may go to where this very point was read from.
    let emitPoint (group: VectorGroup) =
        values.CountUses()

        let mutable reads = values.At depth |> Array.sumBy (fun v -> if isRead v then 1 else 0)

        /// The reductions whose last term this is.
        let finish id =
            for r in reductions do
                let terms = NestPlan.terms r.Reduction |> Array.filter values.IsInner

                if terms.Length > 0 && Array.max terms = id then
                    accumulate group r
                    Array.iter values.Used terms

        let stored = Array.zeroCreate<bool> plan.Stores.Length

        let storeReady () =
            for k in 0 .. plan.Stores.Length - 1 do
                let s = plan.Stores[k]
                let v = s.Value

                if not stored[k] && (not (values.IsInner v) || emitted[v]) then
                    stored[k] <- true
                    store group s.Target v
                    values.Used v

        for v in values.At depth do
            emitted[v.Id] <- false

        for v in values.At depth do
            values.Emit(group, v)
            emitted[v.Id] <- true

            if isRead v then reads <- reads - 1

            for a in v.Arguments do
                values.Used a

            finish v.Id

            if reads = 0 then storeReady ()

        storeReady ()

        for r in reductions do
            if not (Array.exists values.IsInner (NestPlan.terms r.Reduction)) then accumulate group r

        for a in plan.Accumulations do
            addTo a
            values.Used a.Index
            values.Used a.Value

    let noGroup = { First = 0; Count = 1; Partial = 0 }

    let groupsOf breadth vectorCount partial = [
        for first in 0..breadth .. vectorCount - 1 do
            let count = min breadth (vectorCount - first)

            { First = first; Count = count; Partial = if first + count = vectorCount then partial else 0 }
    ]

    /// The work of one point of an axis.
    let workAt level =
        let inner = plan.Axes[level + 1 ..] |> Array.fold (fun n axis -> n * float axis.Extent) 1.0

        inner * float (plan.Values.Length + plan.Stores.Length + plan.Reductions.Length)

    /// The last turn may begin before the one before it has ended, since a point may be computed twice: it stores what it stored, and reads nothing
    /// that is stored. Then there is one body for all turns, and the JIT has half as much to do.
    let mayOverlap =
        let isStored buffer = plan.Stores |> Array.exists (fun s -> plan.Pointers[s.Target.Pointer].Buffer = buffer)

        plan.Reductions.Length = 0
        && plan.Accumulations.Length = 0
        && plan.Values
           |> Array.forall (fun v ->
               match v.Origin with
               | Origin.Load place
               | Origin.LoadAt(place, _, _) -> not (isStored plan.Pointers[place.Pointer].Buffer)
               | Origin.Counter _
               | Origin.Op _ -> true)

    /// The sums that are cut in blocks along an axis, all of one length.
    let cutAt level =
        reductions
        |> Array.filter (fun r -> r.Reduction.Blocks.Kind = BlockKind.Along && r.Reduction.Blocks.Axis = level)

    let blockLength level =
        match cutAt level |> Array.map (fun r -> int64 r.Reduction.Blocks.Length) |> Array.distinct with
        | [||] -> System.Int64.MaxValue
        | [| length |] -> length
        | lengths -> invalidOp $"Sums of one nest are cut in blocks of {Shape.text (Array.map int lengths)}."

    let endBlocks level =
        for r in cutAt level do
            r.EndBlock()

        code.Watch()

    /// The loop over an axis; where sums are cut along it, in blocks.
    let loop level limit step body =
        let length = blockLength level
        let first () = code.Native 0L

        if limit > length then
            code.LoopInChunks(first, limit, step, length, body, (fun () -> endBlocks level))
        else
            code.WatchedLoop(first, limit, step, workAt level * float step, body)

    let rec emitLevel level (group: VectorGroup) =
        if level < depth then
            for v in values.At level do
                values.Emit(group, v)

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
            for v in values.At level do
                values.Release v

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

        if rest > 0 && blocks >= CostModel.overlappedFrom && mayOverlap then
            loop level (int64 extent) (int64 block) (fun index ->
                let start = code.Rent typeof<nativeint>
                code.Load index
                code.Native(int64 (extent - block))
                code.Call(VectorType.overload typeof<System.IntPtr> "Min" [| typeof<nativeint>; typeof<nativeint> |])
                code.Store start
                memory.At(level, start, 0L, (fun () -> emitBlock shape.Span 0))
                code.Return start)
        elif blocks = 1 then
            memory.At(level, null, 0L, (fun () -> emitBlock shape.Span 0))
        elif blocks > 1 then
            loop level (int64 (blocks * block)) (int64 block) (fun index -> memory.At(level, index, 0L, (fun () -> emitBlock shape.Span 0)))

        if rest > 0 && not (blocks >= CostModel.overlappedFrom && mayOverlap) then
            let vectorCount = (rest + plan.Lanes - 1) / plan.Lanes

            // Whole blocks of a sum are done.
            if blocks > 0 && int64 (blocks * block) % blockLength level = 0L then endBlocks level

            memory.At(level, null, int64 (blocks * block), (fun () -> emitBlock vectorCount (rest % plan.Lanes)))

    member _.Emit() =
        memory.Enter()
        emitLevel 0 noGroup
        memory.Leave()
