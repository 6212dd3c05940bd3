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
    let operands = HashSet<BlockValue>()

    /// The type of the waiting operations' numbers.
    member val Type = TypeCode.Empty with get, set

    member _.IsWaiting = terms.Count > 0
    /// Operands of what waits.
    member _.Operands = operands.Count
    /// Ahead of what waits.
    member _.Add(instruction: BlockInstruction) = instructions.Add instruction

    /// Behind it.
    member _.AddLater(instruction: BlockInstruction) = (if terms.Count > 0 then later else instructions).Add instruction

    /// In place of an operand that there is not: it is loaded all the same.
    static member None = BlockValue.OfBits 0UL

    /// One more operation, with its operands or a count of bits.
    member _.Term(operation: BlockOperation, x: BlockValue, z: BlockValue, count: int) =
        operands.Add x |> ignore
        operands.Add z |> ignore
        terms.Add(BlockTerm(operation, x, z, count))

    member this.Term(operation, x) = this.Term(operation, x, BlockList.None, 0)

    /// What waits is an instruction now.
    member this.Flush() =
        if terms.Count > 0 then
            let memory = take (BlockOperations.ExpressionBytes operands.Count)
            instructions.Add(BlockOperations.Expression(this.Type, width, terms.ToArray(), zero, memory))
            instructions.AddRange later
            terms.Clear()
            operands.Clear()
            later.Clear()

    member _.ToArray() = instructions.ToArray()
