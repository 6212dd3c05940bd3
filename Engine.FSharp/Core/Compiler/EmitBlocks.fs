// Blocks of a long sum as IL: their sums wait in memory, each level holding the sum of twice as many blocks as the one before.
namespace Pipeline.Engine

open System.Reflection.Emit

/// The counter of blocks that are done has a bit for each level that holds something, so that blocks combine as in a binary counter:
/// the tree over n blocks whose left part is the largest power of two below n. load and store take an address; offsets are bytes within a level.
[<Sealed>]
type internal EmitBlocks
    (
        code: Code,
        counters: int,
        levels: int,
        levelBytes: int,
        load: unit -> unit,
        store: (unit -> unit) -> unit,
        add: (unit -> unit) -> (unit -> unit) -> unit
    ) =
    let counter (offset: unit -> unit) bytes =
        code.Workspace counters
        offset ()
        code.MultiplyNative(int64 (8 / bytes))
        code.Emit OpCodes.Add

    /// The body for each bit of the number of blocks, from the lowest on, until none is left or the bit ends it.
    let eachBit (parts: struct (CodeLocal * (unit -> unit))[]) bytes endsAtZero (after: CodeLocal -> unit) =
        let blocks, level = code.Rent typeof<nativeint>, code.Rent typeof<nativeint>
        let top, skip, finish = code.Label(), code.Label(), code.Label()
        let struct (_, first) = parts[0]
        counter first bytes
        code.Emit OpCodes.Ldind_I
        code.Store blocks
        code.Workspace levels
        code.Store level
        code.Mark top
        code.Load blocks
        code.Emit(OpCodes.Brfalse, finish)
        code.Load blocks
        code.Native 1L
        code.Emit OpCodes.And
        code.Emit(OpCodes.Brfalse, (if endsAtZero then finish else skip))

        for struct (sum, offset) in parts do
            let earlier () =
                code.Load level
                offset ()
                code.Emit OpCodes.Add
                load ()

            add earlier (fun () -> code.Load sum)
            code.Store sum

        code.Mark skip
        code.Load level
        code.AddNative(int64 levelBytes)
        code.Store level
        code.Load blocks
        code.Int 1
        code.Emit OpCodes.Shr_Un
        code.Store blocks
        code.Emit(OpCodes.Br, top)
        code.Mark finish
        after level
        code.Return blocks
        code.Return level

    /// Takes in one more block of sums that go together, each in a local with its offset; the first offset has their counter.
    member _.Carry(parts: struct (CodeLocal * (unit -> unit))[], bytes) =
        eachBit parts bytes true (fun level ->
            for struct (sum, offset) in parts do
                code.Load level
                offset ()
                code.Emit OpCodes.Add
                store (fun () -> code.Load sum)

            let struct (_, first) = parts[0]
            counter first bytes
            counter first bytes
            code.Emit OpCodes.Ldind_I
            code.AddNative 1L
            code.Emit OpCodes.Stind_I)

    /// Adds all blocks to sums of what came after them.
    member _.Collapse(parts: struct (CodeLocal * (unit -> unit))[], bytes) = eachBit parts bytes false ignore

    /// No blocks yet, of so many counters.
    member _.Clear(count: int) =
        code.Workspace counters
        code.Int 0
        code.Int(8 * count)
        code.Emit(OpCodes.Unaligned, 1uy)
        code.Emit OpCodes.Initblk
