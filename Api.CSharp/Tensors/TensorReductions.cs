using Pipeline.Engine;

namespace Pipeline;

/// <summary>Reductions and what is done along one axis, as members of <see cref="Tensor"/>. Axes may be counted from the end: -1 is the last.</summary>
/// <remarks>Sums, products and running sums of integers are made in 64 bits, int64 or uint64, and count true as 1, as in NumPy and in JAX with 64-bit types enabled.</remarks>
public static class TensorReductions
{
    extension(Tensor x)
    {
        /// <summary>The sum of all entries.</summary>
        public Tensor Sum() => ReductionOperations.sum(null, false, x);

        /// <summary>The sum along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor Sum(int axis, bool keepAxis = false) => ReductionOperations.sum([axis], keepAxis, x);

        /// <summary>The sum along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor Sum(ReadOnlySpan<int> axes, bool keepAxes = false) =>
            ReductionOperations.sum(axes.ToArray(), keepAxes, x);

        /// <summary>The mean of all entries.</summary>
        public Tensor Mean() => ReductionOperations.mean(null, false, x);

        /// <summary>The mean along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor Mean(int axis, bool keepAxis = false) => ReductionOperations.mean([axis], keepAxis, x);

        /// <summary>The mean along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor Mean(ReadOnlySpan<int> axes, bool keepAxes = false) =>
            ReductionOperations.mean(axes.ToArray(), keepAxes, x);

        /// <summary>The mean square of the deviations from the mean, of all entries or along an axis, which disappears or, if kept, has size 1; the divisor is the number of entries less <paramref name="correction"/> (1: the unbiased estimate).</summary>
        public Tensor Variance(int? axis = null, bool keepAxis = false, int correction = 0) =>
            ReductionOperations.variance("Variance", axis is int one ? [one] : null, keepAxis, correction, x);

        /// <summary>The mean square of the deviations from the mean along some axes, which disappear or, if kept, have size 1; the divisor is the number of entries less <paramref name="correction"/>.</summary>
        public Tensor Variance(ReadOnlySpan<int> axes, bool keepAxes = false, int correction = 0) =>
            ReductionOperations.variance("Variance", axes.ToArray(), keepAxes, correction, x);

        /// <summary>The root of <c>Variance</c> (0 with gradient 0 where all entries are equal) of all entries or along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor StandardDeviation(int? axis = null, bool keepAxis = false, int correction = 0) =>
            ReductionOperations.standardDeviation(
                "StandardDeviation",
                axis is int one ? [one] : null,
                keepAxis,
                correction,
                x
            );

        /// <summary>The root of <c>Variance</c> (0 with gradient 0 where all entries are equal) along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor StandardDeviation(ReadOnlySpan<int> axes, bool keepAxes = false, int correction = 0) =>
            ReductionOperations.standardDeviation("StandardDeviation", axes.ToArray(), keepAxes, correction, x);

        /// <summary>The sum, without NaN entries, whose derivative is 0; of NaN alone it is 0; of all entries.</summary>
        public Tensor NanSum() => ReductionOperations.nanSum(null, false, x);

        /// <summary>The sum, without NaN entries, whose derivative is 0; of NaN alone it is 0; along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor NanSum(int axis, bool keepAxis = false) => ReductionOperations.nanSum([axis], keepAxis, x);

        /// <summary>The sum, without NaN entries, whose derivative is 0; of NaN alone it is 0; along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor NanSum(ReadOnlySpan<int> axes, bool keepAxes = false) =>
            ReductionOperations.nanSum(axes.ToArray(), keepAxes, x);

        /// <summary>The mean, without NaN entries, whose derivative is 0; of NaN alone it is NaN; of all entries.</summary>
        public Tensor NanMean() => ReductionOperations.nanMean(null, false, x);

        /// <summary>The mean, without NaN entries, whose derivative is 0; of NaN alone it is NaN; along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor NanMean(int axis, bool keepAxis = false) => ReductionOperations.nanMean([axis], keepAxis, x);

        /// <summary>The mean, without NaN entries, whose derivative is 0; of NaN alone it is NaN; along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor NanMean(ReadOnlySpan<int> axes, bool keepAxes = false) =>
            ReductionOperations.nanMean(axes.ToArray(), keepAxes, x);

        /// <summary><c>Variance</c> without NaN entries (their derivative is 0), of all entries or along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor NanVariance(int? axis = null, bool keepAxis = false, int correction = 0) =>
            ReductionOperations.nanVariance("NanVariance", axis is int one ? [one] : null, keepAxis, correction, x);

        /// <summary><c>Variance</c> without NaN entries (their derivative is 0) along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor NanVariance(ReadOnlySpan<int> axes, bool keepAxes = false, int correction = 0) =>
            ReductionOperations.nanVariance("NanVariance", axes.ToArray(), keepAxes, correction, x);

        /// <summary>The root of <c>NanVariance</c> of all entries or along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor NanStandardDeviation(int? axis = null, bool keepAxis = false, int correction = 0) =>
            ReductionOperations.nanStandardDeviation(
                "NanStandardDeviation",
                axis is int one ? [one] : null,
                keepAxis,
                correction,
                x
            );

        /// <summary>The root of <c>NanVariance</c> along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor NanStandardDeviation(ReadOnlySpan<int> axes, bool keepAxes = false, int correction = 0) =>
            ReductionOperations.nanStandardDeviation("NanStandardDeviation", axes.ToArray(), keepAxes, correction, x);

        /// <summary>The product of all entries.</summary>
        public Tensor Product() => ReductionOperations.reduce("Product", Reduction.Product, null, false, x);

        /// <summary>The product along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor Product(int axis, bool keepAxis = false) =>
            ReductionOperations.reduce("Product", Reduction.Product, [axis], keepAxis, x);

        /// <summary>The product along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor Product(ReadOnlySpan<int> axes, bool keepAxes = false) =>
            ReductionOperations.reduce("Product", Reduction.Product, axes.ToArray(), keepAxes, x);

        /// <summary>The largest entry (NaN if there is one; ties share their derivative) of all entries.</summary>
        public Tensor Max() => ReductionOperations.reduce("Max", Reduction.Maximum, null, false, x);

        /// <summary>The largest entry (NaN if there is one; ties share their derivative) along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor Max(int axis, bool keepAxis = false) =>
            ReductionOperations.reduce("Max", Reduction.Maximum, [axis], keepAxis, x);

        /// <summary>The largest entry (NaN if there is one; ties share their derivative) along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor Max(ReadOnlySpan<int> axes, bool keepAxes = false) =>
            ReductionOperations.reduce("Max", Reduction.Maximum, axes.ToArray(), keepAxes, x);

        /// <summary>The smallest entry (NaN if there is one; ties share their derivative) of all entries.</summary>
        public Tensor Min() => ReductionOperations.reduce("Min", Reduction.Minimum, null, false, x);

        /// <summary>The smallest entry (NaN if there is one; ties share their derivative) along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor Min(int axis, bool keepAxis = false) =>
            ReductionOperations.reduce("Min", Reduction.Minimum, [axis], keepAxis, x);

        /// <summary>The smallest entry (NaN if there is one; ties share their derivative) along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor Min(ReadOnlySpan<int> axes, bool keepAxes = false) =>
            ReductionOperations.reduce("Min", Reduction.Minimum, axes.ToArray(), keepAxes, x);

        /// <summary>log(sum(exp x)), without overflow, of all entries.</summary>
        public Tensor LogSumExp() => ReductionOperations.logSumExp(null, false, x);

        /// <summary>log(sum(exp x)), without overflow, along an axis, which disappears or, if kept, has size 1.</summary>
        public Tensor LogSumExp(int axis, bool keepAxis = false) => ReductionOperations.logSumExp([axis], keepAxis, x);

        /// <summary>log(sum(exp x)), without overflow, along some axes, which disappear or, if kept, have size 1.</summary>
        public Tensor LogSumExp(ReadOnlySpan<int> axes, bool keepAxes = false) =>
            ReductionOperations.logSumExp(axes.ToArray(), keepAxes, x);

        /// <summary>The root of the sum of squares (0 with gradient 0 at 0) of all entries.</summary>
        public Tensor Norm() => NormOperations.norm(null, false, x);

        /// <summary>The norm of an order of all entries: (sum of |x|^p)^(1/p); 1 is the sum of magnitudes, infinity the largest of them and -infinity the smallest, 0 the number of entries that are not 0.</summary>
        /// <remarks>Magnitudes are scaled inside, so that no power leaves the range. An entry of 0 adds nothing to a derivative unless p is even; entries that tie as largest (smallest) share theirs.
        /// Example: <c>x.Norm(order: 1)</c>, <c>x.Norm(double.PositiveInfinity)</c>. <c>x.Norm(1)</c> is the norm of order 2 along axis 1.</remarks>
        /// <exception cref="ArgumentOutOfRangeException">The order is a number below 0, or none.</exception>
        public Tensor Norm(double order) => NormOperations.normOf(order, null, false, x);

        /// <summary>The norm of an order (2: the root of the sum of squares, 0 with gradient 0 at 0) along an axis, which disappears or, if kept, has size 1.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The order is a number below 0, or none.</exception>
        public Tensor Norm(int axis, bool keepAxis = false, double order = 2) =>
            NormOperations.normOf(order, [axis], keepAxis, x);

        /// <summary>The norm of an order (2: the root of the sum of squares, 0 with gradient 0 at 0) along some axes, which disappear or, if kept, have size 1.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The order is a number below 0, or none.</exception>
        public Tensor Norm(ReadOnlySpan<int> axes, bool keepAxes = false, double order = 2) =>
            NormOperations.normOf(order, axes.ToArray(), keepAxes, x);

        /// <summary>The index of the first largest of all entries in row-major order, int32; NaN counts as largest.</summary>
        public Tensor ArgMax() => ReductionOperations.argReduce("ArgMax", Reduction.ArgMax, null, x);

        /// <summary>The index of the first largest along an axis, int32; NaN counts as largest.</summary>
        public Tensor ArgMax(int axis) => ReductionOperations.argReduce("ArgMax", Reduction.ArgMax, axis, x);

        /// <summary>The index of the first smallest of all entries in row-major order, int32.</summary>
        public Tensor ArgMin() => ReductionOperations.argReduce("ArgMin", Reduction.ArgMin, null, x);

        /// <summary>The index of the first smallest along an axis, int32.</summary>
        public Tensor ArgMin(int axis) => ReductionOperations.argReduce("ArgMin", Reduction.ArgMin, axis, x);

        /// <summary>Running sums along an axis.</summary>
        public Tensor CumulativeSum(int axis = 0) => ReductionOperations.cumulativeSum(axis, false, x);

        /// <summary>exp x divided by its sum along an axis, without overflow.</summary>
        public Tensor Softmax(int axis = -1) => ReductionOperations.softmax(axis, x);

        /// <summary>The logarithm of <c>Softmax</c>, accurate where it is small.</summary>
        public Tensor LogSoftmax(int axis = -1) => ReductionOperations.logSoftmax(axis, x);

        /// <summary>The entries along an axis in ascending order, NaN last; derivatives follow the order.</summary>
        public Tensor Sort(int axis = -1) => Operations.sort(axis, x);

        /// <summary>The indices that sort along an axis, int32; equal entries keep their order.</summary>
        public Tensor ArgSort(int axis = -1) => Operations.argSort(axis, x);
    }
}
