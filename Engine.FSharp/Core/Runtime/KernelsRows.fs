// Loops over two operands, either of which may repeat numbers along axes: row by row, without a copy of what is repeated.
namespace Pipeline.Engine

open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

/// What is done with a row: two operands by address and step (0 or 1), and where so many results go. A type, so that it is inlined.
type internal IRows =
    abstract Run: x: nativeint * stepX: int * z: nativeint * stepZ: int * r: nativeint * count: int -> unit

[<RequireQualifiedAccess>]
module internal KernelsRows =
    /// Shorter rows are copied side by side sooner than begun one by one.
    let private shortest = 16

    /// Shorter rows that an operand repeats are written out until they are as long.
    let private tile = 512

    /// The axis from which on each of two operands is walked as one, and by which steps.
    let private rows (a: NDArray) (b: NDArray) : struct (int * int * int) =
        let mutable first = a.Rank
        let mutable stepA, stepB = -1, -1
        let mutable nextA, nextB = 0, 0
        let mutable isOne = true

        while isOne && first > 0 do
            let axis = first - 1
            let strideA, strideB = a.Strides[axis], b.Strides[axis]

            if a.Shape[axis] = 1 then
                first <- axis
            elif stepA < 0 && uint strideA <= 1u && uint strideB <= 1u || stepA >= 0 && strideA = nextA && strideB = nextB then
                if stepA < 0 then
                    stepA <- strideA
                    stepB <- strideB

                nextA <- strideA * a.Shape[axis]
                nextB <- strideB * a.Shape[axis]
                first <- axis
            else
                isOne <- false

        struct (first, max 0 stepA, max 0 stepB)

    /// Rows of an operand without gaps beside a row that another one repeats: as fewer and longer rows, the repeated one written out. The last may
    /// be a part.
    let private longer (count: int) (whole: NDArray) (repeated: NDArray) : struct (NDArray * NDArray) =
        let times = min (whole.Size / count) ((tile + count - 1) / count)
        let size = times * count
        let rows = (whole.Size + size - 1) / size

        let out =
            KernelsViews.duplicate (NDArray.view repeated.DType [| times; count |] [| 0; 1 |] repeated.Data repeated.Offset)

        struct (NDArray.view whole.DType [| rows; size |] [| size; 1 |] whole.Data whole.Offset,
                NDArray.view out.DType [| rows; size |] [| 0; 1 |] out.Data 0)

    /// Whether every row from an axis on is the same.
    let private isRepeated (first: int) (x: NDArray) =
        let mutable repeated = true

        for axis in 0 .. first - 1 do
            if x.Shape[axis] <> 1 && x.Strides[axis] <> 0 then repeated <- false

        repeated

    /// Moves on to the next row: an index of the axes around, and where the row begins in each operand, in elements.
    let private advance (index: int[]) (a: NDArray) (b: NDArray) (fromA: byref<nativeint>) (fromB: byref<nativeint>) =
        let mutable axis = index.Length - 1
        let mutable isCarried = true

        while isCarried && axis >= 0 do
            index[axis] <- index[axis] + 1
            fromA <- fromA + nativeint a.Strides[axis]
            fromB <- fromB + nativeint b.Strides[axis]
            isCarried <- index[axis] = a.Shape[axis]

            if isCarried then
                index[axis] <- 0
                fromA <- fromA - nativeint a.Shape[axis] * nativeint a.Strides[axis]
                fromB <- fromB - nativeint a.Shape[axis] * nativeint b.Strides[axis]
                axis <- axis - 1

    let private overRows<'F when 'F: struct and 'F :> IRows> (f: 'F) (a: NDArray) (b: NDArray) (result: NDArray) =
        let mutable f = f
        let struct (first, stepA, stepB) = rows a b
        let mutable count = 1

        for axis in first .. result.Rank - 1 do
            count <- count * result.Shape[axis]

        let struct (a, b, first, length) =
            if first = 0 || count >= tile || stepA <> 1 || stepB <> 1 then
                struct (a, b, first, count)
            elif a.IsContiguous && isRepeated first b then
                let struct (a, b) = longer count a b
                struct (a, b, 1, a.Shape[1])
            elif b.IsContiguous && isRepeated first a then
                let struct (b, a) = longer count b a
                struct (a, b, 1, a.Shape[1])
            else
                struct (a, b, first, count)

        let isShort = first > 0 && length < shortest
        let struct (a, stepA) = if isShort then KernelsLoops.operand a else struct (a, stepA)
        let struct (b, stepB) = if isShort then KernelsLoops.operand b else struct (b, stepB)
        let index: int[] = if isShort || first = 0 then [||] else Array.zeroCreate first
        let length = if isShort then result.Size else length
        let x = &MemoryMarshal.GetArrayDataReference a.Data
        let z = &MemoryMarshal.GetArrayDataReference b.Data
        let r = &MemoryMarshal.GetArrayDataReference result.Data
        use x = fixed &x
        use z = fixed &z
        use r = fixed &r
        let x, z = NativePtr.toNativeInt x + KernelsLoops.bytesTo a, NativePtr.toNativeInt z + KernelsLoops.bytesTo b
        let bytes, resultBytes = nativeint (DType.bytes a.DType), nativeint (DType.bytes result.DType)
        let mutable r = NativePtr.toNativeInt r
        let mutable fromA, fromB = 0n, 0n
        let mutable left = result.Size
        let mutable handled = 0L

        while left > 0 do
            let row = min length left
            let mutable begun = 0

            while begun < row do
                let block = min CancellationScope.Block (row - begun)
                CancellationScope.CheckAfter(&handled, block)
                let atA = (fromA + nativeint (begun * stepA)) * bytes
                let atB = (fromB + nativeint (begun * stepB)) * bytes
                f.Run(x + atA, stepA, z + atB, stepB, r, block)
                r <- r + nativeint block * resultBytes
                begun <- begun + block

            left <- left - row
            if left > 0 then advance index a b &fromA &fromB

    /// Elements side by side, in blocks.
    let private overElements<'F when 'F: struct and 'F :> IRows> (f: 'F) (a: NDArray) (b: NDArray) (result: NDArray) =
        let mutable f = f
        let x = &MemoryMarshal.GetArrayDataReference a.Data
        let z = &MemoryMarshal.GetArrayDataReference b.Data
        let r = &MemoryMarshal.GetArrayDataReference result.Data
        use x = fixed &x
        use z = fixed &z
        use r = fixed &r
        let x, z = NativePtr.toNativeInt x + KernelsLoops.bytesTo a, NativePtr.toNativeInt z + KernelsLoops.bytesTo b
        let bytes, resultBytes = nativeint (DType.bytes a.DType), nativeint (DType.bytes result.DType)
        let mutable first = 0

        while first < result.Size do
            let count = min CancellationScope.Block (result.Size - first)
            let at = nativeint first * bytes
            f.Run(x + at, 1, z + at, 1, NativePtr.toNativeInt r + nativeint first * resultBytes, count)
            first <- CancellationScope.Next(first + count, result.Size)

    /// A fresh array of such rows.
    let private rowsOf<'F when 'F: struct and 'F :> IRows> (f: 'F) (dtype: DType) (a: NDArray) (b: NDArray) : NDArray =
        KernelsLoops.sameShape a b
        let result = KernelsViews.allocateLike dtype (KernelsLoops.like a b)

        if result.Size > 0 then
            if a.IsContiguous && b.IsContiguous then overElements f a b result else overRows f a b result

        result

    /// An instruction on two operands, made when their steps are known.
    [<Struct; NoComparison; NoEquality>]
    type private Instruction =
        val Make: BlockValue -> BlockValue -> BlockValue -> BlockInstruction

        [<DefaultValue>]
        val mutable Made: BlockInstruction

        new(make) = { Make = make }

        interface IRows with
            member this.Run(x, stepX, z, stepZ, r, count) =
                if isNull this.Made then
                    this.Made <- this.Make (KernelsLoops.at 0 stepX) (KernelsLoops.at 1 stepZ) KernelsLoops.into

                KernelsLoops.run this.Made x z z r count

    /// A fresh array: an instruction on two operands.
    let zip (instruction: BlockValue -> BlockValue -> BlockValue -> BlockInstruction) (dtype: DType) (a: NDArray) (b: NDArray) : NDArray =
        rowsOf (Instruction instruction) dtype a b

    [<Struct>]
    type private Function(meaning: Meaning2, dtype: DType) =
        interface IRows with
            member _.Run(x, stepX, z, stepZ, r, count) = meaning.Map(Loops.Width, dtype, x, stepX, z, stepZ, r, count)

    /// A function of the table on two arrays of floats.
    let zipFunction (meaning: Meaning2) (a: NDArray) (b: NDArray) : NDArray = rowsOf (Function(meaning, a.DType)) a.DType a b
