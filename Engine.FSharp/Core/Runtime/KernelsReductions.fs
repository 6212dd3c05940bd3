// Sums, products, extremes and running sums along axes.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.Intrinsics
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsReductions =
    /// Below this many float64 elements a sum is a straight one; above, the sum of two halves: the error grows with log n.
    let private straight = 128

    /// Pairwise, in float64. Vectors have 256 bits on every machine, so that the bits are the same.
    let rec private sum64 (x: ReadOnlySpan<float>) : float =
        if x.Length > straight then
            if x.Length >= CancellationScope.Block then CancellationScope.Check()

            let half = x.Length / 2
            sum64 (x.Slice(0, half)) + sum64 (x.Slice half)
        else
            let mutable lanes = Vector256<float>.Zero
            let mutable i = 0

            while i <= x.Length - Vector256<float>.Count do
                lanes <- lanes + Vector256.Create<float>(x.Slice i)
                i <- i + Vector256<float>.Count

            let mutable total = if i = 0 then 0.0 else KernelsLoops.sumLanes lanes

            while i < x.Length do
                total <- total + x[i]
                i <- i + 1

            total

    /// In float64.
    let private sum32 (x: ReadOnlySpan<float32>) : float =
        let mutable lanes = Vector256<float>.Zero
        let mutable i = 0

        while i <= x.Length - Vector256<float32>.Count do
            CancellationScope.CheckAt(i + Vector256<float32>.Count - 1)
            let v = Vector256.Create<float32>(x.Slice i)
            lanes <- lanes + (Vector256.WidenLower v + Vector256.WidenUpper v)
            i <- i + Vector256<float32>.Count

        let mutable total = if i = 0 then 0.0 else KernelsLoops.sumLanes lanes

        while i < x.Length do
            total <- total + float x[i]
            i <- i + 1

        total

    /// The reduced axes moved behind the others, contiguous; the shape of the others; the number of elements to reduce.
    let private rows (axes: int[]) (x: NDArray) =
        let kept = x.Rank - axes.Length
        let mutable n = 1

        for axis in axes do
            n <- n * x.Shape[axis]

        // Ascending and distinct: they are the last axes already.
        if axes.Length = 0 || axes[0] = kept then
            struct (KernelsViews.contiguous x, Array.sub x.Shape 0 kept, n)
        else
            let others = Array.init x.Rank id |> Array.filter (fun i -> not (Array.contains i axes))

            let turned = KernelsViews.transpose (Array.append others axes) x
            struct (KernelsViews.contiguous turned, Array.sub turned.Shape 0 kept, n)

    let private sumFloats (axes: int[]) (x: NDArray) =
        let struct (rows, shape, n) = rows axes x
        let result = NDArray.allocate x.DType shape
        let mutable handled = 0L

        if x.DType = DType.Float32 then
            let source = KernelsViews.elements<float32> rows
            let target = KernelsViews.elements<float32> result

            for i in 0 .. target.Length - 1 do
                CancellationScope.CheckAfter(&handled, n)
                target[i] <- float32 (sum32 (source.Slice(i * n, n)))
        else
            let source = KernelsViews.elements<float> rows
            let target = KernelsViews.elements<float> result

            for i in 0 .. target.Length - 1 do
                CancellationScope.CheckAfter(&handled, n)
                target[i] <- sum64 (source.Slice(i * n, n))

        result

    /// Where a sum leaves the range, of numbers scaled by their share.
    let mean (axes: int[]) (x: NDArray) =
        let struct (rows, shape, n) = rows axes x
        let result = NDArray.allocate x.DType shape
        let mutable handled = 0L

        if x.DType = DType.Float32 then
            let source = KernelsViews.elements<float32> rows
            let target = KernelsViews.elements<float32> result

            for i in 0 .. target.Length - 1 do
                CancellationScope.CheckAfter(&handled, n)
                target[i] <- float32 (sum32 (source.Slice(i * n, n)) / float n)
        else
            let source = KernelsViews.elements<float> rows
            let target = KernelsViews.elements<float> result

            for i in 0 .. target.Length - 1 do
                CancellationScope.CheckAfter(&handled, n)
                let row = source.Slice(i * n, n)
                let total = sum64 row

                target[i] <-
                    if Double.IsFinite total then
                        total / float n
                    else
                        let share = MeanProgram.share n
                        let scaled = Array.zeroCreate<float> n

                        for k in 0 .. n - 1 do
                            CancellationScope.CheckAt k
                            scaled[k] <- row[k] * share

                        sum64 (ReadOnlySpan scaled) / (float n * share)

        result

    /// A row from left to right, beginning with a value.
    let private folded<'F, 'T when 'F: struct and 'F :> IZip<'T, 'T> and 'T: unmanaged> (f: 'F) (start: 'T) (row: Span<'T>) : 'T =
        let mutable f = f
        let mutable total = start
        let mutable first = 0

        while first < row.Length do
            let count = min CancellationScope.Block (row.Length - first)
            let block = row.Slice(first, count)

            for k in 0 .. block.Length - 1 do
                total <- f.Scalar(total, block[k])

            first <- CancellationScope.Next(first + count, row.Length)

        total

    /// Rows from left to right, beginning with a value.
    let private foldFrom<'F, 'T when 'F: struct and 'F :> IZip<'T, 'T> and 'T: unmanaged> (f: 'F) (start: 'T) (axes: int[]) (x: NDArray) =
        let struct (rows, shape, n) = rows axes x
        let result = NDArray.allocate x.DType shape
        let source = KernelsViews.elements<'T> rows
        let target = KernelsViews.elements<'T> result
        let mutable handled = 0L

        for i in 0 .. target.Length - 1 do
            CancellationScope.CheckAfter(&handled, n)
            target[i] <- folded<'F, 'T> f start (source.Slice(i * n, n))

        result

    /// Rows from left to right, beginning with their first element, which must exist.
    let private fold<'F, 'T when 'F: struct and 'F :> IZip<'T, 'T> and 'T: unmanaged> (f: 'F) (axes: int[]) (x: NDArray) =
        let struct (rows, shape, n) = rows axes x
        let result = NDArray.allocate x.DType shape
        let source = KernelsViews.elements<'T> rows
        let target = KernelsViews.elements<'T> result
        let mutable handled = 0L

        for i in 0 .. target.Length - 1 do
            CancellationScope.CheckAfter(&handled, n)
            target[i] <- folded<'F, 'T> f source[i * n] (source.Slice(i * n + 1, n - 1))

        result

    /// The index of the first NaN, else of the first element that no other exceeds (sign 1) or is below (sign -1).
    let private argument<'T when 'T: unmanaged and 'T :> INumber<'T>> (sign: int) (axes: int[]) (x: NDArray) =
        let struct (rows, shape, n) = rows axes x
        let result = NDArray.allocate DType.Int32 shape
        let source = KernelsViews.elements<'T> rows
        let target = KernelsViews.elements<int> result

        let mutable handled = 0L

        for i in 0 .. target.Length - 1 do
            CancellationScope.CheckAfter(&handled, n)
            let mutable best = 0
            let mutable value = source[i * n]

            for k in 1 .. n - 1 do
                CancellationScope.CheckAt k
                let candidate = source[i * n + k]

                let wins =
                    if 'T.IsNaN value then false
                    elif 'T.IsNaN candidate then true
                    elif sign > 0 then 'T.op_GreaterThan (candidate, value)
                    else 'T.op_LessThan (candidate, value)

                if wins then
                    best <- k
                    value <- candidate

            target[i] <- best

        result

    let private numbers<'T when 'T: unmanaged and 'T :> INumber<'T>> (reduction: Reduction) (axes: int[]) (x: NDArray) =
        match reduction with
        | Reduction.Sum when DType.isFloat x.DType -> sumFloats axes x
        | Reduction.Sum -> foldFrom<ZipFunctions.Add<'T>, 'T> (ZipFunctions.Add()) 'T.Zero axes x
        | Reduction.Product -> foldFrom<ZipFunctions.Multiply<'T>, 'T> (ZipFunctions.Multiply()) 'T.One axes x
        | Reduction.Maximum -> fold<ZipFunctions.Maximum<'T>, 'T> (ZipFunctions.Maximum()) axes x
        | Reduction.Minimum -> fold<ZipFunctions.Minimum<'T>, 'T> (ZipFunctions.Minimum()) axes x
        | Reduction.ArgMax -> argument<'T> 1 axes x
        | Reduction.ArgMin -> argument<'T> -1 axes x

    let reduce (reduction: Reduction) (axes: int[]) (x: NDArray) : NDArray =
        match x.DType with
        | DType.Float32 -> numbers<float32> reduction axes x
        | DType.Float64 -> numbers<float> reduction axes x
        | DType.Int32 -> numbers<int> reduction axes x
        | DType.Int64 -> numbers<int64> reduction axes x
        | DType.UInt8 -> numbers<byte> reduction axes x
        | DType.UInt16 -> numbers<uint16> reduction axes x
        | DType.UInt32 -> numbers<uint32> reduction axes x
        | DType.UInt64 -> numbers<uint64> reduction axes x
        | _ ->
            match reduction with
            // Of the bytes 0 and 1: a sum is an or, as in a zip.
            | Reduction.Sum -> foldFrom<ZipFunctions.Or<byte>, byte> (ZipFunctions.Or()) 0uy axes x
            | _ -> numbers<byte> reduction axes x

    /// Running totals of rows, in an accumulator of another type.
    let private runningRows<'T, 'S when 'T: unmanaged and 'T :> INumber<'T> and 'S: unmanaged and 'S :> INumber<'S>>
        (reverse: bool)
        (x: NDArray)
        =
        let result = NDArray.allocate x.DType x.Shape
        let n = x.Shape[x.Rank - 1]
        let source = KernelsViews.elements<'T> x
        let target = KernelsViews.elements<'T> result
        let mutable total = 'S.Zero

        for i in 0 .. source.Length - 1 do
            CancellationScope.CheckAt i

            if i % n = 0 then total <- 'S.Zero

            let k = if reverse then i - i % n + (n - 1 - i % n) else i
            total <- total + 'S.CreateTruncating source[k]
            target[k] <- 'T.CreateTruncating total

        result

    /// Running totals of rows in float64, with what the additions lost beside them.
    let private runningFloats (reverse: bool) (x: NDArray) =
        let result = NDArray.allocate x.DType x.Shape
        let n = x.Shape[x.Rank - 1]
        let source = KernelsViews.elements<float> x
        let target = KernelsViews.elements<float> result
        let mutable total = 0.0
        let mutable lost = 0.0

        for i in 0 .. source.Length - 1 do
            CancellationScope.CheckAt i

            if i % n = 0 then
                total <- 0.0
                lost <- 0.0

            let k = if reverse then i - i % n + (n - 1 - i % n) else i
            let next = total + source[k]
            let added = next - total
            let missing = lost + ((total - (next - added)) + (source[k] - added))

            // Past an infinity nothing is lost.
            if Double.IsFinite missing then
                total <- next + missing
                lost <- missing - (total - next)
            else
                total <- next
                lost <- 0.0

            target[k] <- total

        result

    /// Floats accumulate in float64, integers modulo 2^bits.
    let cumulativeSum (axis: int) (reverse: bool) (x: NDArray) : NDArray =
        let forward, backward = KernelsStructure.axisLast x.Rank axis
        let moved = KernelsViews.contiguous (KernelsViews.transpose forward x)

        let sums =
            match x.DType with
            | DType.Float32 -> runningRows<float32, float> reverse moved
            | DType.Float64 -> runningFloats reverse moved
            | DType.Int32 -> runningRows<int, int> reverse moved
            | DType.Int64 -> runningRows<int64, int64> reverse moved
            | DType.UInt8 -> runningRows<byte, byte> reverse moved
            | DType.UInt16 -> runningRows<uint16, uint16> reverse moved
            | DType.UInt32 -> runningRows<uint32, uint32> reverse moved
            | DType.UInt64 -> runningRows<uint64, uint64> reverse moved
            | _ -> raise (DTypeException "CumulativeSum does not take bool. Convert the tensor first (AsType).")

        KernelsViews.contiguous (KernelsViews.transpose backward sums)
