// Products of matrices whose entries are one chain of multiply-adds each, over blocks of terms (SumOrder.fs).
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open Pipeline

/// Matrices [m, k] and [k, n] in memory, for chains of products over some of k.
[<Struct; NoComparison; NoEquality>]
type internal Factors = {
    M: int
    N: int
    /// The row length of the left matrix, of which Terms entries are taken.
    K: int
    Terms: int
    Left: nativeint
    Right: nativeint
    /// The row length of the right matrix: N, or that of a vector where N is less.
    Step: int
}

[<RequireQualifiedAccess>]
module internal KernelsChains =
    /// Four rows (the last one again and again past the end) of two vectors of columns each.
    let private wide<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (x: inref<Factors>)
        (target: nativeptr<'T>)
        (row: int)
        (column: int)
        =
        let mutable f = Unchecked.defaultof<'M>
        let width = Vector256<'T>.Count
        let last, k, n = x.M - 1, x.K, x.N
        let inline start r = min (row + r) last * k
        let i0, i1, i2, i3 = start 0, start 1, start 2, start 3
        let left = NativePtr.ofNativeInt<'T> x.Left
        let inline factor i p = Vector256.Create<'T>(NativePtr.get left (i + p))
        let zero = Vector256.Create<'T>(Terms.zero<'T>())
        let mutable a0 = zero
        let mutable a1 = zero
        let mutable a2 = zero
        let mutable a3 = zero
        let mutable b0 = zero
        let mutable b1 = zero
        let mutable b2 = zero
        let mutable b3 = zero
        let mutable at = column

        for p in 0 .. x.Terms - 1 do
            let u = Terms.vector<'T> x.Right at
            let v = Terms.vector<'T> x.Right (at + width)
            let y = factor i0 p
            a0 <- f.Vector(y, u, a0)
            b0 <- f.Vector(y, v, b0)
            let y = factor i1 p
            a1 <- f.Vector(y, u, a1)
            b1 <- f.Vector(y, v, b1)
            let y = factor i2 p
            a2 <- f.Vector(y, u, a2)
            b2 <- f.Vector(y, v, b2)
            let y = factor i3 p
            a3 <- f.Vector(y, u, a3)
            b3 <- f.Vector(y, v, b3)
            at <- at + x.Step

        let inline store r (a: Vector256<'T>) (b: Vector256<'T>) =
            let place = NativePtr.add target (min (row + r) last * n + column)
            Vector256.Store(a, place)
            Vector256.Store(b, NativePtr.add place width)

        store 0 a0 b0
        store 1 a1 b1
        store 2 a2 b2
        store 3 a3 b3

    /// Eight rows of one vector of columns, of which so many are stored.
    let private narrow<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (x: inref<Factors>)
        (target: nativeptr<'T>)
        (row: int)
        (column: int)
        (columns: int)
        =
        let mutable f = Unchecked.defaultof<'M>
        let last, k, n = x.M - 1, x.K, x.N
        let inline start r = min (row + r) last * k
        let i0, i1, i2, i3, i4, i5, i6, i7 = start 0, start 1, start 2, start 3, start 4, start 5, start 6, start 7
        let left = NativePtr.ofNativeInt<'T> x.Left
        let inline factor i p = Vector256.Create<'T>(NativePtr.get left (i + p))
        let zero = Vector256.Create<'T>(Terms.zero<'T>())
        let mutable a0 = zero
        let mutable a1 = zero
        let mutable a2 = zero
        let mutable a3 = zero
        let mutable a4 = zero
        let mutable a5 = zero
        let mutable a6 = zero
        let mutable a7 = zero
        let mutable at = column

        for p in 0 .. x.Terms - 1 do
            let u = Terms.vector<'T> x.Right at
            a0 <- f.Vector(factor i0 p, u, a0)
            a1 <- f.Vector(factor i1 p, u, a1)
            a2 <- f.Vector(factor i2 p, u, a2)
            a3 <- f.Vector(factor i3 p, u, a3)
            a4 <- f.Vector(factor i4 p, u, a4)
            a5 <- f.Vector(factor i5 p, u, a5)
            a6 <- f.Vector(factor i6 p, u, a6)
            a7 <- f.Vector(factor i7 p, u, a7)
            at <- at + x.Step

        let inline store r (a: Vector256<'T>) =
            let place = NativePtr.add target (min (row + r) last * n + column)

            if columns = Vector256<'T>.Count then
                Vector256.Store(a, place)
            else
                for c in 0 .. columns - 1 do
                    NativePtr.set place c (Vector256.GetElement(a, c))

        store 0 a0
        store 1 a1
        store 2 a2
        store 3 a3
        store 4 a4
        store 5 a5
        store 6 a6
        store 7 a7

    /// A single row of eight vectors of columns.
    let private flat<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (x: inref<Factors>)
        (target: nativeptr<'T>)
        (column: int)
        =
        let mutable f = Unchecked.defaultof<'M>
        let width = Vector256<'T>.Count
        let left, right = NativePtr.ofNativeInt<'T> x.Left, x.Right
        let zero = Vector256.Create<'T>(Terms.zero<'T>())
        let mutable a0 = zero
        let mutable a1 = zero
        let mutable a2 = zero
        let mutable a3 = zero
        let mutable a4 = zero
        let mutable a5 = zero
        let mutable a6 = zero
        let mutable a7 = zero
        let mutable at = column

        for p in 0 .. x.Terms - 1 do
            let y = Vector256.Create<'T>(NativePtr.get left p)
            let inline factor v = Terms.vector<'T> right (at + v * width)
            a0 <- f.Vector(y, factor 0, a0)
            a1 <- f.Vector(y, factor 1, a1)
            a2 <- f.Vector(y, factor 2, a2)
            a3 <- f.Vector(y, factor 3, a3)
            a4 <- f.Vector(y, factor 4, a4)
            a5 <- f.Vector(y, factor 5, a5)
            a6 <- f.Vector(y, factor 6, a6)
            a7 <- f.Vector(y, factor 7, a7)
            at <- at + x.Step

        let inline store v (a: Vector256<'T>) = Vector256.Store(a, NativePtr.add target (column + v * width))
        store 0 a0
        store 1 a1
        store 2 a2
        store 3 a3
        store 4 a4
        store 5 a5
        store 6 a6
        store 7 a7

    /// A single column.
    let private line<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (x: inref<Factors>)
        (target: nativeptr<'T>)
        =
        let mutable f = Unchecked.defaultof<'M>

        let mutable handled = 0L

        for row in 0 .. x.M - 1 do
            CancellationScope.CheckAfter(&handled, x.Terms)
            let mutable sum = Terms.zero<'T>()

            for p in 0 .. x.Terms - 1 do
                sum <- f.Scalar(Terms.at<'T> x.Left (row * x.K + p), Terms.at<'T> x.Right (p * x.Step), sum)

            NativePtr.set target row sum

    /// Each entry a chain over all terms. Columns that are left are computed again beside others.
    let private chains<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (x: inref<Factors>)
        (target: nativeptr<'T>)
        =
        let width = Vector256<'T>.Count
        let mutable handled = 0L

        if x.N = 1 then
            line<'M, 'T> &x target
        elif x.M = 1 && x.N >= 8 * width then
            let mutable column = 0

            while column < x.N do
                CancellationScope.CheckAfter(&handled, 2 * width * x.Terms)
                flat<'M, 'T> &x target (min column (x.N - 8 * width))
                column <- column + 8 * width
        else
            let height = if x.N >= 2 * width then 4 else 8
            let mutable row = 0

            while row < x.M do
                // So that a thousandth of a second or so passes between two looks.
                if x.N <= 256 then CancellationScope.CheckAfter(&handled, x.N * x.Terms)
                let mutable column = 0

                while column < x.N do
                    if x.N > 256 then CancellationScope.CheckAfter(&handled, 2 * width * x.Terms)

                    if x.N >= 2 * width then
                        wide<'M, 'T> &x target row (min column (x.N - 2 * width))
                        column <- column + 2 * width
                    else
                        narrow<'M, 'T> &x target row (max 0 (min column (x.N - width))) (min width x.N)
                        column <- column + width

                row <- row + height

    /// Chains over blocks of terms, combined as blocks are.
    let rec private blocks<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (order: SumOrder)
        (x: Factors)
        (target: nativeptr<'T>)
        : unit =
        let count = (x.Terms + order.Cut - 1) / order.Cut

        if count > 1 then
            let terms = SumOrder.left count * order.Cut
            blocks<'M, 'T> order { x with Terms = terms } target
            let rest: 'T[] = Array.zeroCreate (x.M * x.N)
            use others = fixed rest
            let behind = nativeint terms * nativeint sizeof<'T>

            blocks<'M, 'T>
                order
                { x with Terms = x.Terms - terms; Left = x.Left + behind; Right = x.Right + behind * nativeint x.Step }
                others

            for i in 0 .. rest.Length - 1 do
                NativePtr.set target i ('T.op_Addition (NativePtr.get target i, rest[i]))
        else
            chains<'M, 'T> &x target

    /// [m, k] . [k, n].
    let multiply<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (order: SumOrder)
        (m: int)
        (n: int)
        (left: nativeptr<'T>)
        (right: nativeptr<'T>)
        (target: nativeptr<'T>)
        =
        let k, width = order.Row, Vector256<'T>.Count

        let run step (right: nativeptr<'T>) =
            let left, right = NativePtr.toNativeInt left, NativePtr.toNativeInt right
            blocks<'M, 'T> order { M = m; N = n; K = k; Terms = k; Left = left; Right = right; Step = step } target

        if n > 1 && n < width then
            let columns: 'T[] = Array.zeroCreate (k * width)

            for p in 0 .. k - 1 do
                for c in 0 .. n - 1 do
                    columns[p * width + c] <- NativePtr.get right (p * n + c)

            use columns = fixed columns
            run width columns
        else
            run n right

/// Products of a vector and the rows of a matrix, each result with lanes of its own as a sum has: the lanes of results side by side.
[<RequireQualifiedAccess>]
module internal KernelsLanes =
    /// So many results at once, so that their lanes stay in the first cache.
    let private together = 64

    /// Blocks from one on, of results from a column on.
    let rec private blocks<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (order: SumOrder)
        (left: nativeptr<'T>)
        (right: nativeptr<'T>)
        (step: int)
        (sums: nativeptr<'T>)
        (columns: int)
        (number: int)
        (count: int)
        (target: nativeptr<'T>)
        : unit =
        let mutable f = Unchecked.defaultof<'M>
        let width = Vector256<'T>.Count

        if count > 1 then
            let half = SumOrder.left count
            blocks<'M, 'T> order left right step sums columns number half target
            let rest: 'T[] = Array.zeroCreate columns
            use others = fixed rest
            blocks<'M, 'T> order left right step sums columns (number + half) (count - half) others

            for c in 0 .. columns - 1 do
                NativePtr.set target c ('T.op_Addition (NativePtr.get target c, rest[c]))
        else
            if int64 order.Row * int64 columns >= int64 CancellationScope.Block then CancellationScope.Check()

            let size = order.Lanes * columns
            Span<'T>(NativePtr.toVoidPtr sums, size).Fill(Terms.zero<'T>())
            let first = number * order.Cut

            for p in first .. min order.Row (first + order.Cut) - 1 do
                let y = Vector256.Create<'T>(NativePtr.get left p)
                let row = NativePtr.add right (p * step)
                let lane = NativePtr.add sums (((p - first) &&& (order.Lanes - 1)) * columns)
                let mutable c = 0

                while c <= columns - width do
                    let place = NativePtr.add lane c
                    Vector256.Store(f.Vector(y, Vector256.Load(NativePtr.add row c), Vector256.Load place), place)
                    c <- c + width

                while c < columns do
                    NativePtr.set lane c (f.Scalar(NativePtr.get left p, NativePtr.get row c, NativePtr.get lane c))
                    c <- c + 1

            let mutable half = size / 2

            while half >= columns do
                let mutable i = 0

                while i <= half - width do
                    let place = NativePtr.add sums i
                    Vector256.Store(Vector256.Add<'T>(Vector256.Load place, Vector256.Load(NativePtr.add place half)), place)
                    i <- i + width

                while i < half do
                    NativePtr.set sums i ('T.op_Addition (NativePtr.get sums i, NativePtr.get sums (i + half)))
                    i <- i + 1

                half <- half / 2

            Buffer.MemoryCopy(
                NativePtr.toVoidPtr sums,
                NativePtr.toVoidPtr target,
                int64 (columns * sizeof<'T>),
                int64 (columns * sizeof<'T>)
            )

    /// [k] . [k, n].
    let multiply<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>
        (order: SumOrder)
        (n: int)
        (left: nativeptr<'T>)
        (right: nativeptr<'T>)
        (target: nativeptr<'T>)
        =
        let room: 'T[] = Array.zeroCreate (order.Lanes * min n together)
        use sums = fixed room
        let mutable c = 0
        let mutable handled = 0L

        while c < n do
            let columns = min together (n - c)
            CancellationScope.CheckAfter(&handled, min CancellationScope.Block (columns * order.Row))
            blocks<'M, 'T> order left (NativePtr.add right c) n sums columns 0 order.Blocks (NativePtr.add target c)
            c <- c + columns
