// From a loop program to a compiled one that runs on arrays.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Threading
open Pipeline

/// What the machine offers: the width of its vectors in bits (512, 256, 128; 64 for none). Results do not depend on it.
[<NoComparison>]
type internal EmitOptions = { Width: int }

/// Memory of one run at a time: the header, then the program's workspace, 64-byte aligned and pinned.
[<Sealed; AllowNullLiteral>]
type internal Workspace(bytes: int) =
    let memory = GC.AllocateUninitializedArray<byte>(bytes + 64, pinned = true)
    let start = Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0)
    let aligned = (start + 63n) &&& ~~~63n
    /// Valid as long as this object lives.
    member _.Address = aligned
    member _.Memory = memory

/// Machine code with its constant data. Safe for concurrent runs.
[<Sealed>]
type internal CompiledProgram
    (
        program: LoopProgram,
        run: Action<nativeint, NDArray[], NDArray[]>,
        workspaceBytes: int,
        addresses: nativeint -> struct (int * nativeint)[],
        swapped: int[],
        data: Workspace[]
    ) =
    let mutable spare: Workspace = null

    let write (workspace: Workspace) =
        for struct (buffer, address) in addresses workspace.Address do
            Marshal.WriteIntPtr(workspace.Address, 8 * buffer, address)

    let rent () =
        match Interlocked.Exchange(&spare, null) with
        | null ->
            let workspace = Workspace workspaceBytes
            write workspace
            workspace
        | workspace -> workspace

    let refuse (what: string) (types: TensorType[]) (arrays: NDArray[]) : unit =
        if arrays.Length <> types.Length then
            invalidArg what $"The program has {types.Length} {what}, not {arrays.Length}."

        for k in 0 .. types.Length - 1 do
            let array, t = arrays[k], types[k]

            if array.DType <> t.DType || not (Shape.equal array.Shape t.Shape) then
                raise (
                    ShapeException
                        $"A compiled program was made for {t} as number {k} of its {what}, not for {DType.name array.DType}{Shape.text array.Shape}; compile it again for these types."
                )

    /// Whether the arrays have the program's types, and no gaps.
    let fits (types: TensorType[]) (arrays: NDArray[]) =
        let mutable ok = arrays.Length = types.Length
        let mutable k = 0

        while ok && k < types.Length do
            let array, t = arrays[k], types[k]
            ok <- array.DType = t.DType && array.IsContiguous && Shape.equal array.Shape t.Shape
            k <- k + 1

        ok

    let execute (inputs: NDArray[]) (outputs: NDArray[]) =
        let inputs =
            if fits program.InputTypes inputs then
                inputs
            else
                refuse "inputs" program.InputTypes inputs
                inputs |> Array.map KernelsViews.contiguous

        let workspace = rent ()

        try
            run.Invoke(workspace.Address, inputs, outputs)
        finally
            if swapped.Length > 0 then
                write workspace

            spare <- workspace

    let outputStrides =
        program.OutputTypes |> Array.map (fun t -> Shape.strides t.Shape)

    let outputSizes = program.OutputTypes |> Array.map (fun t -> Shape.size t.Shape)
    member _.Program = program

    /// Keeps the data alive that the code refers to by address.
    member _.Data = data

    /// Runs on inputs of the program's types (copied first if they have gaps) into contiguous outputs.
    member _.RunInto(inputs: NDArray[], outputs: NDArray[]) =
        if not (fits program.OutputTypes outputs) then
            refuse "outputs" program.OutputTypes outputs
            invalidArg (nameof outputs) "The outputs of a compiled program must be contiguous."

        execute inputs outputs

    /// Runs into fresh arrays.
    member _.Run(inputs: NDArray[]) =
        let outputs = Array.zeroCreate<NDArray> outputSizes.Length

        for k in 0 .. outputs.Length - 1 do
            let t = program.OutputTypes[k]
            outputs[k] <- NDArray(t.DType, t.Shape, outputStrides[k], NDArray.allocateData t.DType outputSizes[k], 0)

        execute inputs outputs
        outputs

[<RequireQualifiedAccess>]
module internal Emit =
    let defaults = { Width = VectorType.widest }

    let rec private fold (each: 'state -> Statement -> 'state) (state: 'state) (body: Statement[]) : 'state =
        body
        |> Array.fold
            (fun state s ->
                let state = each state s

                match s with
                | Statement.Repeat(_, _, body) -> fold each state body
                | Statement.RepeatWhile(test, _, _, body) -> fold each (fold each state test) body
                | Statement.Choose(_, branches) -> branches |> Array.fold (fold each) state
                | Statement.Nest _
                | Statement.Accumulate _
                | Statement.Product _
                | Statement.Swap _
                | Statement.Kernel _ -> state)
            state

    let private header (program: LoopProgram) =
        let struct (variables, reductions, pointers) =
            program.Body
            |> fold
                (fun (struct (variables, reductions, pointers)) s ->
                    match s with
                    | Statement.Repeat(variable, _, _) -> struct (max variables (variable + 1), reductions, pointers)
                    | Statement.Nest nest -> struct (variables, max reductions nest.Reductions.Length, pointers)
                    | Statement.Kernel(_, inputs, outputs) ->
                        struct (variables, reductions, max pointers (inputs.Length + outputs.Length))
                    | _ -> struct (variables, reductions, pointers))
                struct (0, 0, 0)

        Header.create program.Buffers.Length variables reductions pointers

    let private swaps (program: LoopProgram) =
        let swapped =
            program.Body
            |> fold
                (fun swapped s ->
                    match s with
                    | Statement.Swap(a, b) -> a :: b :: swapped
                    | _ -> swapped)
                []
            |> List.distinct
            |> Array.ofList

        for buffer in swapped do
            match program.Buffers[buffer].Kind with
            | BufferKind.Input _
            | BufferKind.Data _ -> invalidOp $"Buffer {buffer} is read only and cannot be swapped."
            | BufferKind.Output _
            | BufferKind.Workspace _ -> ()

        swapped

    let private pinnedCopy (array: NDArray) =
        let copy = Workspace(array.Size * DType.bytes array.DType)
        RawMemory.copyOut array copy.Address
        copy

    /// Turns a program into machine code. kernel runs the operations that have no loop form.
    let compile (options: EmitOptions) (kernel: Op -> NDArray[] -> NDArray[]) (program: LoopProgram) =
        let header = header program
        let swapped = swaps program
        let data = List<Workspace>()
        let mutable bytes = header.Bytes + ((program.WorkspaceBytes + 63) &&& ~~~63)

        // Offsets from the workspace, or addresses of data, that stay the same from run to run.
        let places =
            [|
                for buffer in 0 .. program.Buffers.Length - 1 do
                    match program.Buffers[buffer].Kind with
                    | BufferKind.Workspace offset -> struct (buffer, true, nativeint (header.Bytes + offset))
                    | BufferKind.Data array ->
                        let copy = pinnedCopy array
                        data.Add copy
                        struct (buffer, false, copy.Address)
                    // A result whose memory is exchanged with others lives in the workspace until the end.
                    | BufferKind.Output _ when Array.contains buffer swapped ->
                        let size = program.Buffers[buffer].Size * DType.bytes program.Buffers[buffer].DType
                        let offset = bytes
                        bytes <- bytes + ((size + 63) &&& ~~~63)
                        struct (buffer, true, nativeint offset)
                    | BufferKind.Output _
                    | BufferKind.Input _ -> ()
            |]

        let addresses (workspace: nativeint) =
            places
            |> Array.map (fun struct (buffer, isOffset, place) ->
                struct (buffer, (if isOffset then workspace + place else place)))

        let run = EmitProgram(program, options.Width, kernel, header, swapped).Entry()
        CompiledProgram(program, run, bytes, addresses, swapped, data.ToArray())
