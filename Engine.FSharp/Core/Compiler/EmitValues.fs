// The values of a nest as IL: each in locals, one for each vector of a group where it varies, from where it is computed to its last use.
namespace Pipeline.Engine

open Pipeline

[<Sealed>]
type internal EmitValues(code: Code, plan: NestPlan, memory: EmitMemory, vectorMemory: EmitVectorMemory) =
    let vectors = memory.Vectors
    let values = plan.Values
    let depth = plan.Axes.Length
    let isVector = plan.Lanes > 1

    let scalars: CodeLocal[] = Array.zeroCreate values.Length
    let broadcasts: CodeLocal[] = Array.zeroCreate values.Length
    let locals: CodeLocal[][] = Array.create values.Length [||]

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

        let local = code.Rent(EmitNumber.localType v.DType)
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

                let local = code.Rent(if isVector then vectors.Type(v.DType, v.MaskBytes) else EmitNumber.localType v.DType)

                code.Store local
                local)

        if not (isNull offset) then code.Return offset

        locals[v.Id] <- results

    /// Gives back the locals of a value.
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

    /// Whether a value is computed at the innermost level.
    let isInner id = values[id].Level = depth && not (isConstant values[id])

    /// The values that are computed at a level, in order: all but constants, which are written where they are used.
    member _.At(level: int) = levels[level]

    /// Whether a value is computed at the innermost level.
    member _.IsInner(id: int) = isInner id

    /// A number that does not vary along the vector axis, or the one point of scalar code.
    member _.Scalar(id: int) = scalarOperand values[id]

    /// A value in vector u of the group (in scalar code: at point u).
    member _.Operand(id: int, u: int) = operand values[id] u

    /// How many lanes of vector u of the group are there.
    member _.Lanes(group: VectorGroup, u: int) = lanesOf group u

    /// Computes a value.
    member _.Emit(group: VectorGroup, v: Value) = if v.Varies then emitVarying group v else emitUniform v

    /// Gives back the locals of a value.
    member _.Release(v: Value) = release v

    /// Begins the innermost level: all uses of its values are ahead.
    member _.CountUses() =
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
    member _.Used(id: int) =
        if isInner id then
            uses[id] <- uses[id] - 1

            if uses[id] = 0 then release values[id]
