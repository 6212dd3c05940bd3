// Normal draws as users call them: standard ones, with a mean and a deviation, truncated, and vectors with a covariance.
namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>Normal draws from a <see cref="T:Pipeline.RandomKey"/>, with JAX's bits and formulas.</summary>
/// <remarks>The shape comes first, then parameters, then the dtype. What does not say its dtype is float64; a type argument, a
/// <see cref="T:Pipeline.DType"/> or parameters that are strongly typed say it. JAX's own default draw is <c>key.Normal&lt;float&gt;([n])</c>.</remarks>
[<AbstractClass; Sealed; Extension; AutoSerializable(false); NullableContext(1uy)>]
type RandomNormals =
    /// <summary>Standard normal: sqrt(2) erfinv(u) with u uniform on (-1, 1). In float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <example><code>
    /// Tensor z = key.Normal([1000, 2]);
    /// Tensor w = new RandomKey(42).Normal&lt;float&gt;();  // -0.028304616
    /// </code></example>
    [<Extension>]
    static member Normal
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomNormals.Normal(key, shape, DType.Float64)

    /// <summary>The same in another dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Normal
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>,
            dtype: DType
        ) =
        ContinuousDraws.normal "Normal" dtype (Keys.shape "Normal" shape [||]) (RandomKey.Single(key, "Normal"))

    /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Normal<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomNormals.Normal(key, shape, DType.ofElement<'T> "Normal")

    /// <summary>Normal with a mean and a standard deviation: mean + deviation z with z standard normal; differentiable in both.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the parameters.</param>
    /// <param name="mean">The mean; broadcast to the shape.</param>
    /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
    /// <exception cref="T:Pipeline.DTypeException">The parameters are strongly typed and of different floating types.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The parameters do not broadcast to the shape.</exception>
    /// <example><code>
    /// Tensor weights = key.Normal([784, 128], 0, 0.01);
    /// Tensor x = key.Normal(mean, deviation);
    /// </code></example>
    [<Extension>]
    static member Normal(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, mean: Tensor, deviation: Tensor) =
        ContinuousDraws.between
            "Normal"
            ContinuousDraws.normalBetween
            ValueNone
            (struct ("mean", mean))
            (struct ("deviation", deviation))
            shape
            (RandomKey.Single(key, "Normal"))

    /// <summary>The same in a dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the parameters.</param>
    /// <param name="mean">The mean; broadcast to the shape.</param>
    /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a parameter is strongly typed and of another.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The parameters do not broadcast to the shape.</exception>
    [<Extension>]
    static member Normal(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, mean: Tensor, deviation: Tensor, dtype: DType) =
        ContinuousDraws.between
            "Normal"
            ContinuousDraws.normalBetween
            (ValueSome dtype)
            (struct ("mean", mean))
            (struct ("deviation", deviation))
            shape
            (RandomKey.Single(key, "Normal"))

    /// <summary>The same in the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the parameters.</param>
    /// <param name="mean">The mean; broadcast to the shape.</param>
    /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a parameter is strongly typed and of another.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The parameters do not broadcast to the shape.</exception>
    [<Extension>]
    static member Normal<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, mean: Tensor, deviation: Tensor)
        =
        RandomNormals.Normal(key, shape, mean, deviation, DType.ofElement<'T> "Normal")

    /// <summary>The same in the shape of the parameters.</summary>
    /// <param name="key">The key.</param>
    /// <param name="mean">The mean; broadcast to the shape.</param>
    /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
    /// <exception cref="T:Pipeline.DTypeException">The parameters are strongly typed and of different floating types.</exception>
    [<Extension>]
    static member Normal(key: RandomKey, mean: Tensor, deviation: Tensor) = RandomNormals.Normal(key, null, mean, deviation)

    /// <summary>The same in the shape of the parameters and the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="mean">The mean; broadcast to the shape.</param>
    /// <param name="deviation">The standard deviation; broadcast to the shape.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a parameter is strongly typed and of another.</exception>
    [<Extension>]
    static member Normal<[<Nullable(2uy)>] 'T>(key: RandomKey, mean: Tensor, deviation: Tensor) =
        RandomNormals.Normal<'T>(key, null, mean, deviation)

    /// <summary>Standard normal, given that it lies between lower and upper; differentiable in both.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
    /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
    /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
    /// <remarks>sqrt(2) erfinv(u) with u uniform on (erf(lower / sqrt 2), erf(upper / sqrt 2)), as JAX has it. For an interval beyond 2 on one side of 0, where erf rounds to 1 and JAX gives a bound, the same point of the tail is found from the logarithm of the tail's probability: right however far out, with other bits than JAX's.</remarks>
    /// <exception cref="T:Pipeline.DTypeException">The bounds are strongly typed and of different floating types.</exception>
    /// <exception cref="T:Pipeline.DataException">A lower bound is not below its upper one; in a compiled function its call throws.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    /// <example><code>
    /// Tensor weights = 0.01 * key.TruncatedNormal([784, 128], -2, 2);
    /// Tensor positive = key.TruncatedNormal([10], 0, double.PositiveInfinity);
    /// </code></example>
    [<Extension>]
    static member TruncatedNormal(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, lower: Tensor, upper: Tensor) =
        ContinuousDraws.between
            "TruncatedNormal"
            NormalDraws.truncatedNormal
            ValueNone
            (struct ("lower", lower))
            (struct ("upper", upper))
            shape
            (RandomKey.Single(key, "TruncatedNormal"))

    /// <summary>The same in a dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
    /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
    /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
    /// <exception cref="T:Pipeline.DataException">A lower bound is not below its upper one; in a compiled function its call throws.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    [<Extension>]
    static member TruncatedNormal(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, lower: Tensor, upper: Tensor, dtype: DType) =
        ContinuousDraws.between
            "TruncatedNormal"
            NormalDraws.truncatedNormal
            (ValueSome dtype)
            (struct ("lower", lower))
            (struct ("upper", upper))
            shape
            (RandomKey.Single(key, "TruncatedNormal"))

    /// <summary>The same in the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
    /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
    /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
    /// <exception cref="T:Pipeline.DataException">A lower bound is not below its upper one; in a compiled function its call throws.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    [<Extension>]
    static member TruncatedNormal<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, lower: Tensor, upper: Tensor)
        =
        RandomNormals.TruncatedNormal(key, shape, lower, upper, DType.ofElement<'T> "TruncatedNormal")

    /// <summary>The same in the shape of the bounds.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
    /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
    /// <exception cref="T:Pipeline.DTypeException">The bounds are strongly typed and of different floating types.</exception>
    [<Extension>]
    static member TruncatedNormal(key: RandomKey, lower: Tensor, upper: Tensor) = RandomNormals.TruncatedNormal(key, null, lower, upper)

    /// <summary>The same in the shape of the bounds and the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
    /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
    [<Extension>]
    static member TruncatedNormal<[<Nullable(2uy)>] 'T>(key: RandomKey, lower: Tensor, upper: Tensor) =
        RandomNormals.TruncatedNormal<'T>(key, null, lower, upper)

    /// <summary>Normal vectors: mean + L z, with L the lower Cholesky factor of the covariance, whose columns are 0 where a pivot is, and z standard normal; differentiable in both.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw without its last axis, n; null is that of the leading axes.</param>
    /// <param name="mean">[.., n].</param>
    /// <param name="covariance">[.., n, n], symmetric (to a hundredth of the variances) and positive semidefinite.</param>
    /// <returns>A tensor of shape [shape, n] in the dtype of the parameters.</returns>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The covariance is not symmetric, or not positive semidefinite.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The parameters are strongly typed and of different floating types.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The shapes do not fit.</exception>
    /// <example><code>
    /// Tensor x = key.MultivariateNormal(mean, covariance);             // [n]
    /// Tensor sample = key.MultivariateNormal([100], mean, covariance); // [100, n]
    /// </code></example>
    [<Extension>]
    static member MultivariateNormal(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, mean: Tensor, covariance: Tensor) =
        NormalDraws.multivariateNormal
            "MultivariateNormal"
            (Keys.required "mean" mean)
            (Keys.required "covariance" covariance)
            (Keys.shape "MultivariateNormal" shape null)
            (RandomKey.Single(key, "MultivariateNormal"))

    /// <summary>One normal vector, or one for each of the leading axes of the parameters.</summary>
    /// <param name="key">The key.</param>
    /// <param name="mean">[.., n].</param>
    /// <param name="covariance">[.., n, n], symmetric (to a hundredth of the variances) and positive semidefinite.</param>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The covariance is not symmetric, or not positive semidefinite.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The parameters are strongly typed and of different floating types.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The shapes do not fit.</exception>
    [<Extension>]
    static member MultivariateNormal(key: RandomKey, mean: Tensor, covariance: Tensor) =
        RandomNormals.MultivariateNormal(key, null, mean, covariance)
