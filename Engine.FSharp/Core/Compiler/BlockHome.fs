// Where the values of a nest are to be had while its instructions are made.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Kernels

/// A value: a number of these bits; or it lies in memory, of the workspace or of a buffer, now or later.
[<Sealed; AllowNullLiteral>]
type internal BlockHome(dtype: DType, maskBytes: int, step: int, list: BlockList) =
    member _.DType = dtype
    member _.MaskBytes = maskBytes
    member _.Step = step
    /// The list with the instruction that makes it.
    member _.List = list
    member val Constant: uint64 voption = ValueNone with get, set
    /// None as long as nothing has stored it.
    member val Value: BlockValue voption = ValueNone with get, set
    /// It lies where something is stored before the nest ends.
    member val Changes = false with get, set
    /// An operation that waits makes it, and nothing has stored it.
    member val IsLoose = false with get, set
    /// An operation that waits makes it.
    member val IsWaiting = false with get, set
