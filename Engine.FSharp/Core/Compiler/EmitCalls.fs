// What emitted code calls: kernels on raw memory, and the error of a loop without end.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline

/// Copies between arrays and raw memory.
[<RequireQualifiedAccess>]
module internal RawMemory =
    let private reference (array: NDArray) =
        &
            Unsafe.AddByteOffset(
                &MemoryMarshal.GetArrayDataReference(array.Data: Array),
                nativeint array.Offset * nativeint (DType.bytes array.DType)
            )

    let private bytes (array: NDArray) = uint32 (array.Size * DType.bytes array.DType)

    let copyOut (array: NDArray) (target: nativeint) =
        let array = KernelsViews.contiguous array
        Unsafe.CopyBlockUnaligned(&Unsafe.AsRef<byte>(target.ToPointer()), &reference array, bytes array)

    let copyIn (source: nativeint) (array: NDArray) =
        Unsafe.CopyBlockUnaligned(&reference array, &Unsafe.AsRef<byte>(source.ToPointer()), bytes array)

/// Indices that are checked where they lie.
[<Sealed>]
type internal IndexCheck(operation: string, axis: int, size: int, indices: TensorType) =
    member _.Run(source: nativeint, target: nativeint) = KernelsStructure.writePlaces operation axis size indices source target

/// A statement that Kernels runs: copies in, calls, copies out.
[<Sealed>]
type internal KernelCall(op: Op, kernel: Op -> NDArray[] -> NDArray[], inputs: TensorType[], outputs: int) =
    member _.Run(pointers: nativeint) =
        let pointer k = Marshal.ReadIntPtr(pointers, k * 8)

        let arguments =
            inputs
            |> Array.mapi (fun k t ->
                let array = NDArray.allocate t.DType t.Shape
                RawMemory.copyIn (pointer k) array
                array)

        let results = kernel op arguments

        for k in 0 .. outputs - 1 do
            RawMemory.copyOut results[k] (pointer (inputs.Length + k))
