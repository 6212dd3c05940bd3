// The instructions of a nest as they are made, and the slots of what they make.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline
open Pipeline.Kernels

/// Memory in the workspace begins at a place.
[<Sealed>]
type internal BlockCode(width: int, layout: BlockLayout, start: int) =
    let slots = BlockSlots(start, layout.Cut * layout.Inner)
    let before = Array.init (layout.CutAxis + 1) (fun _ -> BlockList(0, slots.Take))
    let after = Array.init (layout.CutAxis + 1) (fun _ -> List<BlockInstruction>())
    let body = BlockList(width, slots.Take)
    let constants = Dictionary<uint64, int>()

    let constant bits =
        match constants.TryGetValue bits with
        | true, slot -> slot
        | _ ->
            let slot = slots.Number()
            before[0].Add(BlockConstant(bits, slot))
            constants[bits] <- slot
            slot

    let value slot isBlock = BlockValue(slot, (if isBlock then 1 else 0))

    /// Gives back blocks after their last reader.
    let owned = Dictionary<int, struct (int * int)>()

    let newSlot id isBlock bytes =
        if isBlock then
            let slot = slots.Block bytes
            if id >= 0 then owned[id] <- struct (slot, bytes)
            slot
        else
            slots.Number()

    /// Blocks that instructions read or store which are still to come: of what waits itself, where a later operation of it may store again, and others.
    let spare = Stack<struct (int * int)>()
    let held = List<struct (int * int)>()
    /// Values that instructions read which come behind what waits.
    let readLater = List<int>()

    let free slot bytes = if body.IsWaiting then held.Add(struct (slot, bytes)) else slots.Release(slot, bytes)

    let release id =
        match owned.TryGetValue id with
        | true, struct (slot, bytes) ->
            owned.Remove id |> ignore
            free slot bytes
        | _ -> ()

    let flush (list: BlockList) =
        list.Flush()

        if obj.ReferenceEquals(list, body) then
            for struct (slot, bytes) in Seq.append spare held do
                slots.Release(slot, bytes)

            spare.Clear()
            held.Clear()
            readLater.Clear()

    /// Where an instruction goes whose result is a number, though a block wants it.
    let ofNumber (into: BlockList) isBlock = if isBlock || not (obj.ReferenceEquals(into, body)) then into else before[layout.CutAxis]

    /// The operand as a mask of elements of so many bytes; what it takes for that is free at once behind the instruction.
    let sized (into: BlockList) (temporary: List<struct (int * int)>) bytes (x: BlockOperand) =
        if x.MaskBytes = 0 || x.MaskBytes = bytes then
            x.Value
        else
            let isBlock = x.Value.Step = 1
            let slot = newSlot -1 isBlock bytes

            if isBlock then temporary.Add(struct (slot, bytes))

            (ofNumber into isBlock).Add(BlockOperations.Resize(x.MaskBytes, bytes, x.Value, slot))
            value slot isBlock

    let narrowed (into: BlockList) (temporary: List<struct (int * int)>) (x: BlockOperand) =
        let isBlock = x.Value.Step = 1
        let slot = newSlot -1 isBlock 1

        if isBlock then temporary.Add(struct (slot, 1))

        (ofNumber into isBlock).Add(BlockOperations.Narrow((if x.MaskBytes = 0 then 8 else x.MaskBytes), x.Value, slot))
        value slot isBlock

    member _.Slots = slots
    /// By axis: before the first step along it, and after the last.
    member _.Before = before
    member _.After = after
    member _.Body = body
    /// The slot of bits that do not change.
    member _.Constant(bits) = constant bits
    member _.Value(slot, isBlock) = value slot isBlock
    /// A slot, which belongs to a value (or to none, -1) until it is released.
    member _.NewSlot(id, isBlock, bytes) = newSlot id isBlock bytes
    member _.Release(id) = release id

    /// The block of a value that an operation which waits is the last to read: later ones may store there.
    member _.ReleaseWithin(id, ofBytes) =
        match owned.TryGetValue id with
        | true, struct (slot, bytes) ->
            owned.Remove id |> ignore

            if bytes = ofBytes && not (readLater.Contains id) then
                spare.Push(struct (slot, bytes))
            else
                free slot bytes
        | _ -> ()

    /// An instruction behind what waits reads the value.
    member _.KeepBehind(id) = if body.IsWaiting then readLater.Add id

    /// A slot that an operation which waits stores to.
    member _.NewSlotWithin(id, isBlock, bytes) =
        if isBlock && spare.Count > 0 then
            let struct (slot, _) as block = spare.Pop()
            owned[id] <- block
            slot
        else
            newSlot id isBlock bytes

    /// A block that instructions still to come may use.
    member _.ReleaseBlock(slot, bytes) = free slot bytes

    /// What waits becomes an instruction.
    member _.Flush(list: BlockList) = flush list

    /// The block of a value goes to another, or to none.
    member _.Rename(id: int, other: int voption) =
        match owned.TryGetValue id with
        | true, block ->
            owned.Remove id |> ignore

            match other with
            | ValueSome other -> owned[other] <- block
            | ValueNone -> ()
        | _ -> ()

    /// The operand as a mask of elements of so many bytes.
    member _.Sized(into, temporary, bytes, x) = sized into temporary bytes x
    /// A mask as the bytes 0 and 1.
    member _.Narrowed(into, temporary, x) = narrowed into temporary x

    /// Temporary blocks are not read any more.
    member _.Free(temporary: List<struct (int * int)>) =
        for struct (slot, bytes) in temporary do
            free slot bytes
