using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>The numbers of tensors as .NET's arrays and spans, beside <see cref="Tensor.ToArray{T}"/>: members of <see cref="Tensor"/>.</summary>
/// <remarks>Numbers are converted as <c>ToArray</c> converts them; a tensor that is being staged or batched, or carries a derivative, is refused.</remarks>
public static class TensorExport
{
    extension(Tensor x)
    {
        /// <summary>The numbers of a matrix.</summary>
        /// <exception cref="ShapeException">The tensor is not of rank 2.</exception>
        /// <exception cref="DTypeException">There is no such dtype, or it cannot hold one of the numbers.</exception>
        /// <exception cref="TracedValueException">The tensor has no numbers yet, or carries a derivative.</exception>
        public T[,] ToArray2D<T>()
            where T : unmanaged
        {
            RequireRank(x, 2, "ToArray2D");
            var array = new T[x.Shape[0], x.Shape[1]];
            Copy<T>(x, array, "ToArray2D");
            return array;
        }

        /// <summary>The numbers of a tensor of rank 3.</summary>
        /// <exception cref="ShapeException">The tensor is not of rank 3.</exception>
        /// <exception cref="DTypeException">There is no such dtype, or it cannot hold one of the numbers.</exception>
        /// <exception cref="TracedValueException">The tensor has no numbers yet, or carries a derivative.</exception>
        public T[,,] ToArray3D<T>()
            where T : unmanaged
        {
            RequireRank(x, 3, "ToArray3D");
            var array = new T[x.Shape[0], x.Shape[1], x.Shape[2]];
            Copy<T>(x, array, "ToArray3D");
            return array;
        }

        /// <summary>Copies the numbers in row-major order to the beginning of a span.</summary>
        /// <exception cref="ArgumentException">The span is shorter than the tensor.</exception>
        /// <exception cref="DTypeException">There is no such dtype, or it cannot hold one of the numbers.</exception>
        /// <exception cref="TracedValueException">The tensor has no numbers yet, or carries a derivative.</exception>
        public void CopyTo<T>(Span<T> destination)
            where T : unmanaged
        {
            ArgumentNullException.ThrowIfNull(x);
            if (destination.Length < x.Size)
                throw new ArgumentException(
                    $"CopyTo: {x.Size} numbers do not fit a span of {destination.Length}; give it the tensor's Size.",
                    nameof(destination)
                );
            Reading.toArray<T>("CopyTo", x.Read("CopyTo")).CopyTo(destination);
        }
    }

    private static void RequireRank(Tensor x, int rank, string operation)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (x.Rank != rank)
            throw new ShapeException(
                $"{operation}: takes a tensor of rank {rank}, not one of shape {x.Shape}; use ToArray, or Reshape it first."
            );
    }

    private static void Copy<T>(Tensor x, Array array, string operation)
        where T : unmanaged
    {
        var numbers = Reading.toArray<T>(operation, x.Read(operation));
        if (numbers.Length > 0)
            numbers.CopyTo(
                MemoryMarshal.CreateSpan(
                    ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)),
                    numbers.Length
                )
            );
    }
}
