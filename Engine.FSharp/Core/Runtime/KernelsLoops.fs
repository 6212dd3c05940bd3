// The instructions of blocks on whole arrays, whose elements lie side by side or are one that is repeated.
namespace Pipeline.Engine

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsLoops =
    let sameShape (a: NDArray) (b: NDArray) =
        if not (Object.ReferenceEquals(a.Shape, b.Shape) || Shape.equal a.Shape b.Shape) then
            raise (
                ShapeException $"An elementwise operation takes operands of one shape, not {Shape.text a.Shape} and {Shape.text b.Shape}."
            )

    /// An operand of an elementwise loop, as contiguous elements, or as one element that is repeated (step 0).
    let operand (array: NDArray) =
        if array.IsContiguous then struct (array, 1)
        elif KernelsViews.isRepeated array then struct (array, 0)
        else struct (KernelsViews.contiguous array, 1)

    /// One of two shapes that are equal: the one whose strides a fresh result can share.
    let like (a: NDArray) (b: NDArray) = if a.IsContiguous then a else b

    /// Where its first element is in its memory.
    let bytesTo (array: NDArray) = nativeint array.Offset * nativeint (DType.bytes array.DType)

    /// An operand of an instruction on arrays, by the number of its address.
    let at number step = BlockValue(number, step, 0n)

    /// Its result, behind three operands.
    let into = at 3 1

    /// Runs an instruction on so many elements at three addresses, or fewer, and to a fourth.
    let run (instruction: BlockInstruction) (x: nativeint) (y: nativeint) (z: nativeint) (r: nativeint) (count: int) =
        let bases = NativePtr.stackalloc<nativeint> 4
        let mutable frame = Unchecked.defaultof<BlockFrame>
        NativePtr.set bases 0 x
        NativePtr.set bases 1 y
        NativePtr.set bases 2 z
        NativePtr.set bases 3 r
        frame.Bases <- NativePtr.ofNativeInt (NativePtr.toNativeInt bases)
        frame.Count <- nativeint count
        instruction.Run &&frame

    /// Runs an instruction on so many elements and their indices, which moves them to a third address.
    let move (instruction: BlockInstruction) (x: nativeint) (index: nativeint) (target: nativeint) (count: int) =
        run instruction x index target 0n count

    /// The same on arrays of the steps 0 and 1.
    let private over
        instruction
        (struct (x: NDArray, stepX: int))
        (struct (y: NDArray, stepY))
        (struct (z: NDArray, stepZ))
        (result: NDArray)
        =
        let dataX = &MemoryMarshal.GetArrayDataReference x.Data
        let dataY = &MemoryMarshal.GetArrayDataReference y.Data
        let dataZ = &MemoryMarshal.GetArrayDataReference z.Data
        let dataR = &MemoryMarshal.GetArrayDataReference result.Data
        use px = fixed &dataX
        use py = fixed &dataY
        use pz = fixed &dataZ
        use pr = fixed &dataR
        let mutable first = 0

        let inline at (p: nativeptr<byte>) (array: NDArray) (step: int) =
            NativePtr.toNativeInt p + bytesTo array + nativeint (first * step) * nativeint (DType.bytes array.DType)

        while first < result.Size do
            let count = min CancellationScope.Block (result.Size - first)
            run instruction (at px x stepX) (at py y stepY) (at pz z stepZ) (at pr result 1) count
            first <- CancellationScope.Next(first + count, result.Size)

    /// A fresh array: an instruction on one operand.
    let map (instruction: BlockValue -> BlockValue -> BlockInstruction) (dtype: DType) (x: NDArray) : NDArray =
        let x = KernelsViews.contiguous x
        let result = KernelsViews.allocateLike dtype x

        if result.Size > 0 then
            let operand = struct (x, 1)
            over (instruction (at 0 1) into) operand operand operand result

        result

    /// The same on three operands of one shape.
    let map3 (instruction: BlockValue -> BlockValue -> BlockValue -> BlockValue -> BlockInstruction) (dtype: DType) (x: NDArray) y z =
        sameShape x y
        sameShape x z
        let result = NDArray.allocate dtype x.Shape

        if result.Size > 0 then
            let struct (x, stepX) = operand x
            let struct (y, stepY) = operand y
            let struct (z, stepZ) = operand z
            let instruction = instruction (at 0 stepX) (at 1 stepY) (at 2 stepZ) into
            over instruction (struct (x, stepX)) (struct (y, stepY)) (struct (z, stepZ)) result

        result

    /// A function of the table on floats.
    let mapFunction (meaning: Meaning) (array: NDArray) : NDArray =
        let array = KernelsViews.contiguous array
        let result = KernelsViews.allocateLike array.DType array

        if array.Size > 0 then
            let x = &MemoryMarshal.GetArrayDataReference array.Data
            let r = &MemoryMarshal.GetArrayDataReference result.Data
            use x = fixed &x
            use r = fixed &r
            let x, r = NativePtr.toNativeInt x + bytesTo array, NativePtr.toNativeInt r
            let bytes = DType.bytes array.DType
            let mutable first = 0

            while first < result.Size do
                let count = min CancellationScope.Block (result.Size - first)
                let offset = nativeint first * nativeint bytes
                meaning.Map(Loops.Width, array.DType, x + offset, r + offset, count)
                first <- CancellationScope.Next(first + count, result.Size)

        result
