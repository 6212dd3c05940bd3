// The values of a nest as instructions on blocks and on numbers; those of cheap operations wait to be one with others (BlockExpressions.fs).
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Kernels

[<Sealed>]
type internal BlockValues(width: int, layout: BlockLayout, code: BlockCode) =
    let plan = layout.Plan
    let values = plan.Values
    let homes: BlockHome[] = Array.zeroCreate values.Length

    let targets = BlockTargets layout
    let expressions = BlockExpressions(layout, code, homes, targets.Of)

    let operandOf (home: BlockHome) value : BlockOperand = { Value = value; DType = home.DType; MaskBytes = home.MaskBytes }

    /// In memory, from which any instruction of its list reads it, or a later one.
    let inMemory id =
        let home = homes[id]

        match home.Constant with
        | ValueSome bits -> operandOf home (code.Constant bits)
        | ValueNone -> operandOf home home.Value.Value

    /// For an instruction that comes behind all that its list has.
    let ready now (list: BlockList) id =
        let home = homes[id]
        if home.IsLoose then expressions.Store id

        // (Masks that are numbers may be made larger in a list of theirs.)
        if home.IsWaiting && (obj.ReferenceEquals(home.List, list) || home.Step = 0 && home.DType = DType.Bool) then
            expressions.Flush(home.List, now)

        inMemory id

    let emitOther (v: Value) (into: BlockList) =
        let isBlock = layout.IsInBlock v.Id
        let temporary = List<struct (int * int)>()
        let arguments = v.Arguments |> Array.map (ready (layout.Computed v.Id) into)

        /// Blocks whose last reader this is, so that the result may take the place of one.
        let freeArguments () =
            for a in Array.distinct v.Arguments do
                if layout.LastRead a = layout.Computed v.Id then code.Release a

        let result bytes =
            match (if isBlock then targets.Of v.Id else ValueNone) with
            | ValueSome place -> layout.InBuffer(place, 1)
            | ValueNone -> code.NewValue(v.Id, isBlock, bytes)

        let step = if isBlock then 1 else 0

        let made maskBytes value = homes[v.Id] <- BlockHome(v.DType, maskBytes, step, into, Value = ValueSome value)

        let bytes = DType.bytes v.DType

        /// Bytes that were read, 0 or 1, as a mask.
        let asMask from =
            let mask = code.NewValue(v.Id, isBlock, 4)
            into.Add(BlockOperations.Resize(1, 4, from, mask))
            made 4 mask

        let read (place: Place) (copy: BlockValue -> BlockInstruction) isWhere =
            let isThere = isWhere && (not isBlock || layout.IsContiguous(place, bytes))
            let isStored = layout.IsStored plan.Pointers[place.Pointer].Buffer

            if isThere && v.DType <> DType.Bool && (not isStored || targets.AreNumbersAlone) then
                made 0 (layout.InBuffer(place, step))
                homes[v.Id].Changes <- isStored
            elif v.DType <> DType.Bool then
                let r = result bytes
                into.Add(copy r)
                made 0 r
            elif isThere && not isStored then
                asMask (layout.InBuffer(place, step))
            else
                let bytes = code.Temporary(temporary, isBlock, 1)
                into.Add(copy bytes)
                asMask bytes

        let aliasOf a =
            let value = arguments[a].Value
            let changes = homes[v.Arguments[a]].Changes
            homes[v.Id] <- BlockHome(v.DType, arguments[a].MaskBytes, value.Step, into, Value = ValueSome value, Changes = changes)

            // What it stands on lives on in its name, unless that is read later.
            let isLast = layout.LastRead v.Arguments[a] = layout.Computed v.Id
            code.Rename(v.Arguments[a], (if isLast then ValueSome v.Id else ValueNone))

        let place1 (place: Place) = if isBlock then layout.Whole place else layout.Access(place, [| struct (1, 0L) |])

        match v.Origin with
        | Origin.Load place -> read place (fun r -> BlockMovement.Load(bytes, place1 place, r)) true
        | Origin.LoadAt(place, count, stride) ->
            let index = values[v.Arguments[0]]
            let lastAxis = if layout.Depth = 0 then 0UL else 1UL <<< (layout.Depth - 1)
            let isOfLines = isBlock && layout.Changes index.Id &&& lastAxis = 0UL && layout.Axes[layout.Depth - 1].Extent > 1

            // The lines stay apart where each has its index.
            let access' =
                if isOfLines && layout.IsInBlock index.Id then
                    let over = layout.BlockAxes place
                    let lines = layout.Access(place, over[.. over.Length - 2])
                    let struct (extent, last) = over[over.Length - 1]

                    BlockAccess(
                        lines.Base,
                        lines.Displacement,
                        Array.append lines.Extents [| extent |],
                        Array.append lines.Strides [| nativeint last |]
                    )
                else
                    place1 place

            let stride = nativeint stride * nativeint (DType.bytes place.DType)
            let move = BlockMove(arguments[0].Value, nativeint (count - 1), stride, isOfLines)
            read place (fun r -> BlockMovement.Gather(bytes, DType.bytes index.DType, access', move, r)) false
        | Origin.Counter(variable, factor, offset) ->
            let r = result bytes
            into.Add(layout.Counter(v.DType, variable, factor, offset, r))
            made 0 r
        | Origin.Op op ->
            match op with
            | LaneOp.Constant _
            | LaneOp.Bits _ ->
                let bits = LaneEvaluate.apply op v.DType [||] [||]
                let bits = if v.DType = DType.Bool && bits <> 0UL then UInt64.MaxValue else bits
                homes[v.Id] <- BlockHome(v.DType, 0, 0, into, Constant = ValueSome bits)
            | LaneOp.Argument _ -> invalidOp "An argument is a source of the nest, not an operation."
            | LaneOp.Reinterpret -> aliasOf 0
            | LaneOp.Convert when v.DType = arguments[0].DType -> aliasOf 0
            | LaneOp.Convert when v.DType = DType.Bool ->
                let x = arguments[0]
                let bytes = DType.bytes x.DType
                let zero = code.Constant 0UL
                freeArguments ()
                let r = code.NewValue(v.Id, isBlock, bytes)
                into.Add(BlockArithmetic.compare width Relation.NotEqual x.DType x.Value zero r)
                made bytes r
            | LaneOp.Convert when arguments[0].DType = DType.Bool ->
                let mask = code.Sized(into, temporary, bytes, arguments[0])
                let one = code.Constant(LaneEvaluate.apply (LaneOp.Constant 1.0) v.DType [||] [||])
                let r = result bytes
                into.Add(BlockOperations.OfBits(bytes, width, BlockFunctions.And(), mask, one, r))
                made 0 r
            | LaneOp.Convert ->
                let r = result bytes
                let from, into' = BlockArithmetic.typeOf arguments[0].DType, BlockArithmetic.typeOf v.DType
                into.Add(BlockOperations.Convert(from, into', arguments[0].Value, r))
                made 0 r
            | LaneOp.Compare relation when arguments[0].DType <> DType.Bool ->
                let bytes = DType.bytes arguments[0].DType
                freeArguments ()
                let r = code.NewValue(v.Id, isBlock, bytes)
                into.Add(BlockArithmetic.compare width relation arguments[0].DType arguments[0].Value arguments[1].Value r)
                made bytes r
            | _ when v.DType = DType.Bool ->
                let masks = if op = LaneOp.Select then arguments[1..] else arguments
                let bytes = masks |> Array.fold (fun most x -> max most x.MaskBytes) 0
                let bytes = if bytes = 0 then 4 else bytes
                let all = arguments |> Array.map (fun x -> code.Sized(into, temporary, bytes, x))
                freeArguments ()
                let r = code.NewValue(v.Id, isBlock, bytes)
                into.Add(BlockArithmetic.ofMasks width op bytes all r)
                made bytes r
            | LaneOp.Select ->
                let mask = code.Sized(into, temporary, bytes, arguments[0])
                freeArguments ()
                let r = result bytes
                into.Add(BlockArithmetic.ofNumbers width op v.DType [| mask; arguments[1].Value; arguments[2].Value |] r)
                made 0 r
            | LaneOp.Call1 _
            | LaneOp.CallWhere _
            | LaneOp.CallWhereNaN _
            | LaneOp.Function _ ->
                let all =
                    arguments
                    |> Array.map (fun x -> if x.DType = DType.Bool then code.Sized(into, temporary, bytes, x) else x.Value)

                freeArguments ()
                let r = result bytes
                into.Add(BlockArithmetic.call width op v.DType all r)
                made 0 r
            | _ ->
                freeArguments ()
                let r = result bytes
                into.Add(BlockArithmetic.ofNumbers width op v.DType (arguments |> Array.map _.Value) r)
                made 0 r

        freeArguments ()

        code.Free temporary

    let emit (v: Value) =
        let into = if layout.IsInBlock v.Id then code.Body else code.Before[layout.Stage v.Id]

        match expressions.TypeOf(into, v), v.Origin with
        | TypeCode.Empty, _ -> emitOther v into
        | t, Origin.Op op ->
            let bytes = ExpressionTypes.bytes t
            let temporary = List<struct (int * int)>()
            let isOther (home: BlockHome) = home.DType = DType.Bool && home.MaskBytes <> 0 && home.MaskBytes <> bytes
            let others = v.Arguments |> Array.distinct |> Array.filter (fun a -> isOther homes[a])

            // Masks of other elements are made as large for this operation.
            let own =
                others
                |> Array.map (fun a ->
                    let mask = code.Sized(into, temporary, bytes, ready (layout.Computed v.Id) into a)
                    let own = homes[a]
                    homes[a] <- BlockHome(DType.Bool, bytes, own.Step, into, Value = ValueSome mask)
                    own)

            expressions.Emit(into, v, op, t, bytes)
            Array.iter2 (fun a home -> homes[a] <- home) others own
            code.Free temporary
        | _ -> emitOther v into

    member _.Emit(v: Value) = emit v
    /// For an instruction that comes behind all others so far.
    member _.Operand(id: int) = ready layout.AtEnd code.Body id

    /// For an instruction of a block behind what waits.
    member _.OperandLater(id: int) =
        if homes[id].IsLoose then expressions.Store id
        inMemory id

    member _.IsMask(id: int) = homes[id].DType = DType.Bool
    /// A store whose value was made where it is stored.
    member _.IsInPlace(store: int) = targets.IsTaken store

    /// Nothing waits any more.
    member _.Finish() =
        if targets.AreNumbersAlone then
            for s in plan.Stores do
                if homes[s.Value].IsLoose then expressions.Store s.Value

            let others = plan.Stores |> Array.indexed |> Array.filter (fun (k, _) -> not (targets.IsTaken k)) |> Array.map snd
            expressions.StoreNumbers(code.Before[0], others)

        for list in code.Before do
            expressions.Flush(list, layout.AtEnd)

        expressions.Flush(code.Body, layout.AtEnd)
        targets.AreNumbersAlone
