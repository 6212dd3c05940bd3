using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>The position of the largest or smallest entry: of equal ones the first; NaN is larger, or smaller, than any number.</summary>
internal sealed unsafe class BlockArgument<T>(nint results, bool isMaximum) : BlockFold
    where T : unmanaged, INumber<T>
{
    private const int Header = 64;

    /// <summary>Numbers whose extreme is found in vectors.</summary>
    private const int Many = 128;

    private nint Best => (results * sizeof(T) + 63) / 64 * 64;

    public override nint StateBytes => Header + Best + results * sizeof(int);

    public override (int Element, int Result) Sizes => (sizeof(T), sizeof(int));

    public override nint Width => results;

    public override void Begin(byte* state) => *(nint*)state = 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Take(byte* state, byte* x, int stepX, byte* z, int stepZ, nint entries)
    {
        var from = (T*)x;
        var best = (T*)(state + Header);
        var places = (int*)(state + Header + Best);
        ref var position = ref *(nint*)state;

        // Of numbers side by side first how large the largest of many is, and where it stands only if it beats those before.
        if (results == 1 && stepX == 1)
        {
            for (; entries >= Many; entries -= Many, from += Many, position += Many)
            {
                var value = Extreme(from);

                if (position == 0 || Beats(value, *best))
                {
                    *best = value;
                    *places = (int)position + IndexOf(value, from, Many);
                }
            }
        }

        for (nint i = 0; i < entries; i++, position++)
        {
            for (nint j = 0; j < results; j++)
            {
                var value = *from;
                from += stepX;

                if (position == 0 || Beats(value, best[j]))
                {
                    best[j] = value;
                    places[j] = (int)position;
                }
            }
        }
    }

    public override void End(byte* state, byte* result) =>
        Buffer.MemoryCopy(state + Header + Best, result, results * sizeof(int), results * sizeof(int));

    public override void Rows(
        byte* state,
        byte* x,
        int stepX,
        nint rowX,
        byte* z,
        int stepZ,
        nint rowZ,
        nint entries,
        nint count,
        byte* result
    )
    {
        // Of short rows the extremes of many at once.
        if (results != 1 || stepX != 1 || entries < 4 || entries >= Many)
        {
            base.Rows(state, x, stepX, rowX, z, stepZ, rowZ, entries, count, result);
            return;
        }

        const int Together = 64;
        var extremes = stackalloc T[Together];
        var places = (int*)result;

        for (nint first = 0; first < count; first += Together)
        {
            var rows = Math.Min(Together, count - first);
            Extremes(x + first * rowX, rowX, entries, rows, extremes);

            for (nint row = 0; row < rows; row++)
                places[first + row] = IndexOf(extremes[row], (T*)(x + (first + row) * rowX), (int)entries);
        }
    }

    private T Extreme(T* x)
    {
        T extreme;
        Extremes((byte*)x, 0, Many, 1, &extreme);
        return extreme;
    }

    private void Extremes(byte* x, nint rowX, nint entries, nint count, T* extremes)
    {
        var least = T.CreateSaturating(isMaximum ? double.NegativeInfinity : double.PositiveInfinity);

        if (isMaximum)
            RowFolds.Fold(
                Loops.Width,
                default(Terms.Numbers<BlockFunctions.Maximum>),
                least,
                x,
                rowX,
                x,
                rowX,
                entries,
                count,
                extremes
            );
        else
            RowFolds.Fold(
                Loops.Width,
                default(Terms.Numbers<BlockFunctions.Minimum>),
                least,
                x,
                rowX,
                x,
                rowX,
                entries,
                count,
                extremes
            );
    }

    /// <summary>The first of so many that is the value, or no number.</summary>
    private static int IndexOf(T value, T* x, int count)
    {
        var index = 0;

        if (Vector256.IsHardwareAccelerated)
        {
            var values = Vector256.Create(value);

            for (; index <= count - Vector256<T>.Count; index += Vector256<T>.Count)
            {
                var numbers = Vector256.Load(x + index);
                var found = (
                    Vector256.Equals(numbers, values) | ~Vector256.Equals(numbers, numbers)
                ).ExtractMostSignificantBits();

                if (found != 0)
                    return index + BitOperations.TrailingZeroCount(found);
            }
        }

        while (x[index] != value && !T.IsNaN(x[index]))
            index++;

        return index;
    }

    private bool Beats(T a, T b) => (isMaximum ? a > b : a < b) || T.IsNaN(a) && !T.IsNaN(b);
}
