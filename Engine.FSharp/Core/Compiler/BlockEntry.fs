// The arguments and results of a program that runs on blocks, pinned while it runs.
namespace Pipeline.Engine

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline

[<Sealed>]
type internal BlockEntry(program: LoopProgram, swapped: bool[], run: nativeint -> unit) =
    /// More arrays than these are pinned by handles, not on the stack.
    static let mostOnStack = 64

    let bytes buffer = DType.bytes program.Buffers[buffer].DType

    let buffersOf kind = program.Buffers |> Array.indexed |> Array.choose (fun (number, buffer) -> kind number buffer.Kind)

    /// (buffer, array) of what the run reads or writes where it lies.
    let inputs =
        buffersOf (fun number kind ->
            match kind with
            | BufferKind.Input k -> Some(struct (number, k))
            | BufferKind.Output _
            | BufferKind.Workspace _
            | BufferKind.Data _ -> None)

    let outputsThat isSwapped =
        buffersOf (fun number kind ->
            match kind with
            | BufferKind.Output k when swapped[number] = isSwapped -> Some(struct (number, k))
            | BufferKind.Output _
            | BufferKind.Input _
            | BufferKind.Workspace _
            | BufferKind.Data _ -> None)

    let outputs, exchanged = outputsThat false, outputsThat true

    let enter workspace (struct (buffer, _)) (array: NDArray) address =
        BlockSteps.write (workspace + nativeint (8 * buffer)) (address + nativeint array.Offset * nativeint (bytes buffer))

    /// Pins one array a call, and says how many: a call whose result is not used becomes a loop, which pins one array in all.
    let rec pinned (workspace: nativeint) (places: struct (int * int)[]) (arrays: NDArray[]) (k: int) (further: unit -> unit) : int =
        if k = places.Length then
            further ()
            0
        else
            let struct (_, number) = places[k]
            let array = arrays[number]
            let first = &MemoryMarshal.GetArrayDataReference(array.Data: Array)
            use address = fixed &first
            enter workspace places[k] array (NativePtr.toNativeInt address)
            1 + pinned workspace places arrays (k + 1) further

    let handled (workspace: nativeint) (places: struct (int * int)[]) (arrays: NDArray[]) (further: unit -> unit) : unit =
        let handles = places |> Array.map (fun (struct (_, k)) -> GCHandle.Alloc(arrays[k].Data, GCHandleType.Pinned))

        try
            for k in 0 .. places.Length - 1 do
                let struct (_, number) = places[k]
                enter workspace places[k] arrays[number] (handles[k].AddrOfPinnedObject())

            further ()
        finally
            for handle in handles do
                handle.Free()

    let withArrays workspace (places: struct (int * int)[]) arrays further =
        if places.Length > mostOnStack then
            handled workspace places arrays further
        else
            pinned workspace places arrays 0 further |> ignore

    member _.Run(workspace: nativeint, arguments: NDArray[], results: NDArray[]) =
        withArrays workspace inputs arguments (fun () -> withArrays workspace outputs results (fun () -> run workspace))

        for struct (buffer, k) in exchanged do
            RawMemory.copyIn (BlockSteps.read<nativeint>(workspace + nativeint (8 * buffer))) results[k]
