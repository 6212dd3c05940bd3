using Pipeline.Engine;

namespace Pipeline;

/// <summary>Making tensors: static members of <see cref="Tensor"/>.</summary>
/// <remarks>What does not say its dtype is float64, and integers where it counts. A type argument says another, as in
/// <c>Tensor.Zeros&lt;float&gt;([784, 128])</c>, or another tensor does: <c>Tensor.ZerosLike(w)</c>.</remarks>
public static class TensorCreation
{
    extension(Tensor)
    {
        /// <summary>A scalar of the dtype of a .NET number; unlike a plain number in a formula it keeps that dtype.</summary>
        public static Tensor Scalar<T>(T value)
            where T : unmanaged => Operations.import<T>([], [value]);

        /// <summary>A tensor of rank 1. The array is copied.</summary>
        public static Tensor From<T>(T[] values)
            where T : unmanaged
        {
            ArgumentNullException.ThrowIfNull(values);
            return Operations.import<T>([values.Length], values);
        }

        /// <summary>A tensor of rank 1 from numbers, which are copied.</summary>
        public static Tensor From<T>(ReadOnlySpan<T> values)
            where T : unmanaged => Operations.import([values.Length], values);

        /// <summary>A tensor of rank 2. The array is copied.</summary>
        public static Tensor From<T>(T[,] values)
            where T : unmanaged
        {
            ArgumentNullException.ThrowIfNull(values);
            var flat = new T[values.Length];
            var next = 0;
            foreach (var value in values)
                flat[next++] = value;
            return Operations.import<T>([values.GetLength(0), values.GetLength(1)], flat);
        }

        /// <summary>A tensor of any shape from its numbers in row-major order, which are copied.</summary>
        /// <exception cref="ShapeException">The numbers do not fill the shape.</exception>
        public static Tensor From<T>(ReadOnlySpan<T> values, Shape shape)
            where T : unmanaged => Operations.import(shape.ToArray(), values);

        /// <summary>Zeros. They take no memory until they are written to a larger array.</summary>
        public static Tensor Zeros(Shape shape, DType dtype = DType.Float64) => Tensor.Full(shape, 0, dtype);

        /// <summary>Zeros of the dtype of <typeparamref name="T"/>: <c>Tensor.Zeros&lt;float&gt;([784, 128])</c>.</summary>
        /// <exception cref="DTypeException">There is no such dtype.</exception>
        public static Tensor Zeros<T>(Shape shape)
            where T : unmanaged => Tensor.Zeros(shape, Operations.element<T>("Zeros"));

        /// <summary>Zeros in the shape and the dtype of another tensor.</summary>
        public static Tensor ZerosLike(Tensor x) => Operations.fullLike(x, 0);

        /// <summary>Ones.</summary>
        public static Tensor Ones(Shape shape, DType dtype = DType.Float64) => Tensor.Full(shape, 1, dtype);

        /// <summary>Ones of the dtype of <typeparamref name="T"/>.</summary>
        /// <exception cref="DTypeException">There is no such dtype.</exception>
        public static Tensor Ones<T>(Shape shape)
            where T : unmanaged => Tensor.Ones(shape, Operations.element<T>("Ones"));

        /// <summary>Ones in the shape and the dtype of another tensor.</summary>
        public static Tensor OnesLike(Tensor x) => Operations.fullLike(x, 1);

        /// <summary>One number everywhere, in its own type: <c>Tensor.Full([3], 0.5)</c> is float64, <c>Tensor.Full([3], 5)</c> int32.</summary>
        /// <exception cref="DTypeException">There is no such dtype.</exception>
        public static Tensor Full<T>(Shape shape, T value)
            where T : unmanaged => Operations.fullOf(shape.ToArray(), value);

        /// <summary>One number everywhere, in a dtype.</summary>
        public static Tensor Full(Shape shape, double value, DType dtype) =>
            Operations.full(dtype, shape.ToArray(), value);

        /// <summary>One number everywhere, in the shape and the dtype of another tensor.</summary>
        public static Tensor FullLike(Tensor x, double value) => Operations.fullLike(x, value);

        /// <summary>0, 1, 2, ... up to, but without, a limit.</summary>
        public static Tensor Arange(int count, DType dtype = DType.Int32)
        {
            Limits.NotNegative(count);
            return Primitive.iota(dtype, [count], 0);
        }

        /// <summary>0, 1, 2, ... up to, but without, a limit, in the dtype of <typeparamref name="T"/>.</summary>
        /// <exception cref="DTypeException">There is no such dtype.</exception>
        public static Tensor Arange<T>(int count)
            where T : unmanaged => Tensor.Arange(count, Operations.element<T>("Arange"));

        /// <summary>The identity matrix of the dtype of <typeparamref name="T"/>.</summary>
        /// <exception cref="DTypeException">There is no such dtype.</exception>
        public static Tensor Eye<T>(int size)
            where T : unmanaged => Tensor.Eye(size, Operations.element<T>("Eye"));

        /// <summary>The identity matrix.</summary>
        public static Tensor Eye(int size, DType dtype = DType.Float64)
        {
            Limits.NotNegative(size);
            return Primitive
                .iota(DType.Int32, [size, size], 0)
                .IsEqualTo(Primitive.iota(DType.Int32, [size, size], 1))
                .AsType(dtype);
        }

        /// <summary>Tensors side by side along an axis that they have.</summary>
        public static Tensor Concatenate(ReadOnlySpan<Tensor> parts, int axis = 0) =>
            ShapeOperations.concatenate(axis, parts.ToArray());

        /// <summary>Tensors of one shape side by side along a new axis.</summary>
        public static Tensor Stack(ReadOnlySpan<Tensor> parts, int axis = 0) =>
            ShapeOperations.stack(axis, parts.ToArray());
    }
}
