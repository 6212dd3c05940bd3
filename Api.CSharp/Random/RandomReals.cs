using System.Runtime.InteropServices;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Draws of real numbers from a <see cref="RandomKey"/>, with JAX's bits and formulas.</summary>
/// <remarks>The shape comes first, then parameters, then the dtype. What does not say its dtype is float64; a type argument, a
/// <see cref="DType"/> or parameters that are strongly typed say it. JAX's own default draw is that of float32: <c>key.Normal&lt;float&gt;([n])</c>.</remarks>
public static class RandomReals
{
    /// <param name="key">The key.</param>
    extension(RandomKey key)
    {
        /// <summary>Uniform on [0, 1): multiples of 2^-52, of 2^-23 in float32. In float64.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <example><code>
        /// Tensor u = key.Uniform([3]);
        /// Tensor v = new RandomKey(0).Uniform&lt;float&gt;();  // 0.947667
        /// </code></example>
        public Tensor Uniform(IReadOnlyList<int>? shape = null) => key.Uniform(shape, DType.Float64);

        /// <summary>The same in another dtype.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Uniform([Optional, DefaultParameterValue(null)] IReadOnlyList<int>? shape, DType dtype) =>
            Draws.Of("Uniform", ContinuousDraws.unit, key, shape, dtype);

        /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Uniform<T>(IReadOnlyList<int>? shape = null) =>
            key.Uniform(shape, Engine.DType.ofElement<T>("Uniform"));

        /// <summary>Uniform on [low, high): max(low, u (high - low) + low), differentiable in both bounds; low where high is not greater, as in JAX.</summary>
        /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
        /// <param name="low">The least value; broadcast to the shape.</param>
        /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
        /// <exception cref="DTypeException">The bounds are strongly typed and of different floating types.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to the shape.</exception>
        /// <exception cref="DataException">A bound, or the distance between both, is no finite number.</exception>
        /// <example><code>
        /// Tensor weights = key.Uniform&lt;float&gt;([784, 128], -0.1, 0.1);
        /// Tensor angles = key.Uniform([10], 0, 2 * Math.PI);
        /// </code></example>
        public Tensor Uniform(IReadOnlyList<int>? shape, Tensor low, Tensor high) =>
            ContinuousDraws.uniformBetween("Uniform", null, low, high, shape, RandomKey.Single(key, "Uniform"));

        /// <summary>The same in a dtype.</summary>
        /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
        /// <param name="low">The least value; broadcast to the shape.</param>
        /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to the shape.</exception>
        /// <exception cref="DataException">A bound, or the distance between both, is no finite number.</exception>
        public Tensor Uniform(IReadOnlyList<int>? shape, Tensor low, Tensor high, DType dtype) =>
            ContinuousDraws.uniformBetween("Uniform", dtype, low, high, shape, RandomKey.Single(key, "Uniform"));

        /// <summary>The same in the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
        /// <param name="low">The least value; broadcast to the shape.</param>
        /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to the shape.</exception>
        /// <exception cref="DataException">A bound, or the distance between both, is no finite number.</exception>
        public Tensor Uniform<T>(IReadOnlyList<int>? shape, Tensor low, Tensor high) =>
            key.Uniform(shape, low, high, Engine.DType.ofElement<T>("Uniform"));

        /// <summary>The same in the shape of the bounds.</summary>
        /// <param name="low">The least value; broadcast to the shape.</param>
        /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
        /// <exception cref="DTypeException">The bounds are strongly typed and of different floating types.</exception>
        public Tensor Uniform(Tensor low, Tensor high) => key.Uniform(null, low, high);

        /// <summary>The same in the shape of the bounds and the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="low">The least value; broadcast to the shape.</param>
        /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
        public Tensor Uniform<T>(Tensor low, Tensor high) => key.Uniform<T>(null, low, high);

        /// <summary>Exponential with mean 1: -log(1 - u). In float64.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <example><code>
        /// Tensor waiting = mean * key.Exponential([100]);
        /// Tensor t = key.Exponential&lt;float&gt;();
        /// </code></example>
        public Tensor Exponential(IReadOnlyList<int>? shape = null) => key.Exponential(shape, DType.Float64);

        /// <summary>The same in another dtype.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Exponential([Optional, DefaultParameterValue(null)] IReadOnlyList<int>? shape, DType dtype) =>
            Draws.Of("Exponential", ContinuousDraws.exponential, key, shape, dtype);

        /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Exponential<T>(IReadOnlyList<int>? shape = null) =>
            key.Exponential(shape, Engine.DType.ofElement<T>("Exponential"));

        /// <summary>Standard Gumbel: -log(-log u). In float64.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <example><code>
        /// Tensor g = key.Gumbel([3]);
        /// Tensor relaxed = Tensor.Softmax((logits + g) / temperature);
        /// </code></example>
        public Tensor Gumbel(IReadOnlyList<int>? shape = null) => key.Gumbel(shape, DType.Float64);

        /// <summary>The same in another dtype.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Gumbel([Optional, DefaultParameterValue(null)] IReadOnlyList<int>? shape, DType dtype) =>
            Draws.Of("Gumbel", ContinuousDraws.gumbel, key, shape, dtype);

        /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Gumbel<T>(IReadOnlyList<int>? shape = null) =>
            key.Gumbel(shape, Engine.DType.ofElement<T>("Gumbel"));

        /// <summary>Standard Laplace: sign(u) log(1 - |u|) with u uniform on (-1, 1). In float64.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <example><code>
        /// Tensor x = key.Laplace([100]);
        /// Tensor y = location + scale * x;
        /// </code></example>
        public Tensor Laplace(IReadOnlyList<int>? shape = null) => key.Laplace(shape, DType.Float64);

        /// <summary>The same in another dtype.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Laplace([Optional, DefaultParameterValue(null)] IReadOnlyList<int>? shape, DType dtype) =>
            Draws.Of("Laplace", ContinuousDraws.laplace, key, shape, dtype);

        /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Laplace<T>(IReadOnlyList<int>? shape = null) =>
            key.Laplace(shape, Engine.DType.ofElement<T>("Laplace"));

        /// <summary>Standard logistic: log u - log(1 - u). In float64.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <example><code>
        /// Tensor x = key.Logistic([100]);
        /// Tensor y = location + scale * x;
        /// </code></example>
        public Tensor Logistic(IReadOnlyList<int>? shape = null) => key.Logistic(shape, DType.Float64);

        /// <summary>The same in another dtype.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Logistic([Optional, DefaultParameterValue(null)] IReadOnlyList<int>? shape, DType dtype) =>
            Draws.Of("Logistic", ContinuousDraws.logistic, key, shape, dtype);

        /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Logistic<T>(IReadOnlyList<int>? shape = null) =>
            key.Logistic(shape, Engine.DType.ofElement<T>("Logistic"));

        /// <summary>Standard Cauchy: tan(pi (u - 1/2)). In float64.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <example><code>
        /// Tensor x = key.Cauchy([100]);
        /// Tensor y = location + scale * x;
        /// </code></example>
        public Tensor Cauchy(IReadOnlyList<int>? shape = null) => key.Cauchy(shape, DType.Float64);

        /// <summary>The same in another dtype.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <param name="dtype">Float32 or Float64.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Cauchy([Optional, DefaultParameterValue(null)] IReadOnlyList<int>? shape, DType dtype) =>
            Draws.Of("Cauchy", ContinuousDraws.cauchy, key, shape, dtype);

        /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <exception cref="DTypeException">The dtype is not a floating type.</exception>
        public Tensor Cauchy<T>(IReadOnlyList<int>? shape = null) =>
            key.Cauchy(shape, Engine.DType.ofElement<T>("Cauchy"));
    }
}
