// The header of a program's workspace: where emitted code finds addresses, loop variables, partial results and the flag that cancels it.
namespace Pipeline.Engine

/// Where things lie in the header of a workspace, in bytes from its start, which is what every emitted method gets.
/// The header: base addresses of the buffers, loop variables (int64) and a turn, scratch for single lanes, partial results, pointers for kernels,
/// the address of the flag that cancels the run; its own address and 0, so that instructions on blocks find everything by an address of the header.
[<NoComparison>]
type internal Header = {
    Variables: int
    /// The turn at which a conditional loop goes on in other code.
    Turn: int
    Lanes: int
    Partials: int
    /// Of one reduction: from Partials on, each has as many.
    PartialBytes: int
    /// Of these, those of virtual lanes, before the blocks.
    LaneBytes: int
    KernelPointers: int
    Cancellation: int
    Self: int
    Zero: int
    Bytes: int
}

[<RequireQualifiedAccess>]
module internal Header =
    /// One vector of the widest kind.
    [<Literal>]
    let VectorBytes = 64

    /// The virtual lanes of one reduction, the indices beside them, and room for the unused lanes of a last vector.
    [<Literal>]
    let LaneBytes = 576

    /// The virtual lanes of four vectors of results that have lanes of their own side by side.
    [<Literal>]
    let SideBySideBytes = 16_384

    /// The counters of the blocks of a long sum, one a virtual lane.
    [<Literal>]
    let CounterBytes = 512

    /// The virtual lanes of the sums of blocks.
    [<Literal>]
    let LevelBytes = 256

    let create buffers variables reductions areSideBySide levels kernelPointers =
        let align n = (n + 63) &&& ~~~63
        let variablesAt = 8 * buffers
        let turnAt = variablesAt + 8 * variables
        let lanesAt = align (turnAt + 8)
        let partialsAt = lanesAt + 5 * VectorBytes
        let blocks = if levels = 0 then 0 else CounterBytes + levels * LevelBytes
        let laneBytes = if areSideBySide then SideBySideBytes else LaneBytes
        let partialBytes = laneBytes + blocks

        let kernelsAt = partialsAt + reductions * partialBytes

        {
            Variables = variablesAt
            Turn = turnAt
            Lanes = lanesAt
            Partials = partialsAt
            PartialBytes = partialBytes
            LaneBytes = laneBytes
            KernelPointers = kernelsAt
            Cancellation = kernelsAt + 8 * kernelPointers
            Self = kernelsAt + 8 * kernelPointers + 8
            Zero = kernelsAt + 8 * kernelPointers + 16
            Bytes = align (kernelsAt + 8 * kernelPointers + 24)
        }
