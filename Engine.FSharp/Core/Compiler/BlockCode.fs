// The instructions of a nest as they are made, and the memory of what they make.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline
open Pipeline.Kernels

/// Memory in the workspace begins at a place.
[<Sealed>]
type internal BlockCode(width: int, layout: BlockLayout) =
    let memory = BlockMemory(layout.Top, layout.Cut * layout.Inner)
    let take (bytes: int) = layout.InWorkspace(memory.Take bytes, 0)
    let before = Array.init (layout.CutAxis + 1) (fun _ -> BlockList(0, layout.Zero, take))
    let after = Array.init (layout.CutAxis + 1) (fun _ -> List<BlockInstruction>())
    let body = BlockList(width, layout.Zero, take)
    let constants = Dictionary<uint64, BlockValue>()

    let constant bits =
        match constants.TryGetValue bits with
        | true, value -> value
        | _ ->
            let value = layout.InWorkspace(memory.Number(), 0)
            before[0].Add(BlockConstant(bits, value))
            constants[bits] <- value
            value

    /// Gives back blocks after their last reader.
    let owned = Dictionary<int, struct (int * int)>()

    let newValue id isBlock bytes =
        if isBlock then
            let place = memory.Block bytes
            if id >= 0 then owned[id] <- struct (place, bytes)
            layout.InWorkspace(place, 1)
        else
            layout.InWorkspace(memory.Number(), 0)

    /// The memory of a block, which is free at once behind the instruction that is being made.
    let temporarily (temporary: List<struct (int * int)>) isBlock bytes =
        let value = newValue -1 isBlock bytes
        if isBlock then temporary.Add(struct (int value.Displacement, bytes))
        value

    /// Blocks that instructions read or store which are still to come. (What waits may compute its last elements twice: it stores nowhere where it reads.)
    let held = List<struct (int * int)>()

    let free place bytes = if body.IsWaiting then held.Add(struct (place, bytes)) else memory.Release(place, bytes)

    let release id =
        match owned.TryGetValue id with
        | true, struct (place, bytes) ->
            owned.Remove id |> ignore
            free place bytes
        | _ -> ()

    let flush (list: BlockList) =
        list.Flush()

        if obj.ReferenceEquals(list, body) then
            for struct (place, bytes) in held do
                memory.Release(place, bytes)

            held.Clear()

    /// Where an instruction goes whose result is a number, though a block wants it.
    let ofNumber (into: BlockList) isBlock = if isBlock || not (obj.ReferenceEquals(into, body)) then into else before[layout.CutAxis]

    /// The operand as a mask of elements of so many bytes; what it takes for that is free at once behind the instruction.
    let sized (into: BlockList) (temporary: List<struct (int * int)>) bytes (x: BlockOperand) =
        if x.MaskBytes = 0 || x.MaskBytes = bytes then
            x.Value
        else
            let isBlock = x.Value.Step = 1
            let value = temporarily temporary isBlock bytes
            (ofNumber into isBlock).Add(BlockOperations.Resize(x.MaskBytes, bytes, x.Value, value))
            value

    let narrowed (into: BlockList) (temporary: List<struct (int * int)>) (x: BlockOperand) =
        let isBlock = x.Value.Step = 1
        let value = temporarily temporary isBlock 1
        (ofNumber into isBlock).Add(BlockOperations.Narrow((if x.MaskBytes = 0 then 8 else x.MaskBytes), x.Value, value))
        value

    member _.Memory = memory
    /// By axis: before the first step along it, and after the last.
    member _.Before = before
    member _.After = after
    member _.Body = body
    /// Bits that do not change.
    member _.Constant(bits) = constant bits
    /// Memory, which belongs to a value until that is released.
    member _.NewValue(id, isBlock, bytes) = newValue id isBlock bytes
    /// Memory that is given to Free.
    member _.Temporary(temporary, isBlock, bytes) = temporarily temporary isBlock bytes
    member _.Release(id) = release id

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
        for struct (place, bytes) in temporary do
            free place bytes
