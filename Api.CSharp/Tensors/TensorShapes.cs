using Pipeline.Engine;

namespace Pipeline;

/// <summary>Shapes and parts, as members of <see cref="Tensor"/>. Axes may be counted from the end: -1 is the last.</summary>
public static class TensorShapes
{
    extension(Tensor x)
    {
        /// <summary>The axes reversed: the transposed matrix.</summary>
        public Tensor T => ShapeOperations.transpose(null, x);

        /// <summary>Another shape of the same numbers in row-major order; one size may be -1, which stands for what is left.</summary>
        public Tensor Reshape(params Shape shape) => ShapeOperations.reshape(shape.ToArray(), x);

        /// <summary>The axes in another order: axis i of the result is axis <paramref name="permutation"/>[i]; reversed where none is given.</summary>
        public Tensor Transpose(params ReadOnlySpan<int> permutation) =>
            ShapeOperations.transpose(permutation.IsEmpty ? null : permutation.ToArray(), x);

        /// <summary>One axis at another place.</summary>
        public Tensor MoveAxis(int source, int target) => ShapeOperations.moveAxis(source, target, x);

        /// <summary>A new axis of size 1.</summary>
        public Tensor ExpandDims(int axis) => ShapeOperations.expandDims(axis, x);

        /// <summary>Without the axes of size 1.</summary>
        public Tensor Squeeze() => ShapeOperations.squeeze(x);

        /// <summary>Without one axis, which has size 1.</summary>
        /// <exception cref="ShapeException">There is no such axis, or it has another size.</exception>
        public Tensor Squeeze(int axis) => ShapeOperations.squeezeAxis(axis, x);

        /// <summary>The entries of an axis, each without it: the reverse of <c>Stack</c>.</summary>
        /// <exception cref="ShapeException">There is no such axis.</exception>
        /// <example><code>
        /// var columns = matrix.Unstack(axis: 1);
        /// </code></example>
        public IReadOnlyList<Tensor> Unstack(int axis = 0) => ShapeOperations.unstack(axis, x);

        /// <summary>Repeated along new leading axes and along axes of size 1.</summary>
        public Tensor BroadcastTo(params Shape shape) => ShapeOperations.broadcastTo(shape.ToArray(), x);

        /// <summary>Entries <paramref name="start"/> up to, but without, <paramref name="limit"/> of an axis; negative positions count from the end.</summary>
        public Tensor Slice(int start, int limit, int axis = 0, int step = 1) =>
            ShapeOperations.slice(axis, start, limit, step, x);

        /// <summary>One entry of an axis, which disappears; a negative index counts from the end.</summary>
        public Tensor Entry(int index, int axis = 0) => ShapeOperations.entry(axis, index, x);

        /// <summary>The entries of an axis at integer indices of any shape; negative ones count from the end.</summary>
        /// <exception cref="ShapeException">An index is outside the axis: at the call, of a compiled function too.</exception>
        public Tensor Take(Tensor indices, int axis = 0) => ShapeOperations.take(axis, Given.Of(indices), Given.Of(x));

        /// <summary>The entries of an axis at integer indices of any shape: one below 0 takes the first entry, one past the end the last.</summary>
        /// <example><code>
        /// var x = Tensor.From([1.0, 2.0, 3.0]);
        /// x.TakeClamped(Tensor.From([-5, 1, 9])); // [1, 2, 3]
        /// </code></example>
        public Tensor TakeClamped(Tensor indices, int axis = 0) =>
            ShapeOperations.takeClamped(axis, Given.Of(indices), Given.Of(x));

        /// <summary>Entry i moved to (i + shift) modulo the size of the axis.</summary>
        public Tensor Roll(int shift, int axis = 0) => ShapeOperations.roll(shift, axis, x);

        /// <summary>An axis in reverse order.</summary>
        public Tensor Flip(int axis = 0) => ShapeOperations.flip(axis, x);
    }
}
