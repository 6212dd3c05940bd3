// A nest as instructions on blocks. Its innermost axes make a block, as many as fit whole and a part of the next; values that do not change within
// it are single numbers, made when an axis around it moves.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Numerics
open Pipeline
open Pipeline.Kernels

/// The numbers that reductions begin with, as bits.
[<RequireQualifiedAccess>]
module internal ReductionIdentity =
    let private number (dtype: DType) value = LaneEvaluate.apply (LaneOp.Constant value) dtype [||] [||]

    /// What changes no number.
    let ofNumbers (kind: Reduction) (dtype: DType) =
        let all = UInt64.MaxValue >>> (64 - 8 * DType.bytes dtype)

        match kind, (DType.row dtype).Class with
        | Reduction.Sum, DTypeClass.Float -> number dtype -0.0
        | Reduction.Maximum, DTypeClass.Float -> number dtype -infinity
        | Reduction.Minimum, DTypeClass.Float -> number dtype infinity
        | Reduction.Maximum, DTypeClass.Signed -> (all >>> 1) + 1UL
        | Reduction.Minimum, DTypeClass.Signed -> all >>> 1
        | Reduction.Minimum, DTypeClass.Unsigned -> all
        | Reduction.Minimum, DTypeClass.Bool -> 1UL
        | Reduction.Product, _ -> number dtype 1.0
        | (Reduction.Sum | Reduction.Maximum | Reduction.ArgMax | Reduction.ArgMin), _ -> 0UL

    /// The same, truth values being masks.
    let ofMasks kind dtype =
        let bits = ofNumbers kind dtype
        if dtype = DType.Bool && bits <> 0UL then UInt64.MaxValue else bits

    /// The result without entries: that of a sum is 0.
    let ofNothing kind dtype = if kind = Reduction.Sum then 0UL else ofNumbers kind dtype

/// An axis of the loops: a step moves the variable of an axis of the nest by Unit.
[<Struct>]
type private LoopAxis = { Variable: int; Unit: int; Extent: int }

/// A reduction as the loops do it: the position of its first axis, results side by side, entries of each.
[<NoComparison>]
type private LoopFold = { Reduction: PlannedReduction; First: int; Results: int; Entries: int }

/// Instructions for loops over these axes, in order. Variables start at 0, but for those that are given.
[<Sealed>]
type private BlockBuilder
    (width: int, plan: NestPlan, header: Header, start: int, axes: LoopAxis[], starts: struct (int * int)[], mostResults: int, isSplit: bool)
    =
    let values = plan.Values
    let depth = axes.Length

    let startOf variable =
        let mutable at = 0

        for struct (other, value) in starts do
            if other = variable then at <- value

        at

    let isAxis variable = axes |> Array.exists (fun axis -> axis.Variable = variable)

    /// In bytes a step.
    let strideOf (pointer: Pointer) (axis: LoopAxis) =
        let mutable stride = 0L

        for struct (variable, step) in pointer.Terms do
            if variable = axis.Variable then
                stride <- stride + int64 step * int64 pointer.Bytes * int64 axis.Unit

        stride

    let strides = plan.Pointers |> Array.map (fun pointer -> axes |> Array.map (strideOf pointer))

    /// The axes along which a value changes, a bit each.
    let changes =
        let changes: uint64[] = Array.zeroCreate values.Length
        let along condition = axes |> Seq.indexed |> Seq.sumBy (fun (k, axis) -> if condition k axis then 1UL <<< k else 0UL)
        let ofPointer p = along (fun k axis -> strides[p][k] <> 0L && axis.Extent > 1)

        for v in values do
            let own =
                match v.Origin with
                | Origin.Load place
                | Origin.LoadAt(place, _, _) -> ofPointer place.Pointer
                | Origin.Counter(variable, _, _) -> along (fun _ axis -> axis.Variable = variable && axis.Extent > 1)
                | Origin.Op _ -> 0UL

            changes[v.Id] <- v.Arguments |> Array.fold (fun bits a -> bits ||| changes[a]) own

        changes

    let bytesOf (v: Value) = if v.DType = DType.Bool then 4 else DType.bytes v.DType

    let terms (r: PlannedReduction) = NestPlan.terms r

    /// When a value is computed, when reductions whose last term it is take it in, and when everything is stored.
    let computed id = 2 * id
    let reduced id = 2 * id + 1
    let atEnd = 2 * values.Length

    /// When each value is read the last time.
    let lastRead =
        let last = Array.create values.Length -1

        for v in values do
            for a in v.Arguments do
                last[a] <- max last[a] (computed v.Id)

        for r in plan.Reductions do
            for term in terms r do
                last[term] <- max last[term] (reduced (Array.max (terms r)))

        for s in plan.Stores do
            last[s.Value] <- atEnd

        for a in plan.Accumulations do
            last[a.Index] <- atEnd
            last[a.Value] <- atEnd

        last

    let storedBuffers = [|
        for s in plan.Stores -> plan.Pointers[s.Target.Pointer].Buffer
        for r in plan.Reductions -> plan.Pointers[r.Target.Pointer].Buffer
        for a in plan.Accumulations -> plan.Pointers[a.Target.Pointer].Buffer
    |]

    let loadedBuffers =
        values
        |> Array.choose (fun v ->
            match v.Origin with
            | Origin.Load place
            | Origin.LoadAt(place, _, _) -> Some plan.Pointers[place.Pointer].Buffer
            | Origin.Counter _
            | Origin.Op _ -> None)

    let isStored buffer = Array.contains buffer storedBuffers

    /// Elements of a block: as many as let what is alive at once stay in the first cache.
    let elements =
        if
            plan.Accumulations
            |> Array.exists (fun a -> Array.contains plan.Pointers[a.Target.Pointer].Buffer loadedBuffers)
        then
            1
        else
            let mutable alive, most = 0, 4
            let ending = Array.zeroCreate<int>(values.Length + 1)

            for v in values do
                if changes[v.Id] <> 0UL then
                    alive <- alive + bytesOf v
                    most <- max most alive
                    let until = max v.Id (lastRead[v.Id] / 2)
                    ending[until] <- ending[until] + bytesOf v

                alive <- alive - ending[v.Id]

            max mostResults (Math.Clamp(CostModel.blockBytes / most &&& ~~~63, 64, CostModel.blockElements))

    /// The position of the axis that is cut, and the elements of a step along it.
    let struct (cutAxis, inner) =
        if depth = 0 then
            struct (0, 1)
        else
            let first = if isSplit then 1 else 0
            let mutable position = depth - 1
            let mutable inner = 1

            while position > first && int64 inner * int64 axes[position].Extent <= int64 elements do
                inner <- inner * axes[position].Extent
                position <- position - 1

            struct (position, inner)

    let extent position = if depth = 0 then 1 else axes[position].Extent
    let cut = Math.Clamp(elements / inner, 1, max 1 (extent cutAxis))
    let slots = BlockSlots(start, cut * inner)
    let before = Array.init (cutAxis + 1) (fun _ -> List<BlockInstruction>())
    let after = Array.init (cutAxis + 1) (fun _ -> List<BlockInstruction>())
    let body = List<BlockInstruction>()
    let operands: BlockOperand[] = Array.zeroCreate values.Length
    let constants = Dictionary<uint64, int>()

    let isInBlock bits = bits >>> cutAxis <> 0UL

    /// With how many axes at an index a number is known.
    let stageOf (bits: uint64) = 64 - BitOperations.LeadingZeroCount bits

    let constant bits =
        match constants.TryGetValue bits with
        | true, slot -> slot
        | _ ->
            let slot = slots.Number()
            before[0].Add(BlockConstant(bits, slot))
            constants[bits] <- slot
            slot

    let value slot isBlock = BlockValue(slot, (if isBlock then 1 else 0))

    /// The elements of a pointer over axes, the outermost of which is as long as the block makes it.
    let access (place: Place) (over: struct (int * int64)[]) : BlockAccess =
        let kept = List<struct (int * int64)>()

        for k in 0 .. over.Length - 1 do
            let struct (extent, stride) = over[k]

            if k = 0 then
                kept.Add(struct (extent, stride))
            elif extent <> 1 then
                let struct (outerExtent, outerStride) = kept[kept.Count - 1]

                if outerStride = stride * int64 extent || kept.Count = 1 && outerExtent = 1 then
                    kept[kept.Count - 1] <- struct (outerExtent * extent, stride)
                else
                    kept.Add(struct (extent, stride))

        let extents = kept.ToArray() |> Array.map (fun (struct (extent, _)) -> extent)
        let strides = kept.ToArray() |> Array.map (fun (struct (_, stride)) -> nativeint stride)
        BlockAccess(place.Pointer, nativeint place.Displacement, extents, strides)

    let blockAxes (place: Place) =
        if depth = 0 then
            [| struct (1, 0L) |]
        else
            [| for k in cutAxis .. depth - 1 -> struct (axes[k].Extent, strides[place.Pointer][k]) |]

    let whole (place: Place) = access place (blockAxes place)

    let isContiguous (access: BlockAccess) bytes = access.Extents.Length = 1 && access.Strides[0] = nativeint (bytes: int)

    let counter dtype variable (factor: int) (offset: int) slot =
        let factor = int64 factor
        let around = [| for k in 0 .. cutAxis - 1 -> if axes[k].Variable = variable then factor * int64 axes[k].Unit else 0L |]

        let axis =
            seq { cutAxis .. depth - 1 }
            |> Seq.tryFind (fun k -> axes[k].Variable = variable && axes[k].Extent > 1)
            |> Option.map (fun k ->
                let within = axes[k + 1 ..] |> Array.fold (fun n axis -> n * int64 axis.Extent) 1L
                let again = if k = cutAxis then 0 else axes[k].Extent
                BlockAxis(nativeint within, nativeint again, factor * int64 axes[k].Unit))
            |> Option.toObj

        let own = if isAxis variable then -1 else header.Variables + 8 * variable
        let offset = int64 offset + factor * int64 (startOf variable)

        BlockMovement.Counter(BlockArithmetic.typeOf dtype, BlockCount(offset, around, own, factor, axis), slot)

    /// Gives back blocks after their last reader.
    let owned = Dictionary<int, struct (int * int)>()

    let newSlot id isBlock bytes =
        if isBlock then
            let slot = slots.Block bytes
            if id >= 0 then owned[id] <- struct (slot, bytes)
            slot
        else
            slots.Number()

    let release id =
        match owned.TryGetValue id with
        | true, struct (slot, bytes) ->
            owned.Remove id |> ignore
            slots.Release(slot, bytes)
        | _ -> ()

    /// Where an instruction goes whose result is a number, though a block wants it.
    let ofNumber (into: List<BlockInstruction>) isBlock = if isBlock || not (obj.ReferenceEquals(into, body)) then into else before[cutAxis]

    /// The operand as a mask of elements of so many bytes; what it takes for that is free at once behind the instruction.
    let sized (into: List<BlockInstruction>) (temporary: List<struct (int * int)>) bytes (x: BlockOperand) =
        if x.MaskBytes = 0 || x.MaskBytes = bytes then
            x.Value
        else
            let isBlock = x.Value.Step = 1
            let slot = newSlot -1 isBlock bytes

            if isBlock then temporary.Add(struct (slot, bytes))

            (ofNumber into isBlock).Add(BlockOperations.Resize(x.MaskBytes, bytes, x.Value, slot))
            value slot isBlock

    let narrowed (into: List<BlockInstruction>) (temporary: List<struct (int * int)>) (x: BlockOperand) =
        let isBlock = x.Value.Step = 1
        let slot = newSlot -1 isBlock 1

        if isBlock then temporary.Add(struct (slot, 1))

        (ofNumber into isBlock).Add(BlockOperations.Narrow((if x.MaskBytes = 0 then 8 else x.MaskBytes), x.Value, slot))
        value slot isBlock

    /// By value the store in whose place it may be made, or -1.
    let target =
        let targets = Array.create values.Length -1

        if depth > 0 then
            for k in 0 .. plan.Stores.Length - 1 do
                let s = plan.Stores[k]
                let v = values[s.Value]
                let buffer = plan.Pointers[s.Target.Pointer].Buffer
                let isAlone = (storedBuffers |> Array.filter ((=) buffer)).Length = 1

                if
                    isAlone
                    && v.DType <> DType.Bool
                    && not (Array.contains buffer loadedBuffers)
                    && isContiguous (whole s.Target) (DType.bytes v.DType)
                then
                    targets[s.Value] <- k

        targets

    let isInPlace = Array.zeroCreate<bool> plan.Stores.Length

    let emit (v: Value) =
        let isBlock = isInBlock changes[v.Id]
        let into = if isBlock then body else before[stageOf changes[v.Id]]
        let temporary = List<struct (int * int)>()
        let arguments = v.Arguments |> Array.map (fun a -> operands[a])

        /// Blocks whose last reader this is, so that the result may take the place of one.
        let freeArguments () =
            for a in Array.distinct v.Arguments do
                if lastRead[a] = computed v.Id then release a

        let result bytes =
            if isBlock && target[v.Id] >= 0 then
                let place = plan.Stores[target[v.Id]].Target
                let slot = slots.Empty()
                into.Add(BlockPointer(place.Pointer, nativeint place.Displacement, slot))
                isInPlace[target[v.Id]] <- true
                slot
            else
                newSlot v.Id isBlock bytes

        let made maskBytes slot = operands[v.Id] <- { Value = value slot isBlock; DType = v.DType; MaskBytes = maskBytes }
        let bytes = DType.bytes v.DType

        /// Bytes that were read, 0 or 1, as a mask.
        let asMask from =
            let slot = newSlot v.Id isBlock 4
            into.Add(BlockOperations.Resize(1, 4, from, slot))
            made 4 slot

        let read (place: Place) (copy: int -> BlockInstruction) isWhere =
            let isPointed =
                not (isStored plan.Pointers[place.Pointer].Buffer)
                && isWhere
                && (not isBlock || isContiguous (whole place) bytes)

            let slot =
                if isPointed then
                    let slot = slots.Empty()
                    into.Add(BlockPointer(place.Pointer, nativeint place.Displacement, slot))
                    slot
                elif v.DType = DType.Bool then
                    let slot = newSlot -1 isBlock 1
                    if isBlock then temporary.Add(struct (slot, 1))
                    into.Add(copy slot)
                    slot
                else
                    let slot = result bytes
                    into.Add(copy slot)
                    slot

            if v.DType = DType.Bool then asMask (value slot isBlock) else made 0 slot

        let aliasOf a =
            let slot = slots.Empty()
            into.Add(BlockAlias(arguments[a].Value.Slot, slot))
            operands[v.Id] <- { Value = value slot (arguments[a].Value.Step = 1); DType = v.DType; MaskBytes = arguments[a].MaskBytes }

            // What it stands on lives on in its name.
            match owned.TryGetValue v.Arguments[a] with
            | true, block when lastRead[v.Arguments[a]] = computed v.Id ->
                owned.Remove(v.Arguments[a]) |> ignore
                owned[v.Id] <- block
            | true, _ -> owned.Remove(v.Arguments[a]) |> ignore
            | _ -> ()

        let place1 (place: Place) = if isBlock then whole place else access place [| struct (1, 0L) |]

        match v.Origin with
        | Origin.Load place -> read place (fun slot -> BlockMovement.Load(bytes, place1 place, slot)) true
        | Origin.LoadAt(place, count, stride) ->
            let index = values[v.Arguments[0]]
            let lastAxis = if depth = 0 then 0UL else 1UL <<< (depth - 1)
            let isOfLines = isBlock && changes[index.Id] &&& lastAxis = 0UL && axes[depth - 1].Extent > 1

            // The lines stay apart where each has its index.
            let access' =
                if isOfLines && isInBlock changes[index.Id] then
                    let over = blockAxes place
                    let lines = access place over[.. over.Length - 2]
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
            into.Add(counter v.DType variable factor offset slot)
            made 0 slot
        | Origin.Op op ->
            match op with
            | LaneOp.Constant _
            | LaneOp.Bits _ ->
                let bits = LaneEvaluate.apply op v.DType [||] [||]
                let bits = if v.DType = DType.Bool && bits <> 0UL then UInt64.MaxValue else bits
                operands[v.Id] <- { Value = BlockValue(constant bits, 0); DType = v.DType; MaskBytes = 0 }
            | LaneOp.Argument _ -> invalidOp "An argument is a source of the nest, not an operation."
            | LaneOp.Reinterpret -> aliasOf 0
            | LaneOp.Convert when v.DType = arguments[0].DType -> aliasOf 0
            | LaneOp.Convert when v.DType = DType.Bool ->
                let x = arguments[0]
                let bytes = DType.bytes x.DType
                let zero = constant 0UL
                freeArguments ()
                let slot = newSlot v.Id isBlock bytes
                into.Add(BlockArithmetic.compare width Relation.NotEqual x.DType x.Value (BlockValue(zero, 0)) slot)
                made bytes slot
            | LaneOp.Convert when arguments[0].DType = DType.Bool ->
                let mask = sized into temporary bytes arguments[0]
                let one = constant (LaneEvaluate.apply (LaneOp.Constant 1.0) v.DType [||] [||])
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
                let slot = newSlot v.Id isBlock bytes
                into.Add(BlockArithmetic.compare width relation arguments[0].DType arguments[0].Value arguments[1].Value slot)
                made bytes slot
            | _ when v.DType = DType.Bool ->
                let masks = if op = LaneOp.Select then arguments[1..] else arguments
                let bytes = masks |> Array.fold (fun most x -> max most x.MaskBytes) 0
                let bytes = if bytes = 0 then 4 else bytes
                let all = arguments |> Array.map (sized into temporary bytes)
                freeArguments ()
                let slot = newSlot v.Id isBlock bytes
                into.Add(BlockArithmetic.ofMasks width op bytes all slot)
                made bytes slot
            | LaneOp.Select ->
                let mask = sized into temporary bytes arguments[0]
                freeArguments ()
                let slot = result bytes
                into.Add(BlockArithmetic.ofNumbers width op v.DType [| mask; arguments[1].Value; arguments[2].Value |] slot)
                made 0 slot
            | LaneOp.Call1 _
            | LaneOp.CallWhere _
            | LaneOp.CallWhereNaN _
            | LaneOp.Function _ ->
                let all = arguments |> Array.map (fun x -> if x.DType = DType.Bool then sized into temporary bytes x else x.Value)
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

        for struct (slot, bytes) in temporary do
            slots.Release(slot, bytes)

    /// The reduction of numbers, or of masks of 4 bytes.
    let foldOf (fold: LoopFold) : BlockFold =
        let r = fold.Reduction
        let dtype = values[r.Value].DType
        let isBool = dtype = DType.Bool

        let order =
            match r.Order with
            | ValueSome order -> BlockOrder(order.Lanes, nativeint order.Row, order.RowsOfBlock, order.Cut, order.Blocks)
            | ValueNone ->
                let lanes = max 1 (256 / (fold.Results * (if isBool then 4 else DType.bytes dtype)))
                BlockOrder(int (BitOperations.RoundUpToPowerOf2(uint32 lanes)), nativeint fold.Entries, Int32.MaxValue, 0, 1)

        let identity = ReductionIdentity.ofMasks r.Kind dtype
        let results = nativeint fold.Results
        let t = if isBool then TypeCode.Int32 else BlockArithmetic.typeOf dtype

        match r.Kind with
        | Reduction.Sum
        | Reduction.Maximum when isBool -> BlockFolds.Sum(t, width, BlockFunctions.Or(), order, results, identity, false)
        | Reduction.Product
        | Reduction.Minimum when isBool -> BlockFolds.Sum(t, width, BlockFunctions.And(), order, results, identity, false)
        | Reduction.Sum -> BlockFolds.Sum(t, width, BlockFunctions.Add(), order, results, identity, r.Factor >= 0)
        | Reduction.Product -> BlockFolds.Sum(t, width, BlockFunctions.Multiply(), order, results, identity, false)
        | Reduction.Maximum -> BlockFolds.Sum(t, width, BlockFunctions.Maximum(), order, results, identity, false)
        | Reduction.Minimum -> BlockFolds.Sum(t, width, BlockFunctions.Minimum(), order, results, identity, false)
        | Reduction.ArgMax -> BlockFolds.Argument(BlockArithmetic.typeOf dtype, results, true)
        | Reduction.ArgMin -> BlockFolds.Argument(BlockArithmetic.typeOf dtype, results, false)

    /// A reduction takes in the block, and stores what it comes to.
    let reduce (fold: LoopFold) =
        let r = fold.Reduction
        let temporary = List<struct (int * int)>()
        let kind = foldOf fold
        let state = slots.Take(int kind.StateBytes)

        let term id =
            let x = operands[id]

            if x.DType <> DType.Bool then x.Value
            elif NestPlan.isIndex r then narrowed body temporary x
            else sized body temporary 4 x

        let x = term r.Value
        let z = if r.Factor < 0 then x else term r.Factor
        let target = r.Target
        let struct (_, size) = kind.Sizes
        let isBool = values[r.Value].DType = DType.Bool && not (NestPlan.isIndex r)
        let isWithin = fold.First > cutAxis

        let sideBySide =
            if fold.Results > 1 then [| struct (fold.Results, strides[target.Pointer][depth - 1]) |] else [||]

        /// The results to their places, over the kept axes of the block.
        let storeOf (kept: struct (int * int64)[]) slot : BlockInstruction list =
            let kept = if kept.Length = 0 then [| struct (1, 0L) |] else kept

            if isBool then
                let bytes = slots.Block 1

                [
                    BlockOperations.Narrow(4, BlockValue(slot, 1), bytes)
                    BlockMovement.Store(1, access target kept, BlockValue(bytes, 1))
                ]
            else
                [ BlockMovement.Store(DType.bytes target.DType, access target kept, BlockValue(slot, 1)) ]

        if isWithin then
            let slot = slots.Block size
            body.Add(BlockFoldRows(kind, state, x, z, nativeint fold.Entries, slot))

            let kept = [|
                for k in cutAxis .. (fold.First - 1) -> struct (extent k, (if depth = 0 then 0L else strides[target.Pointer][k]))
                yield! sideBySide
            |]

            body.Add(BlockResults(1n, nativeint fold.Entries, Array.ofList (storeOf kept slot)))
            slots.Release(slot, size)
        else
            let slot = slots.Block size
            before[fold.First].Add(BlockFoldBegin(kind, state))
            body.Add(BlockFoldTake(kind, state, x, z))
            after[fold.First].Add(BlockFoldEnd(kind, state, slot))
            let store = storeOf sideBySide slot
            after[fold.First].Add(BlockResults(nativeint fold.Results, 1n, Array.ofList store))

        for struct (slot, bytes) in temporary do
            slots.Release(slot, bytes)

    let write k =
        if not isInPlace[k] then
            let s = plan.Stores[k]
            let temporary = List<struct (int * int)>()
            let x = operands[s.Value]
            let x = if x.DType = DType.Bool then narrowed body temporary x else x.Value
            body.Add(BlockMovement.Store(DType.bytes s.Target.DType, whole s.Target, x))

            for struct (slot, bytes) in temporary do
                slots.Release(slot, bytes)

    let scatter (a: PlannedAccumulation) =
        let temporary = List<struct (int * int)>()
        let x = operands[a.Value]
        let isBool = x.DType = DType.Bool
        let x = if isBool then narrowed body temporary x else x.Value
        let index = operands[a.Index]

        let how =
            if a.Replaces then BlockScattering.Replace
            elif isBool then BlockScattering.Or
            else BlockScattering.Add

        let stride = nativeint a.Stride * nativeint (DType.bytes a.Target.DType)
        let move = BlockMove(index.Value, nativeint (a.Count - 1), stride, false)
        let t = BlockArithmetic.typeOf a.Target.DType
        body.Add(BlockMovement.Scatter(t, DType.bytes index.DType, whole a.Target, move, x, how))

    /// The nest, and where its memory ends.
    member _.Build(folds: LoopFold[]) : struct (BlockNest * int) =
        // Numbers are known before anything is stored.
        let isReduced = Array.zeroCreate<bool> folds.Length

        let reduceReady id =
            for k in 0 .. folds.Length - 1 do
                if not isReduced[k] && Array.forall (fun term -> term <= id) (terms folds[k].Reduction) then
                    isReduced[k] <- true
                    reduce folds[k]

        for v in values do
            emit v
            reduceReady v.Id

            for r in plan.Reductions do
                for term in terms r do
                    if lastRead[term] = reduced v.Id then release term

        for k in 0 .. plan.Stores.Length - 1 do
            write k

        for a in plan.Accumulations do
            scatter a

        let origins =
            plan.Pointers
            |> Array.map (fun pointer ->
                let bytes = int64 pointer.Bytes
                let mutable first = 0L
                let variables = List<struct (int * nativeint)>()

                for struct (variable, stride) in pointer.Terms do
                    if isAxis variable then
                        first <- first + int64 stride * bytes * int64 (startOf variable)
                    else
                        variables.Add(struct (header.Variables + 8 * variable, nativeint (int64 stride * bytes)))

                BlockOrigin(pointer.Buffer, nativeint first, variables.ToArray()))

        let places = slots.Places
        let tables = slots.Take(int (BlockNest.TableBytes(places.Length, origins.Length, cutAxis + 1)))
        let instructions (all: List<BlockInstruction>[]) = all |> Array.map _.ToArray()

        let nest =
            BlockNest(
                Extents = Array.init (cutAxis + 1) extent,
                Cut = cut,
                Inner = nativeint inner,
                Origins = origins,
                Strides =
                    Array.init (cutAxis + 1) (fun k -> strides |> Array.map (fun steps -> if depth = 0 then 0n else nativeint steps[k])),
                Before = instructions before,
                After = instructions after,
                Body = body.ToArray(),
                Slots = places,
                Tables = tables,
                Cancellation = header.Cancellation,
                Cancelled = Func<_> CancellationScope.Error
            )

        struct (nest, slots.Top)

[<RequireQualifiedAccess>]
module internal BlockNests =
    let private product (axes: LoopAxis[]) = axes |> Array.fold (fun n axis -> n * axis.Extent) 1

    /// Where a reduced axis is empty no point writes the result: it is the identity, of a sum 0.
    let private empty (plan: NestPlan) = [
        for r in plan.Reductions do
            let kept = plan.Axes[.. r.Level - 1]

            if
                plan.Axes[r.Level ..] |> Array.exists (fun axis -> axis.Extent = 0)
                && kept |> Array.forall (fun axis -> axis.Extent > 0)
            then
                let value = {
                    Id = 0
                    Origin = Origin.Op(LaneOp.Bits(ReductionIdentity.ofNothing r.Kind r.Target.DType))
                    DType = r.Target.DType
                    MaskBytes = 4
                    Arguments = [||]
                    Level = 0
                    Varies = false
                }

                {
                    plan with
                        Axes = kept
                        VectorAxis = -1
                        Values = [| value |]
                        Stores = [| { Target = r.Target; Value = 0 } |]
                        Reductions = [||]
                }
    ]

    /// Instructions for a nest, with memory in the workspace from a place on; and where that ends.
    let create (width: int) (header: Header) (start: int) (plan: NestPlan) : struct (BlockNest[] * int) =
        let nests = List<BlockNest>()
        let mutable top = start

        let build (plan: NestPlan) axes starts mostResults isSplit folds =
            let builder = BlockBuilder(width, plan, header, start, axes, starts, mostResults, isSplit)
            let struct (nest, until) = builder.Build folds
            nests.Add nest
            top <- max top until

        let axesOf (plan: NestPlan) = plan.Axes |> Array.map (fun axis -> { Variable = axis.Variable; Unit = 1; Extent = axis.Extent })

        if plan.Axes |> Array.exists (fun axis -> axis.Extent = 0) then
            for nothing in empty plan do
                build nothing (axesOf nothing) [||] 1 false [||]
        else
            let axes = axesOf plan
            let depth = axes.Length
            let v = plan.VectorAxis

            // Results with reduced axes within theirs lie side by side: their axis goes innermost.
            let isMoved =
                v >= 0
                && v < depth - 1
                && axes[v].Extent > 1
                && plan.Reductions.Length > 0
                && plan.Reductions |> Array.forall (fun r -> r.Level > v)

            let fold isAhead results (r: PlannedReduction) = {
                Reduction = r
                First = r.Level - (if isMoved then 1 else 0) + (if isAhead then 1 else 0)
                Results = results
                Entries = product axes[r.Level ..]
            }

            if not isMoved then
                build plan axes [||] 1 false (plan.Reductions |> Array.map (fold false 1))
            else
                let others = Array.append axes[.. v - 1] axes[v + 1 ..]
                let along = axes[v]

                let lanes =
                    plan.Reductions
                    |> Array.fold
                        (fun most r ->
                            match r.Order with
                            | ValueSome order -> max most (min order.Lanes order.Row)
                            | ValueNone -> most)
                        1

                let most = max CostModel.blockLeastResults (CostModel.blockMostResults / lanes)
                let chunk = if along.Extent <= most then along.Extent else most
                let full = along.Extent / chunk
                let rest = along.Extent - full * chunk

                if full = 1 then
                    let axes = Array.append others [| { along with Extent = chunk } |]
                    build plan axes [||] chunk false (plan.Reductions |> Array.map (fold false chunk))
                else
                    let axes = [| { along with Unit = chunk; Extent = full }; yield! others; { along with Extent = chunk } |]

                    build plan axes [||] chunk true (plan.Reductions |> Array.map (fold true chunk))

                if rest > 0 then
                    let axes = Array.append others [| { along with Extent = rest } |]

                    build plan axes [| struct (along.Variable, full * chunk) |] rest false (plan.Reductions |> Array.map (fold false rest))

        struct (nests.ToArray(), top)
