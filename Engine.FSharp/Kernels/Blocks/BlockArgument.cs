using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>The position of the largest or smallest entry: of equal ones the first; NaN is larger, or smaller, than any number.</summary>
internal sealed unsafe class BlockArgument<T>(nint results, bool isMaximum) : BlockFold
    where T : unmanaged, INumber<T>
{
    private const int Header = 64;

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

    private bool Beats(T a, T b) => (isMaximum ? a > b : a < b) || T.IsNaN(a) && !T.IsNaN(b);
}
