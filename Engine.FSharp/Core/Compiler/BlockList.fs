// Instructions in order, and behind them cheap operations that wait to become one.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline.Kernels

/// Of numbers the width is 0; take gives memory of the workspace.
[<Sealed; AllowNullLiteral>]
type internal BlockList(width: int, take: int -> nativeint) =
    let instructions = List<BlockInstruction>()
    let later = List<BlockInstruction>()
    let terms = List<BlockTerm>()
    let places = List<BlockPlace>()

    /// Replaces by index: a record has no setters.
    let mark at (change: BlockPlace -> BlockPlace) = places[at] <- change places[at]

    let read at =
        let p = places[at]

        if not p.IsRead && not p.IsWritten then
            mark at (fun p -> BlockPlace(p.Slot, p.Pointer, p.Displacement, p.Bits, p.Step, true, false))

    let written at = mark at (fun p -> BlockPlace(p.Slot, p.Pointer, p.Displacement, p.Bits, p.Step, p.IsRead, true))

    /// The type of the waiting operations' numbers.
    member val Type = TypeCode.Empty with get, set

    member _.IsOfNumbers = (width = 0)
    member _.IsWaiting = terms.Count > 0
    /// Operands of what waits.
    member _.Operands = places.Count
    /// Ahead of what waits.
    member _.Add(instruction: BlockInstruction) = instructions.Add instruction

    /// Behind it.
    member _.AddLater(instruction: BlockInstruction) = (if terms.Count > 0 then later else instructions).Add instruction

    /// The number of an operand.
    member _.Operand(slot: int, pointer: int, displacement: nativeint, bits: uint64, step: int) : int =
        let mutable at = 0

        let same (p: BlockPlace) =
            not (width = 0 && p.IsWritten && p.Pointer >= 0)
            && p.Slot = slot
            && p.Pointer = pointer
            && p.Displacement = displacement
            && p.Bits = bits
            && p.Step = step

        while at < places.Count && not (same places[at]) do
            at <- at + 1

        if at = places.Count then
            places.Add(BlockPlace(slot, pointer, displacement, bits, step, false, false))

        at

    /// The number of a place that a number goes to in the end, however often it is read.
    member _.Target(pointer: int, displacement: nativeint) : int =
        places.Add(BlockPlace(-1, pointer, displacement, 0UL, 0, false, true))
        places.Count - 1

    /// One more operation; z is -1 where there is no such operand, and other than that with a count of bits.
    member _.Term(operation: BlockOperation, x: int, z: int) =
        if operation = BlockOperation.Store then
            written x
        else
            if x >= 0 then read x

            match operation with
            | BlockOperation.MultiplyAdd
            | BlockOperation.AddProduct
            | BlockOperation.Select
            | BlockOperation.SelectThis
            | BlockOperation.SelectOther -> read z
            | _ -> ()

        // Without an operand any will do: it is loaded all the same.
        terms.Add(BlockTerm(operation, max x 0, z))

    /// What waits is an instruction now.
    member this.Flush() =
        if terms.Count > 0 then
            let memory = take (int (BlockOperations.ExpressionBytes places.Count))
            instructions.Add(BlockOperations.Expression(this.Type, width, terms.ToArray(), places.ToArray(), memory))
            instructions.AddRange later
            terms.Clear()
            places.Clear()
            later.Clear()

    member _.ToArray() = instructions.ToArray()
