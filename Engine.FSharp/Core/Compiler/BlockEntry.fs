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

    /// (buffer, whether it is a result, the number of its array, bytes of an element) of what the run reads or writes where it lies.
    let places, exchanged =
        let all =
            program.Buffers
            |> Array.indexed
            |> Array.choose (fun (buffer, b) ->
                match b.Kind with
                | BufferKind.Input k -> Some(struct (buffer, false, k, nativeint (DType.bytes b.DType)))
                | BufferKind.Output k -> Some(struct (buffer, true, k, nativeint (DType.bytes b.DType)))
                | BufferKind.Workspace _
                | BufferKind.Data _ -> None)

        let isExchanged (struct (buffer: int, isResult: bool, _: int, _: nativeint)) = isResult && swapped[buffer]
        Array.filter (isExchanged >> not) all, Array.filter isExchanged all

    let enter workspace (struct (buffer, _, _, bytes)) (array: NDArray) address =
        BlockSteps.write (workspace + nativeint (8 * buffer)) (address + nativeint array.Offset * bytes)

    /// Pins one array a call, and says how many: a call whose result is not used becomes a loop, which pins one array in all.
    let rec pinned (workspace: nativeint) (arguments: NDArray[]) (results: NDArray[]) (k: int) : int =
        if k = places.Length then
            run workspace
            0
        else
            let struct (_, isResult, number, _) = places[k]
            let array = if isResult then results[number] else arguments[number]
            let first = &MemoryMarshal.GetArrayDataReference(array.Data: Array)
            use address = fixed &first
            enter workspace places[k] array (NativePtr.toNativeInt address)
            1 + pinned workspace arguments results (k + 1)

    let handled workspace (arguments: NDArray[]) (results: NDArray[]) =
        let arrays =
            places
            |> Array.map (fun (struct (_, isResult, number, _)) -> if isResult then results[number] else arguments[number])

        let handles = arrays |> Array.map (fun array -> GCHandle.Alloc(array.Data, GCHandleType.Pinned))

        try
            for k in 0 .. places.Length - 1 do
                enter workspace places[k] arrays[k] (handles[k].AddrOfPinnedObject())

            run workspace
        finally
            for handle in handles do
                handle.Free()

    member _.Run(workspace: nativeint, arguments: NDArray[], results: NDArray[]) =
        if places.Length > mostOnStack then
            handled workspace arguments results
        else
            pinned workspace arguments results 0 |> ignore

        for struct (buffer, _, number, _) in exchanged do
            RawMemory.copyIn (BlockSteps.read<nativeint>(workspace + nativeint (8 * buffer))) results[number]
