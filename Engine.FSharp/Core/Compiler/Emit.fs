// From a loop program to a compiled one.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open Pipeline

[<RequireQualifiedAccess; NoComparison; NoEquality>]
type internal RunsAs =
    /// Code that is made for the program.
    | MachineCode
    /// Precompiled instructions on blocks.
    | Blocks
    /// The same, each until it has run a number of times, which depends on its own number; then machine code of its own.
    | ChangesOver of after: (int -> int)
    /// The same until machine code pays, which a scheduler decides and has made: for loops that run and for the whole.
    | Tiers of CodeScheduler

/// What the machine offers: the width of its vectors in bits (512, 256, 128; 64 for none); and what runs. Results do not depend on either.
[<NoComparison; NoEquality>]
type internal EmitOptions = { Width: int; RunsAs: RunsAs }

[<RequireQualifiedAccess>]
module internal Emit =
    let machineCode width = { Width = width; RunsAs = RunsAs.MachineCode }
    let blocks width = { Width = width; RunsAs = RunsAs.Blocks }
    let changesOver width after = { Width = width; RunsAs = RunsAs.ChangesOver after }
    let tiers width scheduler = { Width = width; RunsAs = RunsAs.Tiers scheduler }
    let defaults = machineCode VectorType.widest

    /// What compiled functions run as: what the process's setting says, or tiers; blocks where no code can be emitted.
    let standard =
        match string (AppContext.GetData "Pipeline.RunsAs") with
        | "Blocks" -> blocks VectorType.widest
        | ""
        | "Tiers"
        | "MachineCode" when not RuntimeFeature.IsDynamicCodeSupported -> blocks VectorType.widest
        | ""
        | "Tiers" -> tiers VectorType.widest BackgroundCode.Shared
        | "MachineCode" -> defaults
        | other -> invalidArg "Pipeline.RunsAs" $"The setting Pipeline.RunsAs is Tiers, Blocks or MachineCode, not {other}."

    let rec private each (visit: Statement -> unit) (body: Statement[]) : unit =
        for s in body do
            visit s

            match s with
            | Statement.Repeat(_, _, body) -> each visit body
            | Statement.RepeatWhile(test, _, _, body) ->
                each visit test
                each visit body
            | Statement.Choose(_, branches) ->
                for branch in branches do
                    each visit branch
            | Statement.Nest _
            | Statement.Accumulate _
            | Statement.Product _
            | Statement.Swap _
            | Statement.Kernel _ -> ()

    let private header (program: LoopProgram) =
        let mutable variables, reductions, pointers = 0, 0, 0
        let mutable levels = 0
        let mutable areSideBySide = false

        program.Body
        |> each (fun s ->
            match s with
            | Statement.Repeat(variable, _, _) -> variables <- max variables (variable + 1)
            | Statement.Nest nest ->
                reductions <- max reductions nest.Reductions.Length

                for reduction in nest.Reductions do
                    match reduction.Order with
                    | ValueSome order ->
                        let level = nest.Axes.Length - reduction.Axes
                        levels <- max levels (SumBlocks.levels (int64 order.Blocks))
                        areSideBySide <- areSideBySide || order.Lanes > 1 && level > nest.VectorAxis
                    | ValueNone -> ()
            | Statement.Kernel(_, inputs, outputs) -> pointers <- max pointers (inputs.Length + outputs.Length)
            | _ -> ())

        Header.create program.Buffers.Length variables reductions areSideBySide levels pointers

    /// Which buffers exchange their memory with others.
    let private swaps (program: LoopProgram) =
        let swapped = Array.zeroCreate<bool> program.Buffers.Length

        program.Body
        |> each (fun s ->
            match s with
            | Statement.Swap(a, b) ->
                swapped[a] <- true
                swapped[b] <- true
            | _ -> ())

        for buffer in 0 .. swapped.Length - 1 do
            match program.Buffers[buffer].Kind with
            | BufferKind.Input _
            | BufferKind.Data _ -> if swapped[buffer] then invalidOp $"Buffer {buffer} is read only and cannot be swapped."
            | BufferKind.Output _
            | BufferKind.Workspace _ -> ()

        swapped

    let private pinnedCopy (array: NDArray) =
        let bytes = int64 array.Size * int64 (DType.bytes array.DType)
        Plan.refuse bytes
        let copy = Workspace(int bytes)
        RawMemory.copyOut array copy.Address
        copy

    /// Turns a program into what runs. kernel runs the operations that have no loop form.
    let compile (options: EmitOptions) (kernel: Op -> NDArray[] -> NDArray[]) (program: LoopProgram) =
        let header = header program
        let swapped = swaps program
        let data = List<Workspace>()
        let mutable bytes = int64 header.Bytes + ((int64 program.WorkspaceBytes + 63L) &&& ~~~63L)

        let placements = List<Placement>()

        let place word inWorkspace address = placements.Add { Word = word; InWorkspace = inWorkspace; Address = address }

        for number in 0 .. program.Buffers.Length - 1 do
            let buffer = program.Buffers[number]

            match buffer.Kind with
            | BufferKind.Workspace offset -> place number true (nativeint (header.Bytes + offset))
            | BufferKind.Data array ->
                let copy = pinnedCopy array
                data.Add copy
                place number false copy.Address
            | BufferKind.Output _ ->
                // A result whose memory is exchanged with others lives in the workspace until the end.
                if swapped[number] then
                    place number true (nativeint bytes)
                    bytes <- bytes + ((int64 buffer.Size * int64 (DType.bytes buffer.DType) + 63L) &&& ~~~63L)
            | BufferKind.Input _ -> ()

        place (header.Self / 8) true 0n
        place (header.Zero / 8) false 0n
        Plan.refuse bytes
        // The steps run one at a time and keep nothing in the memory of their blocks, which they share.
        let blocksWith wrap tier = BlockProgram(program, options.Width, kernel, header, int bytes, wrap, tier)
        let asTheyAre wrap = blocksWith wrap (fun _ _ -> null)
        let blocks = asTheyAre (fun _ step -> step)
        let emitter preparesAll = EmitProgram(program, options.Width, kernel, header, swapped, blocks, preparesAll, null)

        let entered (run: nativeint -> unit) =
            let entry = BlockEntry(program, swapped, run)
            ProgramCode(fun workspace inputs outputs -> entry.Run(workspace, inputs, outputs))

        let machineCode (emitted: EmitProgram) =
            // One method would need a local for each array that it pins.
            let pinsAll = program.InputTypes.Length + program.OutputTypes.Length <= CostModel.pinnedArrays
            if pinsAll then emitted.Entry() else entered (emitted.Part program.Body).Invoke

        let stepwise (steps: BlockProgram) = entered (BlockSteps.run (program.Body |> Array.map steps.Step))

        let complete (emitted: EmitProgram) = struct (machineCode emitted, null, blocks.Top, emitted.Methods)

        let tiered (scheduler: CodeScheduler) =
            let emitted = emitter true
            let loops cost loop = Tier(scheduler, cost, (fun () -> emitted.Rest loop))
            let steps = blocksWith (fun _ step -> step) loops
            let code = stepwise steps
            let cost = Work.ofCode steps.Values

            if scheduler.Pays(Work.ofLoops program.Body, cost) then
                complete (emitter false)
            else
                struct (code, Tier(scheduler, cost, (fun () -> machineCode emitted)), steps.Top, emitted.Methods)

        let struct (code, tier, top, methods) =
            match options.RunsAs with
            | RunsAs.MachineCode -> complete (emitter false)
            | RunsAs.Blocks -> struct (stepwise blocks, null, blocks.Top, List())
            | RunsAs.ChangesOver after ->
                let emitted = emitter false
                let mutable number = 0

                let changing =
                    asTheyAre (fun statement step ->
                        number <- number + 1
                        ChangingStep(step, lazy emitted.Part [| statement |], after number))

                struct (stepwise changing, null, changing.Top, emitted.Methods)
            | RunsAs.Tiers scheduler -> tiered scheduler

        let swaps = Array.IndexOf(swapped, true) >= 0
        CompiledProgram(program, code, tier, methods, top, header.Cancellation, placements.ToArray(), swaps, data.ToArray())

    let private withoutKernels (op: Op) (_: NDArray[]) : NDArray[] = invalidOp $"{Typing.name op} is not run here."

    /// The steps of a program on blocks, to look at.
    let blockSteps (program: LoopProgram) : BlockStep[] =
        let header = header program

        let blocks =
            BlockProgram(program, VectorType.widest, withoutKernels, header, header.Bytes, (fun _ step -> step), (fun _ _ -> null))

        program.Body |> Array.map blocks.Step

    /// The IL of a program's statements in vectors of so many bits, to look at.
    let listing (width: int) (program: LoopProgram) : string[] =
        let header = header program

        let blocks =
            BlockProgram(program, width, withoutKernels, header, header.Bytes, (fun _ step -> step), (fun _ _ -> null))

        let listings = List<List<string>>()

        EmitProgram(program, width, withoutKernels, header, swaps program, blocks, false, listings).Part program.Body
        |> ignore

        listings |> Seq.collect id |> Array.ofSeq
