// Integer arithmetic that emitted code calls, where the processor would stop the program or leave bits of the answer open.
namespace Pipeline.Engine

open System.Runtime.CompilerServices

[<AbstractClass; Sealed>]
type internal LaneArithmetic =
    static member Divide(a: int, b: int) =
        if b = 0 then 0
        elif b = -1 then -a
        else a / b

    static member Divide(a: int64, b: int64) =
        if b = 0L then 0L
        elif b = -1L then -a
        else a / b

    static member Divide(a: uint32, b: uint32) = if b = 0u then 0u else a / b
    static member Divide(a: uint64, b: uint64) = if b = 0UL then 0UL else a / b

    static member Remainder(a: int, b: int) =
        if b = 0 then a
        elif b = -1 then 0
        else a % b

    static member Remainder(a: int64, b: int64) =
        if b = 0L then a
        elif b = -1L then 0L
        else a % b

    static member Remainder(a: uint32, b: uint32) = if b = 0u then a else a % b
    static member Remainder(a: uint64, b: uint64) = if b = 0UL then a else a % b

    static member ShiftLeftBy(a: uint32, n: uint64, width: int) = if n >= uint64 width then 0u else a <<< int n

    static member ShiftLeftBy(a: uint64, n: uint64, width: int) = if n >= uint64 width then 0UL else a <<< int n

    static member ShiftRightBy(a: uint32, n: uint64, width: int) = if n >= uint64 width then 0u else a >>> int n

    static member ShiftRightBy(a: uint64, n: uint64, width: int) = if n >= uint64 width then 0UL else a >>> int n

    static member ShiftRightBy(a: int, n: uint64, width: int) = a >>> (if n >= uint64 width then width - 1 else int n)

    static member ShiftRightBy(a: int64, n: uint64, width: int) = a >>> (if n >= uint64 width then width - 1 else int n)

    static member Minimum(a: int, b: int) = if b < a then b else a
    static member Minimum(a: int64, b: int64) = if b < a then b else a
    static member Minimum(a: uint32, b: uint32) = if b < a then b else a
    static member Minimum(a: uint64, b: uint64) = if b < a then b else a
    static member Maximum(a: int, b: int) = if a < b then b else a
    static member Maximum(a: int64, b: int64) = if a < b then b else a
    static member Maximum(a: uint32, b: uint32) = if a < b then b else a
    static member Maximum(a: uint64, b: uint64) = if a < b then b else a

    /// A position along an axis, as gathers clamp it.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member ClampIndex(index: nativeint, last: nativeint) =
        if index < 0n then 0n
        elif index > last then last
        else index

    static member ClampTo(value: int, maximum: int) =
        if value < 0 then 0
        elif value > maximum then maximum
        else value
