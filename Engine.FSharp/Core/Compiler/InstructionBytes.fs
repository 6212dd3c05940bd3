// The bytes of instructions while they are written, in memory that is lent until the method has its own copy.
namespace Pipeline.Engine

open System
open System.Buffers
open System.Buffers.Binary
open System.Reflection.Emit
open Microsoft.FSharp.NativeInterop

#nowarn "9"

[<Sealed>]
type internal InstructionBytes() =
    let mutable bytes = ArrayPool<byte>.Shared.Rent 4096
    let mutable length = 0

    member _.Length = length

    /// Room for so many more bytes, which is asked for before they are written.
    member _.Reserve(count: int) =
        if length + count > bytes.Length then
            let larger = ArrayPool<byte>.Shared.Rent(2 * (length + count))
            Buffer.BlockCopy(bytes, 0, larger, 0, length)
            ArrayPool<byte>.Shared.Return bytes
            bytes <- larger

    member _.Put1(value: int) =
        bytes[length] <- byte value
        length <- length + 1

    member _.Put2(value: int) =
        BinaryPrimitives.WriteInt16LittleEndian(Span(bytes, length, 2), int16 value)
        length <- length + 2

    member _.Put4(value: int) =
        BinaryPrimitives.WriteInt32LittleEndian(Span(bytes, length, 4), value)
        length <- length + 4

    member _.Put8(value: int64) =
        BinaryPrimitives.WriteInt64LittleEndian(Span(bytes, length, 8), value)
        length <- length + 8

    /// Writes four bytes again.
    member _.Correct(at: int, value: int) = BinaryPrimitives.WriteInt32LittleEndian(Span(bytes, at, 4), value)

    /// Gives the method its code. Nothing can be written then.
    member _.End(method: DynamicILInfo, deepestStack: int) =
        use code = fixed bytes
        method.SetCode(code, length, deepestStack)
        ArrayPool<byte>.Shared.Return bytes
        bytes <- null
