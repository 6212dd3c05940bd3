// Sums, products, extremes and their places along axes, by the folds of blocks.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsReductions =
    let private areAdjacent (axes: int[]) = axes[axes.Length - 1] - axes[0] = axes.Length - 1

    /// Of an array in row-major order the kept axes before the last ones, the reduced axes, and the last kept ones, whose results lie side by side.
    let private arrange (order: SumOrder voption) (axes: int[]) (x: NDArray) : struct (NDArray * int) =
        if axes.Length = 0 then
            struct (KernelsViews.contiguous x, 1)
        elif x.IsContiguous && areAdjacent axes then
            let mutable columns = 1

            for axis in axes[axes.Length - 1] + 1 .. x.Rank - 1 do
                columns <- columns * x.Shape[axis]

            struct (x, columns)
        else
            let isReduced axis = Array.IndexOf(axes, axis) >= 0
            let mutable last = x.Rank

            // Where each result is one lane.
            if order |> ValueOption.exists (fun order -> order.Lanes = 1) then
                while last > 0 && (x.Shape[last - 1] = 1 || not (isReduced (last - 1))) do
                    last <- last - 1

            let kept first last = [|
                for axis in first .. last - 1 do
                    if not (isReduced axis) then axis
            |]

            let trailing = kept last x.Rank
            let turned = KernelsViews.transpose (Array.concat [ kept 0 last; axes; trailing ]) x
            struct (KernelsViews.contiguous turned, trailing |> Array.fold (fun n axis -> n * x.Shape[axis]) 1)

    /// Runs on the memory of an array and of a result.
    let private onMemory (run: nativeint -> nativeint -> unit) (x: NDArray) (result: NDArray) =
        use source = fixed &MemoryMarshal.GetArrayDataReference x.Data
        use target = fixed &MemoryMarshal.GetArrayDataReference result.Data
        run (NativePtr.toNativeInt source + KernelsLoops.bytesTo x) (NativePtr.toNativeInt target)

    let private fill (bits: uint64) (result: NDArray) =
        let number = KernelsMap.reinterpreted result.DType bits
        KernelsViews.copy (KernelsViews.broadcast result.Shape [||] number) result

    let reduce (reduction: Reduction) (axes: int[]) (x: NDArray) : NDArray =
        let isPlace =
            match reduction with
            | Reduction.ArgMax
            | Reduction.ArgMin -> true
            | Reduction.Sum
            | Reduction.Product
            | Reduction.Maximum
            | Reduction.Minimum -> false

        if axes.Length = 0 && not isPlace then
            KernelsViews.duplicate x
        else
            let entries = Shape.count axes x.Shape
            let isWide = reduction = Reduction.Sum && SumOrder.isWide x.DType entries
            let dtype = if isWide then DType.Float64 else x.DType

            let order =
                if SumOrder.isOrdered reduction dtype then
                    ValueSome(SumOrder.ofReduction dtype x.Shape axes)
                else
                    ValueNone

            let result = NDArray.allocate (if isPlace then DType.Int32 else dtype) (Shape.without axes x.Shape)

            if x.Size = 0 then
                if result.Size > 0 then fill (ReductionIdentity.ofNothing reduction dtype) result
            else
                let struct (arranged, columns) = arrange order axes x
                let terms = if isWide then BlockTerms.Wide else BlockTerms.Numbers
                let fold = Folds.ofRows reduction dtype terms order columns entries

                let run source target =
                    let rows: Folds.Rows = { Address = source; Row = entries * columns }
                    Folds.rows fold rows rows entries (result.Size / columns) target

                onMemory run arranged result

            if isWide then KernelsMap.convert x.DType result else result

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
        let means = reduce Reduction.Sum axes x
        let count = Shape.count axes x.Shape
        let isFinite = if x.DType = DType.Float32 then divide<float32> count means else divide<float> count means
        if isFinite then means else MeanProgram.either apply x.DType x.Shape axes x
