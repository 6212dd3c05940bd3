// Sums, means, variances, logarithms of sums and running sums, along axes counted from the end; null axes are all.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal ReductionOperations =
    /// The axes from 0 on; null means all.
    let resolve operation (a: Tensor) (axes: int[]) = if isNull axes then [| 0 .. a.Rank - 1 |] else Shape.axes operation a.Rank axes

    /// The result of a reduction, with the reduced axes as axes of size 1 if so said.
    let keep (a: Tensor) (axes: int[]) (keepDims: bool) (result: Tensor) =
        if keepDims then
            Primitive.reshape (Array.init a.Rank (fun i -> if Array.contains i axes then 1 else a.Dims[i])) result
        else
            result

    /// Integers in the 64 bits in which they are added up and multiplied; true counts as 1.
    let private wide (a: Tensor) =
        match (DType.row a.DType).Class with
        | DTypeClass.Float -> a
        | DTypeClass.Unsigned -> Tensor.Cast(a, DType.UInt64, a.Weak)
        | DTypeClass.Signed
        | DTypeClass.Bool -> Tensor.Cast(a, DType.Int64, a.Weak)

    let reduce operation reduction (axes: int[]) keepDims (a: Tensor) =
        let a = Operations.required a
        let axes = resolve operation a axes

        let a =
            match reduction with
            | Reduction.Sum
            | Reduction.Product -> wide a
            | Reduction.Maximum
            | Reduction.Minimum
            | Reduction.ArgMax
            | Reduction.ArgMin -> a

        let result =
            if axes.Length = 0 then
                a
            else
                Operations.named operation (fun () -> Primitive.apply1 (Op.Reduce(reduction, axes)) a)

        keep a axes keepDims result

    let sum axes keepDims a = reduce "Sum" Reduction.Sum axes keepDims a

    /// The number of entries along axes.
    let private count operation (axes: int[]) (a: Tensor) = resolve operation a axes |> Array.fold (fun n i -> n * a.Dims[i]) 1

    let mean (axes: int[]) keepDims (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve "Mean" a axes

        if axes.Length = 0 then a else keep a axes keepDims (Primitive.apply1 (Op.Mean axes) a)

    /// 1, or a smaller factor where the largest magnitude along axes, which are kept, is not below 2^limit: small numbers keep their digits.
    let private whereLarge limit (factor: float) (axes: int[]) (a: Tensor) =
        let largest =
            reduce "Maximum" Reduction.Maximum axes true (Primitive.map Elementwise.abs (Operations.stopGradient a))

        Primitive.select
            (Primitive.compare Relation.Less largest (Primitive.fillLike largest (Math.ScaleB(1.0, limit))))
            (Primitive.fillLike largest 1.0)
            (Primitive.fillLike largest factor)

    /// The power of two above which a number is beyond the range.
    let private range (a: Tensor) = if a.DType = DType.Float32 then 128 else 1024

    /// The sum over axes (kept if so said) divided by a divisor with the axes kept, both scaled by a share.
    let private sharedMean operation (axes: int[]) keepDims share (divisor: Tensor) (scaled: Tensor) =
        let total = reduce operation Reduction.Sum axes true scaled
        let mean = Primitive.zip Zip.Divide total (Primitive.multiply divisor share)

        if keepDims then
            mean
        else
            Primitive.reshape (Shape.without (resolve operation scaled axes) scaled.Dims) mean

    /// The mean of squares of deviations, with a divisor that has the axes kept: by the magnitude of the numbers that they are deviations of.
    let private meanSquare operation (axes: int[]) keepDims (numbers: Tensor) (deviations: Tensor) (divisor: Tensor) =
        let n = count operation axes numbers

        if n = 0 then
            sharedMean operation axes keepDims (Primitive.fillLike divisor 1.0) divisor deviations
        else
            // Deviations are at most twice as large.
            let root = Math.Sqrt(MeanProgram.share n)
            let root = whereLarge (range numbers / 2 + Math.ILogB root - 2) root axes numbers
            let scaled = Primitive.multiply deviations (Tensor.BroadcastTo(operation, root, deviations.Dims))
            sharedMean operation axes keepDims (Primitive.multiply root root) divisor (Primitive.map Elementwise.square' scaled)

    /// The mean of squares about the mean, by two passes; n - correction for n in the divisor.
    let variance operation (axes: int[]) keepDims (correction: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve operation a axes
        let mean = mean axes true a
        let divisor = Primitive.fillLike mean (float (max 0 (count operation axes a - correction)))
        meanSquare operation axes keepDims a (a - mean) divisor

    /// The root of the mean of squares of what deviations are of interest, from a mean with the axes kept and with a divisor of its own: no deviation
    /// and no square leaves the range.
    let private rootMeanSquare (axes: int[]) keepDims (numbers: Tensor) (mean: Tensor) (chosen: Tensor -> Tensor) (divisor: Tensor) =
        let part =
            if Shape.size numbers.Dims = 0 then
                Primitive.fillLike mean 1.0
            else
                whereLarge (range numbers - 3) 0.25 axes numbers

        let repeated (a: Tensor) = Tensor.BroadcastTo("StandardDeviation", a, numbers.Dims)

        let deviations =
            chosen (Primitive.subtract (Primitive.multiply numbers (repeated part)) (repeated (Primitive.multiply mean part)))

        let struct (unit, inverse) =
            NormProgram.unit Primitive.step deviations.DType deviations.Dims axes (Operations.stopGradient deviations)

        let inverse = Primitive.broadcast deviations.Dims (Shape.kept axes deviations.Rank) inverse
        let squares = Primitive.map Elementwise.square' (Primitive.multiply deviations inverse)
        let mean = Primitive.zip Zip.Divide (Primitive.sum axes squares) divisor
        let root = Primitive.multiply (Primitive.map Elementwise.sqrt mean) unit
        keep numbers axes keepDims (Primitive.zip Zip.Divide root (Primitive.reshape root.Dims part))

    let standardDeviation operation (axes: int[]) keepDims (correction: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve operation a axes
        let divisor = float (max 0 (count operation axes a - correction))
        rootMeanSquare axes keepDims a (mean axes true a) id (Primitive.fill a.DType (Shape.without axes a.Dims) divisor)

    /// The entries that are numbers, with 0 for the others, and 1 or 0 for whether they are.
    let private present (a: Tensor) : struct (Tensor * Tensor) =
        let isNumber = Primitive.compare Relation.Equal a a
        struct (Primitive.select isNumber a (Primitive.fillLike a 0.0), Primitive.convert a.DType isNumber)

    let nanSum (axes: int[]) keepDims (a: Tensor) =
        let struct (numbers, _) = present (Tensor.Real a)
        reduce "NanSum" Reduction.Sum axes keepDims numbers

    let nanMean (axes: int[]) keepDims (a: Tensor) =
        let struct (numbers, are) = present (Tensor.Real a)
        let n = count "NanMean" axes a
        let divisor = reduce "NanMean" Reduction.Sum axes true are

        if n = 0 then
            sharedMean "NanMean" axes keepDims (Primitive.fillLike divisor 1.0) divisor numbers
        else
            let share = MeanProgram.share n
            let share = whereLarge (range numbers + Math.ILogB share - 1) share axes numbers
            let scaled = Primitive.multiply numbers (Tensor.BroadcastTo("NanMean", share, numbers.Dims))
            sharedMean "NanMean" axes keepDims share divisor scaled

    /// How many are numbers, less the correction.
    let private nanDivisor operation axes keepDims (correction: int) (are: Tensor) =
        let count = reduce operation Reduction.Sum axes keepDims are
        let divisor = Primitive.subtract count (Primitive.fillLike count (float correction))
        Primitive.zip Zip.Maximum divisor (Primitive.fillLike divisor 0.0)

    /// 0 where an entry is none.
    let private ofNumbers (a: Tensor) (deviations: Tensor) =
        Primitive.select (Primitive.compare Relation.Equal a a) deviations (Primitive.fillLike deviations 0.0)

    let nanVariance operation (axes: int[]) keepDims (correction: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve operation a axes
        let struct (numbers, are) = present a
        let deviations = ofNumbers a (numbers - nanMean axes true a)
        meanSquare operation axes keepDims numbers deviations (nanDivisor operation axes true correction are)

    let nanStandardDeviation operation (axes: int[]) keepDims (correction: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve operation a axes
        let struct (numbers, are) = present a
        rootMeanSquare axes keepDims numbers (nanMean axes true a) (ofNumbers a) (nanDivisor operation axes false correction are)

    /// The index of the first largest (smallest) along one axis, or over all elements in row-major order.
    let argReduce operation reduction (axis: Nullable<int>) (a: Tensor) =
        let a = Operations.required a

        if axis.HasValue then
            Primitive.apply1 (Op.Reduce(reduction, [| Shape.axis operation a.Rank axis.Value |])) a
        else
            Primitive.apply1 (Op.Reduce(reduction, [| 0 |])) (Primitive.reshape [| Shape.size a.Dims |] a)

    /// log(sum(exp x)), without overflow.
    let logSumExp axes keepDims (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve "LogSumExp" a axes

        if axes.Length = 0 then
            a
        else
            keep a axes keepDims (Primitive.apply1 (Op.Softmax(Softmax.LogSum, axes)) a)

    let softmax (axis: int) (a: Tensor) =
        let a = Tensor.Real a
        Primitive.apply1 (Op.Softmax(Softmax.Shares, [| Shape.axis "Softmax" a.Rank axis |])) a

    let logSoftmax (axis: int) (a: Tensor) =
        let a = Tensor.Real a
        Primitive.apply1 (Op.Softmax(Softmax.LogShares, [| Shape.axis "LogSoftmax" a.Rank axis |])) a

    let cumulativeSum axis reverse (a: Tensor) =
        let a = wide (Operations.required a)
        Primitive.apply1 (Op.CumulativeSum(Shape.axis "CumulativeSum" a.Rank axis, reverse)) a
