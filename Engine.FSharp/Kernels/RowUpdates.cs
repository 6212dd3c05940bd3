using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>What elimination does to a row: it is less by multiples of other rows, one after the other; each number of it stays in a register meanwhile.</summary>
internal static unsafe class RowUpdates
{
    /// <summary>row[c] -= factors[k step] rows[k apart + c] for k from 0 to count - 1, in this order. Products are rounded before they are subtracted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(
        double* row,
        nint columns,
        double* factors,
        nint step,
        double* rows,
        nint apart,
        nint count
    )
    {
        var size = Vector512<double>.Count;
        nint c = 0;

        for (; c <= columns - 4 * size; c += 4 * size)
        {
            var a = Vector512.Load(row + c);
            var b = Vector512.Load(row + c + size);
            var d = Vector512.Load(row + c + 2 * size);
            var e = Vector512.Load(row + c + 3 * size);
            var factor = factors;
            var other = rows + c;

            for (nint k = 0; k < count; k++, factor += step, other += apart)
            {
                var f = Vector512.Create(*factor);
                a -= f * Vector512.Load(other);
                b -= f * Vector512.Load(other + size);
                d -= f * Vector512.Load(other + 2 * size);
                e -= f * Vector512.Load(other + 3 * size);
            }

            Vector512.Store(a, row + c);
            Vector512.Store(b, row + c + size);
            Vector512.Store(d, row + c + 2 * size);
            Vector512.Store(e, row + c + 3 * size);
        }

        for (; c <= columns - size; c += size)
        {
            var a = Vector512.Load(row + c);
            var factor = factors;
            var other = rows + c;

            for (nint k = 0; k < count; k++, factor += step, other += apart)
                a -= Vector512.Create(*factor) * Vector512.Load(other);

            Vector512.Store(a, row + c);
        }

        for (; c < columns; c++)
        {
            var a = row[c];
            var factor = factors;
            var other = rows + c;

            for (nint k = 0; k < count; k++, factor += step, other += apart)
                a -= *factor * *other;

            row[c] = a;
        }
    }
}
