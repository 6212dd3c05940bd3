// The instructions of a nest as they are made, and the slots of what they make.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline
open Pipeline.Kernels

/// Memory in the workspace begins at a place.
[<Sealed>]
type internal BlockCode(layout: BlockLayout, start: int) =
    let slots = BlockSlots(start, layout.Cut * layout.Inner)
    let before = Array.init (layout.CutAxis + 1) (fun _ -> List<BlockInstruction>())
    let after = Array.init (layout.CutAxis + 1) (fun _ -> List<BlockInstruction>())
    let body = List<BlockInstruction>()
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

    let release id =
        match owned.TryGetValue id with
        | true, struct (slot, bytes) ->
            owned.Remove id |> ignore
            slots.Release(slot, bytes)
        | _ -> ()

    /// Where an instruction goes whose result is a number, though a block wants it.
    let ofNumber (into: List<BlockInstruction>) isBlock =
        if isBlock || not (obj.ReferenceEquals(into, body)) then into else before[layout.CutAxis]

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
            slots.Release(slot, bytes)
