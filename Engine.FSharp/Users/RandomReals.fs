// Draws of real numbers as users call them.
namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>Draws of real numbers from a <see cref="T:Pipeline.RandomKey"/>, with JAX's bits and formulas.</summary>
[<AbstractClass; Sealed; Extension>]
type RandomReals =
    /// <summary>Uniform on [0, 1): multiples of 2^-23 in float32, of 2^-52 in float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <example><code>
    /// Tensor u = new RandomKey(0).Uniform();          // 0.947667
    /// Tensor v = new RandomKey(0).Uniform([3]);       // 0.947667, 0.9785799, 0.33229148
    /// </code></example>
    [<Extension>]
    static member Uniform
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional; DefaultParameterValue(DType.Float32)>] dtype: DType
        ) =
        ContinuousDraws.unit "Uniform" dtype (Keys.shape "Uniform" shape [||]) (RandomKey.Single(key, "Uniform"))

    /// <summary>Uniform on [low, high): max(low, u (high - low) + low), differentiable in both bounds; low where high is not greater.</summary>
    /// <param name="key">The key.</param>
    /// <param name="low">The least value; broadcast to the shape.</param>
    /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
    /// <param name="shape">The shape of the draw; that of the bounds if omitted.</param>
    /// <param name="dtype">Float32 or Float64; that of the bounds if omitted, float32 for plain numbers.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    /// <example><code>
    /// Tensor weights = key.Uniform(-0.1, 0.1, [784, 128]);
    /// Tensor angles = key.Uniform(0, 2 * Math.PI, [10], DType.Float64);
    /// </code></example>
    [<Extension>]
    static member Uniform
        (
            key: RandomKey,
            low: Tensor,
            high: Tensor,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional>] dtype: Nullable<DType>
        ) =
        let low, high = Keys.required "low" low, Keys.required "high" high

        let dtype =
            if dtype.HasValue then
                dtype.Value
            else
                ContinuousDraws.dtypeOf [| low; high |]

        let shape =
            Keys.shape "Uniform" shape (Shape.broadcast "Uniform" low.Dims high.Dims)

        ContinuousDraws.uniform "Uniform" low high dtype shape (RandomKey.Single(key, "Uniform"))

    /// <summary>Standard normal: sqrt(2) erfinv(u) with u uniform on (-1, 1). For another: mean + deviation * draw.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <example><code>
    /// Tensor z = new RandomKey(42).Normal();          // -0.028304616
    /// Tensor x = mean + deviation * key.Normal(mean.Shape);
    /// </code></example>
    [<Extension>]
    static member Normal
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional; DefaultParameterValue(DType.Float32)>] dtype: DType
        ) =
        ContinuousDraws.normal "Normal" dtype (Keys.shape "Normal" shape [||]) (RandomKey.Single(key, "Normal"))

    /// <summary>Exponential with mean 1: -log(1 - u).</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <example><code>
    /// Tensor waiting = mean * key.Exponential([100]);
    /// Tensor t = key.Exponential(dtype: DType.Float64);
    /// </code></example>
    [<Extension>]
    static member Exponential
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional; DefaultParameterValue(DType.Float32)>] dtype: DType
        ) =
        ContinuousDraws.exponential
            "Exponential"
            dtype
            (Keys.shape "Exponential" shape [||])
            (RandomKey.Single(key, "Exponential"))

    /// <summary>Standard Gumbel: -log(-log u).</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <example><code>
    /// Tensor g = key.Gumbel([3]);
    /// Tensor relaxed = Tensor.Softmax((logits + g) / temperature);
    /// </code></example>
    [<Extension>]
    static member Gumbel
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional; DefaultParameterValue(DType.Float32)>] dtype: DType
        ) =
        ContinuousDraws.gumbel "Gumbel" dtype (Keys.shape "Gumbel" shape [||]) (RandomKey.Single(key, "Gumbel"))

    /// <summary>Standard Laplace: sign(u) log(1 - |u|) with u uniform on (-1, 1).</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <example><code>
    /// Tensor x = key.Laplace([100]);
    /// Tensor y = location + scale * x;
    /// </code></example>
    [<Extension>]
    static member Laplace
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional; DefaultParameterValue(DType.Float32)>] dtype: DType
        ) =
        ContinuousDraws.laplace "Laplace" dtype (Keys.shape "Laplace" shape [||]) (RandomKey.Single(key, "Laplace"))

    /// <summary>Standard logistic: log u - log(1 - u).</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <example><code>
    /// Tensor x = key.Logistic([100]);
    /// Tensor y = location + scale * x;
    /// </code></example>
    [<Extension>]
    static member Logistic
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional; DefaultParameterValue(DType.Float32)>] dtype: DType
        ) =
        ContinuousDraws.logistic "Logistic" dtype (Keys.shape "Logistic" shape [||]) (RandomKey.Single(key, "Logistic"))

    /// <summary>Standard Cauchy: tan(pi (u - 1/2)).</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <example><code>
    /// Tensor x = key.Cauchy([100]);
    /// Tensor y = location + scale * x;
    /// </code></example>
    [<Extension>]
    static member Cauchy
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional; DefaultParameterValue(DType.Float32)>] dtype: DType
        ) =
        ContinuousDraws.cauchy "Cauchy" dtype (Keys.shape "Cauchy" shape [||]) (RandomKey.Single(key, "Cauchy"))

    /// <summary>Standard normal, given that it lies between lower and upper; differentiable in both.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lower">The bound below, or minus infinity; broadcast to the shape.</param>
    /// <param name="upper">The bound above, or infinity; broadcast to the shape.</param>
    /// <param name="shape">The shape of the draw; that of the bounds if omitted.</param>
    /// <param name="dtype">Float32 or Float64; that of the bounds if omitted, float32 for plain numbers.</param>
    /// <remarks>sqrt(2) erfinv(u) with u uniform on (erf(lower / sqrt 2), erf(upper / sqrt 2)): bounds far out in one tail, where erf rounds to 1, give the bound.</remarks>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    /// <example><code>
    /// Tensor weights = 0.01 * key.TruncatedNormal(-2, 2, [784, 128]);
    /// Tensor positive = key.TruncatedNormal(0, double.PositiveInfinity, [10]);
    /// </code></example>
    [<Extension>]
    static member TruncatedNormal
        (
            key: RandomKey,
            lower: Tensor,
            upper: Tensor,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>,
            [<Optional>] dtype: Nullable<DType>
        ) =
        let lower, upper = Keys.required "lower" lower, Keys.required "upper" upper

        let dtype =
            if dtype.HasValue then
                dtype.Value
            else
                ContinuousDraws.dtypeOf [| lower; upper |]

        let shape =
            Keys.shape "TruncatedNormal" shape (Shape.broadcast "TruncatedNormal" lower.Dims upper.Dims)

        ContinuousDraws.truncatedNormal
            "TruncatedNormal"
            lower
            upper
            dtype
            shape
            (RandomKey.Single(key, "TruncatedNormal"))

    /// <summary>Normal vectors: mean + L z, with L the lower Cholesky factor of the covariance and z standard normal; differentiable in both.</summary>
    /// <param name="key">The key.</param>
    /// <param name="mean">[.., n].</param>
    /// <param name="covariance">[.., n, n], positive definite.</param>
    /// <param name="shape">The shape of the draw without its last axis, n; that of the leading axes if omitted.</param>
    /// <returns>A tensor of shape [shape, n] in the dtype of the parameters.</returns>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The covariance is not positive definite.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The shapes do not fit.</exception>
    /// <example><code>
    /// Tensor x = key.MultivariateNormal(mean, covariance);            // [n]
    /// Tensor sample = key.MultivariateNormal(mean, covariance, [100]); // [100, n]
    /// </code></example>
    [<Extension>]
    static member MultivariateNormal
        (
            key: RandomKey,
            mean: Tensor,
            covariance: Tensor,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>)>] shape: IReadOnlyList<int>
        ) =
        let mean, covariance =
            Keys.required "mean" mean, Keys.required "covariance" covariance

        let shape = Keys.shape "MultivariateNormal" shape null

        ContinuousDraws.multivariateNormal
            "MultivariateNormal"
            mean
            covariance
            shape
            (RandomKey.Single(key, "MultivariateNormal"))
