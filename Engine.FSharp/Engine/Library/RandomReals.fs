// Draws of real numbers as users call them.
namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>Draws of real numbers from a <see cref="T:Pipeline.RandomKey"/>, with JAX's bits and formulas.</summary>
/// <remarks>The shape comes first, then parameters, then the dtype. What does not say its dtype is float64; a type argument, a
/// <see cref="T:Pipeline.DType"/> or parameters that are strongly typed say it. JAX's own default draw is that of float32: <c>key.Normal&lt;float&gt;([n])</c>.</remarks>
[<AbstractClass; Sealed; Extension; AutoSerializable(false); NullableContext(1uy)>]
type RandomReals =
    /// <summary>Uniform on [0, 1): multiples of 2^-52, of 2^-23 in float32. In float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <example><code>
    /// Tensor u = key.Uniform([3]);
    /// Tensor v = new RandomKey(0).Uniform&lt;float&gt;();  // 0.947667
    /// </code></example>
    [<Extension>]
    static member Uniform
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Uniform(key, shape, DType.Float64)

    /// <summary>The same in another dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Uniform
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>,
            dtype: DType
        ) =
        ContinuousDraws.unit "Uniform" dtype (Keys.shape "Uniform" shape [||]) (RandomKey.Single(key, "Uniform"))

    /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Uniform<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Uniform(key, shape, DType.ofElement<'T> "Uniform")

    /// <summary>Uniform on [low, high): max(low, u (high - low) + low), differentiable in both bounds; low where high is not greater, as in JAX.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
    /// <param name="low">The least value; broadcast to the shape.</param>
    /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
    /// <exception cref="T:Pipeline.DTypeException">The bounds are strongly typed and of different floating types.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    /// <exception cref="T:Pipeline.DataException">A bound, or the distance between both, is no finite number.</exception>
    /// <example><code>
    /// Tensor weights = key.Uniform&lt;float&gt;([784, 128], -0.1, 0.1);
    /// Tensor angles = key.Uniform([10], 0, 2 * Math.PI);
    /// </code></example>
    [<Extension>]
    static member Uniform(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, low: Tensor, high: Tensor) =
        ContinuousDraws.between
            "Uniform"
            ContinuousDraws.uniformWithin
            ValueNone
            (struct ("low", low))
            (struct ("high", high))
            shape
            (RandomKey.Single(key, "Uniform"))

    /// <summary>The same in a dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
    /// <param name="low">The least value; broadcast to the shape.</param>
    /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    /// <exception cref="T:Pipeline.DataException">A bound, or the distance between both, is no finite number.</exception>
    [<Extension>]
    static member Uniform(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, low: Tensor, high: Tensor, dtype: DType) =
        ContinuousDraws.between
            "Uniform"
            ContinuousDraws.uniformWithin
            (ValueSome dtype)
            (struct ("low", low))
            (struct ("high", high))
            shape
            (RandomKey.Single(key, "Uniform"))

    /// <summary>The same in the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
    /// <param name="low">The least value; broadcast to the shape.</param>
    /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    /// <exception cref="T:Pipeline.DataException">A bound, or the distance between both, is no finite number.</exception>
    [<Extension>]
    static member Uniform<[<Nullable(2uy)>] 'T>(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, low: Tensor, high: Tensor) =
        RandomReals.Uniform(key, shape, low, high, DType.ofElement<'T> "Uniform")

    /// <summary>The same in the shape of the bounds.</summary>
    /// <param name="key">The key.</param>
    /// <param name="low">The least value; broadcast to the shape.</param>
    /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
    /// <exception cref="T:Pipeline.DTypeException">The bounds are strongly typed and of different floating types.</exception>
    [<Extension>]
    static member Uniform(key: RandomKey, low: Tensor, high: Tensor) = RandomReals.Uniform(key, null, low, high)

    /// <summary>The same in the shape of the bounds and the dtype of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="low">The least value; broadcast to the shape.</param>
    /// <param name="high">The bound above; broadcast to the shape. Rounding may reach it.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type, or a bound is strongly typed and of another.</exception>
    [<Extension>]
    static member Uniform<[<Nullable(2uy)>] 'T>(key: RandomKey, low: Tensor, high: Tensor) = RandomReals.Uniform<'T>(key, null, low, high)

    /// <summary>Exponential with mean 1: -log(1 - u). In float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <example><code>
    /// Tensor waiting = mean * key.Exponential([100]);
    /// Tensor t = key.Exponential&lt;float&gt;();
    /// </code></example>
    [<Extension>]
    static member Exponential
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Exponential(key, shape, DType.Float64)

    /// <summary>The same in another dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Exponential
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>,
            dtype: DType
        ) =
        ContinuousDraws.exponential "Exponential" dtype (Keys.shape "Exponential" shape [||]) (RandomKey.Single(key, "Exponential"))

    /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Exponential<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Exponential(key, shape, DType.ofElement<'T> "Exponential")

    /// <summary>Standard Gumbel: -log(-log u). In float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <example><code>
    /// Tensor g = key.Gumbel([3]);
    /// Tensor relaxed = Tensor.Softmax((logits + g) / temperature);
    /// </code></example>
    [<Extension>]
    static member Gumbel
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Gumbel(key, shape, DType.Float64)

    /// <summary>The same in another dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Gumbel
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>,
            dtype: DType
        ) =
        ContinuousDraws.gumbel "Gumbel" dtype (Keys.shape "Gumbel" shape [||]) (RandomKey.Single(key, "Gumbel"))

    /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Gumbel<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Gumbel(key, shape, DType.ofElement<'T> "Gumbel")

    /// <summary>Standard Laplace: sign(u) log(1 - |u|) with u uniform on (-1, 1). In float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <example><code>
    /// Tensor x = key.Laplace([100]);
    /// Tensor y = location + scale * x;
    /// </code></example>
    [<Extension>]
    static member Laplace
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Laplace(key, shape, DType.Float64)

    /// <summary>The same in another dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Laplace
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>,
            dtype: DType
        ) =
        ContinuousDraws.laplace "Laplace" dtype (Keys.shape "Laplace" shape [||]) (RandomKey.Single(key, "Laplace"))

    /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Laplace<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Laplace(key, shape, DType.ofElement<'T> "Laplace")

    /// <summary>Standard logistic: log u - log(1 - u). In float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <example><code>
    /// Tensor x = key.Logistic([100]);
    /// Tensor y = location + scale * x;
    /// </code></example>
    [<Extension>]
    static member Logistic
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Logistic(key, shape, DType.Float64)

    /// <summary>The same in another dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Logistic
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>,
            dtype: DType
        ) =
        ContinuousDraws.logistic "Logistic" dtype (Keys.shape "Logistic" shape [||]) (RandomKey.Single(key, "Logistic"))

    /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Logistic<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Logistic(key, shape, DType.ofElement<'T> "Logistic")

    /// <summary>Standard Cauchy: tan(pi (u - 1/2)). In float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <example><code>
    /// Tensor x = key.Cauchy([100]);
    /// Tensor y = location + scale * x;
    /// </code></example>
    [<Extension>]
    static member Cauchy
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Cauchy(key, shape, DType.Float64)

    /// <summary>The same in another dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Cauchy
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>,
            dtype: DType
        ) =
        ContinuousDraws.cauchy "Cauchy" dtype (Keys.shape "Cauchy" shape [||]) (RandomKey.Single(key, "Cauchy"))

    /// <summary>The same in another dtype: that of <typeparamref name="T"/>, <c>float</c> or <c>double</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not a floating type.</exception>
    [<Extension>]
    static member Cauchy<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomReals.Cauchy(key, shape, DType.ofElement<'T> "Cauchy")
