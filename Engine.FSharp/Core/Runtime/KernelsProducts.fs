// Dot: products of matrices, of any axes, through one batched matrix product.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.Intrinsics
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsProducts =
    /// x . y of at least one vector's length, with four vectors of partial sums: of 256 bits on every machine, so that the bits are the same.
    let private longInner<'T when 'T: unmanaged and 'T :> INumber<'T>> (x: ReadOnlySpan<'T>) (y: ReadOnlySpan<'T>) : 'T =
        let width = Vector256<'T>.Count
        let mutable a = Vector256<'T>.Zero
        let mutable b = Vector256<'T>.Zero
        let mutable c = Vector256<'T>.Zero
        let mutable d = Vector256<'T>.Zero
        let mutable i = 0

        while i <= x.Length - 4 * width do
            a <- a + Vector256.Create<'T>(x.Slice i) * Vector256.Create<'T>(y.Slice i)

            b <- b + Vector256.Create<'T>(x.Slice(i + width)) * Vector256.Create<'T>(y.Slice(i + width))

            c <- c + Vector256.Create<'T>(x.Slice(i + 2 * width)) * Vector256.Create<'T>(y.Slice(i + 2 * width))

            d <- d + Vector256.Create<'T>(x.Slice(i + 3 * width)) * Vector256.Create<'T>(y.Slice(i + 3 * width))

            i <- i + 4 * width

        while i <= x.Length - width do
            a <- a + Vector256.Create<'T>(x.Slice i) * Vector256.Create<'T>(y.Slice i)
            i <- i + width

        let mutable total = KernelsLoops.sumLanes ((a + b) + (c + d))

        while i < x.Length do
            total <- total + x[i] * y[i]
            i <- i + 1

        total

    /// Long sums are those of blocks: in a tree whose left part is the largest power of two below their number.
    let private leftBlocks length block =
        block * int (System.Numerics.BitOperations.RoundUpToPowerOf2(uint32 ((length + block - 1) / block)) / 2u)

    let rec private inner<'T when 'T: unmanaged and 'T :> INumber<'T>> (x: ReadOnlySpan<'T>) (y: ReadOnlySpan<'T>) : 'T =
        // 64 turns of the four vectors.
        let block = 64 * 4 * Vector256<'T>.Count

        if x.Length > block then
            if x.Length >= CancellationScope.Block then CancellationScope.Check()

            let left = leftBlocks x.Length block

            inner<'T> (x.Slice(0, left)) (y.Slice(0, left)) + inner<'T> (x.Slice left) (y.Slice left)
        elif x.Length >= Vector256<'T>.Count then
            longInner<'T> x y
        else
            let mutable total = 'T.Zero

            for i in 0 .. x.Length - 1 do
                total <- total + x[i] * y[i]

            total

    /// target += a x + b y + c z + d w, for four rows of the right matrix at once.
    let private addRows<'T when 'T: unmanaged and 'T :> INumber<'T>>
        (target: Span<'T>, a: 'T, x: ReadOnlySpan<'T>, b: 'T, y: ReadOnlySpan<'T>, c: 'T, z: ReadOnlySpan<'T>, d: 'T, w: ReadOnlySpan<'T>)
        =
        let mutable i = 0

        if target.Length >= Vector<'T>.Count then
            let va = Vector<'T>(a)
            let vb = Vector<'T>(b)
            let vc = Vector<'T>(c)
            let vd = Vector<'T>(d)

            while i <= target.Length - Vector<'T>.Count do
                let first = Vector.Add(Vector.Multiply(va, Vector<'T>(x.Slice i)), Vector.Multiply(vb, Vector<'T>(y.Slice i)))

                let second = Vector.Add(Vector.Multiply(vc, Vector<'T>(z.Slice i)), Vector.Multiply(vd, Vector<'T>(w.Slice i)))

                (Vector<'T>(target.Slice i) + (first + second)).CopyTo(target.Slice i)
                i <- i + Vector<'T>.Count

        while i < target.Length do
            let first: 'T = 'T.op_Addition (a * x[i], b * y[i])
            let second: 'T = 'T.op_Addition (c * z[i], d * w[i])
            target[i] <- target[i] + (first + second)
            i <- i + 1

    /// target += a x.
    let private addRow<'T when 'T: unmanaged and 'T :> INumber<'T>> (target: Span<'T>, a: 'T, x: ReadOnlySpan<'T>) =
        let mutable i = 0

        if target.Length >= Vector<'T>.Count then
            let va = Vector<'T>(a)

            while i <= target.Length - Vector<'T>.Count do
                (Vector<'T>(target.Slice i) + va * Vector<'T>(x.Slice i)).CopyTo(target.Slice i)
                i <- i + Vector<'T>.Count

        while i < target.Length do
            target[i] <- target[i] + a * x[i]
            i <- i + 1

    /// left [batch, m, k] and right [batch, n, k]: each entry an inner product.
    let private byRows<'T when 'T: unmanaged and 'T :> INumber<'T>> batch m n k (left: NDArray) (right: NDArray) (result: NDArray) =
        let x = KernelsViews.elements<'T> left
        let y = KernelsViews.elements<'T> right
        let target = KernelsViews.elements<'T> result
        let mutable handled = 0L

        for b in 0 .. batch - 1 do
            for i in 0 .. m - 1 do
                CancellationScope.CheckAfter(&handled, n * min k CancellationScope.Block)
                let row = x.Slice((b * m + i) * k, k)

                for j in 0 .. n - 1 do
                    target[(b * m + i) * n + j] <- inner<'T> row (y.Slice((b * n + j) * k, k))

    /// target += left . right, for a row of k numbers and k rows, 256 at most added one after the other, four at a time.
    let rec private addProduct<'T when 'T: unmanaged and 'T :> INumber<'T>>
        (target: Span<'T>)
        (left: ReadOnlySpan<'T>)
        (right: ReadOnlySpan<'T>)
        : unit =
        let n = target.Length
        let block = 256

        if left.Length > block then
            CancellationScope.Check()
            let first = leftBlocks left.Length block
            addProduct<'T> target (left.Slice(0, first)) (right.Slice(0, first * n))
            let rest: 'T[] = Array.zeroCreate n
            addProduct<'T> (rest.AsSpan()) (left.Slice first) (right.Slice(first * n))
            addRow<'T>(target, 'T.One, Span.op_Implicit (rest.AsSpan()))
        else
            let mutable p = 0

            while p <= left.Length - 4 do
                if n >= CancellationScope.Block / 4 then CancellationScope.Check()

                addRows<'T>(
                    target,
                    left[p],
                    right.Slice(p * n, n),
                    left[p + 1],
                    right.Slice((p + 1) * n, n),
                    left[p + 2],
                    right.Slice((p + 2) * n, n),
                    left[p + 3],
                    right.Slice((p + 3) * n, n)
                )

                p <- p + 4

            while p < left.Length do
                addRow<'T>(target, left[p], right.Slice(p * n, n))
                p <- p + 1

    /// left [batch, m, k] and right [batch, k, n]: each row a combination of the rows of the right.
    let private byColumns<'T when 'T: unmanaged and 'T :> INumber<'T>> batch m n k (left: NDArray) (right: NDArray) (result: NDArray) =
        let x = KernelsViews.elements<'T> left
        let y = KernelsViews.elements<'T> right
        let target = KernelsViews.elements<'T> result
        KernelsViews.clear result
        let mutable handled = 0L

        for b in 0 .. batch - 1 do
            for i in 0 .. m - 1 do
                // So that a thousandth of a second or so passes between two looks.
                CancellationScope.CheckAfter(&handled, int (min (int64 n * int64 k / 16L + 1L) (int64 CancellationScope.Block)))

                addProduct<'T>
                    (target.Slice((b * m + i) * n, n))
                    (Span.op_Implicit (x.Slice((b * m + i) * k, k)))
                    (Span.op_Implicit (y.Slice(b * k * n, k * n)))

    let private multiply (rows: bool) batch m n k (left: NDArray) (right: NDArray) (result: NDArray) =
        match left.DType with
        | DType.Float32 ->
            if rows then
                byRows<float32> batch m n k left right result
            else
                byColumns<float32> batch m n k left right result
        | DType.Float64 ->
            if rows then
                byRows<float> batch m n k left right result
            else
                byColumns<float> batch m n k left right result
        // Integers modulo 2^bits: the sign does not matter.
        | DType.Int32
        | DType.UInt32 ->
            if rows then
                byRows<uint32> batch m n k left right result
            else
                byColumns<uint32> batch m n k left right result
        | DType.Int64
        | DType.UInt64 ->
            if rows then
                byRows<uint64> batch m n k left right result
            else
                byColumns<uint64> batch m n k left right result
        | DType.UInt16 ->
            if rows then
                byRows<uint16> batch m n k left right result
            else
                byColumns<uint16> batch m n k left right result
        | _ ->
            if rows then
                byRows<byte> batch m n k left right result
            else
                byColumns<byte> batch m n k left right result

    let private product (shape: int[]) (axes: int[]) =
        let mutable n = 1

        for axis in axes do
            n <- n * shape[axis]

        n

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

    let private resultShape (shared: int[]) (freeLeft: int[]) (freeRight: int[]) (left: int[]) (right: int[]) =
        let shape = join shared freeLeft freeRight

        for i in 0 .. shape.Length - 1 do
            let source = if i < shared.Length + freeLeft.Length then left else right
            shape[i] <- source[shape[i]]

        shape

    /// Below this many columns the right matrix is read by inner products, else by rows.
    let private narrow = 8

    let rec dot (axes: DotAxes) (left: NDArray) (right: NDArray) : NDArray =
        if left.DType <> right.DType then
            raise (
                DTypeException
                    $"Dot takes operands of one dtype, not {DType.name left.DType} and {DType.name right.DType}. Convert one of them (AsType)."
            )

        if left.DType = DType.Bool then
            KernelsMap.convert DType.Bool (dot axes (KernelsMap.convert DType.Int32 left) (KernelsMap.convert DType.Int32 right))
        else
            let freeLeft = free axes.Batch left.Rank axes.ContractLeft
            let freeRight = free axes.Batch right.Rank axes.ContractRight
            let shared = if axes.Batch = 0 then [||] else Array.init axes.Batch id
            let batch = product left.Shape shared
            let m, n = product left.Shape freeLeft, product right.Shape freeRight
            let k = product left.Shape axes.ContractLeft

            let result = NDArray.allocate left.DType (resultShape shared freeLeft freeRight left.Shape right.Shape)

            let arrange (x: NDArray) (first: int[]) (second: int[]) =
                KernelsViews.contiguous (KernelsViews.transpose (join shared first second) x)

            let left = arrange left freeLeft axes.ContractLeft

            if n < narrow then
                multiply true batch m n k left (arrange right freeRight axes.ContractRight) result
            else
                multiply false batch m n k left (arrange right axes.ContractRight freeRight) result

            result
