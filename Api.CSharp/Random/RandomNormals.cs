using System.Runtime.InteropServices;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Normal draws from a <see cref="RandomKey"/>, with JAX's bits and formulas.</summary>
/// <remarks>The shape comes first, then parameters, then the dtype. What does not say its dtype is float64; a type argument, a
/// <see cref="DType"/> or parameters that are strongly typed say it. JAX's own default draw is <c>key.Normal&lt;float&gt;([n])</c>.</remarks>
public static class RandomNormals
{
    /// <param name="key">The key.</param>
    extension(RandomKey key)
    {
        /// <summary>Standard normal: sqrt(2) erfinv(u) with u uniform on (-1, 1). In float64.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <example><code>
        /// Tensor z = key.Normal([1000, 2]);
        /// Tensor w = new RandomKey(42).Normal&lt;float&gt;();  // -0.028304616
        /// </code></example>
        public Tensor Normal(IReadOnlyList<int>? shape = null) => key.Normal(shape, DType.Float64);

        /// <summary>The same in another dtype.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Normal([Optional, DefaultParameterValue(null)] IReadOnlyList<int>? shape, DType dtype) =>
            Draws.Of("Normal", ContinuousDraws.normal, key, shape, dtype);

        /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Normal<T>(IReadOnlyList<int>? shape = null) =>
            key.Normal(shape, Engine.DType.ofElement<T>("Normal"));

        /// <summary>Normal with a mean and a standard deviation: mean + deviation z with z standard normal; differentiable in both.</summary>
        /// <param name="shape">The shape of the draw; null is that of the parameters.</param>
        /// <param name="mean">The mean; broadcast to the shape.</param>
        /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
        /// <exception cref="DTypeException">The parameters are strongly typed and of different floating types.</exception>
        /// <exception cref="ShapeException">The parameters do not broadcast to the shape.</exception>
        /// <example><code>
        /// Tensor weights = key.Normal([784, 128], 0, 0.01);
        /// Tensor x = key.Normal(mean, deviation);
        /// </code></example>
        public Tensor Normal(IReadOnlyList<int>? shape, Tensor mean, Tensor deviation) =>
            ContinuousDraws.normalAbout("Normal", null, mean, deviation, shape, RandomKey.Single(key, "Normal"));

        /// <summary>The same in a dtype.</summary>
        /// <param name="shape">The shape of the draw; null is that of the parameters.</param>
        /// <param name="mean">The mean; broadcast to the shape.</param>
        /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a parameter is strongly typed and of another.</exception>
        /// <exception cref="ShapeException">The parameters do not broadcast to the shape.</exception>
        public Tensor Normal(IReadOnlyList<int>? shape, Tensor mean, Tensor deviation, DType dtype) =>
            ContinuousDraws.normalAbout("Normal", dtype, mean, deviation, shape, RandomKey.Single(key, "Normal"));

        /// <summary>The same in the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; null is that of the parameters.</param>
        /// <param name="mean">The mean; broadcast to the shape.</param>
        /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a parameter is strongly typed and of another.</exception>
        /// <exception cref="ShapeException">The parameters do not broadcast to the shape.</exception>
        public Tensor Normal<T>(IReadOnlyList<int>? shape, Tensor mean, Tensor deviation) =>
            key.Normal(shape, mean, deviation, Engine.DType.ofElement<T>("Normal"));

        /// <summary>The same in the shape of the parameters.</summary>
        /// <param name="mean">The mean; broadcast to the shape.</param>
        /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
        /// <exception cref="DTypeException">The parameters are strongly typed and of different floating types.</exception>
        public Tensor Normal(Tensor mean, Tensor deviation) => key.Normal(null, mean, deviation);

        /// <summary>The same in the shape of the parameters and the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="mean">The mean; broadcast to the shape.</param>
        /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a parameter is strongly typed and of another.</exception>
        public Tensor Normal<T>(Tensor mean, Tensor deviation) => key.Normal<T>(null, mean, deviation);

        /// <summary>Standard normal, given that it lies between lower and upper; differentiable in both.</summary>
        /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
        /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
        /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
        /// <remarks>sqrt(2) erfinv(u) with u uniform on (erf(lower / sqrt 2), erf(upper / sqrt 2)), as JAX has it. For an interval beyond 2 on one side of 0, where erf rounds to 1 and JAX gives a bound, the same point of the tail is found from the logarithm of the tail's probability: right however far out, with other bits than JAX's.</remarks>
        /// <exception cref="DTypeException">The bounds are strongly typed and of different floating types.</exception>
        /// <exception cref="DataException">A lower bound is not below its upper one; in a compiled function its call throws.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to the shape.</exception>
        /// <example><code>
        /// Tensor weights = 0.01 * key.TruncatedNormal([784, 128], -2, 2);
        /// Tensor positive = key.TruncatedNormal([10], 0, double.PositiveInfinity);
        /// </code></example>
        public Tensor TruncatedNormal(IReadOnlyList<int>? shape, Tensor lower, Tensor upper) =>
            NormalDraws.truncatedNormal(
                "TruncatedNormal",
                null,
                lower,
                upper,
                shape,
                RandomKey.Single(key, "TruncatedNormal")
            );

        /// <summary>The same in a dtype.</summary>
        /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
        /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
        /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
        /// <exception cref="DataException">A lower bound is not below its upper one; in a compiled function its call throws.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to the shape.</exception>
        public Tensor TruncatedNormal(IReadOnlyList<int>? shape, Tensor lower, Tensor upper, DType dtype) =>
            NormalDraws.truncatedNormal(
                "TruncatedNormal",
                dtype,
                lower,
                upper,
                shape,
                RandomKey.Single(key, "TruncatedNormal")
            );

        /// <summary>The same in the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
        /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
        /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
        /// <exception cref="DataException">A lower bound is not below its upper one; in a compiled function its call throws.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to the shape.</exception>
        public Tensor TruncatedNormal<T>(IReadOnlyList<int>? shape, Tensor lower, Tensor upper) =>
            key.TruncatedNormal(shape, lower, upper, Engine.DType.ofElement<T>("TruncatedNormal"));

        /// <summary>The same in the shape of the bounds.</summary>
        /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
        /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
        /// <exception cref="DTypeException">The bounds are strongly typed and of different floating types.</exception>
        public Tensor TruncatedNormal(Tensor lower, Tensor upper) => key.TruncatedNormal(null, lower, upper);

        /// <summary>The same in the shape of the bounds and the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
        /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
        public Tensor TruncatedNormal<T>(Tensor lower, Tensor upper) => key.TruncatedNormal<T>(null, lower, upper);

        /// <summary>Normal vectors: mean + L z, with L the lower Cholesky factor of the covariance, whose columns are 0 where a pivot is, and z standard normal; differentiable in both.</summary>
        /// <param name="shape">The shape of the draw without its last axis, n; null is that of the leading axes.</param>
        /// <param name="mean">[.., n].</param>
        /// <param name="covariance">[.., n, n], symmetric (to a hundredth of the variances) and positive semidefinite.</param>
        /// <returns>A tensor of shape [shape, n] in the dtype of the parameters.</returns>
        /// <exception cref="LinearAlgebraException">The covariance is not symmetric, or not positive semidefinite.</exception>
        /// <exception cref="DTypeException">The parameters are strongly typed and of different floating types.</exception>
        /// <exception cref="ShapeException">The shapes do not fit.</exception>
        /// <example><code>
        /// Tensor x = key.MultivariateNormal(mean, covariance);             // [n]
        /// Tensor sample = key.MultivariateNormal([100], mean, covariance); // [100, n]
        /// </code></example>
        public Tensor MultivariateNormal(IReadOnlyList<int>? shape, Tensor mean, Tensor covariance) =>
            NormalDraws.multivariateNormal(
                "MultivariateNormal",
                Keys.required("mean", mean),
                Keys.required("covariance", covariance),
                Keys.shape("MultivariateNormal", shape, null),
                RandomKey.Single(key, "MultivariateNormal")
            );

        /// <summary>One normal vector, or one for each of the leading axes of the parameters.</summary>
        /// <param name="mean">[.., n].</param>
        /// <param name="covariance">[.., n, n], symmetric (to a hundredth of the variances) and positive semidefinite.</param>
        /// <exception cref="LinearAlgebraException">The covariance is not symmetric, or not positive semidefinite.</exception>
        /// <exception cref="DTypeException">The parameters are strongly typed and of different floating types.</exception>
        /// <exception cref="ShapeException">The shapes do not fit.</exception>
        public Tensor MultivariateNormal(Tensor mean, Tensor covariance) =>
            key.MultivariateNormal(null, mean, covariance);
    }
}
