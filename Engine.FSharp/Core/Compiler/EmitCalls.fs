// What emitted code calls: kernels on raw memory, and the error of a loop without end.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

/// Copies between arrays and raw memory.
[<RequireQualifiedAccess>]
module internal RawMemory =
    let private copy (source: nativeint) (target: nativeint) (bytes: int64) =
        let mutable first = 0L

        while first < bytes do
            let count = min (8L * int64 CancellationScope.Block) (bytes - first)
            Buffer.MemoryCopy((source + nativeint first).ToPointer(), (target + nativeint first).ToPointer(), count, count)
            first <- first + count
            if first < bytes then CancellationScope.Check()

    let private bytes (array: NDArray) = int64 array.Size * int64 (DType.bytes array.DType)

    let private start (data: nativeptr<byte>) (array: NDArray) =
        NativePtr.toNativeInt data + nativeint array.Offset * nativeint (DType.bytes array.DType)

    let copyOut (array: NDArray) (target: nativeint) =
        let array = KernelsViews.contiguous array
        use data = fixed &MemoryMarshal.GetArrayDataReference array.Data
        copy (start data array) target (bytes array)

    let copyIn (source: nativeint) (array: NDArray) =
        use data = fixed &MemoryMarshal.GetArrayDataReference array.Data
        copy source (start data array) (bytes array)

/// Indices that are checked where they lie.
[<Sealed>]
type internal IndexCheck(operation: string, axis: int, size: int, indices: TensorType) =
    member _.Run(source: nativeint, target: nativeint) = KernelsStructure.writePlaces operation axis size indices source target

/// What the JIT makes of emitted methods. A delegate alone would meet it at its first call, which nothing can cancel.
[<RequireQualifiedAccess>]
module internal MachineCode =
    let prepare (method: Delegate) =
        RuntimeHelpers.PrepareDelegate method
        method

/// Methods of a branch, which meet the JIT when it is first taken: on another thread where the run may be cancelled meanwhile.
[<Sealed>]
type internal BranchCode(methods: Delegate[]) =
    let compiled = Lazy<Delegate[]>(Func<_>(fun () -> methods |> Array.map MachineCode.prepare))
    member _.Prepare() = if not compiled.IsValueCreated then CancellationScope.Shared compiled |> ignore

/// A product of matrices, which a precompiled kernel makes in vectors of at most so many bits.
[<Sealed>]
type internal ProductCall(width: int, product: Product) =
    let struct (batchA, rowA, termA) = product.StridesA
    let struct (batchB, termB, columnB) = product.StridesB
    let struct (batchC, rowC) = product.StridesC

    let sizes =
        ProductSizes(
            Batch = product.Batch,
            M = product.M,
            N = product.N,
            K = product.K,
            BatchA = nativeint batchA,
            RowA = nativeint rowA,
            TermA = nativeint termA,
            BatchB = nativeint batchB,
            TermB = nativeint termB,
            ColumnB = nativeint columnB,
            BatchC = nativeint batchC,
            RowC = nativeint rowC
        )

    member _.Run(left: nativeint, right: nativeint, result: nativeint) =
        if product.Order.Lanes > 1 then
            MatrixProducts.lines product.DType product.Order true product.Batch product.M product.N left right result
        else
            MatrixProducts.chains width product.DType sizes left right result

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
