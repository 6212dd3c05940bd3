using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>
/// Running sums of many rows side by side, a row a lane: each sum waits for the one before it, but not for those of other rows. Pieces of rows that do not
/// lie side by side are turned in memory that the first cache holds.
/// </summary>
internal static unsafe class RunningSums
{
    /// <summary>Entries of a piece.</summary>
    private const int Turns = 64;

    /// <summary>Entries between two looks at the flag.</summary>
    private const int BetweenLooks = 0x10000;

    /// <summary>
    /// r[row apart + i step] = the sum of x[row apart + k step] for k up to i, with what the additions lost where that is asked for; false if the number
    /// at the flag's address became other than 0 meanwhile.
    /// </summary>
    public static bool Sum(
        TypeCode type,
        bool isCompensated,
        byte* x,
        byte* r,
        nint entries,
        nint step,
        nint rows,
        nint apart,
        int* flag
    ) =>
        type switch
        {
            TypeCode.Single => Sum((float*)x, (float*)r, isCompensated, entries, step, rows, apart, flag),
            TypeCode.Double => Sum((double*)x, (double*)r, isCompensated, entries, step, rows, apart, flag),
            TypeCode.Int32 or TypeCode.UInt32 => Sum((uint*)x, (uint*)r, false, entries, step, rows, apart, flag),
            TypeCode.Int64 or TypeCode.UInt64 => Sum((ulong*)x, (ulong*)r, false, entries, step, rows, apart, flag),
            TypeCode.UInt16 => Sum((ushort*)x, (ushort*)r, false, entries, step, rows, apart, flag),
            _ => Sum(x, r, false, entries, step, rows, apart, flag),
        };

    private static bool Sum<T>(
        T* x,
        T* r,
        bool isCompensated,
        nint entries,
        nint step,
        nint rows,
        nint apart,
        int* flag
    )
        where T : unmanaged
    {
        var lanes = Vector512<T>.Count;
        var piece = stackalloc Vector512<T>[Turns];
        nint handled = 0;

        for (nint row = 0; row < rows; row += lanes)
        {
            var width = Math.Min(lanes, rows - row);

            if (width == 1 && isCompensated)
            {
                var from = x + row * apart;
                var into = r + row * apart;

                return typeof(T) == typeof(float)
                    ? Alone((float*)from, (float*)into, entries, step, flag)
                    : Alone((double*)from, (double*)into, entries, step, flag);
            }

            var total = Vector512<T>.Zero;
            var lost = Vector512<T>.Zero;

            for (nint first = 0; first < entries; first += Turns)
            {
                var height = Math.Min(Turns, entries - first);
                handled += height * width;

                if (handled >= BetweenLooks)
                {
                    handled = 0;

                    if (Volatile.Read(ref *flag) != 0)
                        return false;
                }

                var at = row * apart + first * step;
                Moves.Copy(sizeof(T), (byte*)(x + at), step, apart, (byte*)piece, lanes, 1, height, width);

                // The first entry is the first sum.
                var begun = first == 0 ? 1 : 0;

                if (first == 0)
                    total = piece[0];

                if (isCompensated)
                    Compensated(piece + begun, height - begun, ref total, ref lost);
                else
                    Plain(piece + begun, height - begun, ref total);

                Moves.Copy(sizeof(T), (byte*)piece, lanes, 1, (byte*)(r + at), step, apart, height, width);
            }
        }

        return true;
    }

    /// <summary>One row, where it lies: the same arithmetic, whose branch no sum waits for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static bool Alone<T>(T* x, T* r, nint entries, nint step, int* flag)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (sum, rest) = (x[0], T.Zero);
        r[0] = sum;

        for (nint i = 1; i < entries; i++)
        {
            if (i % BetweenLooks == 0 && Volatile.Read(ref *flag) != 0)
                return false;

            var entry = x[i * step];
            var next = sum + entry;
            var added = next - sum;
            var missing = rest + ((sum - (next - added)) + (entry - added));

            if (T.IsFinite(missing))
            {
                sum = next + missing;
                rest = missing - (sum - next);
            }
            else
                (sum, rest) = (next, T.Zero);

            r[i * step] = sum;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Plain<T>(Vector512<T>* piece, nint count, ref Vector512<T> total)
        where T : unmanaged
    {
        var sum = total;

        for (nint i = 0; i < count; i++)
        {
            sum += piece[i];
            piece[i] = sum;
        }

        total = sum;
    }

    /// <summary>What an addition loses (Knuth) is kept beside the sum. Past an infinity nothing is lost.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Compensated<T>(Vector512<T>* piece, nint count, ref Vector512<T> total, ref Vector512<T> lost)
        where T : unmanaged
    {
        var (sum, rest) = (total, lost);

        for (nint i = 0; i < count; i++)
        {
            var x = piece[i];
            var next = sum + x;
            var added = next - sum;
            var missing = rest + ((sum - (next - added)) + (x - added));
            var isFinite = Vector512.Equals(missing - missing, Vector512<T>.Zero);
            sum = Vector512.ConditionalSelect(isFinite, next + missing, next);
            rest = Vector512.ConditionalSelect(isFinite, missing - (sum - next), Vector512<T>.Zero);
            piece[i] = sum;
        }

        total = sum;
        lost = rest;
    }
}
