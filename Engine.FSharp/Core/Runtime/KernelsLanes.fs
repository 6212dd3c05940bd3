// Products of a vector and the rows of a matrix, each result with lanes of its own as a sum has (SumOrder.fs): the lanes of results side by side.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open Pipeline

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
