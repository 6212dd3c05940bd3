// The values of a nest as instructions on blocks and on numbers.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Kernels

[<Sealed>]
type internal BlockValues(width: int, layout: BlockLayout, code: BlockCode) =
    let plan = layout.Plan
    let values = plan.Values
    let operands: BlockOperand[] = Array.zeroCreate values.Length

    /// By value the store in whose place it may be made, or -1.
    let target =
        let targets = Array.create values.Length -1

        if layout.Depth > 0 then
            for k in 0 .. plan.Stores.Length - 1 do
                let s = plan.Stores[k]
                let v = values[s.Value]
                let buffer = plan.Pointers[s.Target.Pointer].Buffer

                if layout.IsAlone buffer && v.DType <> DType.Bool && layout.IsContiguous(s.Target, DType.bytes v.DType) then
                    targets[s.Value] <- k

        targets

    let isInPlace = Array.zeroCreate<bool> plan.Stores.Length

    let emit (v: Value) =
        let isBlock = layout.IsInBlock v.Id
        let into = if isBlock then code.Body else code.Before[layout.Stage v.Id]
        let temporary = List<struct (int * int)>()
        let arguments = v.Arguments |> Array.map (fun a -> operands[a])

        /// Blocks whose last reader this is, so that the result may take the place of one.
        let freeArguments () =
            for a in Array.distinct v.Arguments do
                if layout.LastRead a = layout.Computed v.Id then code.Release a

        let result bytes =
            if isBlock && target[v.Id] >= 0 then
                let place = plan.Stores[target[v.Id]].Target
                let slot = code.Slots.Empty()
                into.Add(BlockPointer(place.Pointer, nativeint place.Displacement, slot))
                isInPlace[target[v.Id]] <- true
                slot
            else
                code.NewSlot(v.Id, isBlock, bytes)

        let made maskBytes slot = operands[v.Id] <- { Value = code.Value(slot, isBlock); DType = v.DType; MaskBytes = maskBytes }
        let bytes = DType.bytes v.DType

        /// Bytes that were read, 0 or 1, as a mask.
        let asMask from =
            let slot = code.NewSlot(v.Id, isBlock, 4)
            into.Add(BlockOperations.Resize(1, 4, from, slot))
            made 4 slot

        let read (place: Place) (copy: int -> BlockInstruction) isWhere =
            let isPointed =
                not (layout.IsStored plan.Pointers[place.Pointer].Buffer)
                && isWhere
                && (not isBlock || layout.IsContiguous(place, bytes))

            let slot =
                if isPointed then
                    let slot = code.Slots.Empty()
                    into.Add(BlockPointer(place.Pointer, nativeint place.Displacement, slot))
                    slot
                elif v.DType = DType.Bool then
                    let slot = code.NewSlot(-1, isBlock, 1)
                    if isBlock then temporary.Add(struct (slot, 1))
                    into.Add(copy slot)
                    slot
                else
                    let slot = result bytes
                    into.Add(copy slot)
                    slot

            if v.DType = DType.Bool then asMask (code.Value(slot, isBlock)) else made 0 slot

        let aliasOf a =
            let slot = code.Slots.Empty()
            into.Add(BlockAlias(arguments[a].Value.Slot, slot))
            operands[v.Id] <- { Value = code.Value(slot, arguments[a].Value.Step = 1); DType = v.DType; MaskBytes = arguments[a].MaskBytes }

            // What it stands on lives on in its name, unless that is read later.
            let isLast = layout.LastRead v.Arguments[a] = layout.Computed v.Id
            code.Rename(v.Arguments[a], (if isLast then ValueSome v.Id else ValueNone))

        let place1 (place: Place) = if isBlock then layout.Whole place else layout.Access(place, [| struct (1, 0L) |])

        match v.Origin with
        | Origin.Load place -> read place (fun slot -> BlockMovement.Load(bytes, place1 place, slot)) true
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
                        lines.Pointer,
                        lines.Displacement,
                        Array.append lines.Extents [| extent |],
                        Array.append lines.Strides [| nativeint last |]
                    )
                else
                    place1 place

            let stride = nativeint stride * nativeint (DType.bytes place.DType)
            let move = BlockMove(arguments[0].Value, nativeint (count - 1), stride, isOfLines)
            read place (fun slot -> BlockMovement.Gather(bytes, DType.bytes index.DType, access', move, slot)) false
        | Origin.Counter(variable, factor, offset) ->
            let slot = result bytes
            into.Add(layout.Counter(v.DType, variable, factor, offset, slot))
            made 0 slot
        | Origin.Op op ->
            match op with
            | LaneOp.Constant _
            | LaneOp.Bits _ ->
                let bits = LaneEvaluate.apply op v.DType [||] [||]
                let bits = if v.DType = DType.Bool && bits <> 0UL then UInt64.MaxValue else bits
                operands[v.Id] <- { Value = BlockValue(code.Constant bits, 0); DType = v.DType; MaskBytes = 0 }
            | LaneOp.Argument _ -> invalidOp "An argument is a source of the nest, not an operation."
            | LaneOp.Reinterpret -> aliasOf 0
            | LaneOp.Convert when v.DType = arguments[0].DType -> aliasOf 0
            | LaneOp.Convert when v.DType = DType.Bool ->
                let x = arguments[0]
                let bytes = DType.bytes x.DType
                let zero = code.Constant 0UL
                freeArguments ()
                let slot = code.NewSlot(v.Id, isBlock, bytes)
                into.Add(BlockArithmetic.compare width Relation.NotEqual x.DType x.Value (BlockValue(zero, 0)) slot)
                made bytes slot
            | LaneOp.Convert when arguments[0].DType = DType.Bool ->
                let mask = code.Sized(into, temporary, bytes, arguments[0])
                let one = code.Constant(LaneEvaluate.apply (LaneOp.Constant 1.0) v.DType [||] [||])
                let slot = result bytes
                into.Add(BlockOperations.OfBits(bytes, width, BlockFunctions.And(), mask, BlockValue(one, 0), slot))
                made 0 slot
            | LaneOp.Convert ->
                let slot = result bytes
                let from, into' = BlockArithmetic.typeOf arguments[0].DType, BlockArithmetic.typeOf v.DType
                into.Add(BlockOperations.Convert(from, into', arguments[0].Value, slot))
                made 0 slot
            | LaneOp.Compare relation when arguments[0].DType <> DType.Bool ->
                let bytes = DType.bytes arguments[0].DType
                freeArguments ()
                let slot = code.NewSlot(v.Id, isBlock, bytes)
                into.Add(BlockArithmetic.compare width relation arguments[0].DType arguments[0].Value arguments[1].Value slot)
                made bytes slot
            | _ when v.DType = DType.Bool ->
                let masks = if op = LaneOp.Select then arguments[1..] else arguments
                let bytes = masks |> Array.fold (fun most x -> max most x.MaskBytes) 0
                let bytes = if bytes = 0 then 4 else bytes
                let all = arguments |> Array.map (fun x -> code.Sized(into, temporary, bytes, x))
                freeArguments ()
                let slot = code.NewSlot(v.Id, isBlock, bytes)
                into.Add(BlockArithmetic.ofMasks width op bytes all slot)
                made bytes slot
            | LaneOp.Select ->
                let mask = code.Sized(into, temporary, bytes, arguments[0])
                freeArguments ()
                let slot = result bytes
                into.Add(BlockArithmetic.ofNumbers width op v.DType [| mask; arguments[1].Value; arguments[2].Value |] slot)
                made 0 slot
            | LaneOp.Call1 _
            | LaneOp.CallWhere _
            | LaneOp.CallWhereNaN _
            | LaneOp.Function _ ->
                let all =
                    arguments
                    |> Array.map (fun x -> if x.DType = DType.Bool then code.Sized(into, temporary, bytes, x) else x.Value)

                freeArguments ()
                let slot = result bytes
                into.Add(BlockArithmetic.call width op v.DType all slot)
                made 0 slot
            | _ ->
                freeArguments ()
                let slot = result bytes
                into.Add(BlockArithmetic.ofNumbers width op v.DType (arguments |> Array.map _.Value) slot)
                made 0 slot

        freeArguments ()

        code.Free temporary

    member _.Emit(v: Value) = emit v
    member _.Operand(id: int) = operands[id]
    /// A store whose value was made where it is stored.
    member _.IsInPlace(store: int) = isInPlace[store]
