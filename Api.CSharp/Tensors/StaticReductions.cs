namespace Pipeline;

/// <summary>Reductions and what is done along one axis, as static functions: what <see cref="TensorReductions"/> has as members.</summary>
public static class StaticReductions
{
    extension(Tensor)
    {
        /// <summary>The sum of all entries.</summary>
        public static Tensor Sum(Tensor x) => x.Sum();

        /// <summary>The sum along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor Sum(Tensor x, int axis, bool keepAxis = false) => x.Sum(axis, keepAxis);

        /// <summary>The sum along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor Sum(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) => x.Sum(axes, keepAxes);

        /// <summary>The mean of all entries.</summary>
        public static Tensor Mean(Tensor x) => x.Mean();

        /// <summary>The mean along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor Mean(Tensor x, int axis, bool keepAxis = false) => x.Mean(axis, keepAxis);

        /// <summary>The mean along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor Mean(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) => x.Mean(axes, keepAxes);

        /// <summary>The mean square of the deviations from the mean, of all entries or along an axis, which disappears or, if kept, has size 1; the divisor is the number of entries less <paramref name="correction"/> (1: the unbiased estimate).</summary>
        public static Tensor Variance(Tensor x, int? axis = null, bool keepAxis = false, int correction = 0) =>
            x.Variance(axis, keepAxis, correction);

        /// <summary>The mean square of the deviations from the mean along some axes, which disappear or, if kept, have size 1; the divisor is the number of entries less <paramref name="correction"/>.</summary>
        public static Tensor Variance(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false, int correction = 0) =>
            x.Variance(axes, keepAxes, correction);

        /// <summary>The root of <c>Variance</c> (0 with gradient 0 where all entries are equal) of all entries or along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor StandardDeviation(Tensor x, int? axis = null, bool keepAxis = false, int correction = 0) =>
            x.StandardDeviation(axis, keepAxis, correction);

        /// <summary>The root of <c>Variance</c> (0 with gradient 0 where all entries are equal) along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor StandardDeviation(
            Tensor x,
            ReadOnlySpan<int> axes,
            bool keepAxes = false,
            int correction = 0
        ) => x.StandardDeviation(axes, keepAxes, correction);

        /// <summary>The sum, without NaN entries, whose derivative is 0; of NaN alone it is 0; of all entries.</summary>
        public static Tensor NanSum(Tensor x) => x.NanSum();

        /// <summary>The sum, without NaN entries, whose derivative is 0; of NaN alone it is 0; along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor NanSum(Tensor x, int axis, bool keepAxis = false) => x.NanSum(axis, keepAxis);

        /// <summary>The sum, without NaN entries, whose derivative is 0; of NaN alone it is 0; along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor NanSum(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) =>
            x.NanSum(axes, keepAxes);

        /// <summary>The mean, without NaN entries, whose derivative is 0; of NaN alone it is NaN; of all entries.</summary>
        public static Tensor NanMean(Tensor x) => x.NanMean();

        /// <summary>The mean, without NaN entries, whose derivative is 0; of NaN alone it is NaN; along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor NanMean(Tensor x, int axis, bool keepAxis = false) => x.NanMean(axis, keepAxis);

        /// <summary>The mean, without NaN entries, whose derivative is 0; of NaN alone it is NaN; along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor NanMean(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) =>
            x.NanMean(axes, keepAxes);

        /// <summary><c>Variance</c> without NaN entries (their derivative is 0), of all entries or along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor NanVariance(Tensor x, int? axis = null, bool keepAxis = false, int correction = 0) =>
            x.NanVariance(axis, keepAxis, correction);

        /// <summary><c>Variance</c> without NaN entries (their derivative is 0) along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor NanVariance(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false, int correction = 0) =>
            x.NanVariance(axes, keepAxes, correction);

        /// <summary>The root of <c>NanVariance</c> of all entries or along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor NanStandardDeviation(
            Tensor x,
            int? axis = null,
            bool keepAxis = false,
            int correction = 0
        ) => x.NanStandardDeviation(axis, keepAxis, correction);

        /// <summary>The root of <c>NanVariance</c> along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor NanStandardDeviation(
            Tensor x,
            ReadOnlySpan<int> axes,
            bool keepAxes = false,
            int correction = 0
        ) => x.NanStandardDeviation(axes, keepAxes, correction);

        /// <summary>The product of all entries.</summary>
        public static Tensor Product(Tensor x) => x.Product();

        /// <summary>The product along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor Product(Tensor x, int axis, bool keepAxis = false) => x.Product(axis, keepAxis);

        /// <summary>The product along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor Product(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) =>
            x.Product(axes, keepAxes);

        /// <summary>The largest entry (NaN if there is one; ties share their derivative) of all entries.</summary>
        public static Tensor Max(Tensor x) => x.Max();

        /// <summary>The largest entry (NaN if there is one; ties share their derivative) along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor Max(Tensor x, int axis, bool keepAxis = false) => x.Max(axis, keepAxis);

        /// <summary>The largest entry (NaN if there is one; ties share their derivative) along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor Max(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) => x.Max(axes, keepAxes);

        /// <summary>The smallest entry (NaN if there is one; ties share their derivative) of all entries.</summary>
        public static Tensor Min(Tensor x) => x.Min();

        /// <summary>The smallest entry (NaN if there is one; ties share their derivative) along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor Min(Tensor x, int axis, bool keepAxis = false) => x.Min(axis, keepAxis);

        /// <summary>The smallest entry (NaN if there is one; ties share their derivative) along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor Min(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) => x.Min(axes, keepAxes);

        /// <summary>log(sum(exp x)), without overflow, of all entries.</summary>
        public static Tensor LogSumExp(Tensor x) => x.LogSumExp();

        /// <summary>log(sum(exp x)), without overflow, along an axis, which disappears or, if kept, has size 1.</summary>
        public static Tensor LogSumExp(Tensor x, int axis, bool keepAxis = false) => x.LogSumExp(axis, keepAxis);

        /// <summary>log(sum(exp x)), without overflow, along some axes, which disappear or, if kept, have size 1.</summary>
        public static Tensor LogSumExp(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) =>
            x.LogSumExp(axes, keepAxes);

        /// <summary>The root of the sum of squares (0 with gradient 0 at 0) of all entries.</summary>
        public static Tensor Norm(Tensor x) => x.Norm();

        /// <summary>The norm of an order of all entries: (sum of |x|^p)^(1/p); 1 is the sum of magnitudes, infinity the largest of them and -infinity the smallest, 0 the number of entries that are not 0.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The order is a number below 0, or none.</exception>
        public static Tensor Norm(Tensor x, double order) => x.Norm(order);

        /// <summary>The norm of an order (2: the root of the sum of squares, 0 with gradient 0 at 0) along an axis, which disappears or, if kept, has size 1.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The order is a number below 0, or none.</exception>
        public static Tensor Norm(Tensor x, int axis, bool keepAxis = false, double order = 2) =>
            x.Norm(axis, keepAxis, order);

        /// <summary>The norm of an order (2: the root of the sum of squares, 0 with gradient 0 at 0) along some axes, which disappear or, if kept, have size 1.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The order is a number below 0, or none.</exception>
        public static Tensor Norm(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false, double order = 2) =>
            x.Norm(axes, keepAxes, order);

        /// <summary>The index of the first largest of all entries in row-major order, int32; NaN counts as largest.</summary>
        public static Tensor ArgMax(Tensor x) => x.ArgMax();

        /// <summary>The index of the first largest along an axis, int32; NaN counts as largest.</summary>
        public static Tensor ArgMax(Tensor x, int axis) => x.ArgMax(axis);

        /// <summary>The index of the first smallest of all entries in row-major order, int32.</summary>
        public static Tensor ArgMin(Tensor x) => x.ArgMin();

        /// <summary>The index of the first smallest along an axis, int32.</summary>
        public static Tensor ArgMin(Tensor x, int axis) => x.ArgMin(axis);

        /// <summary>Running sums along an axis.</summary>
        public static Tensor CumulativeSum(Tensor x, int axis = 0) => x.CumulativeSum(axis);

        /// <summary>exp x divided by its sum along an axis, without overflow.</summary>
        public static Tensor Softmax(Tensor x, int axis = -1) => x.Softmax(axis);

        /// <summary>The logarithm of <c>Softmax</c>, accurate where it is small.</summary>
        public static Tensor LogSoftmax(Tensor x, int axis = -1) => x.LogSoftmax(axis);

        /// <summary>The entries along an axis in ascending order, NaN last; derivatives follow the order.</summary>
        public static Tensor Sort(Tensor x, int axis = -1) => x.Sort(axis);

        /// <summary>The indices that sort along an axis, int32; equal entries keep their order.</summary>
        public static Tensor ArgSort(Tensor x, int axis = -1) => x.ArgSort(axis);
    }
}
