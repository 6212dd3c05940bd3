// What the event source Pipeline.Compiled tells.
namespace Pipeline.Engine

open System.Diagnostics.Tracing
open System.Runtime.CompilerServices
open System.Runtime.Intrinsics.Arm
open System.Runtime.Intrinsics.X86

[<Sealed; EventSource(Name = "Pipeline.Compiled")>]
type internal CompiledEvents() =
    inherit EventSource()
    static member val Log = new CompiledEvents()

    /// A program was compiled: why, of how many operations, in how many milliseconds.
    [<Event(1, Level = EventLevel.Informational)>]
    member this.ProgramCompiled(reason: string, operations: int, milliseconds: float) =
        this.WriteEvent(1, [| box reason; box operations; box milliseconds |])

    /// A program, or one of its loops, has machine code now, made in so many milliseconds.
    [<Event(2, Level = EventLevel.Verbose)>]
    member this.MachineCodeMade(milliseconds: float) = this.WriteEvent(2, [| box milliseconds |])

    /// Machine code could not be made: what ran on blocks goes on there.
    [<Event(3, Level = EventLevel.Warning)>]
    member this.MachineCodeFailed(error: string) = this.WriteEvent(3, error)

    /// What programs run on here: vectors of so many bits, multiply-adds with one rounding in hardware or made of several operations, machine code
    /// or blocks alone.
    [<Event(4, Level = EventLevel.Informational)>]
    member this.RunsOn(vectorBits: int, fusedMultiplyAdd: bool, machineCode: bool) =
        this.WriteEvent(4, [| box vectorBits; box fusedMultiplyAdd; box machineCode |])

    /// Told when a listener begins to listen.
    override this.OnEventCommand(command) =
        if command.Command = EventCommand.Enable then
            this.RunsOn(VectorType.widest, Fma.IsSupported || AdvSimd.IsSupported, RuntimeFeature.IsDynamicCodeSupported)
