// Instructions in order, and behind them cheap operations that wait to become one.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline.Kernels

/// Of numbers the width is 0; zero is the number of an address that is 0, take gives memory of the workspace.
[<Sealed; AllowNullLiteral>]
type internal BlockList(width: int, zero: int, take: int -> BlockValue) =
    let instructions = List<BlockInstruction>()
    let later = List<BlockInstruction>()
    let terms = List<BlockTerm>()
    let mutable first = Nullable<BlockValue>()

    let add (term: BlockTerm) =
        terms.Add term
        first <- Nullable()

    /// The type of the waiting operations' numbers.
    member val Type = TypeCode.Empty with get, set

    member _.IsWaiting = terms.Count > 0
    /// Operations that wait.
    member _.Waiting = terms.Count
    /// Ahead of what waits.
    member _.Add(instruction: BlockInstruction) = instructions.Add instruction

    /// Behind it.
    member _.AddLater(instruction: BlockInstruction) = (if terms.Count > 0 then later else instructions).Add instruction

    /// In place of an operand that there is not: it is loaded all the same.
    static member None = BlockValue.OfBits 0UL

    /// The operations that follow are on this value.
    member _.Load(x: BlockValue) = first <- Nullable x

    /// One more operation, with its operands or a count of bits.
    member _.Term(operation: BlockOperation, x: BlockValue, z: BlockValue, count: int) =
        add (BlockTerm(first, operation, x, z, count, Nullable()))

    member this.Term(operation, x) = this.Term(operation, x, BlockList.None, 0)

    /// What the last operation came to goes to a place.
    member this.Store(target: BlockValue) =
        if first.HasValue || terms.Count = 0 || terms[terms.Count - 1].Target.HasValue then
            this.Term(BlockOperation.Move, BlockList.None)

        let last = terms[terms.Count - 1]
        terms[terms.Count - 1] <- BlockTerm(last.First, last.Operation, last.X, last.Z, last.Count, Nullable target)

    /// What waits is an instruction now.
    member this.Flush() =
        if terms.Count > 0 then
            let memory = take (BlockExpression.MemoryBytes(width, terms.Count))
            instructions.Add(BlockExpression(this.Type, width, terms.ToArray(), zero, memory))
            instructions.AddRange later
            terms.Clear()
            later.Clear()

        first <- Nullable()

    member _.ToArray() = instructions.ToArray()
