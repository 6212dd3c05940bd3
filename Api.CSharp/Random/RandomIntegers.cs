using Pipeline.Engine;

namespace Pipeline;

/// <summary>Draws of integers from a <see cref="RandomKey"/>, with JAX's bits and formulas.</summary>
public static class RandomIntegers
{
    /// <param name="key">The key.</param>
    extension(RandomKey key)
    {
        /// <summary>Integers from low up to, not including, high, int32; low where high is not greater.</summary>
        /// <param name="shape">The shape of the draw.</param>
        /// <param name="low">The least value.</param>
        /// <param name="high">The bound above.</param>
        /// <remarks>The bias of a modulus stays as JAX leaves it: at most (high - low) / 2^32, and (high - low) / 2^64 in types of 64 bits.</remarks>
        /// <exception cref="ArgumentOutOfRangeException">The integers are not all int32: draw <c>Integers&lt;long&gt;</c>.</exception>
        /// <example><code>
        /// Tensor rows = key.Integers([100, 16], 0, 1000);
        /// Tensor die = key.Integers(1, 7);
        /// </code></example>
        public Tensor Integers(IReadOnlyList<int> shape, long low, long high) =>
            IntegerDraws.integersInInt32(
                "Integers",
                low,
                high,
                Keys.shape("Integers", shape, []),
                RandomKey.Single(key, "Integers")
            );

        /// <summary>Integers of a dtype from low up to, not including, high.</summary>
        /// <param name="shape">The shape of the draw.</param>
        /// <param name="low">The least value; the least of the dtype if that is greater.</param>
        /// <param name="high">The bound above; it may be one past the largest value of the dtype, and more is the same.</param>
        /// <param name="dtype">An integer type.</param>
        /// <exception cref="DTypeException">The dtype is not an integer type.</exception>
        public Tensor Integers(IReadOnlyList<int> shape, long low, long high, DType dtype) =>
            IntegerDraws.integers(
                "Integers",
                low,
                high,
                dtype,
                Keys.shape("Integers", shape, []),
                RandomKey.Single(key, "Integers")
            );

        /// <summary>Integers of <typeparamref name="T"/> from low up to, not including, high.</summary>
        /// <param name="shape">The shape of the draw.</param>
        /// <param name="low">The least value; the least of the type if that is greater.</param>
        /// <param name="high">The bound above; it may be one past the largest value of the type, and more is the same.</param>
        /// <exception cref="DTypeException">The type is not an integer type.</exception>
        /// <example><code>
        /// Tensor bytes = key.Integers&lt;byte&gt;([28, 28], 0, 256);
        /// </code></example>
        public Tensor Integers<T>(IReadOnlyList<int> shape, long low, long high) =>
            key.Integers(shape, low, high, Engine.DType.ofElement<T>("Integers"));

        /// <summary>One integer from low up to, not including, high, int32.</summary>
        /// <param name="low">The least value.</param>
        /// <param name="high">The bound above.</param>
        /// <exception cref="ArgumentOutOfRangeException">The integers are not all int32: draw <c>Integers&lt;long&gt;</c>.</exception>
        public Tensor Integers(long low, long high) => key.Integers([], low, high);

        /// <summary>One integer of <typeparamref name="T"/> from low up to, not including, high.</summary>
        /// <param name="low">The least value; the least of the type if that is greater.</param>
        /// <param name="high">The bound above; it may be one past the largest value of the type, and more is the same.</param>
        /// <exception cref="DTypeException">The type is not an integer type.</exception>
        public Tensor Integers<T>(long low, long high) => key.Integers<T>([], low, high);

        /// <summary>Integers from low up to, not including, high, with a range for each element.</summary>
        /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
        /// <param name="low">The least values, integers; broadcast to the shape.</param>
        /// <param name="high">The bounds above, integers; broadcast to the shape.</param>
        /// <returns>Integers of the dtype of the bounds; int32 for plain numbers.</returns>
        /// <exception cref="DTypeException">A bound is not an integer, or both are strongly typed and of different types.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to the shape.</exception>
        public Tensor Integers(IReadOnlyList<int>? shape, Tensor low, Tensor high) =>
            IntegerDraws.integersBetween("Integers", null, low, high, shape, RandomKey.Single(key, "Integers"));

        /// <summary>Integers of a dtype from low up to, not including, high, with a range for each element.</summary>
        /// <param name="shape">The shape of the draw; null is that of the bounds.</param>
        /// <param name="low">The least values, integers; broadcast to the shape.</param>
        /// <param name="high">The bounds above, integers; broadcast to the shape.</param>
        /// <param name="dtype">An integer type.</param>
        /// <exception cref="DTypeException">The dtype is not an integer type, or a bound is strongly typed and of another.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to the shape.</exception>
        public Tensor Integers(IReadOnlyList<int>? shape, Tensor low, Tensor high, DType dtype) =>
            IntegerDraws.integersBetween("Integers", dtype, low, high, shape, RandomKey.Single(key, "Integers"));

        /// <summary>Integers from low up to, not including, high, in the shape of the bounds.</summary>
        /// <param name="low">The least values, integers.</param>
        /// <param name="high">The bounds above, integers.</param>
        /// <exception cref="DTypeException">A bound is not an integer, or both are strongly typed and of different types.</exception>
        /// <exception cref="ShapeException">The bounds do not broadcast to each other.</exception>
        public Tensor Integers(Tensor low, Tensor high) => key.Integers(null, low, high);
    }
}
