namespace Pipeline;

/// <summary>Shapes and parts, as static functions: what <see cref="TensorShapes"/> has as members.</summary>
public static class StaticShapes
{
    extension(Tensor)
    {
        /// <summary>Another shape of the same numbers in row-major order; one size may be -1, which stands for what is left.</summary>
        public static Tensor Reshape(Tensor x, params Shape shape) => x.Reshape(shape);

        /// <summary>The axes in another order: axis i of the result is axis <paramref name="permutation"/>[i]; reversed where none is given.</summary>
        public static Tensor Transpose(Tensor x, params ReadOnlySpan<int> permutation) => x.Transpose(permutation);

        /// <summary>One axis at another place.</summary>
        public static Tensor MoveAxis(Tensor x, int source, int target) => x.MoveAxis(source, target);

        /// <summary>A new axis of size 1.</summary>
        public static Tensor ExpandDims(Tensor x, int axis) => x.ExpandDims(axis);

        /// <summary>Without the axes of size 1.</summary>
        public static Tensor Squeeze(Tensor x) => x.Squeeze();

        /// <summary>Without one axis, which has size 1.</summary>
        /// <exception cref="ShapeException">There is no such axis, or it has another size.</exception>
        public static Tensor Squeeze(Tensor x, int axis) => x.Squeeze(axis);

        /// <summary>The entries of an axis, each without it: the reverse of <c>Stack</c>.</summary>
        /// <exception cref="ShapeException">There is no such axis.</exception>
        /// <example><code>
        /// var columns = matrix.Unstack(axis: 1);
        /// </code></example>
        public static IReadOnlyList<Tensor> Unstack(Tensor x, int axis = 0) => x.Unstack(axis);

        /// <summary>Repeated along new leading axes and along axes of size 1.</summary>
        public static Tensor BroadcastTo(Tensor x, params Shape shape) => x.BroadcastTo(shape);

        /// <summary>Entries <paramref name="start"/> up to, but without, <paramref name="limit"/> of an axis; negative positions count from the end.</summary>
        public static Tensor Slice(Tensor x, int start, int limit, int axis = 0, int step = 1) =>
            x.Slice(start, limit, axis, step);

        /// <summary>One entry of an axis, which disappears; a negative index counts from the end.</summary>
        public static Tensor Entry(Tensor x, int index, int axis = 0) => x.Entry(index, axis);

        /// <summary>The entries of an axis at integer indices of any shape; negative ones count from the end.</summary>
        /// <exception cref="ShapeException">An index is outside the axis: at the call, of a compiled function too.</exception>
        public static Tensor Take(Tensor x, Tensor indices, int axis = 0) => x.Take(indices, axis);

        /// <summary>The entries of an axis at integer indices of any shape: one below 0 takes the first entry, one past the end the last.</summary>
        public static Tensor TakeClamped(Tensor x, Tensor indices, int axis = 0) => x.TakeClamped(indices, axis);

        /// <summary>Entry i moved to (i + shift) modulo the size of the axis.</summary>
        public static Tensor Roll(Tensor x, int shift, int axis = 0) => x.Roll(shift, axis);

        /// <summary>An axis in reverse order.</summary>
        public static Tensor Flip(Tensor x, int axis = 0) => x.Flip(axis);
    }
}
