// Dot: products of matrices, of any axes, through one batched matrix product.
namespace Pipeline.Engine

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

/// Products of matrices in memory, each result in the order that belongs to it.
[<RequireQualifiedAccess>]
module internal MatrixProducts =
    /// Each result one chain, or chains over blocks, in vectors of at most so many bits.
    let chains (width: int) (dtype: DType) (sizes: ProductSizes) (left: nativeint) (right: nativeint) (result: nativeint) : unit =
        let isDone =
            match dtype with
            | DType.Float32 -> Products.Multiply<float32>(width, &sizes, left, right, result, CancellationScope.Flag)
            | DType.Float64 -> Products.Multiply<float>(width, &sizes, left, right, result, CancellationScope.Flag)
            // Integers modulo 2^bits: the sign does not matter.
            | DType.Int32
            | DType.UInt32 -> Products.Multiply<uint32>(width, &sizes, left, right, result, CancellationScope.Flag)
            | DType.Int64
            | DType.UInt64 -> Products.Multiply<uint64>(width, &sizes, left, right, result, CancellationScope.Flag)
            | DType.UInt16 -> Products.Multiply<uint16>(width, &sizes, left, right, result, CancellationScope.Flag)
            | _ -> Products.Multiply<byte>(width, &sizes, left, right, result, CancellationScope.Flag)

        if not isDone then raise (CancellationScope.Error())

    /// A vector by so many columns at once, so that their lanes stay in the first cache.
    let private together = 64

    /// Each result with lanes of its own: left [batch, m, k] by right [batch, n, k], or if not by rows a vector (m is 1) by [batch, k, n].
    let lines (dtype: DType) (order: SumOrder) (isByRows: bool) batch m n (left: nativeint) (right: nativeint) (result: nativeint) : unit =
        let k = order.Row
        let bytes = DType.bytes dtype
        let at (address: nativeint) (element: int) = address + nativeint element * nativeint bytes
        let row address row : Folds.Rows = { Address = address; Row = row }

        if isByRows then
            let fold = Folds.ofRows Reduction.Sum dtype BlockTerms.Products (ValueSome order) 1 k

            for b in 0 .. batch - 1 do
                let left, right, result = at left (b * m * k), at right (b * n * k), at result (b * m * n)

                if n = 1 then
                    Folds.rows fold (row left k) (row right 0) k m result
                else
                    for i in 0 .. m - 1 do
                        Folds.rows fold (row right k) (row (at left (i * k)) 0) k n (at result (i * n))
        else
            let mutable handled = 0L

            for b in 0 .. batch - 1 do
                for first in 0..together .. n - 1 do
                    let columns = min together (n - first)

                    let fold = Folds.ofMultiples dtype order columns n

                    let state = ProductMemory.Own.Sums fold.StateBytes
                    CancellationScope.CheckAfter(&handled, min CancellationScope.Block (columns * k))
                    let pointer address = NativePtr.ofNativeInt<byte> address
                    fold.Begin state
                    fold.Take(state, pointer (at right (b * k * n + first)), 1, pointer (at left (b * k)), 1, nativeint k)
                    fold.End(state, pointer (at result (b * n + first)))

[<RequireQualifiedAccess>]
module internal KernelsProducts =
    /// The axes that are neither shared nor summed, in order.
    let private free batch rank (contracted: int[]) =
        let axes = Array.zeroCreate (rank - batch - contracted.Length)
        let mutable next = 0

        for axis in batch .. rank - 1 do
            if Array.IndexOf(contracted, axis) < 0 then
                axes[next] <- axis
                next <- next + 1

        axes

    let private join (a: int[]) (b: int[]) (c: int[]) =
        let joined = Array.zeroCreate (a.Length + b.Length + c.Length)
        a.CopyTo(joined, 0)
        b.CopyTo(joined, a.Length)
        c.CopyTo(joined, a.Length + b.Length)
        joined

    /// Runs on the memory of operands and of a result.
    let inline private onMemory
        ([<InlineIfLambda>] run: nativeint -> nativeint -> nativeint -> unit)
        (left: NDArray)
        (right: NDArray)
        (result: NDArray)
        =
        use x = fixed &MemoryMarshal.GetArrayDataReference left.Data
        use y = fixed &MemoryMarshal.GetArrayDataReference right.Data
        use z = fixed &MemoryMarshal.GetArrayDataReference result.Data
        let bytes = DType.bytes result.DType
        let inline start (p: nativeptr<byte>) (array: NDArray) = NativePtr.toNativeInt p + nativeint array.Offset * nativeint bytes
        run (start x left) (start y right) (start z result)

    /// With the strides of the shared, the free and the contracted axes, each walked as one; copied first where they do not follow each other.
    let private alongAxes (shared: int[]) (free: int[]) (contracted: int[]) (x: NDArray) : struct (NDArray * int * int * int) =
        let along axes = Shape.merged axes x.Shape x.Strides

        match along shared, along free, along contracted with
        | ValueSome batch, ValueSome row, ValueSome term -> struct (x, batch, row, term)
        | _ ->
            let terms = Shape.count contracted x.Shape
            let copy = KernelsViews.contiguous (KernelsViews.transpose (join shared free contracted) x)
            struct (copy, Shape.count free x.Shape * terms, terms, 1)

    /// In vectors of at most so many bits, which make no difference.
    let rec dotIn (width: int) (axes: DotAxes) (left: NDArray) (right: NDArray) : NDArray =
        if left.DType <> right.DType then
            raise (
                DTypeException
                    $"Dot takes operands of one dtype, not {DType.name left.DType} and {DType.name right.DType}. Convert one of them (AsType)."
            )

        if left.DType = DType.Bool then
            let asNumbers = KernelsMap.convert DType.Int32
            KernelsMap.convert DType.Bool (dotIn width axes (asNumbers left) (asNumbers right))
        else
            let freeLeft = free axes.Batch left.Rank axes.ContractLeft
            let freeRight = free axes.Batch right.Rank axes.ContractRight
            let shared = if axes.Batch = 0 then [||] else Array.init axes.Batch id
            let sizes = DotAxes.sizes axes left.Shape right.Shape
            let struct (batch, m, n, k) = sizes
            let order = SumOrder.ofProduct left.DType axes left.Shape right.Shape sizes
            let dtype = left.DType
            let result = NDArray.allocate dtype (Typing.dotShape axes left.Shape right.Shape)

            let turned (x: NDArray) (first: int[]) (second: int[]) = KernelsViews.transpose (join shared first second) x
            let arrange x first second = KernelsViews.contiguous (turned x first second)
            let leftRows () = arrange left freeLeft axes.ContractLeft
            let rightRows () = arrange right freeRight axes.ContractRight

            let lines isByRows m n left right =
                onMemory (fun x y z -> MatrixProducts.lines dtype order isByRows batch m n x y z) left right result

            if result.Size = 0 then
                ()
            elif order.Lanes > 1 then
                // A vector by the rows of a matrix that lie so in memory.
                if m = 1 && n >= 4 && (turned right axes.ContractRight freeRight).IsContiguous then
                    lines false 1 n (leftRows ()) (KernelsViews.contiguous (turned right axes.ContractRight freeRight))
                elif n = 1 && m >= 4 && (turned left axes.ContractLeft freeLeft).IsContiguous then
                    lines false 1 m (rightRows ()) (KernelsViews.contiguous (turned left axes.ContractLeft freeLeft))
                else
                    lines true m n (leftRows ()) (rightRows ())
            else
                let struct (left, leftBatch, leftRow, leftTerm) = alongAxes shared freeLeft axes.ContractLeft left
                let struct (right, rightBatch, rightColumn, rightTerm) = alongAxes shared freeRight axes.ContractRight right

                let sizes =
                    ProductSizes(
                        Batch = batch,
                        M = m,
                        N = n,
                        K = k,
                        BatchA = nativeint leftBatch,
                        RowA = nativeint leftRow,
                        TermA = nativeint leftTerm,
                        BatchB = nativeint rightBatch,
                        TermB = nativeint rightTerm,
                        ColumnB = nativeint rightColumn,
                        BatchC = nativeint (m * n),
                        RowC = nativeint n
                    )

                onMemory (fun x y z -> MatrixProducts.chains width dtype sizes x y z) left right result

            result

    let dot (axes: DotAxes) (left: NDArray) (right: NDArray) : NDArray = dotIn Loops.Width axes left right
