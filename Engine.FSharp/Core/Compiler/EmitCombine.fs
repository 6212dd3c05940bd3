// How the numbers of a reduction combine: two of them, the lanes of a vector, the best with its position.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open Pipeline

[<Sealed>]
type internal EmitCombine(code: Code, plan: NestPlan, memory: EmitMemory, reduction: PlannedReduction, number: int) =
    let vectors = memory.Vectors
    let value = plan.Values[reduction.Value]
    let dtype = value.DType
    let bytes = DType.bytes dtype
    let isVector = plan.Lanes > 1
    let partials = code.Header.Partials + number * code.Header.PartialBytes
    let indexPartials = partials + 256

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
        // -0 changes no number; the sum of nothing is 0.
        | LaneOp.Add when DType.isFloat dtype && plan.Axes[reduction.Level ..] |> Array.forall (fun axis -> axis.Extent > 0) ->
            LaneOp.Constant -0.0
        | LaneOp.Add -> LaneOp.Constant 0.0
        | LaneOp.Multiply -> LaneOp.Constant 1.0
        | LaneOp.Maximum -> least
        | LaneOp.Minimum -> most
        | _ -> invalidOp $"{op} has no identity."

    let operand (push: unit -> unit) = { DType = dtype; MaskBytes = value.MaskBytes; Push = push }

    let emit op (result: DType) (arguments: Operand[]) =
        if isVector then
            vectors.Emit(op, result, bytes, arguments, plan.Lanes)
        else
            EmitScalar.emit code op result arguments

    let localType (t: DType) = if isVector then vectors.Type(t, 0) else EmitNumber.localType t

    let partialAt (lane: CodeLocal) (extra: int) =
        code.Workspace(partials + extra * bytes)
        code.Load lane
        code.MultiplyNative(int64 bytes)
        code.Emit OpCodes.Add

    /// Pushes whether a beats b: it is further out, or NaN where b is not.
    let beats (emit: LaneOp -> DType -> Operand[] -> unit) maskBytes (a: Operand) (b: Operand) =
        let further = if isMaximum then [| b; a |] else [| a; b |]
        emit (LaneOp.Compare Relation.Less) DType.Bool further

        if DType.isFloat dtype then
            let bool push = { DType = DType.Bool; MaskBytes = maskBytes; Push = push }

            let isNumber x = bool (fun () -> emit (LaneOp.Compare Relation.Equal) DType.Bool [| x; x |])

            let isNaN x = bool (fun () -> emit (LaneOp.Compare Relation.NotEqual) DType.Bool [| x; x |])

            let both = bool (fun () -> emit LaneOp.And DType.Bool [| isNaN a; isNumber b |])

            let pushed = code.Rent(if isVector && maskBytes > 0 then vectors.Type(DType.Bool, maskBytes) else typeof<int>)

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

            if axis = plan.VectorAxis then alongVector <- extent

            extent <- extent * plan.Axes[axis].Extent

        if alongVector > 0 then
            code.Int(lane * alongVector)
            code.Emit OpCodes.Add

        if isVector then
            if alongVector > 0 then
                vectors.Sequence(DType.Int32, alongVector)
            else
                vectors.Broadcast(DType.Int32, 0)

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

    let combineInto emit (a: CodeLocal) (b: CodeLocal) =
        emit op dtype [| operand (fun () -> code.Load a); operand (fun () -> code.Load b) |]
        code.Store a
        code.Return b
        a

    /// The scalar that the lanes of a vector combine to, in a local.
    let combineVector (vector: CodeLocal) =
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
            current <- combineInto (fun op t arguments -> EmitVector(code, lanes).Emit(op, t, 0, arguments, lanes)) low high

        let scalars =
            Array.init lanes (fun l ->
                let scalar = code.Rent(EmitNumber.localType dtype)
                code.Load current
                code.Int l
                code.Call(VectorType.generically 128 "GetElement" element)
                code.Store scalar
                Some scalar)

        code.Return current
        (tree (combineInto (EmitScalar.emit code)) scalars).Value

    /// The best of the lanes that stand in the partials, and the least position among equals.
    let bestOfPartials count =
        let best, at = code.Rent(EmitNumber.localType dtype), code.Rent typeof<int>
        let other, otherAt = code.Rent(EmitNumber.localType dtype), code.Rent typeof<int>
        code.Workspace partials
        EmitNumber.load code dtype
        code.Store best
        code.Workspace indexPartials
        code.Emit OpCodes.Ldind_I4
        code.Store at

        let body (lane: CodeLocal) =
            let take, next = code.Label(), code.Label()
            partialAt lane 0
            EmitNumber.load code dtype
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

    member _.Op = op
    member _.Identity = identity
    member _.DType = dtype
    member _.Partials = partials
    member _.IndexPartials = indexPartials
    /// The type of a local that holds a vector (in scalar code: a number) of the dtype.
    member _.LocalType(t) = localType t
    member _.Operand(push) = operand push
    /// Pushes a constant, loads from and stores to the address on the stack: vectors, or in scalar code numbers.
    member _.Constant(t: DType, op) = if isVector then vectors.Constant(op, t, 0) else EmitScalar.emit code op t [||]
    member _.Load(t: DType) = if isVector then code.Emit(OpCodes.Ldobj, localType t) else EmitNumber.load code t
    member _.Store(t: DType) = if isVector then code.Emit(OpCodes.Stobj, localType t) else EmitNumber.store code t
    /// Pushes the result of an operation on vectors, or in scalar code on numbers.
    member _.Emit(op, result, arguments) = emit op result arguments
    /// Pushes the address of a virtual lane in memory: a lane in a local, and so many more.
    member _.PartialAt(lane, extra) = partialAt lane extra
    member _.Beats(a, b) = beats emit bytes a b
    member _.Position(lane) = position lane
    member _.BestOfPartials(count) = bestOfPartials count

    /// Combines accumulators (the absent ones hold the identity) to one number in a local; gives all but that back.
    member _.CombineAll(accumulators: CodeLocal option[]) =
        let last = (tree (combineInto emit) accumulators).Value
        if isVector then combineVector last else last
