// Draws of integers, orders and choices as users call them.
namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>Draws of integers, orders and choices from a <see cref="T:Pipeline.RandomKey"/>, with JAX's bits and formulas.</summary>
[<AbstractClass; Sealed; Extension; AutoSerializable(false); NullableContext(1uy)>]
type RandomChoices =
    /// <summary>Integers from low up to, not including, high, int32; low where high is not greater.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw.</param>
    /// <param name="low">The least value.</param>
    /// <param name="high">The bound above.</param>
    /// <remarks>The bias of a modulus stays as JAX leaves it: at most (high - low) / 2^32, and (high - low) / 2^64 in types of 64 bits.</remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The integers are not all int32: draw <c>Integers&lt;long&gt;</c>.</exception>
    /// <example><code>
    /// Tensor rows = key.Integers([100, 16], 0, 1000);
    /// Tensor die = key.Integers(1, 7);
    /// </code></example>
    [<Extension>]
    static member Integers(key: RandomKey, shape: IReadOnlyList<int>, low: int64, high: int64) =
        IntegerDraws.integersInInt32 "Integers" low high (Keys.shape "Integers" shape [||]) (RandomKey.Single(key, "Integers"))

    /// <summary>Integers of a dtype from low up to, not including, high.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw.</param>
    /// <param name="low">The least value; the least of the dtype if that is greater.</param>
    /// <param name="high">The bound above; it may be one past the largest value of the dtype, and more is the same.</param>
    /// <param name="dtype">An integer type.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not an integer type.</exception>
    [<Extension>]
    static member Integers(key: RandomKey, shape: IReadOnlyList<int>, low: int64, high: int64, dtype: DType) =
        IntegerDraws.integers "Integers" low high dtype (Keys.shape "Integers" shape [||]) (RandomKey.Single(key, "Integers"))

    /// <summary>Integers of <typeparamref name="T"/> from low up to, not including, high.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw.</param>
    /// <param name="low">The least value; the least of the type if that is greater.</param>
    /// <param name="high">The bound above; it may be one past the largest value of the type, and more is the same.</param>
    /// <exception cref="T:Pipeline.DTypeException">The type is not an integer type.</exception>
    /// <example><code>
    /// Tensor bytes = key.Integers&lt;byte&gt;([28, 28], 0, 256);
    /// </code></example>
    [<Extension>]
    static member Integers<[<Nullable(2uy)>] 'T>(key: RandomKey, shape: IReadOnlyList<int>, low: int64, high: int64) =
        RandomChoices.Integers(key, shape, low, high, DType.ofElement<'T> "Integers")

    /// <summary>One integer from low up to, not including, high, int32.</summary>
    /// <param name="key">The key.</param>
    /// <param name="low">The least value.</param>
    /// <param name="high">The bound above.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The integers are not all int32: draw <c>Integers&lt;long&gt;</c>.</exception>
    [<Extension>]
    static member Integers(key: RandomKey, low: int64, high: int64) = RandomChoices.Integers(key, null, low, high)

    /// <summary>One integer of <typeparamref name="T"/> from low up to, not including, high.</summary>
    /// <param name="key">The key.</param>
    /// <param name="low">The least value; the least of the type if that is greater.</param>
    /// <param name="high">The bound above; it may be one past the largest value of the type, and more is the same.</param>
    /// <exception cref="T:Pipeline.DTypeException">The type is not an integer type.</exception>
    [<Extension>]
    static member Integers<[<Nullable(2uy)>] 'T>(key: RandomKey, low: int64, high: int64) = RandomChoices.Integers<'T>(key, null, low, high)

    /// <summary>Integers from low up to, not including, high, with a range for each element.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
    /// <param name="low">The least values, integers; broadcast to the shape.</param>
    /// <param name="high">The bounds above, integers; broadcast to the shape.</param>
    /// <returns>Integers of the dtype of the bounds; int32 for plain numbers.</returns>
    /// <exception cref="T:Pipeline.DTypeException">A bound is not an integer, or both are strongly typed and of different types.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    [<Extension>]
    static member Integers(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, low: Tensor, high: Tensor) =
        RandomChoices.Between(key, shape, low, high, ValueNone)

    /// <summary>Integers of a dtype from low up to, not including, high, with a range for each element.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
    /// <param name="low">The least values, integers; broadcast to the shape.</param>
    /// <param name="high">The bounds above, integers; broadcast to the shape.</param>
    /// <param name="dtype">An integer type.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is not an integer type, or a bound is strongly typed and of another.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to the shape.</exception>
    [<Extension>]
    static member Integers(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, low: Tensor, high: Tensor, dtype: DType) =
        RandomChoices.Between(key, shape, low, high, ValueSome dtype)

    /// <summary>Integers from low up to, not including, high, in the shape of the bounds.</summary>
    /// <param name="key">The key.</param>
    /// <param name="low">The least values, integers.</param>
    /// <param name="high">The bounds above, integers.</param>
    /// <exception cref="T:Pipeline.DTypeException">A bound is not an integer, or both are strongly typed and of different types.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The bounds do not broadcast to each other.</exception>
    [<Extension>]
    static member Integers(key: RandomKey, low: Tensor, high: Tensor) = RandomChoices.Between(key, null, low, high, ValueNone)

    static member private Between(key, shape, low: Tensor, high: Tensor, dtype) =
        let low, high = Keys.required "low" low, Keys.required "high" high

        let shape = Keys.shape "Integers" shape (Shape.broadcast "Integers" low.Dims high.Dims)

        IntegerDraws.integersBetween "Integers" low high dtype shape (RandomKey.Single(key, "Integers"))

    /// <summary>The numbers 0 to count - 1 in random order, int32.</summary>
    /// <param name="key">The key.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The count is negative.</exception>
    /// <example><code>
    /// Tensor order = new RandomKey(42).Permutation(10);    // 7 4 2 5 3 6 8 9 0 1
    /// Tensor firstBatch = data.Take(order)[..16];
    /// </code></example>
    [<Extension>]
    static member Permutation(key: RandomKey, count: int) =
        Limits.NotNegative(count, nameof count)
        DiscreteDraws.permutation count (RandomKey.Single(key, "Permutation"))

    /// <summary>The entries of a tensor in random order along an axis.</summary>
    /// <param name="key">The key.</param>
    /// <param name="x">What is reordered; derivatives follow the order.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="independent">Whether each line along the axis has an order of its own; else whole slices move.</param>
    /// <exception cref="T:Pipeline.ShapeException">There is no such axis.</exception>
    [<Extension>]
    static member Permutation
        (
            key: RandomKey,
            x: Tensor,
            [<Optional; DefaultParameterValue(0)>] axis: int,
            [<Optional; DefaultParameterValue(false)>] independent: bool
        ) =
        let axis = Shape.axis "Permutation" (Keys.required "x" x).Rank axis

        let permute = if independent then DiscreteDraws.permuteLines else DiscreteDraws.permuteSlices

        permute axis x (RandomKey.Single(key, "Permutation"))

    /// <summary>Random indices from 0 to count - 1.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw.</param>
    /// <param name="count">How many there are to choose from.</param>
    /// <param name="replace">Whether an index may come twice.</param>
    /// <param name="weights">[count], not negative: index i comes with probability weights[i] / sum; equal ones if null.</param>
    /// <param name="dtype">Int32 or Int64: that of the indices, and of the integers that are drawn with replacement and without weights.</param>
    /// <exception cref="T:Pipeline.ShapeException">There are fewer entries than draws without replacement, or not as many weights as entries.</exception>
    /// <exception cref="T:Pipeline.DataException">The weights are no distribution (negative, not finite, all 0), or without replacement fewer than the draws are above 0; in a compiled function its call throws.</exception>
    /// <example><code>
    /// Tensor bootstrap = key.Choice([n], n);
    /// Tensor face = key.Choice([4], 6, weights: probabilities);
    /// </code></example>
    [<Extension>]
    static member Choice
        (
            key: RandomKey,
            shape: IReadOnlyList<int>,
            count: int,
            [<Optional; DefaultParameterValue(true)>] replace: bool,
            [<Optional; DefaultParameterValue(null: Tensor); Nullable(2uy)>] weights: Tensor,
            [<Optional; DefaultParameterValue(DType.Int32)>] dtype: DType
        ) =
        DiscreteDraws.choice "Choice" count (Keys.shape "Choice" shape [||]) replace weights dtype (RandomKey.Single(key, "Choice"))

    /// <summary>A random index from 0 to count - 1.</summary>
    /// <param name="key">The key.</param>
    /// <param name="count">How many there are to choose from.</param>
    /// <param name="weights">[count], not negative: index i comes with probability weights[i] / sum; equal ones if null.</param>
    /// <exception cref="T:Pipeline.ShapeException">There are not as many weights as entries.</exception>
    /// <exception cref="T:Pipeline.DataException">The weights are no distribution (negative, not finite, all 0), or without replacement fewer than the draws are above 0; in a compiled function its call throws.</exception>
    [<Extension>]
    static member Choice(key: RandomKey, count: int, [<Optional; DefaultParameterValue(null: Tensor); Nullable(2uy)>] weights: Tensor) =
        RandomChoices.Choice(key, null, count, true, weights)

    /// <summary>Random entries of a tensor along an axis, at the indices that the overload for a count gives.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The axes that replace the axis.</param>
    /// <param name="x">What is chosen from; derivatives follow the choice.</param>
    /// <param name="replace">Whether an entry may come twice.</param>
    /// <param name="weights">As many as entries, not negative; equal ones if null.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <exception cref="T:Pipeline.ShapeException">There is no such axis, or fewer entries than draws without replacement.</exception>
    /// <exception cref="T:Pipeline.DataException">The weights are no distribution (negative, not finite, all 0), or without replacement fewer than the draws are above 0; in a compiled function its call throws.</exception>
    [<Extension>]
    static member Choice
        (
            key: RandomKey,
            shape: IReadOnlyList<int>,
            x: Tensor,
            [<Optional; DefaultParameterValue(true)>] replace: bool,
            [<Optional; DefaultParameterValue(null: Tensor); Nullable(2uy)>] weights: Tensor,
            [<Optional; DefaultParameterValue(0)>] axis: int
        ) =
        let axis = Shape.axis "Choice" (Keys.required "x" x).Rank axis
        Primitive.gather axis x (RandomChoices.Choice(key, shape, x.Dims[axis], replace, weights))

    /// <summary>A random entry of a tensor along an axis, which disappears.</summary>
    /// <param name="key">The key.</param>
    /// <param name="x">What is chosen from; derivatives follow the choice.</param>
    /// <param name="weights">As many as entries, not negative; equal ones if null.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <exception cref="T:Pipeline.ShapeException">There is no such axis, or there are not as many weights as entries.</exception>
    /// <exception cref="T:Pipeline.DataException">The weights are no distribution (negative, not finite, all 0), or without replacement fewer than the draws are above 0; in a compiled function its call throws.</exception>
    [<Extension>]
    static member Choice
        (
            key: RandomKey,
            x: Tensor,
            [<Optional; DefaultParameterValue(null: Tensor); Nullable(2uy)>] weights: Tensor,
            [<Optional; DefaultParameterValue(0)>] axis: int
        ) =
        RandomChoices.Choice(key, null, x, true, weights, axis)

    /// <summary>True with a probability: u &lt; p.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; null is that of the probability.</param>
    /// <param name="probability">From 0 to 1; broadcast to the shape. Its dtype is that of u, float64 for a plain number.</param>
    /// <exception cref="T:Pipeline.ShapeException">The probability does not broadcast to the shape.</exception>
    /// <exception cref="T:Pipeline.DataException">A probability is not from 0 to 1; in a compiled function its call throws.</exception>
    /// <example><code>
    /// Tensor heads = key.Bernoulli([10], 0.5);
    /// Tensor kept = Tensor.Where(key.Bernoulli(x.Shape, 0.9), x / 0.9, 0);
    /// </code></example>
    [<Extension>]
    static member Bernoulli(key: RandomKey, [<Nullable(2uy)>] shape: IReadOnlyList<int>, probability: Tensor) =
        let p = Keys.required "probability" probability
        DiscreteDraws.bernoulli "Bernoulli" p (Keys.shape "Bernoulli" shape p.Dims) (RandomKey.Single(key, "Bernoulli"))

    /// <summary>True with a probability, in the shape of the probability.</summary>
    /// <param name="key">The key.</param>
    /// <param name="probability">From 0 to 1. Its dtype is that of u, float64 for a plain number.</param>
    [<Extension>]
    static member Bernoulli(key: RandomKey, probability: Tensor) = RandomChoices.Bernoulli(key, null, probability)

    /// <summary>-1 or 1 with equal probability, in float64.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <example><code>
    /// Tensor signs = key.Rademacher([5]);
    /// Tensor whole = key.Rademacher&lt;int&gt;([5]);
    /// </code></example>
    [<Extension>]
    static member Rademacher
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomChoices.Rademacher(key, shape, DType.Float64)

    /// <summary>The same in another dtype.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">A floating or signed integer type. The uniform behind it is float64 for float64, else float32.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype has no -1.</exception>
    [<Extension>]
    static member Rademacher
        (
            key: RandomKey,
            [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>,
            dtype: DType
        ) =
        DiscreteDraws.rademacher "Rademacher" dtype (Keys.shape "Rademacher" shape [||]) (RandomKey.Single(key, "Rademacher"))

    /// <summary>The same in another dtype: that of <typeparamref name="T"/>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The type has no -1.</exception>
    [<Extension>]
    static member Rademacher<[<Nullable(2uy)>] 'T>
        (key: RandomKey, [<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        RandomChoices.Rademacher(key, shape, DType.ofElement<'T> "Rademacher")

    /// <summary>Indices along an axis with probabilities softmax(logits), int32: the place of the largest of logits + Gumbel noise.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shape">Ends with the shape of the logits without the axis, which null is; axes before that are further draws.</param>
    /// <param name="logits">Logarithms of probabilities, up to a constant.</param>
    /// <param name="axis">The axis of the categories; negative axes count from the end.</param>
    /// <param name="replace">Whether a category may come twice along the axes of further draws.</param>
    /// <exception cref="T:Pipeline.ShapeException">The shape does not fit, or there are more draws than categories without replacement.</exception>
    /// <exception cref="T:Pipeline.DataException">A logit is NaN or infinity, or too few are above minus infinity; in a compiled function its call throws.</exception>
    /// <example><code>
    /// Tensor next = key.Categorical(logits);                      // one index a row
    /// Tensor several = key.Categorical([8, rows], logits);
    /// </code></example>
    [<Extension>]
    static member Categorical
        (
            key: RandomKey,
            [<Nullable(2uy)>] shape: IReadOnlyList<int>,
            logits: Tensor,
            [<Optional; DefaultParameterValue(-1)>] axis: int,
            [<Optional; DefaultParameterValue(true)>] replace: bool
        ) =
        let shape = Keys.shape "Categorical" shape null

        DiscreteDraws.categorical "Categorical" (Keys.required "logits" logits) axis shape replace (RandomKey.Single(key, "Categorical"))

    /// <summary>One index along an axis for each place beside it, with probabilities softmax(logits), int32.</summary>
    /// <param name="key">The key.</param>
    /// <param name="logits">Logarithms of probabilities, up to a constant.</param>
    /// <param name="axis">The axis of the categories; negative axes count from the end.</param>
    /// <exception cref="T:Pipeline.ShapeException">There is no such axis.</exception>
    [<Extension>]
    static member Categorical(key: RandomKey, logits: Tensor, [<Optional; DefaultParameterValue(-1)>] axis: int) =
        RandomChoices.Categorical(key, null, logits, axis)
