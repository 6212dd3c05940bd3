// Reductions of a nest: accumulators in locals (or in memory, for scalar code), one per virtual lane, and the fixed tree that combines them.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open Pipeline

[<Sealed>]
type internal EmitReduction
    (
        code: Code,
        plan: NestPlan,
        memory: EmitMemory,
        vectorMemory: EmitVectorMemory,
        reduction: PlannedReduction,
        number: int
    ) =
    let vectors = memory.Vectors
    let value = plan.Values[reduction.Value]
    let dtype = value.DType
    let bytes = DType.bytes dtype
    let isIndex = NestPlan.isIndex reduction
    let acrossLanes = reduction.Level <= plan.VectorAxis
    let isVector = plan.Lanes > 1
    let partials = code.Header.Partials + number * Header.PartialBytes
    let indexPartials = partials + 256
    let mutable accumulators: LocalBuilder[] = [||]
    let mutable positions: LocalBuilder[] = [||]
    let mutable inMemory = false

    let op =
        match reduction.Kind with
        | Reduction.Sum -> LaneOp.Add
        | Reduction.Product -> LaneOp.Multiply
        | Reduction.Maximum
        | Reduction.ArgMax -> LaneOp.Maximum
        | Reduction.Minimum
        | Reduction.ArgMin -> LaneOp.Minimum

    let isMaximum = (op = LaneOp.Maximum)

    let identity =
        let least, most =
            match dtype with
            | DType.Float32
            | DType.Float64 -> LaneOp.Constant -infinity, LaneOp.Constant infinity
            | DType.Int32 -> LaneOp.Bits(uint64 (uint32 Int32.MinValue)), LaneOp.Bits(uint64 Int32.MaxValue)
            | DType.Int64 -> LaneOp.Bits(uint64 Int64.MinValue), LaneOp.Bits(uint64 Int64.MaxValue)
            | _ -> LaneOp.Bits 0UL, LaneOp.Bits UInt64.MaxValue

        match op with
        | LaneOp.Add -> LaneOp.Constant 0.0
        | LaneOp.Multiply -> LaneOp.Constant 1.0
        | LaneOp.Maximum -> least
        | _ -> most

    let operand (push: unit -> unit) =
        {
            DType = dtype
            MaskBytes = value.MaskBytes
            Push = push
        }

    let emit op (result: DType) (arguments: Operand[]) =
        if isVector then
            vectors.Emit(op, result, bytes, arguments, plan.Lanes)
        else
            EmitScalar.emit code op result arguments

    let localType (t: DType) =
        if isVector then
            vectors.Type(t, 0)
        else
            EmitScalar.localType t

    let start (t: DType) op =
        let local = code.Rent(localType t)

        if isVector then
            vectors.Constant(op, t, 0)
        else
            EmitScalar.emit code op t [||]

        code.Store local
        local

    /// Pushes the address of the virtual lane of the current point, in scalar code.
    let lanePlace () =
        code.Workspace partials
        memory.PushVariable plan.Axes[plan.VectorAxis].Variable
        code.Native(int64 (NestPlan.virtualLanes dtype - 1))
        code.Emit OpCodes.And
        code.MultiplyNative(int64 bytes)
        code.Emit OpCodes.Add

    let partialAt (lane: LocalBuilder) (extra: int) =
        code.Workspace(partials + extra * bytes)
        code.Load lane
        code.MultiplyNative(int64 bytes)
        code.Emit OpCodes.Add

    let less a b =
        emit (LaneOp.Compare Relation.Less) DType.Bool [| a; b |]

    /// Pushes whether a beats b: it is further out, or NaN where b is not.
    let beats (emit: LaneOp -> DType -> Operand[] -> unit) maskBytes (a: Operand) (b: Operand) =
        let further = if isMaximum then [| b; a |] else [| a; b |]
        emit (LaneOp.Compare Relation.Less) DType.Bool further

        if DType.isFloat dtype then
            let bool push =
                {
                    DType = DType.Bool
                    MaskBytes = maskBytes
                    Push = push
                }

            let isNumber x =
                bool (fun () -> emit (LaneOp.Compare Relation.Equal) DType.Bool [| x; x |])

            let isNaN x =
                bool (fun () -> emit (LaneOp.Compare Relation.NotEqual) DType.Bool [| x; x |])

            let both = bool (fun () -> emit LaneOp.And DType.Bool [| isNaN a; isNumber b |])

            let pushed =
                code.Rent(
                    if isVector && maskBytes > 0 then
                        vectors.Type(DType.Bool, maskBytes)
                    else
                        typeof<int>
                )

            code.Store pushed
            emit LaneOp.Or DType.Bool [| bool (fun () -> code.Load pushed); both |]
            code.Return pushed

    let scalarBeats a b = beats (EmitScalar.emit code) 0 a b

    /// Pushes the position of the current point along the reduced axes (int32), for lane 0 of vector `lane / Lanes`.
    let position (lane: int) =
        code.Int 0
        let mutable extent = 1
        let mutable alongVector = 0

        for axis = plan.Axes.Length - 1 downto reduction.Level do
            memory.PushVariable plan.Axes[axis].Variable
            code.Emit OpCodes.Conv_I4
            code.Int extent
            code.Emit OpCodes.Mul
            code.Emit OpCodes.Add

            if axis = plan.VectorAxis then
                alongVector <- extent

            extent <- extent * plan.Axes[axis].Extent

        if alongVector > 0 then
            code.Int(lane * alongVector)
            code.Emit OpCodes.Add

        if isVector then
            if alongVector > 0 then
                vectors.Sequence(DType.Int32, alongVector)
            else
                vectors.Broadcast(DType.Int32, 0)

    let storeScalar (target: Place) (push: unit -> unit) =
        memory.Address(target, 0, null)
        push ()
        EmitScalar.store code target.DType

    /// Combines lanes that are vectors or scalars: lane l with lane l + n/2; absent lanes hold the identity.
    let rec tree (combine: 'lane -> 'lane -> 'lane) (lanes: 'lane option[]) =
        if lanes.Length = 1 then
            lanes[0]
        else
            let half = lanes.Length / 2

            Array.init half (fun l ->
                match lanes[l], lanes[l + half] with
                | Some a, Some b -> Some(combine a b)
                | Some a, None -> Some a
                | None, other -> other)
            |> tree combine

    let combineInto emit (a: LocalBuilder) (b: LocalBuilder) =
        emit op dtype [| operand (fun () -> code.Load a); operand (fun () -> code.Load b) |]
        code.Store a
        code.Return b
        a

    /// The scalar that the lanes of a vector combine to, in a local.
    let combineVector (vector: LocalBuilder) =
        let element = (DType.row dtype).Element
        let mutable current = vector
        let mutable bits = vectors.Width(dtype, 0)
        let mutable lanes = plan.Lanes

        while bits > 128 do
            let half = VectorType.create (bits / 2) element
            let low, high = code.Rent half, code.Rent half
            code.Load current
            code.Call(VectorType.generically bits "GetLower" element)
            code.Store low
            code.Load current
            code.Call(VectorType.generically bits "GetUpper" element)
            code.Store high
            code.Return current
            bits <- bits / 2
            lanes <- lanes / 2
            // EmitVector's vectors hold plan.Lanes lanes; here they hold fewer.
            current <-
                combineInto (fun op t arguments -> EmitVector(code, lanes).Emit(op, t, 0, arguments, lanes)) low high

        let scalars =
            Array.init lanes (fun l ->
                let scalar = code.Rent(EmitScalar.localType dtype)
                code.Load current
                code.Int l
                code.Call(VectorType.generically 128 "GetElement" element)
                code.Store scalar
                Some scalar)

        code.Return current
        (tree (combineInto (EmitScalar.emit code)) scalars).Value

    /// The best of the lanes that stand in the partials, and the least position among equals.
    let bestOfPartials count =
        let best, at = code.Rent(EmitScalar.localType dtype), code.Rent typeof<int>
        let other, otherAt = code.Rent(EmitScalar.localType dtype), code.Rent typeof<int>
        code.Workspace partials
        EmitScalar.load code dtype
        code.Store best
        code.Workspace indexPartials
        code.Emit OpCodes.Ldind_I4
        code.Store at

        let body (lane: LocalBuilder) =
            let take, next = code.Label(), code.Label()
            partialAt lane 0
            EmitScalar.load code dtype
            code.Store other
            code.Workspace indexPartials
            code.Load lane
            code.MultiplyNative 4L
            code.Emit OpCodes.Add
            code.Emit OpCodes.Ldind_I4
            code.Store otherAt
            let a, b = operand (fun () -> code.Load other), operand (fun () -> code.Load best)
            scalarBeats a b
            code.Emit(OpCodes.Brtrue, take)
            scalarBeats b a
            code.Emit(OpCodes.Brtrue, next)
            code.Load otherAt
            code.Load at
            code.Emit(OpCodes.Bge, next)
            code.Mark take
            code.Load other
            code.Store best
            code.Load otherAt
            code.Store at
            code.Mark next

        code.Loop(int64 count, 1L, body)

        for local in [ best; other; otherAt ] do
            code.Return local

        at

    member _.Reduction = reduction
    /// The vector axis is among the reduced ones.
    member _.AcrossLanes = acrossLanes

    /// Sets accumulators to the identity: for so many vectors, or in memory.
    member _.Begin(vectorCount: int, useMemory: bool) =
        inMemory <- useMemory && not isIndex

        if inMemory then
            code.Loop(
                int64 (NestPlan.virtualLanes dtype),
                1L,
                fun lane ->
                    partialAt lane 0
                    EmitScalar.emit code identity dtype [||]
                    EmitScalar.store code dtype
            )
        else
            let count =
                if acrossLanes then
                    min vectorCount (NestPlan.accumulators plan reduction)
                else
                    vectorCount

            accumulators <- Array.init count (fun _ -> start dtype identity)

            if isIndex then
                positions <- Array.init count (fun _ -> start DType.Int32 (LaneOp.Constant 0.0))

    /// Takes in vector u of a group, of which `count` lanes are there.
    member _.Accumulate(group: VectorGroup, u: int, count: int, push: unit -> unit) =
        if inMemory then
            lanePlace ()

            emit
                op
                dtype
                [|
                    operand (fun () ->
                        lanePlace ()
                        EmitScalar.load code dtype)
                    operand push
                |]

            EmitScalar.store code dtype
        else
            let slot =
                if acrossLanes then
                    (group.First + u) % accumulators.Length
                else
                    u

            let accumulator = accumulators[slot]
            let current = operand (fun () -> code.Load accumulator)
            let isPartial = acrossLanes && count < plan.Lanes

            /// Keeps what was there in the lanes that are absent.
            let present (t: DType) (from: LocalBuilder) =
                if isPartial then
                    let element = (DType.row t).Element
                    let next = code.Rent(localType t)
                    code.Store next
                    code.Native(int64 (LaneMasks.address count (DType.bytes t)))
                    code.Emit(OpCodes.Ldobj, localType t)
                    code.Load next
                    code.Load from
                    code.Call(VectorType.generically (vectors.Width(t, 0)) "ConditionalSelect" element)
                    code.Return next

                code.Store from

            if isIndex then
                let better =
                    code.Rent(
                        if isVector then
                            vectors.Type(DType.Bool, bytes)
                        else
                            typeof<int>
                    )

                let condition =
                    {
                        DType = DType.Bool
                        MaskBytes = bytes
                        Push = fun () -> code.Load better
                    }

                beats emit bytes (operand push) current
                code.Store better

                let index = positions[slot]

                emit
                    LaneOp.Select
                    DType.Int32
                    [|
                        condition
                        {
                            DType = DType.Int32
                            MaskBytes = 0
                            Push = fun () -> position ((group.First + u) * plan.Lanes)
                        }
                        {
                            DType = DType.Int32
                            MaskBytes = 0
                            Push = fun () -> code.Load index
                        }
                    |]

                present DType.Int32 index
                emit LaneOp.Select dtype [| condition; operand push; current |]
                present dtype accumulator
                code.Return better
            else
                emit op dtype [| current; operand push |]
                present dtype accumulator

    /// Combines and stores. For a reduction that keeps the vector axis: the group's results.
    member _.End(group: VectorGroup) =
        let target = reduction.Target

        if inMemory then
            let mutable half = NestPlan.virtualLanes dtype / 2

            while half > 0 do
                let at = half

                code.Loop(
                    int64 at,
                    1L,
                    fun lane ->
                        partialAt lane 0

                        EmitScalar.emit
                            code
                            op
                            dtype
                            [|
                                operand (fun () ->
                                    partialAt lane 0
                                    EmitScalar.load code dtype)
                                operand (fun () ->
                                    partialAt lane at
                                    EmitScalar.load code dtype)
                            |]

                        EmitScalar.store code dtype
                )

                half <- half / 2

            storeScalar target (fun () ->
                code.Workspace partials
                EmitScalar.load code dtype)
        elif not acrossLanes then
            let results = if isIndex then positions else accumulators

            for u in 0 .. results.Length - 1 do
                let lane = (group.First + u) * plan.Lanes
                let isLast = (u = results.Length - 1)

                let count =
                    if isLast && group.Partial > 0 then
                        group.Partial
                    else
                        plan.Lanes

                vectorMemory.Store(target, 0, lane, count, null, (fun () -> code.Load(results[u])))
        elif isIndex then
            let count = accumulators.Length

            for u in 0 .. count - 1 do
                code.Workspace(partials + u * plan.Lanes * bytes)
                code.Load(accumulators[u])

                if isVector then
                    code.Emit(OpCodes.Stobj, localType dtype)
                else
                    EmitScalar.store code dtype

                code.Workspace(indexPartials + u * plan.Lanes * 4)
                code.Load(positions[u])

                if isVector then
                    code.Emit(OpCodes.Stobj, localType DType.Int32)
                else
                    EmitScalar.store code DType.Int32

            let at = bestOfPartials (count * plan.Lanes)
            storeScalar target (fun () -> code.Load at)
            code.Return at
        else
            let lanes = NestPlan.virtualLanes dtype / plan.Lanes

            let all =
                Array.init lanes (fun l ->
                    if l < accumulators.Length then
                        Some accumulators[l]
                    else
                        None)

            let last = (tree (combineInto emit) all).Value
            let result = if isVector then combineVector last else last
            storeScalar target (fun () -> code.Load result)
            code.Return result
            // The tree gave the others back.
            accumulators <- [||]

        for local in Seq.append accumulators positions do
            code.Return local

        accumulators <- [||]
        positions <- [||]
