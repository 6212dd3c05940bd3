using System.Numerics;
using System.Runtime.CompilerServices;

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
                    *places = (int)position + IndexOf(value, from);
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

    private T Extreme(T* x)
    {
        T extreme;
        var width = Loops.Width;
        var numbers = (byte*)x;

        if (isMaximum)
            RowFolds.Fold(
                width,
                default(Terms.Numbers<BlockFunctions.Maximum>),
                *x,
                numbers,
                0,
                numbers,
                0,
                Many,
                1,
                &extreme
            );
        else
            RowFolds.Fold(
                width,
                default(Terms.Numbers<BlockFunctions.Minimum>),
                *x,
                numbers,
                0,
                numbers,
                0,
                Many,
                1,
                &extreme
            );

        return extreme;
    }

    private static int IndexOf(T value, T* x)
    {
        var index = 0;

        while (x[index] != value && !T.IsNaN(x[index]))
            index++;

        return index;
    }

    private bool Beats(T a, T b) => (isMaximum ? a > b : a < b) || T.IsNaN(a) && !T.IsNaN(b);
}
