using System.Runtime.InteropServices;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Draws of orders, choices and signs from a <see cref="RandomKey"/>, with JAX's bits and formulas.</summary>
public static class RandomChoices
{
    /// <param name="key">The key.</param>
    extension(RandomKey key)
    {
        /// <summary>The numbers 0 to count - 1 in random order, int32.</summary>
        /// <param name="count">How many.</param>
        /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
        /// <example><code>
        /// Tensor order = new RandomKey(42).Permutation(10);    // 7 4 2 5 3 6 8 9 0 1
        /// Tensor firstBatch = data.Take(order)[..16];
        /// </code></example>
        public Tensor Permutation(int count)
        {
            Limits.NotNegative(count);
            return DiscreteDraws.permutation(count, RandomKey.Single(key, "Permutation"));
        }

        /// <summary>The entries of a tensor in random order along an axis.</summary>
        /// <param name="x">What is reordered; derivatives follow the order.</param>
        /// <param name="axis">The axis; negative axes count from the end.</param>
        /// <param name="independent">Whether each line along the axis has an order of its own; else whole slices move.</param>
        /// <exception cref="ShapeException">There is no such axis.</exception>
        public Tensor Permutation(Tensor x, int axis = 0, bool independent = false) =>
            DiscreteDraws.permuted("Permutation", axis, independent, x, RandomKey.Single(key, "Permutation"));

        /// <summary>Random indices from 0 to count - 1.</summary>
        /// <param name="shape">The shape of the draw.</param>
        /// <param name="count">How many there are to choose from.</param>
        /// <param name="replace">Whether an index may come twice.</param>
        /// <param name="weights">[count], not negative: index i comes with probability weights[i] / sum; equal ones if null.</param>
        /// <param name="dtype">Int32 or Int64: that of the indices, and of the integers that are drawn with replacement and without weights.</param>
        /// <exception cref="ShapeException">There are fewer entries than draws without replacement, or not as many weights as entries.</exception>
        /// <exception cref="DataException">The weights are no distribution (negative, not finite, all 0), or without replacement fewer than the draws are above 0; in a compiled function its call throws.</exception>
        /// <example><code>
        /// Tensor bootstrap = key.Choice([n], n);
        /// Tensor face = key.Choice([4], 6, weights: probabilities);
        /// </code></example>
        public Tensor Choice(
            IReadOnlyList<int> shape,
            int count,
            bool replace = true,
            Tensor? weights = null,
            DType dtype = DType.Int32
        ) =>
            DiscreteDraws.choice(
                "Choice",
                count,
                Keys.shape("Choice", shape, []),
                replace,
                weights,
                dtype,
                RandomKey.Single(key, "Choice")
            );

        /// <summary>A random index from 0 to count - 1.</summary>
        /// <param name="count">How many there are to choose from.</param>
        /// <param name="weights">[count], not negative: index i comes with probability weights[i] / sum; equal ones if null.</param>
        /// <exception cref="ShapeException">There are not as many weights as entries.</exception>
        /// <exception cref="DataException">The weights are no distribution (negative, not finite, all 0), or without replacement fewer than the draws are above 0; in a compiled function its call throws.</exception>
        public Tensor Choice(int count, Tensor? weights = null) => key.Choice([], count, true, weights);

        /// <summary>Random entries of a tensor along an axis, at the indices that the overload for a count gives.</summary>
        /// <param name="shape">The axes that replace the axis.</param>
        /// <param name="x">What is chosen from; derivatives follow the choice.</param>
        /// <param name="replace">Whether an entry may come twice.</param>
        /// <param name="weights">As many as entries, not negative; equal ones if null.</param>
        /// <param name="axis">The axis; negative axes count from the end.</param>
        /// <exception cref="ShapeException">There is no such axis, or fewer entries than draws without replacement.</exception>
        /// <exception cref="DataException">The weights are no distribution (negative, not finite, all 0), or without replacement fewer than the draws are above 0; in a compiled function its call throws.</exception>
        public Tensor Choice(
            IReadOnlyList<int> shape,
            Tensor x,
            bool replace = true,
            Tensor? weights = null,
            int axis = 0
        ) =>
            DiscreteDraws.chosen(
                "Choice",
                axis,
                x,
                Keys.shape("Choice", shape, []),
                replace,
                weights,
                RandomKey.Single(key, "Choice")
            );

        /// <summary>A random entry of a tensor along an axis, which disappears.</summary>
        /// <param name="x">What is chosen from; derivatives follow the choice.</param>
        /// <param name="weights">As many as entries, not negative; equal ones if null.</param>
        /// <param name="axis">The axis; negative axes count from the end.</param>
        /// <exception cref="ShapeException">There is no such axis, or there are not as many weights as entries.</exception>
        /// <exception cref="DataException">The weights are no distribution (negative, not finite, all 0), or without replacement fewer than the draws are above 0; in a compiled function its call throws.</exception>
        public Tensor Choice(Tensor x, Tensor? weights = null, int axis = 0) => key.Choice([], x, true, weights, axis);

        /// <summary>True with a probability: u &lt; p.</summary>
        /// <param name="shape">The shape of the draw; null is that of the probability.</param>
        /// <param name="probability">From 0 to 1; broadcast to the shape. Its dtype is that of u, float64 for a plain number.</param>
        /// <exception cref="ShapeException">The probability does not broadcast to the shape.</exception>
        /// <exception cref="DataException">A probability is not from 0 to 1; in a compiled function its call throws.</exception>
        /// <example><code>
        /// Tensor heads = key.Bernoulli([10], 0.5);
        /// Tensor kept = Tensor.Where(key.Bernoulli(x.Shape, 0.9), x / 0.9, 0);
        /// </code></example>
        public Tensor Bernoulli(IReadOnlyList<int>? shape, Tensor probability) =>
            DiscreteDraws.bernoulli(
                "Bernoulli",
                Keys.required("probability", probability),
                Keys.shape("Bernoulli", shape, probability.Dims),
                RandomKey.Single(key, "Bernoulli")
            );

        /// <summary>True with a probability, in the shape of the probability.</summary>
        /// <param name="probability">From 0 to 1. Its dtype is that of u, float64 for a plain number.</param>
        public Tensor Bernoulli(Tensor probability) => key.Bernoulli(null, probability);

        /// <summary>-1 or 1 with equal probability, in float64.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <example><code>
        /// Tensor signs = key.Rademacher([5]);
        /// Tensor whole = key.Rademacher&lt;int&gt;([5]);
        /// </code></example>
        public Tensor Rademacher(IReadOnlyList<int>? shape = null) => key.Rademacher(shape, DType.Float64);

        /// <summary>The same in another dtype.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <param name="dtype">A floating or signed integer type. The uniform behind it is float64 for float64, else float32.</param>
        /// <exception cref="DTypeException">The dtype has no -1.</exception>
        public Tensor Rademacher([Optional, DefaultParameterValue(null)] IReadOnlyList<int>? shape, DType dtype) =>
            Draws.Of("Rademacher", DiscreteDraws.rademacher, key, shape, dtype);

        /// <summary>The same in another dtype: that of <typeparamref name="T"/>.</summary>
        /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
        /// <exception cref="DTypeException">The type has no -1.</exception>
        public Tensor Rademacher<T>(IReadOnlyList<int>? shape = null) =>
            key.Rademacher(shape, Engine.DType.ofElement<T>("Rademacher"));

        /// <summary>Indices along an axis with probabilities softmax(logits), int32: the place of the largest of logits + Gumbel noise.</summary>
        /// <param name="shape">Ends with the shape of the logits without the axis, which null is; axes before that are further draws.</param>
        /// <param name="logits">Logarithms of probabilities, up to a constant.</param>
        /// <param name="axis">The axis of the categories; negative axes count from the end.</param>
        /// <param name="replace">Whether a category may come twice along the axes of further draws.</param>
        /// <exception cref="ShapeException">The shape does not fit, or there are more draws than categories without replacement.</exception>
        /// <exception cref="DataException">A logit is NaN or infinity, or too few are above minus infinity; in a compiled function its call throws.</exception>
        /// <example><code>
        /// Tensor next = key.Categorical(logits);                      // one index a row
        /// Tensor several = key.Categorical([8, rows], logits);
        /// </code></example>
        public Tensor Categorical(IReadOnlyList<int>? shape, Tensor logits, int axis = -1, bool replace = true) =>
            DiscreteDraws.categorical(
                "Categorical",
                Keys.required("logits", logits),
                axis,
                Keys.shape("Categorical", shape, null),
                replace,
                RandomKey.Single(key, "Categorical")
            );

        /// <summary>One index along an axis for each place beside it, with probabilities softmax(logits), int32.</summary>
        /// <param name="logits">Logarithms of probabilities, up to a constant.</param>
        /// <param name="axis">The axis of the categories; negative axes count from the end.</param>
        /// <exception cref="ShapeException">There is no such axis.</exception>
        public Tensor Categorical(Tensor logits, int axis = -1) => key.Categorical(null, logits, axis);
    }
}
