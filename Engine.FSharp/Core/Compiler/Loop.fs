// The loop language: what fused programs are before they are machine code. It knows nothing of IL, of vectors' width or of the processor.
namespace Pipeline.Engine

open Pipeline

/// An element of a buffer: Buffer[Offset + sum of variable * stride], in elements. Variables are the axes of the nest and the counters of the loops around it.
[<NoComparison>]
type internal Access = {
    Buffer: int
    Offset: int
    /// (variable, stride); a variable that is not named has stride 0.
    Terms: struct (int * int)[]
}

/// Where the k-th argument (LaneOp.Argument k) of a nest's lane expressions comes from, at each point.
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type internal Source =
    | Load of Access
    /// The element at access + clamp(index, 0, count - 1) * stride; index is an int32 or int64 lane over earlier sources.
    | LoadAt of Access * index: Lane * count: int * stride: int
    /// The value of a variable times a factor plus an offset, as the argument's dtype (an integer or float type).
    | Counter of variable: int * factor: int * offset: int

[<NoComparison; ReferenceEquality>]
type internal Store = { Target: Access; Value: Lane }

/// A reduction over the last Axes axes of the nest, stored at Target (which names only the variables before them) when they are done.
/// Sums and products of floats have an order, and the points of those axes are their entries in that order; others have none, since it makes no
/// difference to them. A Sum whose value is a fused a * b + -0 takes a * b in without rounding it.
/// Maximum and Minimum: NaN wins. ArgMax and ArgMin (Index is the flat position along the reduced axes): the first; NaN counts as the largest or smallest.
[<NoComparison; ReferenceEquality>]
type internal LoopReduction = { Kind: Reduction; Value: Lane; Axes: int; Target: Access; Order: SumOrder voption }

[<Struct>]
type internal Axis = { Variable: int; Extent: int }

/// A perfect loop nest, outermost axis first. At every point: all sources are read, then the lane expressions, then the stores; then the reductions.
/// Without axes it is straight-line scalar code, and its stores may overwrite whatever it has read. With axes stores overlap loads only at the
/// same point of the same access.
[<NoComparison; ReferenceEquality>]
type internal Nest = {
    Axes: Axis[]
    /// The position in Axes of the axis that runs along vector lanes; -1 without axes.
    VectorAxis: int
    Sources: Source[]
    Stores: Store[]
    Reductions: LoopReduction[]
}

/// Buffer[at] += value (or = value), one point after the other in loop order: the only statement whose points may meet at one address.
[<NoComparison; ReferenceEquality>]
type internal Accumulation = {
    Axes: Axis[]
    Sources: Source[]
    Target: Access
    /// Added to the target's position: clamp(index, 0, count - 1) * stride.
    Index: Lane
    Count: int
    Stride: int
    Value: Lane
    /// The value takes the place of what was there.
    Replaces: bool
}

/// C[b, m, n] = sum over k of A[b, m, k] * B[b, k, n] by fused multiply-adds, each result in the operation's order (SumOrder.fs). A precompiled
/// kernel makes it. Where the order has lanes, A is contiguous, and so is B as [batch, n, k].
[<NoComparison; ReferenceEquality>]
type internal Product = {
    DType: DType
    Order: SumOrder
    Batch: int
    M: int
    N: int
    K: int
    /// Access of element [0, 0, 0]; terms may name the counters of surrounding loops.
    A: Access
    B: Access
    C: Access
    /// Element strides of (batch, m, k), (batch, k, n), (batch, m); C's rows have no gaps.
    StridesA: struct (int * int * int)
    StridesB: struct (int * int * int)
    StridesC: struct (int * int)
}

[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type internal Statement =
    | Nest of Nest
    | Accumulate of Accumulation
    | Product of Product
    /// The body for variable = 0 .. count - 1.
    | Repeat of variable: int * count: int * body: Statement[]
    /// Run test; while its flag (a Bool element) is true, run body and test again. Past bound > 0 steps: LoopException.
    | RepeatWhile of test: Statement[] * flag: Access * bound: int * body: Statement[]
    /// The branch whose number (int32, clamped) stands at index.
    | Choose of index: Access * branches: Statement[][]
    /// The two buffers (of one size) exchange their memory.
    | Swap of int * int
    /// An operation without a loop form, run by Kernels on contiguous arrays at these accesses.
    | Kernel of Op * inputs: struct (Access * TensorType)[] * outputs: struct (Access * TensorType)[]

[<RequireQualifiedAccess; NoComparison>]
type internal BufferKind =
    /// The k-th argument of the program, contiguous; read only.
    | Input of int
    /// The k-th result of the program, contiguous.
    | Output of int
    /// Scratch memory of the program, from this byte of its workspace on (a multiple of 64).
    | Workspace of byteOffset: int
    /// Data that the program was compiled with: contiguous, element 0 being the one at its Offset.
    | Data of NDArray

[<NoComparison>]
type internal Buffer = { DType: DType; Size: int; Kind: BufferKind }

/// A program ready to be turned into machine code.
[<NoComparison>]
type internal LoopProgram = {
    Buffers: Buffer[]
    WorkspaceBytes: int
    Body: Statement[]
    InputTypes: TensorType[]
    OutputTypes: TensorType[]
}
