// Sums, means and other reductions as curried functions: of all entries, and over axes, which disappear (as members they can be kept).
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Sums, means and other reductions as curried functions: of all entries, and over axes, which disappear (as members they can be kept).</summary>
[<AutoOpen>]
module Reductions =
    /// <summary>The sum of all entries.</summary>
    let sum (a: Tensor) : Tensor = ReductionOperations.sum null false a

    /// <summary>The sum over axes.</summary>
    let sumOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.sum (Array.ofSeq axes) false a

    /// <summary>The product of all entries.</summary>
    let product (a: Tensor) : Tensor = ReductionOperations.reduce "product" Reduction.Product null false a

    /// <summary>The product over axes.</summary>
    let productOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.reduce "product" Reduction.Product (Array.ofSeq axes) false a

    /// <summary>The mean of all entries.</summary>
    let mean (a: Tensor) : Tensor = ReductionOperations.mean null false a

    /// <summary>The mean over axes.</summary>
    let meanOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.mean (Array.ofSeq axes) false a

    /// <summary>The mean square of the deviations from the mean of all entries.</summary>
    let variance (a: Tensor) : Tensor = ReductionOperations.variance "variance" null false 0 a

    /// <summary>The mean square of the deviations from the mean over axes.</summary>
    let varianceOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.variance "variance" (Array.ofSeq axes) false 0 a

    /// <summary>The root of the mean square of the deviations from the mean of all entries.</summary>
    let standardDeviation (a: Tensor) : Tensor = ReductionOperations.standardDeviation "standardDeviation" null false 0 a

    /// <summary>The root of the mean square of the deviations from the mean over axes.</summary>
    let standardDeviationOver (axes: int seq) (a: Tensor) : Tensor =
        ReductionOperations.standardDeviation "standardDeviation" (Array.ofSeq axes) false 0 a

    /// <summary>The sum without NaN, which has derivative 0, of all entries.</summary>
    let nanSum (a: Tensor) : Tensor = ReductionOperations.nanSum null false a

    /// <summary>The sum without NaN, which has derivative 0, over axes.</summary>
    let nanSumOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.nanSum (Array.ofSeq axes) false a

    /// <summary>The mean without NaN, which has derivative 0, of all entries.</summary>
    let nanMean (a: Tensor) : Tensor = ReductionOperations.nanMean null false a

    /// <summary>The mean without NaN, which has derivative 0, over axes.</summary>
    let nanMeanOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.nanMean (Array.ofSeq axes) false a

    /// <summary>The variance without NaN, which has derivative 0, of all entries.</summary>
    let nanVariance (a: Tensor) : Tensor = ReductionOperations.nanVariance "nanVariance" null false 0 a

    /// <summary>The variance without NaN, which has derivative 0, over axes.</summary>
    let nanVarianceOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.nanVariance "nanVariance" (Array.ofSeq axes) false 0 a

    /// <summary>The root of the variance without NaN of all entries.</summary>
    let nanStandardDeviation (a: Tensor) : Tensor = ReductionOperations.nanStandardDeviation "nanStandardDeviation" null false 0 a

    /// <summary>The root of the variance without NaN over axes.</summary>
    let nanStandardDeviationOver (axes: int seq) (a: Tensor) : Tensor =
        ReductionOperations.nanStandardDeviation "nanStandardDeviation" (Array.ofSeq axes) false 0 a

    /// <summary>The largest of all entries (<c>max</c> is F#'s, of whole values).</summary>
    let maxOf (a: Tensor) : Tensor = ReductionOperations.reduce "max" Reduction.Maximum null false a

    /// <summary>The largest over axes.</summary>
    let maxOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.reduce "max" Reduction.Maximum (Array.ofSeq axes) false a

    /// <summary>The smallest of all entries (<c>min</c> is F#'s, of whole values).</summary>
    let minOf (a: Tensor) : Tensor = ReductionOperations.reduce "min" Reduction.Minimum null false a

    /// <summary>The smallest over axes.</summary>
    let minOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.reduce "min" Reduction.Minimum (Array.ofSeq axes) false a

    /// <summary>The root of the sum of squares, 0 with gradient 0 at 0, of all entries.</summary>
    let norm (a: Tensor) : Tensor = NormOperations.norm null false a

    /// <summary>The root of the sum of squares, 0 with gradient 0 at 0, over axes.</summary>
    let normOver (axes: int seq) (a: Tensor) : Tensor = NormOperations.norm (Array.ofSeq axes) false a

    /// <summary>(sum of |x|^p)^(1/p) of all entries: order 1 is the sum of magnitudes, <c>infinity</c> the largest of them, <c>-infinity</c> the smallest, 0 the number of entries that are not 0.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The order is a number below 0, or none.</exception>
    let normOf (order: float) (a: Tensor) : Tensor = NormOperations.normOf order null false a

    /// <summary>The norm of an order over axes: <c>normOfOver 1.0 [ 0 ] x</c>.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The order is a number below 0, or none.</exception>
    let normOfOver (order: float) (axes: int seq) (a: Tensor) : Tensor = NormOperations.normOf order (Array.ofSeq axes) false a

    /// <summary>log(sum(exp x)), without overflow, of all entries.</summary>
    let logSumExp (a: Tensor) : Tensor = ReductionOperations.logSumExp null false a

    /// <summary>log(sum(exp x)), without overflow, over axes.</summary>
    let logSumExpOver (axes: int seq) (a: Tensor) : Tensor = ReductionOperations.logSumExp (Array.ofSeq axes) false a

    /// <summary>Whether every one is true (not 0) of all entries.</summary>
    let all (a: Tensor) : Tensor = Predicates.all null false a

    /// <summary>Whether every one is true (not 0) over axes.</summary>
    let allOver (axes: int seq) (a: Tensor) : Tensor = Predicates.all (Array.ofSeq axes) false a

    /// <summary>Whether one is true (not 0) of all entries.</summary>
    let any (a: Tensor) : Tensor = Predicates.any null false a

    /// <summary>Whether one is true (not 0) over axes.</summary>
    let anyOver (axes: int seq) (a: Tensor) : Tensor = Predicates.any (Array.ofSeq axes) false a

    /// <summary>The index of the first largest of all entries in row-major order.</summary>
    let argMax (a: Tensor) : Tensor = ReductionOperations.argReduce "argMax" Reduction.ArgMax (Nullable()) a

    /// <summary>The index of the first largest along an axis.</summary>
    let argMaxAlong (axis: int) (a: Tensor) : Tensor = ReductionOperations.argReduce "argMax" Reduction.ArgMax (Nullable axis) a

    /// <summary>The index of the first smallest of all entries in row-major order.</summary>
    let argMin (a: Tensor) : Tensor = ReductionOperations.argReduce "argMin" Reduction.ArgMin (Nullable()) a

    /// <summary>The index of the first smallest along an axis.</summary>
    let argMinAlong (axis: int) (a: Tensor) : Tensor = ReductionOperations.argReduce "argMin" Reduction.ArgMin (Nullable axis) a

    /// <summary>Running sums along the first axis.</summary>
    let cumulativeSum (a: Tensor) : Tensor = ReductionOperations.cumulativeSum 0 false a

    /// <summary>Running sums along an axis.</summary>
    let cumulativeSumAlong (axis: int) (a: Tensor) : Tensor = ReductionOperations.cumulativeSum axis false a

    /// <summary>Nonnegative weights with sum 1 along the last axis.</summary>
    let softmax (a: Tensor) : Tensor = ReductionOperations.softmax (-1) a

    /// <summary>Nonnegative weights with sum 1 along an axis.</summary>
    let softmaxAlong (axis: int) (a: Tensor) : Tensor = ReductionOperations.softmax axis a

    /// <summary>The logarithms of the softmax along the last axis.</summary>
    let logSoftmax (a: Tensor) : Tensor = ReductionOperations.logSoftmax (-1) a

    /// <summary>The logarithms of the softmax along an axis.</summary>
    let logSoftmaxAlong (axis: int) (a: Tensor) : Tensor = ReductionOperations.logSoftmax axis a

    /// <summary>The entries in ascending order along the last axis.</summary>
    let sort (a: Tensor) : Tensor = Operations.sort (-1) a

    /// <summary>The entries in ascending order along an axis.</summary>
    let sortAlong (axis: int) (a: Tensor) : Tensor = Operations.sort axis a

    /// <summary>The order that sorts along the last axis.</summary>
    let argSort (a: Tensor) : Tensor = Operations.argSort (-1) a

    /// <summary>The order that sorts along an axis.</summary>
    let argSortAlong (axis: int) (a: Tensor) : Tensor = Operations.argSort axis a
