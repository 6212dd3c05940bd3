using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>Copies of matrices of any strides, element by element or as many at once as lie side by side.</summary>
internal static unsafe class Moves
{
    /// <summary>Rows and columns of a tile, both sides of which the first cache holds.</summary>
    private const int Tile = 32;

    /// <summary>into[r rowInto + c columnInto] = from[r rowFrom + c columnFrom], of elements of 1, 2, 4 or 8 bytes.</summary>
    public static void Copy(
        int bytes,
        byte* from,
        nint rowFrom,
        nint columnFrom,
        byte* into,
        nint rowInto,
        nint columnInto,
        nint rows,
        nint columns
    )
    {
        switch (bytes)
        {
            case 1:
                Copy(from, rowFrom, columnFrom, into, rowInto, columnInto, rows, columns);
                break;
            case 2:
                Copy((ushort*)from, rowFrom, columnFrom, (ushort*)into, rowInto, columnInto, rows, columns);
                break;
            case 4:
                Copy((uint*)from, rowFrom, columnFrom, (uint*)into, rowInto, columnInto, rows, columns);
                break;
            default:
                Copy((ulong*)from, rowFrom, columnFrom, (ulong*)into, rowInto, columnInto, rows, columns);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Copy<T>(
        T* from,
        nint rowFrom,
        nint columnFrom,
        T* into,
        nint rowInto,
        nint columnInto,
        nint rows,
        nint columns
    )
        where T : unmanaged
    {
        var vector = Vector256<T>.Count;

        if (columnInto == 1 && columnFrom == 1 && columns >= 8)
        {
            for (nint r = 0; r < rows; r++)
                Buffer.MemoryCopy(from + r * rowFrom, into + r * rowInto, columns * sizeof(T), columns * sizeof(T));
        }
        else if (columnInto == 1 && columnFrom == 0 && columns >= vector)
        {
            for (nint r = 0; r < rows; r++)
            {
                var value = Vector256.Create(from[r * rowFrom]);
                var row = into + r * rowInto;

                for (nint c = 0; c < columns - vector; c += vector)
                    Vector256.Store(value, row + c);

                Vector256.Store(value, row + columns - vector);
            }
        }
        else if (
            columnInto == 1
            && rowFrom == 1
            && columnFrom != 1
            && Turned(from, columnFrom, into, rowInto, rows, columns)
        ) { }
        else if (
            rowInto == 1
            && columnFrom == 1
            && rowFrom != 1
            && Turned(from, rowFrom, into, columnInto, columns, rows)
        ) { }
        else
        {
            for (nint top = 0; top < rows; top += Tile)
            for (nint left = 0; left < columns; left += Tile)
            {
                var (bottom, right) = (Math.Min(rows, top + Tile), Math.Min(columns, left + Tile));

                for (var r = top; r < bottom; r++)
                {
                    var source = from + r * rowFrom + left * columnFrom;
                    var target = into + r * rowInto + left * columnInto;

                    for (var c = left; c < right; c++, source += columnFrom, target += columnInto)
                        *target = *source;
                }
            }
        }
    }

    private static bool Turned<T>(T* from, nint apart, T* into, nint step, nint lines, nint line)
        where T : unmanaged => Transposition.Squares((byte*)from, apart * sizeof(T), lines, line, into, step);
}
