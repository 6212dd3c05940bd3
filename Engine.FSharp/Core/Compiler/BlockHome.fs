// Where the values of a nest are to be had while its instructions are made.
namespace Pipeline.Engine

open Pipeline

/// A value: a number of these bits; or it lies in memory; or in a slot, now or later.
[<Sealed; AllowNullLiteral>]
type internal BlockHome(dtype: DType, maskBytes: int, step: int, list: BlockList) =
    member _.DType = dtype
    member _.MaskBytes = maskBytes
    member _.Step = step
    /// The list with the instruction that makes it.
    member _.List = list
    member val Constant: uint64 voption = ValueNone with get, set
    member val Place: Place voption = ValueNone with get, set
    /// Something is stored at its place before the nest ends.
    member val Changes = false with get, set
    /// -1 as long as it has none.
    member val Slot = -1 with get, set
    /// An operation that waits makes it, and nothing has stored it.
    member val IsLoose = false with get, set
    /// An operation that waits makes it.
    member val IsWaiting = false with get, set
