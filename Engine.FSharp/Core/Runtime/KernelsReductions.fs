// Sums, products, extremes and running sums along axes.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsReductions =
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

    /// Divides sums by their count; whether all are finite then.
    let private divide<'T when 'T: unmanaged and 'T :> INumber<'T>> (count: int) (sums: NDArray) =
        let elements = KernelsViews.elements<'T> sums
        let count = 'T.CreateTruncating count
        let mutable differences = Vector256<'T>.Zero
        let mutable difference = 'T.Zero
        let mutable i = 0

        while i <= elements.Length - Vector256<'T>.Count do
            CancellationScope.CheckAt(i + Vector256<'T>.Count - 1)

            let means =
                Vector256.Divide(Vector256.Create<'T>(Span.op_Implicit (elements.Slice i)), Vector256.Create<'T> count)

            Vector256.CopyTo(means, elements.Slice i)
            differences <- differences + (means - means)
            i <- i + Vector256<'T>.Count

        while i < elements.Length do
            elements[i] <- elements[i] / count
            difference <- difference + (elements[i] - elements[i])
            i <- i + 1

        // What is not finite is no number when it is taken from itself.
        not ('T.IsNaN difference) && Vector256.EqualsAll(differences, Vector256<'T>.Zero)

    /// The sum divided by the count; where that leaves the range, of numbers scaled by their share.
    let mean (apply: Op -> NDArray[] -> NDArray) (axes: int[]) (x: NDArray) =
        let means = KernelsColumns.reduce false axes x
        let count = Shape.count axes x.Shape
        let isFinite = if x.DType = DType.Float32 then divide<float32> count means else divide<float> count means
        if isFinite then means else MeanProgram.either apply x.DType x.Shape axes x

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

    /// The largest of a row that is not empty, or the smallest; NaN if one is. The order makes no difference.
    let private extreme<'T when 'T: unmanaged and 'T :> INumber<'T>> (isMaximum: bool) (row: Span<'T>) : 'T =
        let width = Vector256<'T>.Count
        let first = &MemoryMarshal.GetReference row
        let inline better a b = if isMaximum then Vector256.Max(a, b) else Vector256.Min(a, b)
        let mutable best = row[0]
        let mutable k = 1

        if row.Length >= width then
            let mutable a = Vector256.LoadUnsafe(&first, 0un)
            k <- width

            if row.Length >= 4 * width then
                let mutable b = Vector256.LoadUnsafe(&first, unativeint width)
                let mutable c = Vector256.LoadUnsafe(&first, unativeint (2 * width))
                let mutable d = Vector256.LoadUnsafe(&first, unativeint (3 * width))
                k <- 4 * width

                while k <= row.Length - 4 * width do
                    a <- better a (Vector256.LoadUnsafe(&first, unativeint k))
                    b <- better b (Vector256.LoadUnsafe(&first, unativeint (k + width)))
                    c <- better c (Vector256.LoadUnsafe(&first, unativeint (k + 2 * width)))
                    d <- better d (Vector256.LoadUnsafe(&first, unativeint (k + 3 * width)))
                    k <- k + 4 * width

                a <- better (better a b) (better c d)

            while k <= row.Length - width do
                a <- better a (Vector256.LoadUnsafe(&first, unativeint k))
                k <- k + width

            best <- a.GetElement 0

            for lane in 1 .. width - 1 do
                let other = a.GetElement lane
                best <- if isMaximum then 'T.Max(best, other) else 'T.Min(best, other)

        while k < row.Length do
            best <- if isMaximum then 'T.Max(best, row[k]) else 'T.Min(best, row[k])
            k <- k + 1

        best

    /// The extremes of contiguous arrays along one axis before others, row by row: [outer, n, inner].
    let private extremesBeside<'T when 'T: unmanaged and 'T :> INumber<'T>> (isMaximum: bool) (axis: int) (x: NDArray) =
        let result = NDArray.allocate x.DType (Array.removeAt axis x.Shape)
        let n = x.Shape[axis]
        let mutable inner = 1

        for after in axis + 1 .. x.Rank - 1 do
            inner <- inner * x.Shape[after]

        let source = KernelsViews.elements<'T> x
        let target = KernelsViews.elements<'T> result
        let width = Vector256<'T>.Count
        let mutable handled = 0L

        for o in 0 .. target.Length / inner - 1 do
            let best = target.Slice(o * inner, inner)
            source.Slice(o * n * inner, inner).CopyTo best

            for k in 1 .. n - 1 do
                CancellationScope.CheckAfter(&handled, inner)
                let row = source.Slice((o * n + k) * inner, inner)
                let mutable c = 0

                while c <= inner - width do
                    let a = Vector256.Create<'T>(Span.op_Implicit (best.Slice c): ReadOnlySpan<'T>)
                    let b = Vector256.Create<'T>(Span.op_Implicit (row.Slice c): ReadOnlySpan<'T>)
                    Vector256.CopyTo((if isMaximum then Vector256.Max(a, b) else Vector256.Min(a, b)), best.Slice c)
                    c <- c + width

                while c < inner do
                    best[c] <- if isMaximum then 'T.Max(best[c], row[c]) else 'T.Min(best[c], row[c])
                    c <- c + 1

        result

    /// The extremes of rows, which must not be empty.
    let private extremesOfRows<'T when 'T: unmanaged and 'T :> INumber<'T>> (isMaximum: bool) (axes: int[]) (x: NDArray) =
        let struct (rows, shape, n) = rows axes x
        let result = NDArray.allocate x.DType shape
        let source = KernelsViews.elements<'T> rows
        let target = KernelsViews.elements<'T> result
        let mutable handled = 0L

        for i in 0 .. target.Length - 1 do
            CancellationScope.CheckAfter(&handled, n)
            let row = source.Slice(i * n, n)
            let mutable first = CancellationScope.Next(min CancellationScope.Block n, n)
            let mutable best = extreme<'T> isMaximum (row.Slice(0, first))

            while first < n do
                let count = min CancellationScope.Block (n - first)
                let other = extreme<'T> isMaximum (row.Slice(first, count))
                best <- if isMaximum then 'T.Max(best, other) else 'T.Min(best, other)
                first <- CancellationScope.Next(first + count, n)

            target[i] <- best

        result

    let private extremes<'T when 'T: unmanaged and 'T :> INumber<'T>> (isMaximum: bool) (axes: int[]) (x: NDArray) =
        if axes.Length = 1 && axes[0] < x.Rank - 1 && x.IsContiguous && x.Size > 0 then
            extremesBeside<'T> isMaximum axes[0] x
        else
            extremesOfRows<'T> isMaximum axes x

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

            let row = source.Slice(i * n, n)
            let mutable k = 1

            while k < row.Length do
                CancellationScope.CheckAt k
                let candidate = row[k]

                // Neither where one of them is NaN.
                let loses =
                    if sign > 0 then
                        'T.op_LessThanOrEqual (candidate, value)
                    else
                        'T.op_GreaterThanOrEqual (candidate, value)

                if not loses then
                    if 'T.IsNaN value then
                        k <- row.Length
                    else
                        best <- k
                        value <- candidate

                k <- k + 1

            target[i] <- best

        result

    let private numbers<'T when 'T: unmanaged and 'T :> INumber<'T>> (reduction: Reduction) (axes: int[]) (x: NDArray) =
        match reduction with
        | Reduction.Sum when DType.isFloat x.DType -> KernelsColumns.reduce false axes x
        | Reduction.Product when DType.isFloat x.DType -> KernelsColumns.reduce true axes x
        | Reduction.Sum -> foldFrom<ZipFunctions.Add<'T>, 'T> (ZipFunctions.Add()) 'T.Zero axes x
        | Reduction.Product -> foldFrom<ZipFunctions.Multiply<'T>, 'T> (ZipFunctions.Multiply()) 'T.One axes x
        | Reduction.Maximum -> extremes<'T> true axes x
        | Reduction.Minimum -> extremes<'T> false axes x
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
            | Reduction.Product
            | Reduction.Maximum
            | Reduction.Minimum
            | Reduction.ArgMax
            | Reduction.ArgMin -> numbers<byte> reduction axes x

    /// The first entry, then each entry added to the sum before it.
    let private runningRows<'T when 'T: unmanaged and 'T :> INumber<'T>> (reverse: bool) (x: NDArray) =
        let result = NDArray.allocate x.DType x.Shape
        let n = x.Shape[x.Rank - 1]
        let source = KernelsViews.elements<'T> x
        let target = KernelsViews.elements<'T> result
        let mutable total = 'T.Zero

        for i in 0 .. source.Length - 1 do
            CancellationScope.CheckAt i
            let k = if reverse then i - i % n + (n - 1 - i % n) else i
            total <- if i % n = 0 then source[k] else total + source[k]
            target[k] <- total

        result

    /// The same with what the additions lost beside them.
    let private compensatedRows<'T when 'T: unmanaged and 'T :> INumber<'T>> (reverse: bool) (x: NDArray) =
        let result = NDArray.allocate x.DType x.Shape
        let n = x.Shape[x.Rank - 1]
        let source = KernelsViews.elements<'T> x
        let target = KernelsViews.elements<'T> result
        let mutable total = 'T.Zero
        let mutable lost = 'T.Zero

        for i in 0 .. source.Length - 1 do
            CancellationScope.CheckAt i
            let k = if reverse then i - i % n + (n - 1 - i % n) else i

            if i % n = 0 then
                total <- source[k]
                lost <- 'T.Zero
            else
                let next: 'T = total + source[k]
                let added: 'T = next - total
                let before: 'T = total - (next - added)
                let rest: 'T = source[k] - added
                let missing: 'T = lost + 'T.op_Addition (before, rest)

                // Past an infinity nothing is lost.
                if 'T.IsFinite missing then
                    total <- next + missing
                    lost <- missing - 'T.op_Subtraction (total, next)
                else
                    total <- next
                    lost <- 'T.Zero

            target[k] <- total

        result

    let private running<'T when 'T: unmanaged and 'T :> INumber<'T>> reverse (x: NDArray) =
        if DType.isFloat x.DType && SumOrder.isCompensated x.Shape[x.Rank - 1] then
            compensatedRows<'T> reverse x
        else
            runningRows<'T> reverse x

    /// Integers modulo 2^bits.
    let cumulativeSum (axis: int) (reverse: bool) (x: NDArray) : NDArray =
        let forward, backward = KernelsStructure.axisLast x.Rank axis
        let moved = KernelsViews.contiguous (KernelsViews.transpose forward x)

        let sums =
            match x.DType with
            | DType.Float32 -> running<float32> reverse moved
            | DType.Float64 -> running<float> reverse moved
            | DType.Int32 -> running<int> reverse moved
            | DType.Int64 -> running<int64> reverse moved
            | DType.UInt8 -> running<byte> reverse moved
            | DType.UInt16 -> running<uint16> reverse moved
            | DType.UInt32 -> running<uint32> reverse moved
            | DType.UInt64 -> running<uint64> reverse moved
            | _ -> raise (DTypeException "CumulativeSum does not take bool. Convert the tensor first (AsType).")

        KernelsViews.contiguous (KernelsViews.transpose backward sums)
