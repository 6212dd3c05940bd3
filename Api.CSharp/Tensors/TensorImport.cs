using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Making tensors from what .NET keeps numbers in: static members of <see cref="Tensor"/>. Everything is copied.</summary>
public static class TensorImport
{
    extension(Tensor)
    {
        /// <summary>A tensor of rank 1 from a list or any other sequence of numbers.</summary>
        /// <example><code>
        /// Tensor squares = Tensor.From(Enumerable.Range(0, 5).Select(i => (double)i * i));
        /// </code></example>
        public static Tensor From<T>(IEnumerable<T> values)
            where T : unmanaged
        {
            ArgumentNullException.ThrowIfNull(values);
            var flat = values.ToArray();
            return Operations.import<T>([flat.Length], flat);
        }

        /// <summary>A tensor of any shape from a sequence of its numbers in row-major order.</summary>
        /// <exception cref="ShapeException">The numbers do not fill the shape.</exception>
        public static Tensor From<T>(IEnumerable<T> values, Shape shape)
            where T : unmanaged
        {
            ArgumentNullException.ThrowIfNull(values);
            return Operations.import<T>(shape.ToArray(), values.ToArray());
        }

        /// <summary>A tensor of rank 3.</summary>
        public static Tensor From<T>(T[,,] values)
            where T : unmanaged => Rectangular<T>(values);

        /// <summary>A tensor of rank 4.</summary>
        public static Tensor From<T>(T[,,,] values)
            where T : unmanaged => Rectangular<T>(values);

        /// <summary>A tensor of rank 2 from its rows.</summary>
        /// <exception cref="ShapeException">The rows differ in length.</exception>
        /// <example><code>
        /// Tensor matrix = Tensor.From([[1.0, 2.0], [3.0, 4.0]]);
        /// </code></example>
        public static Tensor From<T>(T[][] rows)
            where T : unmanaged => Tensor.From<T>((IEnumerable<IEnumerable<T>>)rows);

        /// <summary>A tensor of rank 2 from a sequence of its rows.</summary>
        /// <exception cref="ShapeException">The rows differ in length.</exception>
        public static Tensor From<T>(IEnumerable<IEnumerable<T>> rows)
            where T : unmanaged
        {
            ArgumentNullException.ThrowIfNull(rows);
            return Rows<T>(rows.Select(row => Tensor.From<T>(Present(row))));
        }

        /// <summary>A tensor of rank 3 from its matrices, each of which is given by its rows.</summary>
        /// <exception cref="ShapeException">The rows, or the matrices, differ in size.</exception>
        public static Tensor From<T>(T[][][] matrices)
            where T : unmanaged => Tensor.From<T>((IEnumerable<IEnumerable<IEnumerable<T>>>)matrices);

        /// <summary>A tensor of rank 3 from a sequence of its matrices, each of which is a sequence of its rows.</summary>
        /// <exception cref="ShapeException">The rows, or the matrices, differ in size.</exception>
        public static Tensor From<T>(IEnumerable<IEnumerable<IEnumerable<T>>> matrices)
            where T : unmanaged
        {
            ArgumentNullException.ThrowIfNull(matrices);
            return Rows<T>(matrices.Select(rows => Tensor.From<T>(Present(rows))), rank: 3);
        }
    }

    /// <summary>Arrays of arrays side by side; of none, an empty tensor.</summary>
    private static Tensor Rows<T>(IEnumerable<Tensor> rows, int rank = 2)
        where T : unmanaged
    {
        Tensor[] parts = [.. rows];
        if (parts.Length == 0)
            return Operations.import<T>(new int[rank], []);
        for (var i = 1; i < parts.Length; i++)
        {
            if (parts[i].Shape != parts[0].Shape)
                throw new ShapeException(
                    $"From: entry {i} has the shape {parts[i].Shape} where entry 0 has {parts[0].Shape}; a tensor is rectangular. Pad the shorter ones, or keep them as tensors of their own."
                );
        }

        return Tensor.Stack(parts);
    }

    private static TRow Present<TRow>(TRow? row)
        where TRow : class => row ?? throw new ArgumentNullException("rows", "From: a row is null.");

    private static Tensor Rectangular<T>(Array values)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values);
        var shape = new int[values.Rank];
        for (var axis = 0; axis < shape.Length; axis++)
            shape[axis] = values.GetLength(axis);
        ref var first = ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values));
        return Operations.import(shape, MemoryMarshal.CreateReadOnlySpan(ref first, values.Length));
    }
}
